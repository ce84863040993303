/* common/base/due: on a machine that has just been started, too. */
#include "common/base/clock.h"
#include "common/base/due.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void test_the_first_time_at_once(void **state)
{
    static const int64_t up_ms[] = {0, 1, SECOND_MS, HOUR_MS - 1, HOUR_MS, 400 * DAY_MS};
    (void)state;
    for (size_t i = 0; i < sizeof(up_ms) / sizeof(up_ms[0]); i++) {
        struct due d = {0};
        assert_true(due_now(&d, up_ms[i]));
        due_after(&d, up_ms[i], HOUR_MS);
        assert_false(due_now(&d, up_ms[i]));
        assert_false(due_now(&d, up_ms[i] + HOUR_MS - 1));
        assert_true(due_now(&d, up_ms[i] + HOUR_MS));
        due_at_once(&d);
        assert_true(due_now(&d, up_ms[i]));
    }
}

static void test_all_the_time(void **state)
{
    struct due d = {0};
    (void)state;
    due_after(&d, 5, 0);
    assert_true(due_now(&d, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_time_at_once),
        cmocka_unit_test(test_all_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
