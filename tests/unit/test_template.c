/* common/model/template: what is refused when it is saved, and what a person gets. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/utf8.h"
#include "common/model/template.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define NBSP      "\xc2\xa0"
#define ZERO_WIDE "\xe2\x80\x8b"
#define UNSEEN    "\xe2\x80\x8b \xc2\xa0"
#define UMLAUT    "\xc3\xbc"         /* 1 code point, 2 bytes */
#define ROCKET    "\xf0\x9f\x9a\x80" /* 1 code point, 4 bytes */

static const char *custom(void *ctx, const char *name)
{
    (void)ctx;
    if (strcmp(name, "city") == 0)
        return "K" UMLAUT "ln";
    if (strcmp(name, "job level") == 0)
        return "3";
    return strcmp(name, "blank") == 0 ? " " : NULL;
}

static const struct template_values anna = {.first_name = "Anna",
                                            .last_name = "Example",
                                            .company = "ACME",
                                            .title = "CTO",
                                            .custom = custom};

/* Compiles (which must work) and renders. */
static enum template_result render(const char *text, const struct template_values *values,
                                   size_t max, struct buf *out, char detail[80])
{
    struct problems problems = PROBLEMS_INIT;
    struct template *t SAM_CLEANUP(template_freep) = template_compile("t", text, &problems);
    if (!t)
        fail_msg("%s: %s", text, problems.count ? problems.lines[0] : "no problem is told");
    assert_int_equal(problems.count, 0);
    problems_deinit(&problems);
    return template_render(t, values, max, out, detail, 80);
}

static void test_each_variable_in_each_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"", ""},
        {"no variable", "no variable"},
        {"{firstName}", "Anna"},
        {"{{firstName}}", "Anna"},
        {"{first_name}", "Anna"},
        {"{{first_name}}", "Anna"},
        {"{lastName}", "Example"},
        {"{{lastName}}", "Example"},
        {"{last_name}", "Example"},
        {"{{last_name}}", "Example"},
        {"{companyName}", "ACME"},
        {"{{companyName}}", "ACME"},
        {"{company_name}", "ACME"},
        {"{{company_name}}", "ACME"},
        {"{company}", "ACME"},
        {"{{company}}", "ACME"},
        {"{title}", "CTO"},
        {"{{title}}", "CTO"},
        {"{custom.city}", "K" UMLAUT "ln"},
        {"{{custom.city}}", "K" UMLAUT "ln"},
        {"{custom.job level}", "3"},
        {"{custom.a_b-c " UMLAUT "|none}", "none"},
        {"{ first_name }", "Anna"},
        {"{Firstname}", "Anna"},
        {"{FIRST_NAME}", "Anna"},
        {"{First Name}", "Anna"},
        {"{{last-name}}", "Example"},
        {"{Company Name}", "ACME"},
        {"{Job Title}", "CTO"},
        {"{custom.Job_Title}", "CTO"}, /* the standard column, when there is none of the user's */
        {"{Custom.city}", "K" UMLAUT "ln"},
        {"{first_name|there}", "Anna"},
        {"Hi {first_name}, {title} of {company}!", "Hi Anna, CTO of ACME!"},
        {"{first_name}{last_name}", "AnnaExample"},
        {"a\nb\tc", "a\nb\tc"},
        {"a\r\nb\rc", "a\nb\nc"},
        {"\r\n\r\n", "\n\n"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct buf out SAM_CLEANUP(buf_deinit) = BUF_INIT(1000);
        char detail[80] = "before";
        buf_adds(&out, "left over");
        assert_int_equal(render(rows[i].text, &anna, 1000, &out, detail), TEMPLATE_OK);
        assert_string_equal(buf_text(&out), rows[i].want);
    }
}

static void test_what_cannot_be_saved(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"{name}", "t:1:1: {name}: no such variable; SAM writes {first_name}"},
        {"Hi {Pet}", "t:1:4: {Pet}: no such variable"},
        {"{linkedin_url}", "t:1:1: {linkedin_url}: no such variable"},
        {"{custom.-}", "t:1:1: {custom.-}: no such variable"},
        {"{{email}}", "t:1:1: {email}: no such variable"},
        {"{}", "t:1:1: {}: no such variable"},
        {"{{}}", "t:1:1: {}: no such variable"},
        {"{|there}", "t:1:1: {}: no such variable"},
        {"{custom}", "t:1:1: {custom}: no such variable"},
        {"{custom.}", "t:1:1: {custom.}: no such variable"},
        {"{custom.a.b}", "t:1:1: {custom.a.b}: no such variable"},
        {"{title|}", "t:1:1: the fallback after the bar is empty"},
        {"{title|  }", "t:1:1: the fallback after the bar is empty"},
        {"{title|" NBSP "}", "t:1:1: the fallback after the bar is empty"},
        {"one\ntwo {x}", "t:2:5: {x}: no such variable"},
        {UMLAUT ROCKET "{x}", "t:1:3: {x}: no such variable"},
        {"{first_name", "t:1:1: an opening brace that is not closed"},
        {"{first_name\n", "t:1:1: an opening brace that is not closed"},
        {"{", "t:1:1: an opening brace that is not closed"},
        {"{{title}", "t:1:1: an opening brace that is not closed"},
        {"{{title", "t:1:1: an opening brace that is not closed"},
        {"title}", "t:1:6: a closing brace without an opening one"},
        {"{title}}", "t:1:8: a closing brace without an opening one"},
        {"a\x07z", "t:1:2: a control character"},
        {"a\x7fz", "t:1:2: a control character"},
        {"a\xc2\x85z", "t:1:2: a control character"},
        {"{title|a\x1b}", "t:1:9: a control character"},
        {"\xff", "t: not valid UTF-8"},
        {"caf\xe9", "t: not valid UTF-8"},
        {"\xed\xa0\x80", "t: not valid UTF-8"},
        {"\xc0\x80", "t: not valid UTF-8"},
        {"\xf0\x9f\x9a", "t: not valid UTF-8"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct problems problems = PROBLEMS_INIT;
        assert_null(template_compile("t", rows[i].text, &problems));
        assert_true(problems.count > 0);
        assert_string_equal(problems.lines[0], rows[i].want);
        if (problems.count > 1)
            fail_msg("%s: and %s", rows[i].want, problems.lines[1]);
        problems_deinit(&problems);
    }
}

static void test_all_problems_are_told_at_once(void **state)
{
    (void)state;
    struct problems problems = PROBLEMS_INIT;
    assert_null(template_compile("m", "{a} {b|x}\n}{title|}{{c}", &problems));
    assert_int_equal(problems.count, 5);
    assert_string_equal(problems.lines[0], "m:1:1: {a}: no such variable");
    assert_string_equal(problems.lines[1], "m:1:5: {b}: no such variable");
    assert_string_equal(problems.lines[2], "m:2:1: a closing brace without an opening one");
    assert_string_equal(problems.lines[3], "m:2:2: the fallback after the bar is empty");
    assert_string_equal(problems.lines[4], "m:2:10: an opening brace that is not closed");
    problems_deinit(&problems);
}

static void test_the_longest_text(void **state)
{
    (void)state;
    struct problems problems = PROBLEMS_INIT;
    char *text SAM_CLEANUP(freep) = sam_xmalloc(TEMPLATE_MAX_BYTES + 2);
    memset(text, 'a', TEMPLATE_MAX_BYTES + 1);
    text[TEMPLATE_MAX_BYTES + 1] = '\0';
    assert_null(template_compile("t", text, &problems));
    assert_string_equal(problems.lines[0], "t: longer than 32000 bytes");
    problems_deinit(&problems);
    text[TEMPLATE_MAX_BYTES] = '\0';
    struct template *t SAM_CLEANUP(template_freep) = template_compile("t", text, &problems);
    assert_non_null(t);
    assert_int_equal(template_literal_length(t), TEMPLATE_MAX_BYTES);
}

/* P7: a variable without a value never goes out empty. */
static void test_a_missing_value(void **state)
{
    (void)state;
    static const char *const missing[] = {NULL, "", " ", " \t\r\n", NBSP, UNSEEN};
    for (size_t i = 0; i < SAM_ARRAY_LEN(missing); i++) {
        struct template_values v = anna;
        struct buf out SAM_CLEANUP(buf_deinit) = BUF_INIT(1000);
        char detail[80] = "";
        v.first_name = missing[i];
        assert_int_equal(render("Hi {firstName}", &v, 100, &out, detail), TEMPLATE_MISSING);
        assert_string_equal(detail, "firstName");
        assert_int_equal(render("Hi {first_name|there}!", &v, 100, &out, detail), TEMPLATE_OK);
        assert_string_equal(buf_text(&out), "Hi there!");
    }
    struct buf out SAM_CLEANUP(buf_deinit) = BUF_INIT(1000);
    char detail[80] = "";
    struct template_values none = {0};
    assert_int_equal(render("{custom.x}", &none, 100, &out, detail), TEMPLATE_MISSING);
    assert_string_equal(detail, "custom.x");
    assert_int_equal(render("{custom.nothing}", &anna, 100, &out, detail), TEMPLATE_MISSING);
    assert_int_equal(render("{custom.blank}", &anna, 100, &out, detail), TEMPLATE_MISSING);
    assert_int_equal(render("{custom.blank|-}", &anna, 100, &out, detail), TEMPLATE_OK);
    assert_string_equal(buf_text(&out), "-");
}

/* A value that would leave a mark of the machine in a message to a human. */
static void test_a_value_that_cannot_be_sent(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\xff",     "An\xc3",      "An\xed\xa0\x80na", "An\nna",   "An\rna", "An\x01na",
        "An\x7fna", "An\xc2\x9b-", "{firstName}",      "{{name}}", "}",      "An{na",
        " \xff",
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(bad); i++) {
        struct template_values v = anna;
        struct buf out SAM_CLEANUP(buf_deinit) = BUF_INIT(1000);
        char detail[80] = "";
        v.first_name = bad[i];
        if (render("{first_name|there}", &v, 100, &out, detail) != TEMPLATE_INVALID)
            fail_msg("value %zu is taken", i);
        assert_string_equal(detail, "first_name"); /* the variable, never the value */
    }
}

static void test_a_value_is_trimmed_not_changed(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *want;
    } rows[] = {
        {"  Anna\t", "<Anna>"},
        {"Anna\r\n", "<Anna>"},
        {NBSP "Anna" NBSP ZERO_WIDE, "<Anna>"},
        {"Anna Maria", "<Anna Maria>"},
        {"Anna" NBSP "Maria", "<Anna" NBSP "Maria>"},
        {"J" UMLAUT "rgen", "<J" UMLAUT "rgen>"},
        {ROCKET, "<" ROCKET ">"},
        {"O'Neil & \"Co\" <x>", "<O'Neil & \"Co\" <x>>"},
        {"100%s", "<100%s>"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct template_values v = anna;
        struct buf out SAM_CLEANUP(buf_deinit) = BUF_INIT(1000);
        char detail[80] = "";
        v.first_name = rows[i].value;
        assert_int_equal(render("<{first_name}>", &v, 100, &out, detail), TEMPLATE_OK);
        assert_string_equal(buf_text(&out), rows[i].want);
    }
}

static void test_the_limit_counts_utf_16(void **state)
{
    (void)state;
    struct buf out SAM_CLEANUP(buf_deinit) = BUF_INIT(1000);
    struct buf small SAM_CLEANUP(buf_deinit) = BUF_INIT(8);
    char detail[80] = "";
    struct template_values v = {.first_name = UMLAUT ROCKET UMLAUT};
    assert_int_equal(render("{first_name}!", &v, 5, &out, detail), TEMPLATE_OK);
    assert_int_equal(render("{first_name}!", &v, 4, &out, detail), TEMPLATE_TOO_LONG);
    assert_string_equal(detail, "5 characters, the limit is 4");
    assert_int_equal(render("{first_name}!", &v, 100, &small, detail), TEMPLATE_TOO_LONG);
    assert_int_equal(render("", &v, 0, &out, detail), TEMPLATE_OK);
    assert_int_equal(render("ab\r\nc", &v, 4, &out, detail), TEMPLATE_OK);
}

static void test_what_the_text_has_at_least(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t want;
    } rows[] = {
        {"", 0},        {"abc", 3},          {UMLAUT ROCKET, 3}, {"a{title}b", 2},
        {"{title}", 0}, {"{title|long}", 0}, {"a\r\nb", 3},      {"a\rb", 3},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct problems problems = PROBLEMS_INIT;
        struct template *t SAM_CLEANUP(template_freep) =
            template_compile("t", rows[i].text, &problems);
        assert_int_equal(template_literal_length(t), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_variable_in_each_form),
        cmocka_unit_test(test_what_cannot_be_saved),
        cmocka_unit_test(test_all_problems_are_told_at_once),
        cmocka_unit_test(test_the_longest_text),
        cmocka_unit_test(test_a_missing_value),
        cmocka_unit_test(test_a_value_that_cannot_be_sent),
        cmocka_unit_test(test_a_value_is_trimmed_not_changed),
        cmocka_unit_test(test_the_limit_counts_utf_16),
        cmocka_unit_test(test_what_the_text_has_at_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
