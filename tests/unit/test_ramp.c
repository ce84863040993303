/* The warm-up of an account, day by day. */
#include <stdlib.h>

#include "common/base/attr.h"
#include "common/policy/ramp.h"
#include "tests/test.h"

#include "common/base/banned.h"

static struct policy_limits at(int64_t cap, int64_t days, int64_t day)
{
    struct policy_limits limits = {.spacing_ms = 7,
                                   .jitter_ms = 7,
                                   .daily_cap = cap,
                                   .daily_invitations = cap / 2,
                                   .weekly_invitations = 7,
                                   .daily_messages = cap,
                                   .daily_profile_views = 7,
                                   .monthly_notes = 7};
    policy_ramp(&limits, days, day);
    return limits;
}

static void test_which_limits(void **state)
{
    (void)state;
    struct policy_limits l = at(40, 5, 1);
    assert_int_equal(l.daily_invitations, 4);
    assert_int_equal(l.daily_messages, 8);
    int64_t others[] = {l.spacing_ms, l.jitter_ms, l.weekly_invitations, l.daily_profile_views,
                        l.monthly_notes};
    for (size_t i = 0; i < SAM_ARRAY_LEN(others); i++)
        assert_int_equal(others[i], 7);
}

static void test_little_stays_something(void **state)
{
    (void)state;
    assert_int_equal(at(1, 30, 1).daily_cap, 1);
    assert_int_equal(at(3, 30, 1).daily_cap, 1);
    assert_int_equal(at(0, 30, 1).daily_cap, 0);
    assert_int_equal(at(1, 30, 1).daily_invitations, 0); /* of none */
}

/* Never less than the day before, never more than all, from a fifth on; caps as large as may be. */
static void test_it_only_grows(void **state)
{
    (void)state;
    static const int64_t caps[] = {1, 2, 7, 40, 150, INT64_MAX / 5000};
    for (size_t c = 0; c < SAM_ARRAY_LEN(caps); c++) {
        for (int64_t days = 2; days <= 365; days += 11) {
            int64_t before = 0;
            for (int64_t day = 1; day <= days + 1; day++) {
                int64_t today = at(caps[c], days, day).daily_cap;
                assert_true(today >= before && today <= caps[c] && today >= 1);
                before = today;
            }
            assert_true(at(caps[c], days, 1).daily_cap <= caps[c] / 5 + 1);
            assert_int_equal(before, caps[c]);
        }
    }
}

static void test_coming_back_from_a_rest(void **state)
{
    (void)state;
    static const struct {
        int64_t day;
        int64_t want; /* of 30 */
    } rows[] = {{-2, 15}, {0, 15}, {1, 15}, {2, 20}, {3, 25}, {4, 30}, {5, 30}, {4000, 30}};
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct policy_limits l = at(30, 0, 1);
        policy_comeback(&l, rows[i].day);
        assert_int_equal(l.daily_cap, rows[i].want);
        assert_int_equal(l.daily_messages, rows[i].want);
        assert_int_equal(l.daily_invitations, rows[i].want / 2);
        assert_int_equal(l.weekly_invitations, 7);
        assert_int_equal(l.daily_profile_views, 7);
        l = at(30, 0, 1);
        policy_comeback_invitations(&l, rows[i].day);
        assert_int_equal(l.daily_invitations, rows[i].want / 2);
        assert_int_equal(l.daily_cap, 30);
        assert_int_equal(l.daily_messages, 30);
    }
    struct policy_limits l = at(1, 0, 1);
    l.daily_messages = 0;
    policy_comeback(&l, 1);
    assert_int_equal(l.daily_cap, 1);
    assert_int_equal(l.daily_messages, 0);
}

static void test_the_limits_of_a_day(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct policy_slow_days days;
        int64_t calls;
        int64_t invitations;
    } rows[] = {
        {"an old account", {100, 0, POLICY_NO_DAY, POLICY_NO_DAY, POLICY_NO_DAY}, 30, 15},
        {"a zone that is not known", {POLICY_NO_DAY, 9, 100, 100, 100}, 0, 15},
        {"the first day of a ramp", {100, 9, 100, POLICY_NO_DAY, POLICY_NO_DAY}, 6, 3},
        {"the day after a ramp", {100, 9, 91, POLICY_NO_DAY, POLICY_NO_DAY}, 30, 15},
        {"back from a rest", {100, 0, POLICY_NO_DAY, 100, POLICY_NO_DAY}, 15, 7},
        {"a rest that still lasts", {100, 0, POLICY_NO_DAY, 102, POLICY_NO_DAY}, 15, 7},
        {"back from a rest of invitations", {100, 0, POLICY_NO_DAY, POLICY_NO_DAY, 100}, 30, 7},
        {"both on a ramp", {100, 9, 100, 100, 100}, 3, 1},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct policy_limits l = at(30, 0, 1);
        policy_limits_on(&l, &rows[i].days);
        if (l.daily_cap != rows[i].calls || l.daily_invitations != rows[i].invitations)
            fail_msg("%s: %d calls, %d invitations", rows[i].name, (int)l.daily_cap,
                     (int)l.daily_invitations);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_limits),        cmocka_unit_test(test_little_stays_something),
        cmocka_unit_test(test_it_only_grows),       cmocka_unit_test(test_coming_back_from_a_rest),
        cmocka_unit_test(test_the_limits_of_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
