/* An account's day when its time zone changes. */
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/policy/kept_day.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define NOW INT64_C(1800000000000)

static void assert_span(struct day_span got, int64_t from_hours, int64_t until_hours)
{
    assert_int_equal((got.from_ms - NOW) / HOUR_MS, from_hours);
    assert_int_equal((got.until_ms - NOW) / HOUR_MS, until_hours);
}

static struct day_span span(int64_t from_hours)
{
    return (struct day_span){NOW + from_hours * HOUR_MS, NOW + (from_hours + 24) * HOUR_MS};
}

static const struct day_span none = {0, 0};

/* From Tokyo at five in the afternoon to Los Angeles, where the day has just begun, and back. */
static void test_the_day_that_was_begun_counts(void **state)
{
    (void)state;
    struct day_span tokyo = span(-17);
    struct day_span los_angeles = span(0);
    assert_span(policy_counted_day(tokyo, none, NOW), -17, 7);
    struct day_span kept = policy_keep_day(tokyo, none, NOW);
    assert_span(kept, -17, 7);
    assert_span(policy_counted_day(los_angeles, kept, NOW), -17, 7);
    assert_span(policy_counted_day(los_angeles, kept, NOW + 7 * HOUR_MS - 1), -17, 7);
    assert_span(policy_counted_day(los_angeles, kept, NOW + 7 * HOUR_MS), 0, 24);
    /* the new day may have begun before the old one */
    assert_span(policy_counted_day(span(-20), policy_keep_day(span(-3), none, NOW), NOW), -20, 21);
}

static void test_a_second_change(void **state)
{
    (void)state;
    struct day_span kept = policy_keep_day(span(-17), none, NOW);
    kept = policy_keep_day(span(0), kept, NOW);
    assert_span(kept, -17, 24);
    assert_span(policy_keep_day(span(-23), kept, NOW), -23, 24);
    /* what was kept is over */
    assert_span(policy_keep_day(span(-1), span(-30), NOW), -1, 23);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_day_that_was_begun_counts),
        cmocka_unit_test(test_a_second_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
