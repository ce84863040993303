/* producer/said: the same failure of a step is said once a minute. */
#include "common/base/clock.h"
#include "producer/said.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void test_once_a_minute(void **state SAM_UNUSED)
{
    struct said s = {0};
    assert_true(said_news(&s, "plan", PG_WAIT, "53100", 1000));
    assert_false(said_news(&s, "plan", PG_WAIT, "53100", 1000 + MINUTE_MS - 1));
    assert_true(said_news(&s, "plan", PG_WAIT, "53100", 1000 + MINUTE_MS));
}

static void test_each_step_for_itself(void **state SAM_UNUSED)
{
    struct said s = {0};
    assert_true(said_news(&s, "plan", PG_WAIT, "53100", 0));
    assert_true(said_news(&s, "publish", PG_WAIT, "53100", 0));
    assert_false(said_news(&s, "plan", PG_WAIT, "53100", 1));
}

static void test_another_failure(void **state SAM_UNUSED)
{
    struct said s = {0};
    assert_true(said_news(&s, "plan", PG_WAIT, "53100", 0));
    assert_true(said_news(&s, "plan", PG_WAIT, "53200", 1));
    assert_true(said_news(&s, "plan", PG_LOST, "", 2));
    assert_false(said_news(&s, "plan", PG_LOST, "", 3));
}

static void test_more_steps_than_places(void **state SAM_UNUSED)
{
    static const char *const steps[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                        "j", "k", "l", "m", "n", "o", "p", "q"};
    struct said s = {0};
    for (size_t i = 0; i < SAM_ARRAY_LEN(steps); i++)
        assert_true(said_news(&s, steps[i], PG_BUG, "XX000", 0));
    assert_false(said_news(&s, "a", PG_BUG, "XX000", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once_a_minute),
        cmocka_unit_test(test_each_step_for_itself),
        cmocka_unit_test(test_another_failure),
        cmocka_unit_test(test_more_steps_than_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
