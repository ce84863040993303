/* worker/unipile/request: the bytes of every route, and what never leaves. */
#include <string.h>

#include "common/base/attr.h"
#include "tests/test.h"
#include "worker/unipile/request.h"
#include "worker/unipile/unipile.h"

#include "common/base/banned.h"

#define BASE     "https://api1.unipile.com:13111"
#define BOUNDARY "b0undary"

struct built {
    enum request_problem problem;
    struct buf url;
    struct buf body;
};

static void build(enum route route, const struct request_subject *subject, struct built *ret)
{
    buf_init(&ret->url, REQUEST_URL_MAX_BYTES);
    buf_init(&ret->body, REQUEST_BODY_MAX_BYTES);
    buf_adds(&ret->body, "of the last call");
    ret->problem = request_build(route, subject, BASE, BOUNDARY, &ret->url, &ret->body);
}

static void built_deinit(struct built *b)
{
    buf_deinit(&b->url);
    buf_deinit(&b->body);
}

static void expect_url(enum route route, struct request_subject subject, const char *path)
{
    struct built b;
    build(route, &subject, &b);
    assert_int_equal(b.problem, REQUEST_OK);
    assert_memory_equal(buf_text(&b.url), BASE "/api/v1", strlen(BASE "/api/v1"));
    assert_string_equal(buf_text(&b.url) + strlen(BASE "/api/v1"), path);
    assert_int_equal(b.body.len, 0);
    built_deinit(&b);
}

#define SUBJECT(...) ((struct request_subject){__VA_ARGS__})

static void test_reads(void **state)
{
    (void)state;
    expect_url(ROUTE_PROFILE, SUBJECT(.account = "acc", .segment = "jane-doe"),
               "/users/jane-doe?account_id=acc");
    expect_url(ROUTE_PROFILE, SUBJECT(.account = "acc", .segment = "ACoAAB_x-1"),
               "/users/ACoAAB_x-1?account_id=acc");
    expect_url(ROUTE_CHATS_WITH, SUBJECT(.account = "a=b", .segment = "ACo1"),
               "/chat_attendees/ACo1/chats?account_id=a%3Db&limit=100");
    expect_url(ROUTE_CHAT, SUBJECT(.account = "acc", .segment = "c1"), "/chats/c1");
    expect_url(ROUTE_CHAT_MESSAGES, SUBJECT(.account = "acc", .segment = "c1"),
               "/chats/c1/messages?limit=100");
    expect_url(ROUTE_CHAT_MESSAGES,
               SUBJECT(.account = "acc", .segment = "c1", .after_ms = 1767225599999),
               "/chats/c1/messages?after=2025-12-31T23%3A59%3A59.999Z&limit=100");
    expect_url(ROUTE_MESSAGES, SUBJECT(.account = "acc", .after_ms = 0, .cursor = ""),
               "/messages?account_id=acc&limit=100");
    expect_url(ROUTE_MESSAGES, SUBJECT(.account = "acc", .after_ms = 1000, .cursor = "ab+/=="),
               "/messages?account_id=acc&after=1970-01-01T00%3A00%3A01.000Z&cursor=ab%2B%2F%3D%3D");
    expect_url(ROUTE_RELATIONS, SUBJECT(.account = "acc", .cursor = ""),
               "/users/relations?account_id=acc&limit=250");
    expect_url(ROUTE_RELATIONS, SUBJECT(.account = "acc", .cursor = "next"),
               "/users/relations?account_id=acc&cursor=next");
    expect_url(ROUTE_INVITED, SUBJECT(.account = "acc"),
               "/users/invite/sent?account_id=acc&limit=100");
    expect_url(ROUTE_CHECK, SUBJECT(.account = NULL), "/accounts?limit=1");
}

static void test_names_are_encoded(void **state)
{
    (void)state;
    expect_url(ROUTE_PROFILE, SUBJECT(.account = "acc", .segment = "j\xc3\xb6rg-m\xc3\xbcller"),
               "/users/j%C3%B6rg-m%C3%BCller?account_id=acc");
    expect_url(ROUTE_PROFILE, SUBJECT(.account = "acc", .segment = "a?b#c&d=e%f"),
               "/users/a%3Fb%23c%26d%3De%25f?account_id=acc");
    expect_url(ROUTE_PROFILE, SUBJECT(.account = "acc", .segment = "profile-of-jane"),
               "/users/profile-of-jane?account_id=acc");
}

static void test_names_that_are_no_people(void **state)
{
    static const char *const names[] = {
        "",    ".",    "..",  "me",   "invite", "relations", "followers",    "following", "profile",
        "a/b", "a\\b", "a b", "a\nb", "\x7f",   "\xff\xfe",  "\xed\xa0\x80", "a\r\nX: y"};
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(names); i++) {
        struct built b;
        build(ROUTE_PROFILE, &SUBJECT(.account = "acc", .segment = names[i]), &b);
        if (b.problem != REQUEST_NO_PERSON)
            fail_msg("name %zu: problem %d", i, (int)b.problem);
        built_deinit(&b);
    }
}

static void test_invitation(void **state)
{
    struct built b;
    (void)state;
    build(ROUTE_INVITE,
          &SUBJECT(.account = "acc", .recipient = "ACo1",
                   .text = "Hi \"J\xc3\xb6rg\"\n\xf0\x9f\x98\x80"),
          &b);
    assert_int_equal(b.problem, REQUEST_OK);
    assert_string_equal(buf_text(&b.url), BASE "/api/v1/users/invite");
    assert_string_equal(buf_text(&b.body),
                        "{\"provider_id\":\"ACo1\",\"account_id\":\"acc\",\"message\":\"Hi "
                        "\\\"J\xc3\xb6rg\\\"\\n\xf0\x9f\x98\x80\"}");
    built_deinit(&b);
    build(ROUTE_INVITE, &SUBJECT(.account = "acc", .recipient = "ACo1", .text = ""), &b);
    assert_int_equal(b.problem, REQUEST_OK);
    assert_string_equal(buf_text(&b.body), "{\"provider_id\":\"ACo1\",\"account_id\":\"acc\"}");
    built_deinit(&b);
}

#define PART(name, value)                                                                          \
    "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static void test_message(void **state)
{
    struct built b;
    (void)state;
    build(ROUTE_START_CHAT,
          &SUBJECT(.account = "acc", .recipient = "ACo1", .text = "two\r\nlines --b0 \"q\""), &b);
    assert_int_equal(b.problem, REQUEST_OK);
    assert_string_equal(buf_text(&b.url), BASE "/api/v1/chats");
    assert_string_equal(buf_text(&b.body),
                        PART("account_id", "acc") PART("attendees_ids", "ACo1")
                            PART("text", "two\r\nlines --b0 \"q\"") "--" BOUNDARY "--\r\n");
    built_deinit(&b);
}

static char *letters(size_t n)
{
    char *text = sam_xmalloc(n + 1);
    memset(text, 'a', n);
    text[n] = '\0';
    return text;
}

static void expect_bad(const char *what, enum route route, struct request_subject subject)
{
    struct built b;
    build(route, &subject, &b);
    if (b.problem != REQUEST_BAD)
        fail_msg("%s: problem %d", what, (int)b.problem);
    built_deinit(&b);
}

static void test_what_never_leaves(void **state)
{
    char *long_text SAM_CLEANUP(freep) = letters(UNIPILE_TEXT_MAX_BYTES + 1);
    char *long_id SAM_CLEANUP(freep) = letters(UNIPILE_ID_BYTES);
    char *long_person SAM_CLEANUP(freep) = letters(PROVIDER_ID_MAX_BYTES + 1);
    char *long_cursor SAM_CLEANUP(freep) = letters(UNIPILE_CURSOR_BYTES);
    static const char *const ids[] = {NULL,     "",    ".",    "..",      "a b",
                                      "a\r\nb", "a/b", "a\"b", "\xc3\xb6"};
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(ids); i++) {
        expect_bad("account", ROUTE_INVITE,
                   SUBJECT(.account = ids[i], .recipient = "ACo1", .text = "t"));
        expect_bad("recipient", ROUTE_START_CHAT,
                   SUBJECT(.account = "acc", .recipient = ids[i], .text = "t"));
        expect_bad("account of a read", ROUTE_MESSAGES, SUBJECT(.account = ids[i]));
        expect_bad("chat", ROUTE_CHAT_MESSAGES, SUBJECT(.account = "acc", .segment = ids[i]));
    }
    expect_bad("long account", ROUTE_INVITE,
               SUBJECT(.account = long_id, .recipient = "ACo1", .text = "t"));
    expect_bad("long recipient", ROUTE_INVITE,
               SUBJECT(.account = "acc", .recipient = long_person, .text = "t"));
    expect_bad("long note", ROUTE_INVITE,
               SUBJECT(.account = "acc", .recipient = "ACo1", .text = long_text));
    expect_bad("long cursor", ROUTE_MESSAGES, SUBJECT(.account = "acc", .cursor = long_cursor));
    expect_bad("no text", ROUTE_START_CHAT,
               SUBJECT(.account = "acc", .recipient = "ACo1", .text = ""));
    expect_bad("text NULL", ROUTE_INVITE,
               SUBJECT(.account = "acc", .recipient = "ACo1", .text = NULL));
    expect_bad("not UTF-8", ROUTE_INVITE,
               SUBJECT(.account = "acc", .recipient = "ACo1", .text = "\xc3("));
    expect_bad("the boundary", ROUTE_START_CHAT,
               SUBJECT(.account = "acc", .recipient = "ACo1", .text = "x\r\n--" BOUNDARY "--\r\n"));
}

/* The longest text fits, however much its escapes take. */
static void test_longest_text(void **state)
{
    char *text SAM_CLEANUP(freep) = letters(UNIPILE_TEXT_MAX_BYTES);
    struct built b;
    (void)state;
    memset(text, '\x01', UNIPILE_TEXT_MAX_BYTES);
    build(ROUTE_INVITE, &SUBJECT(.account = "acc", .recipient = "ACo1", .text = text), &b);
    assert_int_equal(b.problem, REQUEST_OK);
    built_deinit(&b);
}

static void test_boundaries_differ(void **state)
{
    char a[REQUEST_BOUNDARY_BYTES];
    char b[REQUEST_BOUNDARY_BYTES];
    (void)state;
    request_boundary(a);
    request_boundary(b);
    assert_string_not_equal(a, b);
    assert_int_equal(strspn(a, "0123456789abcdef"), REQUEST_BOUNDARY_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_names_are_encoded),
        cmocka_unit_test(test_names_that_are_no_people),
        cmocka_unit_test(test_invitation),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_what_never_leaves),
        cmocka_unit_test(test_longest_text),
        cmocka_unit_test(test_boundaries_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
