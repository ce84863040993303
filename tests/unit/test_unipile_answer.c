/* worker/unipile/answer: bytes in, outcome out. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/test.h"
#include "tests/unit/unipile_answer.h"
#include "worker/unipile/page.h"

#include "common/base/banned.h"

static struct unipile_outcome write_of(int status, const char *body)
{
    struct unipile_outcome o;
    struct answer a = answer_of(status, body);
    answer_write(&a, &o);
    return o;
}

static void test_sent_with_ids(void **state)
{
    (void)state;
    struct unipile_outcome o = write_of(
        200, "{\"object\":\"UserInvitationSent\",\"invitation_id\":\"7391\",\"usage\":75}");
    assert_int_equal(o.outcome, OUTCOME_SENT);
    assert_int_equal(o.http_status, 200);
    assert_string_equal(o.invitation_id, "7391");
    assert_string_equal(o.error_type, "");
    o = write_of(201, "{\"object\":\"ChatStarted\",\"chat_id\":\"c-1_a=\",\"message_id\":\"m1\"}");
    assert_int_equal(o.outcome, OUTCOME_SENT);
    assert_string_equal(o.chat_id, "c-1_a=");
    assert_string_equal(o.message_id, "m1");
    assert_string_equal(o.invitation_id, "");
}

/* A 2xx with an object is a success, whatever the object tells. */
static void test_sent_without_ids(void **state)
{
    static const char *const bodies[] = {"{}",
                                         "{\"chat_id\":null,\"message_id\":null}",
                                         "{\"chat_id\":17,\"message_id\":{}}",
                                         "{\"chat_id\":\"\"}",
                                         "{\"chat_id\":\"a b\"}",
                                         "{\"chat_id\":\"a\\u0000b\"}",
                                         "{\"chat_id\":\"\xc3\xb6\"}",
                                         "{\"chat_id\":\"\xff\"}",
                                         "{\"type\":\"errors/cannot_resend_yet\",\"status\":422}"};
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(bodies); i++) {
        struct unipile_outcome o = write_of(i % 2 ? 200 : 299, bodies[i]);
        if (o.outcome != OUTCOME_SENT || *o.chat_id || *o.message_id || *o.error_type)
            fail_msg("body %zu: %s, chat %s", i, outcome_name(o.outcome), o.chat_id);
    }
}

/* A login page, a gateway's greeting: who answered is not known, nor what became of the call. */
static void test_a_2xx_that_is_not_unipiles(void **state)
{
    static const struct {
        const char *body, *content_type;
        bool cut, unipile;
    } rows[] = {
        {"", NULL, false, false},
        {"{", NULL, false, false},
        {"null", NULL, false, false},
        {"[]", NULL, false, false},
        {"\"x\"", NULL, false, false},
        {"17", NULL, false, false},
        {"<html>", NULL, false, false},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", NULL, false, false},
        {"\xef\xbb\xbf<!doctype html>", "text/html; charset=utf-8", false, false},
        {"{\"chat_id\":\"c1\"}", "text/html", false, false},
        {"{\"chat_id\":\"c1\"}", "application/jsonp", false, false},
        {"{\"chat_id\":\"c1\"}", "Application/JSON; charset=utf-8", false, true},
        {"{\"chat_id\":\"c1\"}", "application/problem+json", false, true},
        {"{\"chat_id\":\"c1\"}", "", false, true},
        /* what is cut off is judged by what came of it */
        {"<ht", NULL, true, false},
        {"", "text/html", true, false},
        {"[", "application/json", true, false},
        {"", NULL, true, true},
        {" {\"chat", "application/json", true, true},
    };
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct unipile_outcome o;
        struct page p;
        struct answer a = answer_of(200, rows[i].body);
        a.content_type = rows[i].content_type;
        a.cut = rows[i].cut;
        answer_write(&a, &o);
        page_decode(ROUTE_CHECK, &a, "", &p);
        const char *wanted = rows[i].unipile ? "" : "not_unipile";
        if (o.outcome != (rows[i].unipile ? OUTCOME_SENT : OUTCOME_UNKNOWN) ||
            strcmp(o.error_type, wanted) != 0 || p.read.result != UNIPILE_READ_RETRY ||
            (strcmp(p.read.error_type, "not_unipile") == 0) == rows[i].unipile)
            fail_msg("row %zu: %s \"%s\", read \"%s\"", i, outcome_name(o.outcome), o.error_type,
                     p.read.error_type);
        page_deinit(&p);
    }
}

static void test_longest_id(void **state)
{
    char id[UNIPILE_ID_BYTES + 1];
    char body[UNIPILE_ID_BYTES + 64];
    (void)state;
    memset(id, 'a', sizeof(id));
    id[UNIPILE_ID_BYTES - 1] = '\0';
    (void)snprintf(body, sizeof(body), "{\"chat_id\":\"%s\"}", id);
    assert_string_equal(write_of(201, body).chat_id, id);
    (void)snprintf(body, sizeof(body), "{\"chat_id\":\"%sb\"}", id);
    assert_string_equal(write_of(201, body).chat_id, "");
}

/* Every type of the table, with a status that would say something else. */
static void test_types_decide(void **state)
{
    size_t count = 0;
    const struct error_type *types = error_types(&count);
    (void)state;
    assert_true(count > 40);
    for (size_t i = 0; i < count; i++) {
        char body[256];
        (void)snprintf(body, sizeof(body), "{\"type\":\"errors/%s\",\"title\":\"x\",\"status\":1}",
                       types[i].type);
        struct unipile_outcome o = write_of(418, body);
        assert_string_equal(o.error_type, types[i].type);
        assert_int_equal(o.outcome, types[i].outcome);
        assert_int_equal(o.wait_ms, types[i].wait_ms);
        assert_int_equal(o.http_status, 418);
        if (o.outcome == OUTCOME_REFUSED)
            assert_int_equal(o.refusal, types[i].refusal);
        if (o.outcome == OUTCOME_ACCOUNT_BROKEN)
            assert_string_equal(o.account_status, types[i].account_status);
        else
            assert_null(o.account_status);
    }
}

static void test_status_decides_without_a_known_type(void **state)
{
    static const struct {
        const char *body;
        const char *error_type;
        int status;
        enum outcome outcome;
    } rows[] = {
        {"<html>nginx</html>", "untyped", 404, OUTCOME_REFUSED},
        {"", "untyped", 404, OUTCOME_REFUSED},
        {"{\"type\":17}", "untyped", 422, OUTCOME_REFUSED},
        {"{\"type\":\"\"}", "untyped", 422, OUTCOME_REFUSED},
        {"{\"type\":\"errors/\"}", "untyped", 422, OUTCOME_REFUSED},
        {"{\"type\":\"errors/of tomorrow\"}", "untyped", 422, OUTCOME_REFUSED},
        {"{\"type\":\"errors/new_in_2027\"}", "new_in_2027", 422, OUTCOME_REFUSED},
        {"{\"type\":\"errors/new_in_2027\"}", "new_in_2027", 429, OUTCOME_THROTTLED},
        {"slow down", "untyped", 429, OUTCOME_THROTTLED},
        {"{\"type\":\"errors/new_in_2027\"}", "new_in_2027", 500, OUTCOME_UNKNOWN},
        {"<html>", "untyped", 502, OUTCOME_UNKNOWN},
        {"", "untyped", 504, OUTCOME_UNKNOWN},
        {"", "untyped", 302, OUTCOME_UNKNOWN},
        {"", "untyped", 999, OUTCOME_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct unipile_outcome o = write_of(rows[i].status, rows[i].body);
        if (o.outcome != rows[i].outcome || strcmp(o.error_type, rows[i].error_type) != 0)
            fail_msg("row %zu: %s %s", i, outcome_name(o.outcome), o.error_type);
    }
}

/* The same type for a person and for an account; one of them must not fail all people. */
static void test_account_not_found(void **state)
{
    (void)state;
    struct unipile_outcome o = write_of(404, NOT_FOUND("\\nAccount not found"));
    assert_int_equal(o.outcome, OUTCOME_ACCOUNT_BROKEN);
    assert_string_equal(o.account_status, "disconnected");
    assert_string_equal(o.error_type, "resource_not_found");
    assert_int_equal(write_of(404, NOT_FOUND("\\nUser not found")).outcome, OUTCOME_REFUSED);
    assert_int_equal(write_of(404, NOT_FOUND("\\nAccount, chat or thread not found")).outcome,
                     OUTCOME_REFUSED);
    assert_int_equal(write_of(404, NOT_FOUND("")).outcome, OUTCOME_REFUSED);
}

static void test_answer_asks_to_wait(void **state)
{
    (void)state;
    struct unipile_outcome o;
    struct answer a = answer_of(429, "");
    a.retry_after_ms = 2 * HOUR_MS;
    answer_write(&a, &o);
    assert_int_equal(o.wait_ms, 2 * HOUR_MS);
    a.retry_after_ms = SECOND_MS; /* less than what we wait anyhow */
    answer_write(&a, &o);
    assert_int_equal(o.wait_ms, error_type_by_status(429).wait_ms);
    a.retry_after_ms = 1000 * DAY_MS;
    answer_write(&a, &o);
    assert_int_equal(o.wait_ms, DAY_MS);
    a.status = 404; /* nothing to wait for */
    answer_write(&a, &o);
    assert_int_equal(o.wait_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sent_with_ids),
        cmocka_unit_test(test_sent_without_ids),
        cmocka_unit_test(test_a_2xx_that_is_not_unipiles),
        cmocka_unit_test(test_longest_id),
        cmocka_unit_test(test_types_decide),
        cmocka_unit_test(test_status_decides_without_a_known_type),
        cmocka_unit_test(test_account_not_found),
        cmocka_unit_test(test_answer_asks_to_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
