/* common/model/text_limit: how long a text is, how long it may be, and how it is cut. */
#include <stdbool.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/utf8.h"
#include "common/model/text_limit.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define UMLAUT "\xc3\xbc"         /* 1 code point, 2 bytes */
#define ROCKET "\xf0\x9f\x9a\x80" /* 1 code point, 4 bytes, 2 UTF-16 units */
#define DOTS   "\xe2\x80\xa6"
#define FAMILY "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa6" /* woman, joiner, boy: 5 units */
#define THUMB  "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd"             /* with a skin: 4 units */
#define FLAG   "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa"             /* two letters: 4 units */

static void test_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t want;
    } rows[] = {
        {"", 0},
        {"abc", 3},
        {UMLAUT UMLAUT, 2},
        {ROCKET, 2},
        {"e\xcc\x81", 2},    /* a letter and its accent */
        {"\xef\xbf\xbd", 1}, /* the last of three bytes */
        {UMLAUT ROCKET "a\n", 5},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++)
        assert_int_equal(text_limit_length(rows[i].text, strlen(rows[i].text)), rows[i].want);
}

static void test_what_a_text_may_have(void **state)
{
    (void)state;
    assert_int_equal(text_limit_max("connection_request", PLAN_FREE), 200);
    assert_int_equal(text_limit_max("connection_request", PLAN_PREMIUM), 300);
    assert_int_equal(text_limit_max("connection_request", PLAN_SALES_NAVIGATOR), 300);
    assert_int_equal(text_limit_max("connection_request", PLAN_RECRUITER), 300);
    assert_int_equal(text_limit_max("connection_request", ACCOUNT_PLAN_N), 200); /* in doubt */
    assert_int_equal(text_limit_max("follow_up_1", PLAN_FREE), 8000);
    assert_int_equal(text_limit_max("direct_message_1", PLAN_PREMIUM), 8000);
}

/* At a word's end, with an ellipsis that counts; what a reader takes for one character stays whole.
 */
static void test_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max;
        const char *want;
    } rows[] = {
        {"one two three", 20, "one two three"},
        {"one two three", 13, "one two three"},
        {"one two three", 12, "one two" DOTS},
        {"one two three", 8, "one two" DOTS},
        {"one two three", 7, "one" DOTS},
        {"one two three", 4, "one" DOTS},
        {"one two three", 3, "on" DOTS},
        {"one  two", 5, "one" DOTS},
        {"one\ntwo", 5, "one" DOTS},
        {"one, two", 6, "one" DOTS},
        {"one! two", 6, "one!" DOTS},
        {"onetwothree", 6, "onetw" DOTS},
        {"a twothreefour", 12, "a twothreef" DOTS}, /* a word's end is too far back */
        {UMLAUT UMLAUT UMLAUT, 2, UMLAUT DOTS},
        {ROCKET " " ROCKET ROCKET, 7, ROCKET " " ROCKET ROCKET},
        {ROCKET " " ROCKET ROCKET, 6, ROCKET " " ROCKET DOTS},
        {ROCKET " " ROCKET ROCKET, 5, ROCKET DOTS},
        {ROCKET ROCKET, 3, ROCKET DOTS},
        {ROCKET ROCKET, 2, ""}, /* not half of one */
        {"abce\xcc\x81x", 5, "abc" DOTS},
        {"abce\xcc\x81x", 6, "abce\xcc\x81x"},
        {"ab" FAMILY "c", 7, "ab" DOTS},
        {"ab" FAMILY "cd", 8, "ab" FAMILY DOTS},
        {"ab" THUMB "cd", 6, "ab" DOTS},
        {"ab" THUMB "cd", 7, "ab" THUMB DOTS},
        {FLAG FLAG FLAG, 9, FLAG FLAG DOTS},
        {FLAG FLAG FLAG, 8, FLAG DOTS},
        {"\xe2\x9d\xa4\xef\xb8\x8fxyz", 3, "\xe2\x9d\xa4\xef\xb8\x8f" DOTS},
        {"\xe2\x9d\xa4\xef\xb8\x8fxyz", 2, ""},
        {"one", 0, ""},
        {"", 0, ""},
        {"", 5, ""},
        {"   three", 4, ""},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct buf b SAM_CLEANUP(buf_deinit) = BUF_INIT(100);
        buf_adds(&b, rows[i].text);
        text_limit_cut(&b, rows[i].max);
        if (strcmp(buf_text(&b), rows[i].want) != 0)
            fail_msg("row %zu: \"%s\"", i, buf_text(&b));
        assert_int_equal(b.len, strlen(rows[i].want));
        assert_true(utf8_valid(buf_text(&b), b.len));
        assert_true(text_limit_length(buf_text(&b), b.len) <= rows[i].max);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_what_a_text_may_have),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
