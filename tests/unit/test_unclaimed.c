/* producer/unclaimed: how long a published item waits, and has waited. */
#include "common/base/clock.h"
#include "producer/unclaimed.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void test_waits_double_up_to_an_hour(void **state)
{
    (void)state;
    static const int64_t minutes[] = {2, 4, 8, 16, 32, 60, 60, 60};
    for (size_t i = 0; i < SAM_ARRAY_LEN(minutes); i++)
        assert_int_equal(unclaimed_ms((int64_t)i), minutes[i] * MINUTE_MS);
}

static void test_what_was_waited_is_their_sum(void **state)
{
    (void)state;
    int64_t sum = 0;
    for (int64_t i = 0; i < 50; i++) {
        assert_int_equal(unclaimed_before_ms(i), sum);
        sum += unclaimed_ms(i);
    }
    assert_int_equal(unclaimed_before_ms(INT32_MAX), 62 * MINUTE_MS + (INT32_MAX - 5) * HOUR_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_double_up_to_an_hour),
        cmocka_unit_test(test_what_was_waited_is_their_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
