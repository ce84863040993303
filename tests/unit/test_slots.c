/* common/policy/slots: the planner's moments, and that policy_decide() agrees with each of them. */
#include <stdlib.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/clock.h"
#include "common/policy/slots.h"
#include "tests/test.h"
#include "tests/unit/slots_day.h"

#include "common/base/banned.h"

static void test_calls_keep_their_distance(void **state)
{
    (void)state;
    struct slots s;
    struct slots_wish wish = wish_of(CALL_MESSAGE);
    begin(&s, &limits, DAY_0 + 10 * HOUR_MS);
    wish.jitter_ms = 30 * SECOND_MS;
    assert_int_equal(take(&s, wish), 10 * HOUR_MS);
    wish.jitter_ms = 0;
    assert_int_equal(take(&s, wish), 10 * HOUR_MS + GAP + 30 * SECOND_MS);
    assert_int_equal(take(&s, wish), 10 * HOUR_MS + 2 * GAP + 30 * SECOND_MS);
}

static void test_invitations_rest_and_messages_go_on(void **state)
{
    (void)state;
    struct slots s;
    begin(&s, &limits, DAY_0 + OPENS);
    s.invitations_from_ms = DAY_0 + 12 * HOUR_MS;
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), 12 * HOUR_MS);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS);
    s.invitations_from_ms = DAY_0 + 20 * HOUR_MS; /* past the close: the next window */
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), DAY_MS + OPENS);
    s.invitations_from_ms = DAY_0 + 2 * DAY_MS;
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), NONE);
}

static void test_a_slot_lies_in_a_window(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t free, not_before, want; /* after DAY_0 */
    } rows[] = {
        {"before it opens", HOUR_MS, 0, OPENS},
        {"as it opens", OPENS, 0, OPENS},
        {"in it", 0, OPENS + 7, OPENS + 7},
        {"account is free later than the person", OPENS + 9, OPENS + 7, OPENS + 9},
        {"last millisecond", CLOSES - 1, 0, CLOSES - 1},
        {"as it closes", CLOSES, 0, DAY_MS + OPENS},
        {"by night", CLOSES + 5 * HOUR_MS, 0, DAY_MS + OPENS},
        {"after the last one", DAY_MS + CLOSES, 0, NONE},
        {"person after the last one", 0, DAY_MS + CLOSES, NONE},
        {"after the horizon", 0, 3 * DAY_MS, NONE},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct slots s;
        struct slots_wish wish = wish_of(CALL_MESSAGE);
        begin(&s, &limits, DAY_0 + rows[i].free);
        wish.not_before_ms = DAY_0 + rows[i].not_before;
        int64_t got = take(&s, wish);
        if (got != rows[i].want)
            fail_msg("%s: %lld, not %lld", rows[i].name, (long long)got, (long long)rows[i].want);
    }
}

static void test_the_horizon_ends_the_plan(void **state)
{
    (void)state;
    struct slots s;
    begin(&s, &limits, DAY_0 + OPENS);
    s.horizon_end_ms = DAY_0 + OPENS + GAP;
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), NONE); /* half-open: not at its end either */
}

static void test_each_kind_has_its_cap_of_a_day(void **state)
{
    (void)state;
    struct slots s;
    begin(&s, &limits, DAY_0 + OPENS);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), OPENS);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), OPENS + GAP);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + 2 * GAP);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), DAY_MS + OPENS);
    /* the first day is full of invitations only */
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + 3 * GAP);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + 4 * GAP);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS + GAP);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS + 2 * GAP);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS + 3 * GAP);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), NONE);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), DAY_MS + OPENS + 4 * GAP);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), NONE); /* daily_cap 5 */
}

static void test_what_was_sent_or_waits_counts(void **state)
{
    (void)state;
    struct slots s;
    begin(&s, &limits, DAY_0 + OPENS);
    s.days[0].calls = 5;
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS);
    begin(&s, &limits, DAY_0 + OPENS);
    s.days[0].invitations = 2;
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), DAY_MS + OPENS);
    begin(&s, &limits, DAY_0 + OPENS);
    s.days[0].messages = 3;
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), OPENS);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS);
}

static void test_a_later_slot_leaves_the_time_before_it_free(void **state)
{
    (void)state;
    struct slots s;
    struct slots_wish late = wish_of(CALL_MESSAGE);
    begin(&s, &limits, DAY_0 + OPENS);
    late.not_before_ms = DAY_0 + OPENS + 3 * GAP;
    assert_int_equal(take(&s, late), OPENS + 3 * GAP);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), OPENS);
    late.not_before_ms = DAY_0 + OPENS + GAP + GAP / 2;
    assert_int_equal(take(&s, late), OPENS + GAP + GAP / 2);
    late.jitter_ms = GAP; /* no gap before is wide enough */
    late.not_before_ms = 0;
    assert_int_equal(take(&s, late), OPENS + 4 * GAP);
}

static void test_a_follow_up_goes_before_new_people(void **state)
{
    (void)state;
    struct slots s;
    struct slots_wish first = wish_of(CALL_MESSAGE);
    first.first = true;
    begin(&s, &limits, DAY_0 + OPENS);
    for (int i = 0; i < 3; i++) /* the day's messages are all planned for new people */
        slots_waiting(&s, &first, DAY_0 + OPENS + i * GAP);
    assert_int_equal(take(&s, first), DAY_MS + OPENS);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + GAP);
    s.days[0].messages++; /* one was sent: what was sent cannot be displaced */
    s.days[0].calls++;
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), DAY_MS + OPENS);
}

/* Whatever the limits say: rests and caps are asked by slots_take() alone. */
static void test_when_windows_open(void **state)
{
    (void)state;
    const struct slots_wish wish = wish_of(CALL_MESSAGE);
    int64_t at_ms = 7;
    assert_true(slots_opens(&wish, DAY_0, &at_ms));
    assert_int_equal(at_ms, DAY_0 + OPENS);
    assert_true(slots_opens(&wish, DAY_0 + CLOSES - 1, &at_ms));
    assert_int_equal(at_ms, DAY_0 + CLOSES - 1);
    assert_true(slots_opens(&wish, DAY_0 + CLOSES, &at_ms));
    assert_int_equal(at_ms, DAY_0 + DAY_MS + OPENS);
    assert_false(slots_opens(&wish, DAY_0 + DAY_MS + CLOSES, &at_ms));
    assert_int_equal(at_ms, DAY_0 + DAY_MS + OPENS); /* untouched */
}

static void test_what_waits_keeps_its_moment(void **state)
{
    (void)state;
    struct slots s;
    struct slots_wish invitation = wish_of(CALL_INVITATION);
    invitation.first = true;
    invitation.costs_profile_view = true;
    begin(&s, &limits, DAY_0 + OPENS);
    slots_waiting(&s, &invitation, DAY_0 + OPENS + GAP / 2);
    slots_waiting(&s, &invitation, DAY_0 + OPENS - 3 * HOUR_MS); /* overdue */
    slots_waiting(&s, &invitation, DAY_0 + 40 * DAY_MS);         /* far away */
    slots_waiting(&s, &(struct slots_wish){.kind = CALL_MESSAGE}, DAY_0 + 40 * DAY_MS);
    assert_int_equal(s.invitations_week, 3); /* a message is none of them */
    assert_int_equal(s.days[0].invitations, 2);
    assert_int_equal(s.days[0].profile_views, 2);
    invitation.costs_profile_view = false;
    assert_int_equal(take(&s, invitation), DAY_MS + OPENS);
    struct slots_wish message = wish_of(CALL_MESSAGE);
    message.first = true;
    assert_int_equal(take(&s, message), OPENS + GAP / 2 + GAP);
}

static void test_more_than_can_be_kept_is_not_planned(void **state)
{
    (void)state;
    struct slots s;
    begin(&s, &limits, DAY_0 + OPENS);
    for (int i = 0; i < SLOTS_BOOKED_MAX + 10; i++)
        slots_waiting(&s, &(struct slots_wish){.first = true}, DAY_0);
    assert_int_equal(s.booked_count, SLOTS_BOOKED_MAX);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), NONE);
}

static void test_profile_views_have_their_cap(void **state)
{
    (void)state;
    struct slots s;
    struct slots_wish viewing = wish_of(CALL_INVITATION);
    viewing.costs_profile_view = true;
    begin(&s, &limits, DAY_0 + OPENS);
    assert_int_equal(take(&s, viewing), OPENS);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), OPENS + GAP);
    assert_int_equal(take(&s, viewing), DAY_MS + OPENS);
    assert_int_equal(take(&s, viewing), NONE);
}

/* A campaign's cap holds its own calls only, and its follow-ups go before its new people, but for
 * one of them a day. */
static void test_a_campaign_has_its_cap(void **state)
{
    (void)state;
    struct slots s;
    struct slots_campaign capped = {.daily_cap = 3, .days = {{.calls = 1}}};
    struct slots_campaign free_one = {.daily_cap = 0};
    struct slots_wish wish = wish_of(CALL_MESSAGE);
    begin(&s, &limits, DAY_0 + 10 * HOUR_MS);
    wish.first = true;
    wish.campaign = &capped;
    assert_int_equal(take(&s, wish), 10 * HOUR_MS);
    assert_int_equal(take(&s, wish), 10 * HOUR_MS + GAP);
    assert_int_equal(take(&s, wish), DAY_MS + OPENS); /* one was sent, two wait */
    wish.first = false;
    assert_int_equal(take(&s, wish), 10 * HOUR_MS);   /* displaces one of those that wait */
    assert_int_equal(take(&s, wish), DAY_MS + OPENS); /* not both */
    wish.campaign = &free_one;
    assert_int_equal(take(&s, wish), 10 * HOUR_MS + GAP);
    assert_int_equal(capped.days[0].calls, 4);
    assert_int_equal(capped.days[1].calls, 2);
}

static void test_the_week_has_its_cap(void **state)
{
    (void)state;
    struct slots s;
    begin(&s, &limits, DAY_0 + OPENS);
    s.invitations_week = 99;
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), OPENS);
    assert_int_equal(take(&s, wish_of(CALL_INVITATION)), NONE);
    assert_int_equal(take(&s, wish_of(CALL_MESSAGE)), OPENS + GAP); /* nothing was booked */
}

/* What waits counts for the month in which it waits; a wish that needs a note gets the next
 * month's, and another one goes at once, with a note if there is one. */
static void test_the_notes_of_two_months(void **state)
{
    (void)state;
    struct policy_limits two = limits;
    struct slots s;
    struct slots_wish wish = wish_of(CALL_INVITATION);
    two.monthly_notes = 2;
    two.daily_invitations = 20;
    two.daily_cap = 20;
    begin(&s, &two, DAY_0 + OPENS);
    s.next_month_ms = DAY_0 + DAY_MS;
    s.notes[0] = 1;
    wish.noted = true;
    slots_waiting(&s, &wish, DAY_0 + DAY_MS + OPENS);     /* the next month's first */
    slots_waiting(&s, &wish, DAY_0 + 5 * DAY_MS + OPENS); /* past the horizon: its second */
    assert_int_equal(take(&s, wish), OPENS);
    assert_int_equal(take(&s, wish), NONE);
    wish.noted = false;
    assert_int_equal(take(&s, wish), OPENS + GAP);
    assert_false(slots_take_note(&s, DAY_0 + OPENS + GAP));
    assert_false(slots_take_note(&s, DAY_0 + DAY_MS));
    s.notes[1] = 1;
    wish.noted = true;
    assert_int_equal(take(&s, wish), DAY_MS + OPENS + GAP);
    s.limits.monthly_notes = MONTHLY_NOTES_ANY;
    assert_int_equal(take(&s, wish), OPENS + 2 * GAP);
    assert_true(slots_take_note(&s, DAY_0));
}

static void test_a_refusal_books_nothing(void **state)
{
    (void)state;
    struct slots s;
    struct slots before;
    struct slots_wish closed = wish_of(CALL_MESSAGE);
    closed.windows_count = 0;
    begin(&s, &limits, DAY_0 + OPENS);
    before = s;
    assert_int_equal(take(&s, closed), NONE);
    assert_memory_equal(&s, &before, sizeof(s));
}

static void test_days_beyond_the_array_are_not_planned(void **state)
{
    (void)state;
    struct slots_day days[SLOTS_DAYS_MAX + 2];
    struct slots s;
    const struct interval always = {DAY_0, DAY_0 + 30 * DAY_MS, REASON_HOURS};
    struct slots_wish wish = {.kind = CALL_MESSAGE, .windows = &always, .windows_count = 1};
    memset(days, 0, sizeof(days));
    for (int i = 0; i < SLOTS_DAYS_MAX + 2; i++) {
        days[i].start_ms = DAY_0 + i * DAY_MS;
        days[i].end_ms = DAY_0 + (i + 1) * DAY_MS;
    }
    slots_init(&s, &(struct slots_start){.limits = &limits,
                                         .days = days,
                                         .days_count = SAM_ARRAY_LEN(days),
                                         .first_free_ms = DAY_0,
                                         .horizon_end_ms = DAY_0 + 30 * DAY_MS});
    assert_int_equal(s.days_count, SLOTS_DAYS_MAX);
    wish.not_before_ms = DAY_0 + SLOTS_DAYS_MAX * DAY_MS - 1;
    assert_int_equal(take(&s, wish), SLOTS_DAYS_MAX * DAY_MS - 1);
    wish.not_before_ms = DAY_0 + SLOTS_DAYS_MAX * DAY_MS;
    assert_int_equal(take(&s, wish), NONE);
}

static void test_midnight_belongs_to_the_new_day(void **state)
{
    (void)state;
    const struct interval always = {DAY_0, DAY_0 + 2 * DAY_MS, REASON_HOURS};
    struct slots_wish wish = {.kind = CALL_MESSAGE, .windows = &always, .windows_count = 1};
    struct slots s;
    begin(&s, &limits, DAY_0 + DAY_MS);
    s.days[1].messages = 2;
    assert_int_equal(take(&s, wish), DAY_MS);
    assert_int_equal(s.days[0].messages, 0);
    assert_int_equal(take(&s, wish), NONE);
}

/* ---- with policy_decide --------------------------------------------------------------------- */

/* What the account has done when a plan is carried out to the letter. */
struct carried_out {
    struct policy_facts f;
    struct policy_usage u;
    int64_t day;
};

static void judge(struct carried_out *c, const struct slots_wish *wish, int64_t at_ms)
{
    int64_t day = (at_ms - DAY_0) / DAY_MS;
    if (day != c->day) {
        c->u.calls_today = c->u.invitations_today = 0;
        c->u.messages_today = c->u.profile_views_today = 0;
    }
    c->day = day;
    c->f.now_ms = at_ms;
    c->f.item = (struct policy_item){.kind = wish->kind,
                                     .costs_profile_view = wish->costs_profile_view,
                                     .scheduled_at_ms = at_ms};
    c->f.day_start_ms = DAY_0 + day * DAY_MS;
    c->f.next_day_start_ms = DAY_0 + (day + 1) * DAY_MS;
    c->f.usage = &c->u;
    struct verdict v = policy_decide(&c->f);
    if (v.kind != VERDICT_GO)
        fail_msg("day %d + %lld ms: %s", (int)day, (long long)(at_ms - c->f.day_start_ms),
                 reason_name(v.reason));
    bool invitation = wish->kind == CALL_INVITATION;
    c->u.last_call_end_ms = at_ms;
    c->u.jitter_ms = wish->jitter_ms;
    c->u.calls_today++;
    c->u.invitations_today += invitation ? 1 : 0;
    c->u.invitations_week += invitation ? 1 : 0;
    c->u.messages_today += invitation ? 0 : 1;
    c->u.profile_views_today += wish->costs_profile_view ? 1 : 0;
}

struct planned {
    struct slots_wish wish;
    int64_t at_ms;
};

static int by_time(const void *x, const void *y)
{
    const struct planned *a = x;
    const struct planned *b = y;
    return a->at_ms < b->at_ms ? -1 : a->at_ms > b->at_ms;
}

static void test_the_policy_lets_each_slot_go(void **state)
{
    (void)state;
    const struct policy_limits wide = {.spacing_ms = 10 * MINUTE_MS,
                                       .jitter_ms = 5 * MINUTE_MS,
                                       .daily_cap = 30,
                                       .daily_invitations = 12,
                                       .weekly_invitations = 20,
                                       .daily_messages = 25,
                                       .daily_profile_views = 7};
    struct slots s;
    struct carried_out c = {
        .f = {.campaign = {.status = CAMPAIGN_RUNNING, .end_at_ms = TIME_NEVER_MS},
              .account = {.status = ACCOUNT_ACTIVE, .limits = wide},
              .person = {.status = PERSON_PENDING},
              .windows = office,
              .windows_count = SAM_ARRAY_LEN(office)}};
    struct planned plan[200];
    size_t count = 0;
    int taken[2] = {0, 0};
    uint32_t seed = 7;
    begin(&s, &wide, DAY_0);
    for (int i = 0; i < 2000; i++) {
        seed = seed * 1664525U + 1013904223U;
        struct slots_wish wish = wish_of(seed >> 31 ? CALL_INVITATION : CALL_MESSAGE);
        wish.costs_profile_view = wish.kind == CALL_INVITATION && (seed >> 30 & 1);
        wish.jitter_ms = (int64_t)(seed % (5 * MINUTE_MS + 1));
        wish.not_before_ms = DAY_0 + (int64_t)(seed >> 8 & 31) * HOUR_MS;
        int64_t at_ms;
        if (!slots_take(&s, &wish, &at_ms))
            continue;
        assert_true(count < SAM_ARRAY_LEN(plan));
        plan[count++] = (struct planned){wish, at_ms};
        taken[wish.kind == CALL_INVITATION]++;
    }
    qsort(plan, count, sizeof(plan[0]), by_time);
    for (size_t i = 0; i < count; i++)
        judge(&c, &plan[i].wish, plan[i].at_ms);
    assert_true(taken[0] > 10 && taken[1] > 10);
    assert_true(c.day == 1);
}

/* For the row of who got no slot: of the day's limits the first one, what lasts longer before it.
 */
static void test_which_limit_refuses(void **state)
{
    (void)state;
    static const struct {
        enum call_kind kind;
        bool first, noted;
        struct slots_day sent; /* of both days */
        int64_t week, notes;
        enum reason reason;
    } rows[] = {
        {CALL_MESSAGE, false, false, {.calls = 4}, 0, 0, REASON_SCHEDULED},
        {CALL_MESSAGE, false, false, {.calls = 5}, 0, 0, REASON_DAILY_CAP},
        {CALL_MESSAGE, false, false, {.messages = 3}, 0, 0, REASON_DAILY_MESSAGES},
        {CALL_MESSAGE, true, false, {.profile_views = 1}, 0, 0, REASON_DAILY_PROFILE_VIEWS},
        {CALL_INVITATION, true, false, {.invitations = 2}, 0, 0, REASON_DAILY_INVITATIONS},
        {CALL_INVITATION, true, false, {.invitations = 1}, 0, 0, REASON_SCHEDULED},
        {CALL_INVITATION, true, true, {.calls = 5}, 100, 5, REASON_WEEKLY_INVITATIONS},
        {CALL_INVITATION, true, true, {.calls = 5}, 99, 5, REASON_MONTHLY_NOTES},
        {CALL_INVITATION, true, true, {.calls = 5}, 99, 4, REASON_DAILY_CAP},
        {CALL_INVITATION, true, false, {.calls = 1}, 99, 5, REASON_SCHEDULED},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct slots s;
        struct slots_wish wish = wish_of(rows[i].kind);
        struct policy_limits five_notes = limits;
        five_notes.monthly_notes = 5;
        begin(&s, &five_notes, DAY_0 + OPENS);
        for (size_t d = 0; d < s.days_count; d++) {
            s.days[d].calls = rows[i].sent.calls;
            s.days[d].messages = rows[i].sent.messages;
            s.days[d].invitations = rows[i].sent.invitations;
            s.days[d].profile_views = rows[i].sent.profile_views;
        }
        s.invitations_week = rows[i].week;
        s.notes[0] = rows[i].notes;
        s.next_month_ms = DAY_0 + 30 * DAY_MS;
        wish.first = wish.costs_profile_view = rows[i].first;
        wish.noted = rows[i].noted;
        if (slots_refusal(&s, &wish) != rows[i].reason)
            fail_msg("row %zu: %s", i, reason_name(slots_refusal(&s, &wish)));
    }
}

static void test_which_limit_refuses_tomorrow(void **state)
{
    (void)state;
    struct slots s;
    struct slots_campaign campaign = {.daily_cap = 2};
    struct slots_wish wish = wish_of(CALL_MESSAGE);
    wish.campaign = &campaign;
    begin(&s, &limits, DAY_0 + OPENS);
    campaign.days[1].calls = 2;
    assert_int_equal(slots_refusal(&s, &wish), REASON_CAMPAIGN_DAILY_CAP);
    /* a note of next month may be left when those of this one are used up */
    wish = wish_of(CALL_INVITATION);
    wish.noted = true;
    s.limits.monthly_notes = 1;
    s.next_month_ms = DAY_0 + DAY_MS;
    s.notes[1] = 1;
    assert_int_equal(slots_refusal(&s, &wish), REASON_MONTHLY_NOTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_keep_their_distance),
        cmocka_unit_test(test_invitations_rest_and_messages_go_on),
        cmocka_unit_test(test_a_slot_lies_in_a_window),
        cmocka_unit_test(test_the_horizon_ends_the_plan),
        cmocka_unit_test(test_each_kind_has_its_cap_of_a_day),
        cmocka_unit_test(test_what_was_sent_or_waits_counts),
        cmocka_unit_test(test_a_later_slot_leaves_the_time_before_it_free),
        cmocka_unit_test(test_a_follow_up_goes_before_new_people),
        cmocka_unit_test(test_when_windows_open),
        cmocka_unit_test(test_what_waits_keeps_its_moment),
        cmocka_unit_test(test_more_than_can_be_kept_is_not_planned),
        cmocka_unit_test(test_profile_views_have_their_cap),
        cmocka_unit_test(test_a_campaign_has_its_cap),
        cmocka_unit_test(test_the_week_has_its_cap),
        cmocka_unit_test(test_the_notes_of_two_months),
        cmocka_unit_test(test_a_refusal_books_nothing),
        cmocka_unit_test(test_days_beyond_the_array_are_not_planned),
        cmocka_unit_test(test_midnight_belongs_to_the_new_day),
        cmocka_unit_test(test_the_policy_lets_each_slot_go),
        cmocka_unit_test(test_which_limit_refuses),
        cmocka_unit_test(test_which_limit_refuses_tomorrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
