/* common/policy/bounds where no bound is set; the rest stands in tests/cases/limits.csv. */
#include "common/policy/bounds.h"
#include "tests/test.h"

#include "common/base/banned.h"

/* As for a simulator: no bound at all. */
static void test_bounds_that_are_lifted(void **state)
{
    (void)state;
    const struct policy_limits lifted = {.daily_cap = INT64_MAX,
                                         .daily_invitations = INT64_MAX,
                                         .weekly_invitations = INT64_MAX,
                                         .daily_messages = INT64_MAX};
    struct policy_limits l = {.daily_cap = 1000000,
                              .daily_invitations = 1000000,
                              .weekly_invitations = 1000000,
                              .daily_messages = 1000000};
    const struct policy_limits want = l;
    policy_bound(&l, &lifted);
    assert_memory_equal(&l, &want, sizeof(l));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds_that_are_lifted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
