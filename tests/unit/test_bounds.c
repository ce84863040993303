/* common/policy/bounds: each limit on either side of its bound, and no other one. */
#include "common/base/attr.h"
#include "common/policy/bounds.h"
#include "tests/test.h"

#include "common/base/banned.h"

static const struct policy_limits bounds = {.spacing_ms = 30,
                                            .daily_cap = 150,
                                            .daily_invitations = 80,
                                            .weekly_invitations = 200,
                                            .daily_messages = 140};

static void test_each_limit(void **state)
{
    (void)state;
    struct policy_limits l;
    const struct {
        int64_t *limit;
        int64_t given;
        int64_t want;
    } rows[] = {
        {&l.spacing_ms, 29, 30},
        {&l.spacing_ms, 30, 30},
        {&l.spacing_ms, 31, 31},
        {&l.spacing_ms, 0, 30},
        {&l.daily_cap, 151, 150},
        {&l.daily_cap, 150, 150},
        {&l.daily_cap, 0, 0},
        {&l.daily_cap, INT64_MAX, 150},
        {&l.daily_invitations, 81, 80},
        {&l.daily_invitations, 80, 80},
        {&l.weekly_invitations, 201, 200},
        {&l.weekly_invitations, 200, 200},
        {&l.daily_messages, 141, 140},
        {&l.daily_messages, 139, 139},
        {&l.jitter_ms, INT64_MAX, INT64_MAX},
        {&l.daily_profile_views, 9999, 9999},
        {&l.monthly_notes, MONTHLY_NOTES_ANY, MONTHLY_NOTES_ANY},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        l = bounds;
        l.spread = true;
        *rows[i].limit = rows[i].given;
        struct policy_limits want = l;
        policy_bound(&l, &bounds);
        if (*rows[i].limit != rows[i].want)
            fail_msg("row %zu: %lld", i, (long long)*rows[i].limit);
        *rows[i].limit = rows[i].given; /* all else is as it was */
        assert_memory_equal(&l, &want, sizeof(l));
    }
}

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

static void test_only_a_free_plan_has_few_notes(void **state)
{
    (void)state;
    for (int plan = 0; plan < ACCOUNT_PLAN_N; plan++)
        assert_int_equal(policy_monthly_notes((enum account_plan)plan, 5),
                         plan == PLAN_FREE ? 5 : MONTHLY_NOTES_ANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_limit),
        cmocka_unit_test(test_bounds_that_are_lifted),
        cmocka_unit_test(test_only_a_free_plan_has_few_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
