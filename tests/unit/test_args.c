/* producer/ctl/args: words and options of one command. */
#include <errno.h>
#include <string.h>

#include "producer/ctl/args.h"
#include "tests/test.h"

#include "common/base/banned.h"

static const char spec[] = "campaign= all person=* since= limit=";

static int parse(struct args *a, const char *const *words, char why[ARGS_WHY_BYTES])
{
    char *argv[20] = {NULL};
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    return args_parse(a, argc, argv, spec, why);
}

#define PARSE(a, why, ...) parse(a, (const char *const[]){__VA_ARGS__, NULL}, why)

static void test_words_and_options(void **state)
{
    (void)state;
    struct args a;
    char why[ARGS_WHY_BYTES] = "";
    assert_int_equal(PARSE(&a, why, "people.csv", "--campaign", "spring", "--all", "-",
                           "--person=x", "--person", "y", "--", "--all"),
                     0);
    assert_int_equal(a.words_count, 3);
    assert_string_equal(a.words[0], "people.csv");
    assert_string_equal(a.words[1], "-");
    assert_string_equal(a.words[2], "--all");
    assert_string_equal(args_get(&a, "campaign"), "spring");
    assert_true(args_has(&a, "all"));
    assert_false(args_has(&a, "since"));
    assert_string_equal(args_get_nth(&a, "person", 0), "x");
    assert_string_equal(args_get_nth(&a, "person", 1), "y");
    assert_null(args_get_nth(&a, "person", 2));
    args_deinit(&a);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *words[4];
        const char *why;
    } rows[] = {
        {{"--foo", NULL}, "--foo is not an option of this command"},
        {{"--camp", "x", NULL}, "--camp is not an option of this command"},
        {{"-x", NULL}, "-x is not an option of this command"},
        {{"--=x", NULL}, "-- is not an option of this command"},
        {{"--campaign", NULL}, "--campaign needs a value"},
        {{"--all=yes", NULL}, "--all takes no value"},
        {{"--all", "--all", NULL}, "--all is given twice"},
        {{"--campaign=a", "--campaign=b", NULL}, "--campaign is given twice"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct args a;
        char why[ARGS_WHY_BYTES] = "";
        assert_int_equal(parse(&a, rows[i].words, why), -EINVAL);
        assert_string_equal(why, rows[i].why);
        args_deinit(&a);
    }
}

static void test_values(void **state)
{
    (void)state;
    struct args a;
    char why[ARGS_WHY_BYTES] = "";
    int64_t n = 5;
    assert_int_equal(PARSE(&a, why, "--since", "2d", "--limit", "11"), 0);
    assert_int_equal(args_duration(&a, "since", &n, why), 0);
    assert_int_equal(n, 172800000);
    assert_int_equal(args_number(&a, "limit", 1, 11, &n, why), 0);
    assert_int_equal(n, 11);
    assert_int_equal(args_number(&a, "limit", 1, 10, &n, why), -EINVAL);
    assert_string_equal(why, "--limit takes a whole number from 1 to 10");
    assert_int_equal(args_number(&a, "absent", 1, 10, &n, why), 0);
    assert_int_equal(n, 11);
    assert_int_equal(args_number(&a, "since", 1, 10, &n, why), -EINVAL);
    assert_int_equal(args_duration(&a, "limit", &n, why), -EINVAL);
    assert_string_equal(why, "--limit takes a duration with its unit, like 90s, 2m, 1d");
    args_deinit(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_options),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
