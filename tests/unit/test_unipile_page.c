/* worker/unipile/page: bytes in, profiles, messages and relations out. */
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "tests/test.h"
#include "tests/unit/unipile_answer.h"
#include "worker/unipile/page.h"

#include "common/base/banned.h"

static struct page page_of(enum route route, int status, const char *body)
{
    struct page p;
    struct answer a = answer_of(status, body);
    page_decode(route, &a, "asked", &p);
    return p;
}

static void expect_read(enum route route, int status, const char *body,
                        enum unipile_read_result result, const char *error_type)
{
    struct page p = page_of(route, status, body);
    if (p.read.result != result || strcmp(p.read.error_type, error_type) != 0 ||
        p.read.items_count != 0)
        fail_msg("%s %d %s: result %d, %s, %zu items", route_name(route), status, body,
                 (int)p.read.result, p.read.error_type, p.read.items_count);
    assert_string_equal(p.read.cursor, "");
    page_deinit(&p);
}

static void test_profile(void **state)
{
    (void)state;
    struct page p = page_of(ROUTE_PROFILE, 200,
                            "{\"object\":\"UserProfile\",\"provider_id\":\"ACoAAB-_1\","
                            "\"network_distance\":\"SECOND_DEGREE\",\"is_relationship\":false,"
                            "\"invitation\":{\"type\":\"SENT\",\"status\":\"PENDING\"}}");
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    assert_string_equal(p.read.provider_id, "ACoAAB-_1");
    assert_false(p.read.first_degree);
    assert_true(p.read.invitation_pending);
    page_deinit(&p);
    p = page_of(ROUTE_PROFILE, 200,
                "{\"object\":\"UserProfile\",\"provider_id\":\"ACo1\","
                "\"network_distance\":\"FIRST_DEGREE\","
                "\"invitation\":{\"type\":\"RECEIVED\",\"status\":\"PENDING\"}}");
    assert_true(p.read.first_degree);
    assert_false(p.read.invitation_pending);
    page_deinit(&p);
    p = page_of(ROUTE_PROFILE, 200,
                "{\"object\":\"UserProfile\",\"provider_id\":\"ACo1\",\"is_relationship\":1,"
                "\"invitation\":null}");
    assert_true(p.read.first_degree);
    page_deinit(&p);
}

/* What a body that cannot be read is called: an object may be Unipile's, all else is not. */
static const char *not_read(const char *body)
{
    return *body == '{' ? "answer" : "not_unipile";
}

static void test_profiles_that_are_none(void **state)
{
    static const char *const bodies[] = {
        "",
        "{}",
        "[]",
        "{\"object\":\"UserProfile\"}",
        "{\"object\":\"UserProfile\",\"provider_id\":null}",
        "{\"object\":\"UserProfile\",\"provider_id\":\"a b\"}",
        "{\"object\":\"UserRelationsList\",\"provider_id\":\"ACo1\",\"items\":[]}",
        "{\"object\":\"AccountOwnerProfile\",\"provider_id\":\"ACo1\"}"};
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(bodies); i++)
        expect_read(ROUTE_PROFILE, 200, bodies[i], UNIPILE_READ_RETRY, not_read(bodies[i]));
}

static void test_messages(void **state)
{
    (void)state;
    struct page p =
        page_of(ROUTE_MESSAGES, 200,
                "{\"object\":\"MessageList\",\"cursor\":\"next\",\"items\":["
                "{\"id\":\"m1\",\"chat_id\":\"c1\",\"sender_id\":\"ACo1\",\"text\":\"no thanks\","
                "\"timestamp\":\"2026-11-23T09:00:00.000Z\",\"is_sender\":0},"
                "{\"id\":\"m2\",\"chat_id\":\"c1\",\"sender_id\":\"ACoMe\",\"text\":null,"
                "\"timestamp\":\"2026-11-22T09:00:00.000Z\",\"is_sender\":1},"
                "{\"id\":\"m3\",\"chat_id\":\"c2\",\"sender_id\":\"ACo2\",\"text\":null,"
                "\"timestamp\":\"2026-11-21T09:00:00.000Z\",\"is_sender\":false,\"is_event\":1}]}");
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    assert_int_equal(p.read.items_count, 3);
    assert_string_equal(p.read.cursor, "next");
    const struct unipile_item *i = p.read.items;
    assert_true(i[0].inbound);
    assert_string_equal(i[0].message_id, "m1");
    assert_string_equal(i[0].chat_id, "c1");
    assert_string_equal(i[0].person, "ACo1");
    assert_string_equal(i[0].text, "no thanks");
    assert_int_equal(i[0].at_ms, INT64_C(1795424400000));
    assert_false(i[1].inbound);
    assert_string_equal(i[1].text, "");
    assert_true(i[2].inbound);
    page_deinit(&p);
}

/* In the list of a whole account one odd element hides nothing; in the chat of somebody who is
 * about to be written to, everything must be understood. */
static void test_one_odd_element(void **state)
{
    (void)state;
    static const char body[] =
        "{\"cursor\":null,\"items\":[{\"id\":null,\"is_sender\":0},"
        "{\"id\":\"m\",\"chat_id\":\"c\",\"sender_id\":\"ACo1\",\"text\":\"hi\",\"is_sender\":0,"
        "\"timestamp\":\"2026-11-23T09:00:00.000Z\"},17]}";
    struct page p = page_of(ROUTE_MESSAGES, 200, body);
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    assert_int_equal(p.read.items_count, 1);
    assert_string_equal(p.read.items[0].message_id, "m");
    assert_int_equal(p.read.broken, 2);
    page_deinit(&p);
    expect_read(ROUTE_CHAT_MESSAGES, 200, body, UNIPILE_READ_RETRY, "answer");
}

#define MESSAGE(fields) "{\"cursor\":null,\"items\":[{" fields "}]}"
#define TIMES           "\"timestamp\":\"2026-11-23T09:00:00.000Z\""

/* A reply must not be overlooked because a field of it is missing. */
static void test_messages_that_could_hide_a_reply(void **state)
{
    static const char *const bodies[] = {
        MESSAGE("\"id\":\"m\"," TIMES),
        MESSAGE("\"id\":\"m\",\"is_sender\":\"0\"," TIMES),
        MESSAGE("\"is_sender\":0," TIMES),
        MESSAGE("\"id\":\"m\",\"is_sender\":0"),
        MESSAGE("\"id\":\"m\",\"is_sender\":0,\"timestamp\":\"yesterday\""),
        "{\"items\":[17]}",
        "{\"items\":[null]}",
        "{\"items\":{}}",
        "{\"cursor\":null}",
        "{}",
        "[]",
        ""};
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(bodies); i++) {
        expect_read(ROUTE_MESSAGES, 200, bodies[i], UNIPILE_READ_RETRY, not_read(bodies[i]));
        expect_read(ROUTE_CHAT_MESSAGES, 200, bodies[i], UNIPILE_READ_RETRY, not_read(bodies[i]));
    }
    struct page p = page_of(ROUTE_MESSAGES, 200, MESSAGE("\"is_sender\":1")); /* one of ours */
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    page_deinit(&p);
}

/* Never as 1970: a reply would be older than our message, and stop nothing. */
static void test_the_times_of_messages(void **state)
{
    static const char *const same[] = {"\"2026-11-23T09:00:00.000Z\"",
                                       "\"2026-11-23T09:00:00Z\"",
                                       "\"2026-11-23T10:00:00+01:00\"",
                                       "\"2026-11-23T10:00:00.000+0100\"",
                                       "\"2026-11-23 09:00:00.000000Z\"",
                                       "1795424400000",
                                       "1795424400",
                                       "1795424400.0",
                                       "\"1795424400\"",
                                       "\"1795424400000\""};
    static const char *const none[] = {"\"2026-11-23\"",
                                       "\"2026-11-23T09:00:00\"",
                                       "0",
                                       "-1",
                                       "12",
                                       "\"12\"",
                                       "\"\"",
                                       "1e300",
                                       "null",
                                       "{}",
                                       "true",
                                       "\"1970-01-21T18:43:44Z\""};
    char body[256];
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(same); i++) {
        (void)snprintf(body, sizeof(body),
                       "{\"items\":[{\"id\":\"m\",\"is_sender\":0,\"timestamp\":%s}]}", same[i]);
        struct page p = page_of(ROUTE_CHAT_MESSAGES, 200, body);
        assert_int_equal(p.read.items_count, 1);
        assert_int_equal(p.read.items[0].at_ms, INT64_C(1795424400000));
        page_deinit(&p);
    }
    for (size_t i = 0; i < SAM_ARRAY_LEN(none); i++) {
        (void)snprintf(body, sizeof(body),
                       "{\"items\":[{\"id\":\"m\",\"is_sender\":0,\"timestamp\":%s}]}", none[i]);
        expect_read(ROUTE_CHAT_MESSAGES, 200, body, UNIPILE_READ_RETRY, "answer");
    }
}

static void test_chats(void **state)
{
    (void)state;
    struct page p =
        page_of(ROUTE_CHATS_WITH, 200,
                "{\"object\":\"ChatList\",\"cursor\":\"\",\"items\":["
                "{\"id\":\"c1\",\"type\":0,\"attendee_provider_id\":\"ACo1\",\"timestamp\":null},"
                "{\"id\":\"group\",\"type\":1},{\"type\":0},{\"id\":\"c2\"}]}");
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    assert_int_equal(p.read.items_count, 2);
    assert_string_equal(p.read.items[0].chat_id, "c1");
    assert_string_equal(p.read.items[0].person, "ACo1");
    assert_string_equal(p.read.items[1].chat_id, "c2");
    assert_string_equal(p.read.cursor, "");
    page_deinit(&p);
}

static void test_one_chat(void **state)
{
    (void)state;
    struct page p = page_of(ROUTE_CHAT, 200,
                            "{\"object\":\"Chat\",\"id\":\"c1\",\"type\":0,"
                            "\"attendee_provider_id\":\"ACo1\"}");
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    assert_int_equal(p.read.items_count, 1);
    page_deinit(&p);
    p = page_of(ROUTE_CHAT, 200, "{\"object\":\"Chat\",\"id\":\"c1\",\"type\":2}"); /* a group */
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    assert_int_equal(p.read.items_count, 0);
    page_deinit(&p);
    expect_read(ROUTE_CHAT, 200, "{\"object\":\"ChatList\"}", UNIPILE_READ_RETRY, "answer");
    expect_read(ROUTE_CHAT, 404, "{\"type\":\"errors/resource_not_found\",\"status\":404}",
                UNIPILE_READ_NOT_FOUND, "resource_not_found");
}

static void test_relations(void **state)
{
    (void)state;
    struct page p =
        page_of(ROUTE_RELATIONS, 200,
                "{\"object\":\"UserRelationsList\",\"items\":["
                "{\"member_id\":\"ACo1\",\"created_at\":1795424400000},"
                "{\"connection_urn\":\"urn:li:fsd_connection:ACo2\",\"created_at\":1e300},"
                "{\"connection_urn\":\"urn:li:fsd_connection:17\"},{},{\"member_id\":\"ACo3\"}]}");
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    assert_int_equal(p.read.items_count, 3);
    assert_string_equal(p.read.items[0].person, "ACo1");
    assert_int_equal(p.read.items[0].at_ms, INT64_C(1795424400000));
    assert_string_equal(p.read.items[1].person, "ACo2");
    assert_int_equal(p.read.items[1].at_ms, 0);
    assert_string_equal(p.read.items[2].person, "ACo3");
    page_deinit(&p);
}

static void test_invitations(void **state)
{
    (void)state;
    struct page p =
        page_of(ROUTE_INVITED, 200,
                "{\"object\":\"InvitationList\",\"items\":["
                "{\"object\":\"InvitationSent\",\"id\":\"7\",\"date\":\"Sent today\","
                "\"parsed_datetime\":\"2026-11-23T09:00:00.000Z\",\"invited_user_id\":\"ACo1\","
                "\"invited_user_public_id\":\"ada\",\"invitation_text\":null},"
                "{\"id\":\"8\",\"parsed_datetime\":null,\"invited_user_id\":null,"
                "\"invited_user_public_id\":\"bob\"},{\"id\":\"9\"},17],\"cursor\":\"more\"}");
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    assert_int_equal(p.read.items_count, 2);
    assert_int_equal(p.read.broken, 1);
    assert_string_equal(p.read.cursor, "more");
    assert_string_equal(p.read.items[0].message_id, "7");
    assert_string_equal(p.read.items[0].person, "ACo1");
    assert_string_equal(p.read.items[0].name, "ada");
    assert_int_equal(p.read.items[0].at_ms, INT64_C(1795424400000));
    assert_string_equal(p.read.items[1].person, "");
    assert_string_equal(p.read.items[1].name, "bob");
    assert_int_equal(p.read.items[1].at_ms, 0);
    page_deinit(&p);
}

/* An end of the list that is none would let a reply or an acceptance pass for absent. */
static void test_cursors_that_lead_nowhere(void **state)
{
    struct buf body = BUF_INIT(4096);
    (void)state;
    expect_read(ROUTE_RELATIONS, 200, "{\"items\":[],\"cursor\":\"asked\"}", UNIPILE_READ_RETRY,
                "answer");
    expect_read(ROUTE_RELATIONS, 200, "{\"items\":[],\"cursor\":17}", UNIPILE_READ_RETRY, "answer");
    expect_read(ROUTE_RELATIONS, 200, "{\"items\":[],\"cursor\":\"a\\u0000b\"}", UNIPILE_READ_RETRY,
                "answer");
    buf_adds(&body, "{\"items\":[],\"cursor\":\"");
    for (int i = 0; i < UNIPILE_CURSOR_BYTES; i++)
        buf_addc(&body, 'a');
    buf_adds(&body, "\"}");
    expect_read(ROUTE_RELATIONS, 200, buf_text(&body), UNIPILE_READ_RETRY, "answer");
    buf_deinit(&body);
}

static void test_too_many_items(void **state)
{
    struct buf body = BUF_INIT(1 << 16);
    (void)state;
    buf_adds(&body, "{\"items\":[{\"member_id\":\"ACo0\"}");
    for (int i = 0; i < UNIPILE_ITEMS_MAX; i++)
        buf_adds(&body, ",{\"member_id\":\"ACo1\"}");
    buf_adds(&body, "]}");
    expect_read(ROUTE_RELATIONS, 200, buf_text(&body), UNIPILE_READ_RETRY, "answer");
    buf_deinit(&body);
}

#define ERROR(type) "{\"type\":\"errors/" type "\",\"title\":\"x\",\"status\":0}"

static void test_failures_of_reads(void **state)
{
    static const struct {
        enum route route;
        int status;
        const char *body;
        enum unipile_read_result result;
        const char *error_type;
    } rows[] = {
        {ROUTE_PROFILE, 404, ERROR("resource_not_found"), UNIPILE_READ_NOT_FOUND,
         "resource_not_found"},
        {ROUTE_PROFILE, 422, ERROR("invalid_recipient"), UNIPILE_READ_NOT_FOUND,
         "invalid_recipient"},
        {ROUTE_CHATS_WITH, 404, ERROR("resource_not_found"), UNIPILE_READ_NOT_FOUND,
         "resource_not_found"},
        {ROUTE_PROFILE, 404, NOT_FOUND("\\nAccount not found"), UNIPILE_READ_ACCOUNT_BROKEN,
         "resource_not_found"},
        /* a wrong base_url must not make every person unfindable */
        {ROUTE_PROFILE, 404, "<html>", UNIPILE_READ_RETRY, "untyped"},
        {ROUTE_PROFILE, 400, ERROR("invalid_parameters"), UNIPILE_READ_RETRY, "invalid_parameters"},
        /* nobody was asked for */
        {ROUTE_RELATIONS, 404, ERROR("resource_not_found"), UNIPILE_READ_RETRY,
         "resource_not_found"},
        {ROUTE_MESSAGES, 429, ERROR("too_many_requests"), UNIPILE_READ_RETRY, "too_many_requests"},
        {ROUTE_MESSAGES, 503, "", UNIPILE_READ_RETRY, "untyped"},
        {ROUTE_MESSAGES, 302, "", UNIPILE_READ_RETRY, "untyped"},
        {ROUTE_MESSAGES, 401, ERROR("disconnected_account"), UNIPILE_READ_ACCOUNT_BROKEN,
         "disconnected_account"},
        {ROUTE_RELATIONS, 403, ERROR("account_restricted"), UNIPILE_READ_ACCOUNT_BROKEN,
         "account_restricted"},
        {ROUTE_PROFILE, 401, ERROR("missing_credentials"), UNIPILE_READ_SETUP_BROKEN,
         "missing_credentials"},
        {ROUTE_CHECK, 401, ERROR("missing_credentials"), UNIPILE_READ_SETUP_BROKEN,
         "missing_credentials"},
        {ROUTE_CHECK, 404, "<html>", UNIPILE_READ_SETUP_BROKEN, "untyped"},
        {ROUTE_CHECK, 301, "", UNIPILE_READ_SETUP_BROKEN, "untyped"},
        {ROUTE_CHECK, 429, "", UNIPILE_READ_RETRY, "untyped"},
        {ROUTE_CHECK, 502, "<html>", UNIPILE_READ_RETRY, "untyped"},
        {ROUTE_CHECK, 200, "<html>", UNIPILE_READ_RETRY, "not_unipile"},
    };
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++)
        expect_read(rows[i].route, rows[i].status, rows[i].body, rows[i].result,
                    rows[i].error_type);
    struct page p = page_of(ROUTE_MESSAGES, 429, ERROR("too_many_requests"));
    assert_int_equal(p.read.wait_ms, 15 * MINUTE_MS);
    page_deinit(&p);
    p = page_of(ROUTE_MESSAGES, 403, ERROR("account_restricted"));
    assert_string_equal(p.read.account_status, "restricted");
    page_deinit(&p);
    p = page_of(ROUTE_CHECK, 200, "{\"object\":\"AccountList\",\"items\":[{\"id\":\"a\"}]}");
    assert_int_equal(p.read.result, UNIPILE_READ_OK);
    assert_int_equal(p.read.items_count, 0);
    page_deinit(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_profiles_that_are_none),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_one_odd_element),
        cmocka_unit_test(test_messages_that_could_hide_a_reply),
        cmocka_unit_test(test_the_times_of_messages),
        cmocka_unit_test(test_chats),
        cmocka_unit_test(test_one_chat),
        cmocka_unit_test(test_relations),
        cmocka_unit_test(test_invitations),
        cmocka_unit_test(test_cursors_that_lead_nowhere),
        cmocka_unit_test(test_too_many_items),
        cmocka_unit_test(test_failures_of_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
