/* producer/plan_batch: which of an account's places are free for its people. */
#include <stdlib.h>

#include "common/base/attr.h"
#include "common/base/clock.h"
#include "producer/plan_batch.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define MIDNIGHT INT64_C(1800000000000) /* the account's */
#define NOW      (MIDNIGHT + 9 * HOUR_MS)
#define QUEUED   2 /* as many as the account may send on a day */

static const char steps[] =
    "[{\"message_type\":\"direct_message_1\",\"text\":\"Hi {first_name}\",\"after_ms\":0}]";

static struct texts *texts;

static void add_campaign(struct plan_batch *b, bool running)
{
    static const struct interval office = {NOW, NOW + 8 * HOUR_MS, REASON_HOURS};
    struct plan_campaign *c = &b->campaigns[b->campaigns_count];
    *c = (struct plan_campaign){.id = {{(uint8_t)b->campaigns_count}},
                                .running = running,
                                .type = CAMPAIGN_MESSENGER,
                                .end_at_ms = TIME_NEVER_MS,
                                .first_left = -1};
    plan_campaign_windows(c, &office, 1);
    c->texts = texts_campaign(texts, &c->id, steps, c->problem, sizeof(c->problem));
    assert_non_null(c->texts);
    b->campaigns_count++;
}

/* Campaign 0 has filled the day's places in the queue; a person of campaign 1 is due. */
static void begin(struct plan_batch *b, bool first_runs)
{
    plan_batch_init(b, NOW, NOW + DAY_MS);
    b->accounts[0] = (struct plan_account){
        .frame.limits = {.spacing_ms = 2 * MINUTE_MS,
                         .daily_cap = QUEUED,
                         .daily_invitations = QUEUED,
                         .daily_messages = QUEUED,
                         .daily_profile_views = QUEUED,
                         .monthly_notes = MONTHLY_NOTES_ANY},
        .frame.next_month_start_ms = MIDNIGHT + 30 * DAY_MS,
        .days = {{.start_ms = MIDNIGHT, .end_ms = MIDNIGHT + DAY_MS}},
        .days_count = 1,
    };
    b->accounts_count = 1;
    b->campaigns = sam_xcalloc(2, sizeof(*b->campaigns));
    add_campaign(b, first_runs);
    add_campaign(b, true);
    b->waiting = sam_xcalloc(QUEUED, sizeof(*b->waiting));
    for (; b->waiting_count < QUEUED; b->waiting_count++)
        b->waiting[b->waiting_count] = (struct plan_waiting){
            .scheduled_ms = NOW + (int64_t)b->waiting_count * HOUR_MS,
            .reason = REASON_SCHEDULED,
        };
    b->people = sam_xcalloc(1, sizeof(*b->people));
    b->people[b->people_count++] =
        (struct plan_person){.campaign = 1, .first_contact = true, .texts = {.first_name = "Ada"}};
}

static void test_what_waits_holds_its_place(void **state)
{
    (void)state;
    struct plan_batch b;
    begin(&b, true);
    plan_batch_place(&b);
    assert_int_equal(b.items_count, 0);
    assert_true(b.accounts[0].unplaced);
    plan_batch_deinit(&b);
}

static void test_a_campaign_that_is_paused_holds_no_place(void **state)
{
    (void)state;
    struct plan_batch b;
    begin(&b, false);
    plan_batch_place(&b);
    assert_int_equal(b.items_count, 1);
    assert_int_equal(b.items[0].scheduled_ms, NOW);
    assert_false(b.accounts[0].unplaced);
    plan_batch_deinit(&b);
}

/* It went out before the pause: the call may be under way. */
static void test_what_was_handed_out_holds_its_place_all_the_same(void **state)
{
    (void)state;
    struct plan_batch b;
    begin(&b, false);
    b.waiting[0].outstanding = true;
    plan_batch_place(&b);
    assert_int_equal(b.items_count, 1);
    assert_int_equal(b.items[0].scheduled_ms, NOW + 2 * MINUTE_MS);
    plan_batch_deinit(&b);
}

/* Its call is one of the day's already. */
static void test_what_is_being_sent_is_counted_once(void **state)
{
    (void)state;
    struct plan_batch b;
    begin(&b, true);
    b.accounts[0].days[0].calls = b.accounts[0].days[0].messages = 1;
    b.waiting[0].outstanding = b.waiting[0].sending = true;
    b.waiting_count = 1;
    plan_batch_place(&b);
    assert_int_equal(b.items_count, 1);
    plan_batch_deinit(&b);
}

/* The day's other place is the follow-up's, which would else get one of tomorrow. */
static void test_no_place_is_kept_for_who_is_being_written_to(void **state)
{
    (void)state;
    static const struct interval two_days[] = {
        {NOW, NOW + 8 * HOUR_MS, REASON_HOURS},
        {NOW + 23 * HOUR_MS, NOW + 31 * HOUR_MS, REASON_HOURS}};
    struct plan_batch b;
    begin(&b, true);
    struct plan_account *a = &b.accounts[0];
    a->days[1] =
        (struct slots_day){.start_ms = a->days[0].end_ms, .end_ms = a->days[0].end_ms + DAY_MS};
    a->days_count = 2;
    a->days[0].calls = a->days[0].messages = 1;
    plan_campaign_windows(&b.campaigns[0], two_days, SAM_ARRAY_LEN(two_days));
    b.waiting[0].outstanding = b.waiting[0].sending = true;
    b.waiting[1].step = 1;
    b.waiting[1].last_sent_at_ms = NOW - DAY_MS;
    b.waiting[1].replan = true;
    b.people_count = 0;
    plan_batch_place(&b);
    assert_int_equal(b.moves_count, 1);
    assert_int_equal(b.moves[0].at_ms, NOW + HOUR_MS);
    plan_batch_deinit(&b);
}

/* A rest has put it off to a moment after hours: it goes tomorrow, and its place of today is free.
 */
static void test_who_waits_for_a_closed_moment_holds_no_place_of_that_day(void **state)
{
    (void)state;
    struct plan_batch b;
    begin(&b, true);
    b.waiting[1].scheduled_ms = NOW + 10 * HOUR_MS;
    plan_batch_place(&b);
    assert_int_equal(b.items_count, 1);
    assert_int_equal(b.items[0].scheduled_ms, NOW + 2 * MINUTE_MS);
    plan_batch_deinit(&b);
    begin(&b, true);
    b.waiting[1].scheduled_ms = NOW + 10 * HOUR_MS;
    b.waiting[1].outstanding = true; /* Kafka has it: the call may be under way */
    plan_batch_place(&b);
    assert_int_equal(b.items_count, 0);
    plan_batch_deinit(&b);
}

/* Its window of today lies in the rest of its account. */
static void test_who_waits_for_a_moment_of_a_rest_holds_no_place_of_that_day(void **state)
{
    (void)state;
    for (int invitations = 0; invitations < 2; invitations++) {
        struct plan_batch b;
        begin(&b, true);
        struct facts_frame *frame = &b.accounts[0].frame;
        b.campaigns[1].windows[0].to_at_ms = NOW + 20 * HOUR_MS; /* the other campaign is open */
        b.waiting[0].invitation = invitations;
        b.waiting[1].invitation = invitations;
        *(invitations ? &frame->invitations_rest_until_ms : &frame->rest_until_ms) =
            NOW + 9 * HOUR_MS;
        plan_batch_place(&b);
        assert_int_equal(b.items_count, 1);
        plan_batch_deinit(&b);
    }
}

/* The day's call of its campaign is a follow-up's: it comes tomorrow, and its place is free. */
static void test_a_first_contact_that_has_no_room_holds_no_place(void **state)
{
    (void)state;
    struct plan_batch b;
    begin(&b, true);
    b.campaigns[0].slots.daily_cap = 1;
    b.waiting[1].step = 1;
    b.waiting[1].last_sent_at_ms = NOW - DAY_MS;
    plan_batch_place(&b);
    assert_int_equal(b.items_count, 1);
    plan_batch_deinit(&b);
    begin(&b, true);
    b.campaigns[0].slots.daily_cap = 2;
    plan_batch_place(&b);
    assert_int_equal(b.items_count, 0);
    plan_batch_deinit(&b);
}

/* What was looked at for the item in Kafka may be counted twice. */
static void test_a_view_in_doubt_parks_nobody(void **state)
{
    (void)state;
    for (int doubt = 0; doubt < 2; doubt++) {
        struct plan_batch b;
        begin(&b, true);
        b.accounts[0].frame.limits.daily_profile_views = 1;
        b.accounts[0].days[0].profile_views = 1;
        b.accounts[0].outstanding = doubt;
        b.waiting[0].replan = b.waiting[1].replan = true;
        b.people_count = 0;
        plan_batch_place(&b);
        for (size_t i = 0; i < b.moves_count; i++)
            assert_int_equal(b.moves[i].reason, REASON_DAILY_PROFILE_VIEWS);
        assert_int_equal(b.moves_count, doubt ? 0 : QUEUED);
        plan_batch_deinit(&b);
    }
}

static void test_a_full_queue_of_a_paused_campaign_hides_nobody(void **state)
{
    (void)state;
    struct plan_batch b;
    begin(&b, false);
    free(b.waiting);
    b.waiting = sam_xcalloc(PLAN_ITEMS_MAX, sizeof(*b.waiting));
    for (b.waiting_count = 0; b.waiting_count < PLAN_ITEMS_MAX; b.waiting_count++)
        b.waiting[b.waiting_count] = (struct plan_waiting){.scheduled_ms = NOW};
    plan_batch_place(&b);
    assert_int_equal(b.items_count, 1);
    assert_false(b.accounts[0].full);
    plan_batch_deinit(&b);
}

/* Somebody is to look at them first; nobody goes out at their moments. */
static void test_who_is_held_holds_no_place(void **state)
{
    (void)state;
    static const enum reason held[] = {REASON_PERSON_HELD, REASON_TEXT_REFUSED, REASON_TEXT_INVALID,
                                       REASON_STEP_GONE};
    for (int r = 0; r < REASON_N; r++) {
        struct plan_batch b;
        bool holds_back = false;
        for (size_t i = 0; i < SAM_ARRAY_LEN(held); i++)
            holds_back = holds_back || held[i] == (enum reason)r;
        begin(&b, true);
        for (size_t i = 0; i < QUEUED; i++) {
            b.waiting[i].reason = (enum reason)r;
            b.waiting[i].replan = true;
        }
        plan_batch_place(&b);
        assert_int_equal(b.items_count, holds_back ? 1 : 0);
        assert_int_equal(b.moves_count, holds_back ? 0 : QUEUED);
        plan_batch_deinit(&b);
    }
}

/* The cap of the day is one less than what waits for it. */
static void test_who_finds_no_slot_waits_behind_those_who_did(void **state)
{
    (void)state;
    struct plan_batch b;
    begin(&b, true);
    b.accounts[0].frame.limits.daily_cap = QUEUED - 1;
    for (size_t i = 0; i < QUEUED; i++)
        b.waiting[i].replan = true;
    b.waiting[0].scheduled_ms = NOW + 5 * HOUR_MS;
    plan_batch_place(&b);
    assert_int_equal(b.moves_count, 2);
    assert_true(b.moves[0].placed);
    assert_int_equal(b.moves[0].at_ms, NOW);
    assert_false(b.moves[1].placed);
    assert_int_equal(b.moves[1].at_ms, b.waiting[1].scheduled_ms); /* behind it already */
    assert_int_equal(b.moves[1].reason, REASON_DAILY_CAP);
    plan_batch_deinit(&b);
    begin(&b, true);
    b.accounts[0].frame.limits.daily_cap = QUEUED - 1;
    b.waiting[0].replan = true;
    b.waiting[0].scheduled_ms = NOW;
    plan_batch_place(&b);
    assert_int_equal(b.moves_count, 1);
    assert_false(b.moves[0].placed);
    assert_int_equal(b.moves[0].at_ms, b.horizon_ms);
    assert_int_equal(b.moves[0].reason, REASON_DAILY_CAP);
    b.waiting[0].reason = REASON_DAILY_CAP; /* told once */
    b.waiting[0].scheduled_ms = b.horizon_ms;
    b.moves_count = 0;
    plan_batch_place(&b);
    assert_int_equal(b.moves_count, 0);
    plan_batch_deinit(&b);
}

/* Two calls a day; the new one of campaign 1 cannot be placed, as its text asks for what is not
 * there. What was left to it goes to the second follow-up that waits. */
static void test_follow_ups_in_the_queue_get_what_new_people_leave(void **state)
{
    (void)state;
    struct plan_batch b;
    begin(&b, true);
    for (size_t i = 0; i < QUEUED; i++) {
        b.waiting[i].step = 1;
        b.waiting[i].last_sent_at_ms = NOW - DAY_MS;
        b.waiting[i].replan = true;
    }
    b.people[0].texts.first_name = "";
    plan_batch_place(&b);
    assert_int_equal(b.holds_count, 1);
    assert_int_equal(b.moves_count, QUEUED);
    for (size_t i = 0; i < QUEUED; i++)
        assert_true(b.moves[i].placed);
    plan_batch_deinit(&b);
}

/* The month's notes are used up: the campaign says whether it goes without. */
static void test_a_note_that_may_be_left_out_waits_for_no_month(void **state)
{
    (void)state;
    for (int choice = 0; choice < NOTE_LIMIT_N; choice++) {
        struct plan_batch b;
        begin(&b, true);
        b.accounts[0].frame.limits.monthly_notes = 1;
        b.accounts[0].frame.limits.daily_invitations = QUEUED;
        b.accounts[0].frame.limits.weekly_invitations = QUEUED;
        b.accounts[0].notes_month = 1;
        b.campaigns[0].on_limit = (enum note_limit)choice;
        for (size_t i = 0; i < QUEUED; i++) {
            b.waiting[i].invitation = true;
            b.waiting[i].noted = true;
            b.waiting[i].replan = true;
        }
        plan_batch_place(&b);
        assert_true(b.moves_count > 0);
        for (size_t i = 0; i < b.moves_count; i++) {
            assert_int_equal(b.moves[i].placed, choice != NOTE_HOLD);
            if (choice != NOTE_HOLD)
                continue;
            assert_int_equal(b.moves[i].reason, REASON_MONTHLY_NOTES);
            assert_int_equal(b.moves[i].at_ms, b.accounts[0].frame.next_month_start_ms);
        }
        plan_batch_deinit(&b);
    }
}

static void test_when_the_account_is_looked_at_again(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t next_day, frees; /* after NOW */
        bool week_full;
        int64_t want;
    } rows[] = {
        {"in half an hour", HOUR_MS, 0, false, 30 * MINUTE_MS},
        {"as the day begins", 9 * MINUTE_MS, 0, false, 9 * MINUTE_MS + 1},
        {"no invitation stands in the way", HOUR_MS, MINUTE_MS, false, 30 * MINUTE_MS},
        {"an invitation of last week makes room", HOUR_MS, MINUTE_MS, true, MINUTE_MS + 1},
        {"the day begins before it does", MINUTE_MS, 2 * MINUTE_MS, true, MINUTE_MS + 1},
        {"it does so later", HOUR_MS, 6 * DAY_MS, true, 30 * MINUTE_MS},
        {"it has done so", HOUR_MS, -SECOND_MS, true, 30 * MINUTE_MS},
        {"a week of none", HOUR_MS, 7 * DAY_MS - NOW, true, 30 * MINUTE_MS},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct plan_account a = {.unplaced = true,
                                 .week_full = rows[i].week_full,
                                 .week_frees_ms = NOW + rows[i].frees,
                                 .frame.next_day_start_ms = NOW + rows[i].next_day};
        int64_t got = plan_account_next_ms(&a, NOW) - NOW;
        if (got != rows[i].want)
            fail_msg("%s: %lld, not %lld", rows[i].name, (long long)got, (long long)rows[i].want);
    }
}

/* Sent or planned: both are of the week. */
static void test_a_full_week_is_told(void **state)
{
    (void)state;
    for (int64_t limit = 4; limit < 7; limit++) {
        struct plan_batch b;
        begin(&b, true);
        b.accounts[0].frame.limits.weekly_invitations = limit;
        b.accounts[0].invitations_week = 3;
        for (size_t i = 0; i < QUEUED; i++)
            b.waiting[i].invitation = true;
        plan_batch_place(&b);
        assert_int_equal(b.accounts[0].week_full, limit <= 5);
        plan_batch_deinit(&b);
    }
}

/* The claim asks for the moment by which the call must have begun too: nothing is placed where only
 * the planner would let it go. */
static void test_the_last_seconds_of_a_window(void **state)
{
    (void)state;
    static const struct interval windows[] = {
        {NOW, NOW + 8 * HOUR_MS, REASON_HOURS},
        {NOW + DAY_MS, NOW + DAY_MS + POLICY_START_BY_MS, REASON_HOURS}, /* too short for a call */
        {NOW + 2 * DAY_MS, NOW + 3 * DAY_MS, REASON_HOURS},
    };
    struct plan_campaign c = {.end_at_ms = NOW + 2 * DAY_MS + HOUR_MS};
    plan_campaign_windows(&c, windows, SAM_ARRAY_LEN(windows));
    assert_int_equal(c.windows_count, 2);
    assert_int_equal(c.windows[0].to_at_ms, NOW + 8 * HOUR_MS - POLICY_START_BY_MS);
    assert_int_equal(c.windows[1].from_at_ms, NOW + 2 * DAY_MS);
    assert_int_equal(c.windows[1].to_at_ms, NOW + 2 * DAY_MS + HOUR_MS - POLICY_START_BY_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_waits_holds_its_place),
        cmocka_unit_test(test_a_campaign_that_is_paused_holds_no_place),
        cmocka_unit_test(test_what_was_handed_out_holds_its_place_all_the_same),
        cmocka_unit_test(test_what_is_being_sent_is_counted_once),
        cmocka_unit_test(test_no_place_is_kept_for_who_is_being_written_to),
        cmocka_unit_test(test_who_waits_for_a_closed_moment_holds_no_place_of_that_day),
        cmocka_unit_test(test_who_waits_for_a_moment_of_a_rest_holds_no_place_of_that_day),
        cmocka_unit_test(test_a_first_contact_that_has_no_room_holds_no_place),
        cmocka_unit_test(test_a_view_in_doubt_parks_nobody),
        cmocka_unit_test(test_a_full_queue_of_a_paused_campaign_hides_nobody),
        cmocka_unit_test(test_who_is_held_holds_no_place),
        cmocka_unit_test(test_who_finds_no_slot_waits_behind_those_who_did),
        cmocka_unit_test(test_follow_ups_in_the_queue_get_what_new_people_leave),
        cmocka_unit_test(test_a_note_that_may_be_left_out_waits_for_no_month),
        cmocka_unit_test(test_when_the_account_is_looked_at_again),
        cmocka_unit_test(test_a_full_week_is_told),
        cmocka_unit_test(test_the_last_seconds_of_a_window),
    };
    texts = texts_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    texts_free(texts);
    return failed;
}
