/* common/policy/slots: a day that is spread over its window, and what follow-ups leave to new
 * people.
 */
#include <stdlib.h>

#include "common/policy/spread.h"
#include "tests/unit/slots_day.h"

#include "common/base/banned.h"

/* Follow-ups enough for every day, and a new person: one call of each day is left to them, until it
 * is known that they cannot have it. */
static void test_new_people_do_not_starve(void **state)
{
    (void)state;
    struct slots s;
    struct slots_wish first = wish_of(CALL_MESSAGE);
    struct policy_limits many = limits;
    first.first = true;
    many.daily_messages = 5;
    begin(&s, &many, DAY_0 + OPENS);
    s.new_messages = true;
    for (int i = 0; i < 4; i++)
        assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + i * GAP);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS);
    assert_int_equal(take(&s, first), OPENS + 4 * GAP);
    assert_int_equal(take(&s, first), DAY_MS + OPENS + GAP);
    assert_true(slots_no_new_people(&s));
    assert_false(slots_no_new_people(&s));
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS + GAP); /* they keep theirs */
    begin(&s, &many, DAY_0 + OPENS);
    s.new_messages = true;
    s.days[0].no_new_messages = true; /* their campaign is closed today */
    for (int i = 0; i < 5; i++)
        assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + i * GAP);
    for (int i = 0; i < 4; i++)
        assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS + i * GAP);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), NONE);
    begin(&s, &many, DAY_0 + OPENS);
    s.new_invitations = true;
    s.invitations_week = limits.weekly_invitations; /* nobody could be invited */
    for (int i = 0; i < 5; i++)
        assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + i * GAP);
}

/* What could still come keeps a call of the day, and nothing that could not. */
static void test_people_to_invite_keep_a_call_while_they_may_be_invited(void **state)
{
    (void)state;
    struct slots s;
    struct policy_limits many = limits;
    many.daily_messages = 5;
    begin(&s, &many, DAY_0 + OPENS);
    s.new_invitations = true;
    s.days[0].invitations = s.days[0].calls = limits.daily_invitations;
    s.days[1].invitations = limits.daily_invitations - 1;
    for (int i = 0; i < 3; i++) /* today's invitations are used up: all other calls are free */
        assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + i * GAP);
    for (int i = 0; i < 4; i++)
        assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS + i * GAP);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), NONE);
    assert_true(slots_no_new_people(&s));
    assert_false(slots_no_new_people(&s));
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS + 4 * GAP);
}

/* Their windows are over, or the looks at their profiles are used up: each kind by itself. */
static void test_who_cannot_come_today_keeps_no_call_of_today(void **state)
{
    (void)state;
    enum { INVITATIONS_CLOSED, MESSAGES_CLOSED, NO_VIEWS, CASES };
    for (int i = 0; i < CASES; i++) {
        struct slots s;
        struct policy_limits many = limits;
        many.daily_messages = 5;
        begin(&s, &many, DAY_0 + OPENS);
        s.new_invitations = i != MESSAGES_CLOSED;
        s.new_messages = i != INVITATIONS_CLOSED;
        s.days[0].no_new_invitations = i == INVITATIONS_CLOSED;
        s.days[0].no_new_messages = i == MESSAGES_CLOSED;
        s.days[0].profile_views = i == NO_VIEWS ? limits.daily_profile_views : 0;
        for (int n = 0; n < 5; n++)
            assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + n * GAP);
        assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS);
    }
}

static void test_one_call_a_day_is_a_follow_ups(void **state)
{
    (void)state;
    struct slots s;
    struct policy_limits one = limits;
    struct slots_wish first = wish_of(CALL_MESSAGE);
    first.first = true;
    one.daily_cap = 1;
    begin(&s, &one, DAY_0 + OPENS);
    s.new_messages = true;
    assert_int_equal(take(&s, first), OPENS);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS);
}

/* limits.pace = "spread": eight hours, and as many calls as the caps allow. */
static void test_a_day_is_spread(void **state)
{
    (void)state;
    struct slots s;
    struct policy_limits l = limits;
    l.spread = true;
    l.jitter_ms = 0;
    l.daily_cap = 16;
    l.daily_invitations = 16;
    begin(&s, &l, DAY_0 + HOUR_MS);
    for (int64_t i = 0; i < 16; i++)
        assert_int_equal(take(&s, wish_of(CALL_INVITATION)), OPENS + i * 30 * MINUTE_MS);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), DAY_MS + OPENS);
    begin(&s, &l, DAY_0 + CLOSES - HOUR_MS); /* an hour is left */
    s.sent[0].calls = s.days[0].calls = 4;
    s.last_call_ms = DAY_0 + CLOSES - HOUR_MS - GAP;
    for (int64_t i = 0; i < 12; i++)
        assert_int_equal(take(&s, wish_of(CALL_INVITATION)),
                         CLOSES - HOUR_MS - GAP + (i + 1) * 5 * MINUTE_MS);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), DAY_MS + OPENS);
}

/* The fewest places that one of the caps leaves decide. */
static void test_places_of_a_spread_day(void **state)
{
    (void)state;
    struct slots_campaign three = {.daily_cap = 3, .sent_today = 1, .days = {{.calls = 1}}};
    static const struct {
        const char *name;
        int64_t want;                                    /* between the first and the second */
        int64_t cap, invitations, week, messages, views; /* 0 = many */
        enum call_kind kind;
        bool view, campaign;
    } rows[] = {
        {"all calls", HOUR_MS, 8, 0, 0, 0, 0, CALL_MESSAGE, false, false},
        {"invitations", 2 * HOUR_MS, 0, 4, 0, 0, 0, CALL_INVITATION, false, false},
        {"of a week", 4 * HOUR_MS, 0, 0, 2, 0, 0, CALL_INVITATION, false, false},
        {"messages", 30 * MINUTE_MS, 0, 2, 2, 16, 0, CALL_MESSAGE, false, false},
        {"views", 4 * HOUR_MS, 0, 0, 0, 0, 2, CALL_MESSAGE, true, false},
        {"views of no concern", HOUR_MS, 8, 0, 0, 0, 2, CALL_MESSAGE, false, false},
        {"a campaign", 4 * HOUR_MS, 8, 0, 0, 0, 0, CALL_MESSAGE, false, true},
        {"more than there is room for", GAP, 0, 0, 0, 0, 0, CALL_MESSAGE, false, false},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct slots s;
        const struct policy_limits l = {
            .spacing_ms = GAP,
            .spread = true,
            .daily_cap = rows[i].cap ? rows[i].cap : 9999,
            .daily_invitations = rows[i].invitations ? rows[i].invitations : 9999,
            .weekly_invitations = rows[i].week ? rows[i].week : 9999,
            .daily_messages = rows[i].messages ? rows[i].messages : 9999,
            .daily_profile_views = rows[i].views ? rows[i].views : 9999};
        struct slots_wish wish = wish_of(rows[i].kind);
        wish.costs_profile_view = rows[i].view;
        wish.campaign = rows[i].campaign ? &three : NULL;
        begin(&s, &l, DAY_0);
        int64_t first = take(&s, wish);
        int64_t gap = take(&s, wish) - first;
        if (gap != rows[i].want)
            fail_msg("%s: %lld ms apart", rows[i].name, (long long)gap);
    }
}

/* What a campaign has sent today takes no place of tomorrow; without a cap it takes none at all. */
static void test_a_campaign_has_its_places_each_day(void **state)
{
    (void)state;
    struct slots_campaign five = {.daily_cap = 5, .sent_today = 5, .days = {{.calls = 5}}};
    struct slots_campaign any = {.daily_cap = 0, .sent_today = 5, .days = {{.calls = 5}}};
    struct policy_limits l = limits;
    struct slots_wish wish = wish_of(CALL_MESSAGE);
    struct slots s;
    l.spread = true;
    l.daily_cap = l.daily_messages = 8;
    begin(&s, &l, DAY_0 + OPENS);
    wish.campaign = &five;
    assert_int_equal(take(&s, wish), DAY_MS + OPENS);
    assert_int_equal(take(&s, wish), DAY_MS + OPENS + 96 * MINUTE_MS); /* a fifth of eight hours */
    begin(&s, &l, DAY_0 + OPENS);
    wish.campaign = &any;
    assert_int_equal(take(&s, wish), OPENS);
    assert_int_equal(take(&s, wish), OPENS + HOUR_MS);
}

/* New people of a campaign may be waiting, but nobody can be looked at today: its follow-ups take
 * what would be theirs. */
static void test_a_campaign_keeps_a_call_for_who_could_come(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t views;
        bool new_people, invites, today;
    } rows[] = {
        {"nobody can be looked at", 0, true, false, true},
        {"somebody may come", 1, true, false, false},
        {"others' new people", 1, false, false, true},
        {"somebody to invite", 1, true, true, false},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct slots_campaign two = {.daily_cap = 2,
                                     .sent_today = 1,
                                     .new_people = rows[i].new_people,
                                     .invites = rows[i].invites,
                                     .days = {{.calls = 1}}};
        struct policy_limits l = limits;
        struct slots_wish wish = wish_of(CALL_MESSAGE);
        struct slots s;
        l.daily_profile_views = rows[i].views;
        begin(&s, &l, DAY_0 + OPENS);
        s.new_messages = !rows[i].invites;
        s.new_invitations = rows[i].invites;
        wish.campaign = &two;
        if ((take(&s, wish) == OPENS) != rows[i].today)
            fail_msg("%s: %s", rows[i].name, rows[i].today ? "tomorrow" : "today");
    }
}

/* What waits for the evening takes none of the time of a campaign that closes before it. */
static void test_a_day_is_spread_over_what_its_window_gets(void **state)
{
    (void)state;
    struct slots s;
    struct policy_limits l = limits;
    l.spread = true;
    l.jitter_ms = 0;
    l.daily_cap = l.daily_messages = 16;
    begin(&s, &l, DAY_0 + OPENS);
    for (int i = 0; i < 8; i++) {
        const struct slots_wish evening = wish_of(CALL_MESSAGE);
        slots_waiting(&s, &evening, DAY_0 + CLOSES + (i + 1) * GAP);
    }
    for (int64_t i = 0; i < 8; i++)
        assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + i * HOUR_MS);
}

/* Nothing to spread over, or nobody to spread: the spacing alone holds. */
static void test_no_gap_without_time_or_places(void **state)
{
    (void)state;
    assert_int_equal(policy_spread_ms(HOUR_MS, 4, 0, 0), 15 * MINUTE_MS);
    assert_int_equal(policy_spread_ms(0, 4, 0, 0), 0);
    assert_int_equal(policy_spread_ms(-1, 4, 0, 0), 0);
    assert_int_equal(policy_spread_ms(HOUR_MS, 0, 0, 0), 0);
    assert_int_equal(policy_spread_ms(HOUR_MS, -1, 0, 0), 0);
}

/* Follow-ups at odd times leave gaps that are too small for the full distance: who then finds no
 * place gets one at half of it, and no place of the day is left. */
static void test_a_spread_day_loses_no_place(void **state)
{
    (void)state;
    struct slots s;
    struct policy_limits l = limits;
    struct slots_wish late = wish_of(CALL_MESSAGE);
    l.spread = true;
    l.daily_cap = l.daily_invitations = l.daily_messages = 8;
    begin(&s, &l, DAY_0 + OPENS);
    late.not_before_ms = DAY_0 + 12 * HOUR_MS + 30 * MINUTE_MS;
    assert_int_equal(take(&s, late), 12 * HOUR_MS + 30 * MINUTE_MS);
    late.not_before_ms = DAY_0 + 14 * HOUR_MS + 15 * MINUTE_MS;
    assert_int_equal(take(&s, late), 14 * HOUR_MS + 15 * MINUTE_MS);
    int64_t last = 0;
    for (int i = 0; i < 6; i++) {
        last = take(&s, wish_of(CALL_INVITATION));
        assert_true(last >= OPENS && last < CLOSES);
    }
    assert_int_equal(last, OPENS + 30 * MINUTE_MS); /* the only one at half */
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), DAY_MS + OPENS);
}

/* The draw makes a gap shorter, by a quarter at most, and never less than the spacing. */
static void test_a_spread_gap_varies(void **state)
{
    (void)state;
    struct slots s;
    struct policy_limits l = limits;
    struct slots_wish wish = wish_of(CALL_MESSAGE);
    l.spread = true;
    l.daily_cap = l.daily_messages = 8;
    begin(&s, &l, DAY_0 + OPENS);
    assert_int_equal(take(&s, wish), OPENS);
    wish.jitter_ms = l.jitter_ms;
    assert_int_equal(take(&s, wish), OPENS + 45 * MINUTE_MS);
    wish.jitter_ms = l.jitter_ms / 2;
    assert_int_equal(take(&s, wish), OPENS + 45 * MINUTE_MS + 52 * MINUTE_MS + 30 * SECOND_MS);
}

/* Seen from the eve, the horizon ends soon after the window opens: those who find no place there at
 * the day's gap do not crowd into its first hour. */
static void test_the_horizon_does_not_press_the_morning(void **state)
{
    (void)state;
    struct slots s;
    struct policy_limits l = limits;
    l.spread = true;
    l.jitter_ms = 0;
    l.daily_cap = 16;
    l.daily_messages = 16;
    begin(&s, &l, DAY_0 + CLOSES);
    s.horizon_end_ms = DAY_0 + DAY_MS + OPENS + HOUR_MS;
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS + 30 * MINUTE_MS);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), NONE);
    s.limits.spread = false;
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS + GAP);
}

/* A place that one of last week's invitations makes is not the only one of the day: they make room
 * one by one. Spread as if it were, each would be used later in the day from week to week. */
static void test_a_full_week_keeps_the_distance_of_a_day(void **state)
{
    (void)state;
    struct slots s;
    struct slots_wish wish = wish_of(CALL_INVITATION);
    struct policy_limits eight = limits;
    const struct slots_day today = {.start_ms = DAY_0, .end_ms = DAY_0 + DAY_MS};
    eight.spread = true;
    eight.daily_cap = eight.daily_invitations = 8;
    for (int64_t tonight = 92; tonight < 100; tonight++) {
        int64_t gap = (CLOSES - OPENS) / (eight.weekly_invitations - tonight);
        slots_init(&s, &(struct slots_start){.limits = &eight,
                                             .days = &today,
                                             .days_count = 1,
                                             .invitations_week = 99,
                                             .invitations_tonight = tonight,
                                             .first_free_ms = DAY_0 + OPENS,
                                             .last_call_ms = DAY_0 + OPENS - MINUTE_MS,
                                             .horizon_end_ms = DAY_0 + DAY_MS});
        assert_int_equal(take(&s, wish), OPENS - MINUTE_MS + gap);
        assert_int_equal(take(&s, wish), NONE); /* the week is full until then */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_people_do_not_starve),
        cmocka_unit_test(test_people_to_invite_keep_a_call_while_they_may_be_invited),
        cmocka_unit_test(test_the_horizon_does_not_press_the_morning),
        cmocka_unit_test(test_who_cannot_come_today_keeps_no_call_of_today),
        cmocka_unit_test(test_one_call_a_day_is_a_follow_ups),
        cmocka_unit_test(test_a_day_is_spread),
        cmocka_unit_test(test_places_of_a_spread_day),
        cmocka_unit_test(test_a_campaign_has_its_places_each_day),
        cmocka_unit_test(test_a_campaign_keeps_a_call_for_who_could_come),
        cmocka_unit_test(test_a_day_is_spread_over_what_its_window_gets),
        cmocka_unit_test(test_no_gap_without_time_or_places),
        cmocka_unit_test(test_a_spread_day_loses_no_place),
        cmocka_unit_test(test_a_spread_gap_varies),
        cmocka_unit_test(test_a_full_week_keeps_the_distance_of_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
