/* common/policy/decide: each rule with its reason and its next time, and the order of the rules. */
#include "common/base/attr.h"
#include "common/base/clock.h"
#include "common/policy/decide.h"
#include "tests/test.h"
#include "tests/unit/decide_given.h"

#include "common/base/banned.h"

#define LATE (30 * MINUTE_MS)

static void check(const char *name, struct verdict got, struct verdict want)
{
    static const char *const kinds[] = {"go", "wait", "cancel"};
    if (got.kind != want.kind || got.reason != want.reason || got.next_at_ms != want.next_at_ms)
        fail_msg("%s: %s %s now%+lld, not %s %s now%+lld", name, kinds[got.kind],
                 reason_name(got.reason), (long long)(got.next_at_ms - NOW), kinds[want.kind],
                 reason_name(want.reason), (long long)(want.next_at_ms - NOW));
}

static void written(struct given *g, int64_t last_ms, int64_t again_after_ms)
{
    g->f.person.contact = CONTACT_TAKEN;
    g->f.person.last_written_ms = last_ms;
    g->f.campaign.contact_again_after_ms = again_after_ms;
}

/* One row: what is changed about `g`, and the verdict. */
#define GO(change)               ROW(change, VERDICT_GO, REASON_NONE, 0)
#define CANCEL(reason, change)   ROW(change, VERDICT_CANCEL, reason, 0)
#define WAIT(reason, at, change) ROW(change, VERDICT_WAIT, reason, at)
#define ROW(change, kind, reason, at)                                                              \
    do {                                                                                           \
        struct given g;                                                                            \
        given_init(&g);                                                                            \
        change;                                                                                    \
        check(#change, policy_decide(&g.f), (struct verdict){kind, reason, at});                   \
    } while (0)

static void test_what_ends_an_item(void **state)
{
    (void)state;
    GO((void)g);
    CANCEL(REASON_CAMPAIGN_STOPPED, g.f.campaign.status = CAMPAIGN_STOPPED);
    CANCEL(REASON_PERSON_STOPPED, g.f.person.status = PERSON_REPLIED);
    CANCEL(REASON_PERSON_STOPPED, g.f.person.status = PERSON_OPTED_OUT);
    CANCEL(REASON_PERSON_STOPPED, g.f.person.status = PERSON_CONVERTED);
    CANCEL(REASON_PERSON_STOPPED, g.f.person.status = PERSON_NOT_INTERESTED);
    CANCEL(REASON_PERSON_STOPPED, (g.f.person.replied_now = true, g.f.person.contacted = true));
    WAIT(REASON_PERSON_HELD, NEVER, g.f.person.replied_now = true); /* wrote first */
    CANCEL(REASON_PERSON_ENDED, g.f.person.status = PERSON_COMPLETED);
    CANCEL(REASON_PERSON_ENDED, g.f.person.status = PERSON_FAILED);
    CANCEL(REASON_PERSON_STOPPED_ELSEWHERE, g.f.person.stopped_elsewhere = true);
    CANCEL(REASON_BLOCKLISTED, g.f.person.blocklisted = true);
    CANCEL(REASON_BLOCKLISTED, (g.f.usage = NULL, g.f.person.blocklisted = true));
    CANCEL(REASON_ALREADY_CONTACTED, g.f.person.contact = CONTACT_TAKEN);
    GO(g.f.person.contact = CONTACT_OWN);
    GO((g.f.person.contact = CONTACT_TAKEN, g.f.item.first_contact = false));
    GO(written(&g, NOW - 30 * DAY_MS, 30 * DAY_MS));
    CANCEL(REASON_ALREADY_CONTACTED, written(&g, NOW - 30 * DAY_MS + 1, 30 * DAY_MS));
    CANCEL(REASON_ALREADY_CONTACTED, written(&g, NOW - 300 * DAY_MS, 0)); /* never again */
    CANCEL(REASON_ALREADY_CONTACTED, written(&g, 0, 30 * DAY_MS));        /* nobody knows when */
    CANCEL(REASON_BLOCKLISTED,
           (written(&g, NOW - 30 * DAY_MS, 30 * DAY_MS), g.f.person.blocklisted = true));
    CANCEL(REASON_ALREADY_CONNECTED, g.f.person.status = PERSON_CONNECTED);
    CANCEL(REASON_ALREADY_CONNECTED, g.f.person.status = PERSON_MESSAGING);
    CANCEL(REASON_STEP_PASSED,
           (g.f.person.status = PERSON_MESSAGING, g.f.item.kind = CALL_MESSAGE));
    CANCEL(REASON_STEP_PASSED, g.f.person.status = PERSON_CONNECTION_REQUEST_SENT);
    GO((g.f.person.status = PERSON_MESSAGING, g.f.item.kind = CALL_MESSAGE,
        g.f.item.first_step = false));
    GO(g.f.person.status = PERSON_APPROVED);
}

/* As others ask it: of no first contact, and of a human whom nobody has written to. */
static void test_who_may_be_contacted_again(void **state)
{
    (void)state;
    struct given g;
    given_init(&g);
    assert_false(policy_contact_again(&g.f));
    written(&g, NOW - 30 * DAY_MS, 30 * DAY_MS);
    assert_true(policy_contact_again(&g.f));
    g.f.person.contact = CONTACT_OWN;
    assert_false(policy_contact_again(&g.f));
    written(&g, NOW - 30 * DAY_MS, 30 * DAY_MS);
    g.f.item.first_contact = false;
    assert_false(policy_contact_again(&g.f));
}

/* P6: no follow-up before the connection is accepted. */
static void test_a_person_who_waits(void **state)
{
    (void)state;
#define FOLLOW_UP                                                                                  \
    g.f.item = ((struct policy_item){                                                              \
        .kind = CALL_MESSAGE, .requires_connection = true, .scheduled_at_ms = NOW})
    WAIT(REASON_PERSON_HELD, NEVER, g.f.person.held = true);
    WAIT(REASON_TEXT_REFUSED, NEVER, g.f.item.text_refused = true);
    WAIT(REASON_TEXT_REFUSED, NEVER, g.f.item.text_refused = g.f.person.held = true);
    WAIT(REASON_TEXT_INVALID, NEVER, g.f.item.text_too_long = true);
    WAIT(REASON_NOT_CONNECTED, NEVER, FOLLOW_UP);
    WAIT(REASON_NOT_CONNECTED, NEVER, (FOLLOW_UP, g.f.person.status = PERSON_APPROVED));
    WAIT(REASON_NOT_CONNECTED, NEVER,
         (FOLLOW_UP, g.f.person.status = PERSON_CONNECTION_REQUEST_SENT));
    GO((FOLLOW_UP, g.f.person.status = PERSON_CONNECTED));
    GO((FOLLOW_UP, g.f.person.status = PERSON_MESSAGING));
    CANCEL(REASON_PERSON_STOPPED, (FOLLOW_UP, g.f.person.status = PERSON_REPLIED));
    CANCEL(REASON_PERSON_ENDED, (FOLLOW_UP, g.f.person.status = PERSON_COMPLETED));
#undef FOLLOW_UP
}

/* Whatever else stands in the facts: an item, its person and its campaign are not asked. */
static void test_what_holds_an_account_back(void **state)
{
    (void)state;
#define ACCOUNT(change, kind, reason, at)                                                          \
    do {                                                                                           \
        struct given g;                                                                            \
        given_init(&g);                                                                            \
        g.f.campaign.status = CAMPAIGN_STOPPED;                                                    \
        change;                                                                                    \
        check(#change, policy_account(&g.f), (struct verdict){kind, reason, at});                  \
    } while (0)
    ACCOUNT(g.f.person.held = true, VERDICT_GO, REASON_NONE, 0);
    ACCOUNT(g.f.account.all_paused = true, VERDICT_WAIT, REASON_ALL_PAUSED, NEVER);
    ACCOUNT(g.f.account.blocked = true, VERDICT_WAIT, REASON_ACCOUNT_BLOCKED, NEVER);
    ACCOUNT(g.f.account.status = ACCOUNT_PAUSED, VERDICT_WAIT, REASON_ACCOUNT_PAUSED, NEVER);
    ACCOUNT(g.f.account.rest_until_ms = NOW + 1, VERDICT_WAIT, REASON_ACCOUNT_RESTING, NOW + 1);
    /* messages go on */
    ACCOUNT(g.f.account.invitations_rest_until_ms = NOW + 1, VERDICT_GO, REASON_NONE, 0);
#undef ACCOUNT
}

/* Only an invitation that has a note, of an account that has few, by the campaign's choice. */
static void test_the_notes_of_a_month(void **state)
{
    (void)state;
#define NOTES(n) g.f.item.noted = true, g.f.account.limits.monthly_notes = 5, g.u.notes_month = (n)
    struct given g;
    given_init(&g);
    NOTES(5);
    assert_false(policy_leave_note_out(&g.f));
    g.f.campaign.on_note_limit = NOTE_CUT;
    assert_true(policy_leave_note_out(&g.f));
    g.u.notes_month = 4;
    assert_false(policy_leave_note_out(&g.f));
    NOTES(5);
    g.f.usage = NULL;
    assert_false(policy_leave_note_out(&g.f));
#undef NOTES
}

/* ---- order ---------------------------------------------------------------------------------- */

struct breach {
    enum reason reason;
    void (*make)(struct given *g);
};

#define BREACH(name, change)                                                                       \
    static void name(struct given *g)                                                              \
    {                                                                                              \
        change;                                                                                    \
    }
BREACH(stopped, g->f.campaign.status = CAMPAIGN_STOPPED)
BREACH(replied, g->f.person.replied_now = true; g->f.person.contacted = true)
BREACH(failed, g->f.person.status = PERSON_FAILED)
BREACH(elsewhere, g->f.person.stopped_elsewhere = true)
BREACH(blocklisted, g->f.person.blocklisted = true)
BREACH(taken, g->f.person.contact = CONTACT_TAKEN)
BREACH(connected, g->f.item.kind = CALL_INVITATION; g->f.person.status = PERSON_CONNECTED)
BREACH(passed, g->f.person.status = PERSON_CONNECTION_REQUEST_SENT)
BREACH(all_paused, g->f.account.all_paused = true)
BREACH(ended, g->f.campaign.end_at_ms = NOW)
BREACH(paused, g->f.campaign.status = CAMPAIGN_PAUSED)
BREACH(not_started, g->f.campaign.start_at_ms = NOW + 1)
BREACH(account_blocked, g->f.account.blocked = true)
BREACH(restricted, g->f.account.status = ACCOUNT_RESTRICTED)
BREACH(text_refused, g->f.item.text_refused = true)
BREACH(held, g->f.person.held = true)
BREACH(too_long, g->f.item.text_too_long = true)
BREACH(not_connected, g->f.item.requires_connection = true)
BREACH(scheduled, g->f.item.scheduled_at_ms = NOW + 1)
BREACH(late, g->f.item.scheduled_at_ms = NOW - LATE - 1)
BREACH(closed, g->f.windows++; g->f.windows_count--)
BREACH(calls, g->u.calls_today = 40)
BREACH(invitations, g->f.item.kind = CALL_INVITATION; g->u.invitations_today = 25)
BREACH(week, g->f.item.kind = CALL_INVITATION; g->u.invitations_week = 100)
BREACH(notes, g->f.item.kind = CALL_INVITATION; g->f.item.noted = true)
BREACH(messages, g->f.item.kind = CALL_MESSAGE; g->u.messages_today = 30)
BREACH(views, g->f.item.costs_profile_view = true; g->u.profile_views_today = 80)
BREACH(campaign_cap, g->f.campaign.daily_cap = 1; g->u.campaign_today = 1)
BREACH(too_close, g->u.last_call_end_ms = NOW)

/* What ends an item, then campaign, account, person, then calendar, lateness, caps,
 * spacing. */
static const struct breach order[] = {
    {REASON_CAMPAIGN_STOPPED, stopped},
    {REASON_PERSON_STOPPED, replied},
    {REASON_PERSON_ENDED, failed},
    {REASON_PERSON_STOPPED_ELSEWHERE, elsewhere},
    {REASON_BLOCKLISTED, blocklisted},
    {REASON_ALREADY_CONTACTED, taken},
    {REASON_ALREADY_CONNECTED, connected},
    {REASON_STEP_PASSED, passed},
    {REASON_ALL_PAUSED, all_paused},
    {REASON_CAMPAIGN_ENDED, ended},
    {REASON_CAMPAIGN_PAUSED, paused},
    {REASON_CAMPAIGN_NOT_STARTED, not_started},
    {REASON_ACCOUNT_BLOCKED, account_blocked},
    {REASON_ACCOUNT_RESTRICTED, restricted},
    {REASON_TEXT_REFUSED, text_refused},
    {REASON_PERSON_HELD, held},
    {REASON_TEXT_INVALID, too_long},
    {REASON_NOT_CONNECTED, not_connected},
    {REASON_SCHEDULED, scheduled},
    {REASON_HOLIDAY, closed},
    {REASON_LATE, late},
    {REASON_DAILY_CAP, calls},
    {REASON_DAILY_INVITATIONS, invitations},
    {REASON_WEEKLY_INVITATIONS, week},
    {REASON_MONTHLY_NOTES, notes},
    {REASON_DAILY_MESSAGES, messages},
    {REASON_DAILY_PROFILE_VIEWS, views},
    {REASON_CAMPAIGN_DAILY_CAP, campaign_cap},
    {REASON_SPACING, too_close},
};

/* With any two breaches at once, the earlier one is the reason. */
static void test_the_order_of_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(order); i++) {
        for (size_t j = i; j < SAM_ARRAY_LEN(order); j++) {
            struct given g;
            given_init(&g);
            order[j].make(&g);
            if (j != i)
                order[i].make(&g); /* last: where both set one value, the earlier rule's counts */
            struct verdict v = policy_decide(&g.f);
            if (v.reason != order[i].reason)
                fail_msg("%s and %s: %s", reason_name(order[i].reason),
                         reason_name(order[j].reason), reason_name(v.reason));
            bool waits = i > 7; /* behind what ends an item */
            assert_int_equal(v.kind, waits ? VERDICT_WAIT : VERDICT_CANCEL);
            if (waits && v.next_at_ms <= NOW)
                fail_msg("%s: waits until a time that has passed", reason_name(v.reason));
        }
    }
}

/* ---- until ---------------------------------------------------------------------------------- */

static void test_both_ends_of_the_span_must_agree(void **state)
{
    (void)state;
#define UNTIL(change, start_by, kind, reason, at)                                                  \
    do {                                                                                           \
        struct given g;                                                                            \
        given_init(&g);                                                                            \
        change;                                                                                    \
        check(#change, policy_decide_until(&g.f, start_by), (struct verdict){kind, reason, at});   \
    } while (0)
    int64_t by = NOW + 15 * SECOND_MS;
    UNTIL((void)g, by, VERDICT_GO, REASON_NONE, 0);
    UNTIL((void)g, CLOSES - 1, VERDICT_GO, REASON_NONE, 0);
    UNTIL((void)g, CLOSES, VERDICT_WAIT, REASON_HOLIDAY, REOPENS);
    UNTIL((g.f.now_ms = CLOSES - 1, g.f.usage = NULL), CLOSES + 1, VERDICT_WAIT, REASON_HOLIDAY,
          REOPENS);
    UNTIL(g.f.campaign.end_at_ms = by, by, VERDICT_WAIT, REASON_CAMPAIGN_ENDED, NEVER);
    UNTIL(g.f.campaign.end_at_ms = by + 1, by, VERDICT_GO, REASON_NONE, 0);
    /* what stands in the way now is not waited out by the span */
    UNTIL(g.f.item.scheduled_at_ms = NOW + 1, by, VERDICT_WAIT, REASON_SCHEDULED, NOW + 1);
    UNTIL(g.u.last_call_end_ms = NOW - 2 * MINUTE_MS + 1, by, VERDICT_WAIT, REASON_SPACING,
          NOW + 1);
#undef UNTIL
}

static void test_what_gets_another_moment_of_the_planner(void **state)
{
    (void)state;
    static const enum reason theirs[] = {REASON_SCHEDULED, REASON_SPACING, REASON_PERSON_HELD,
                                         REASON_CAMPAIGN_PAUSED, REASON_NOT_CONNECTED};
    static const enum reason planners[] = {REASON_LATE, REASON_DAILY_CAP, REASON_HOLIDAY,
                                           REASON_WEEKLY_INVITATIONS, REASON_ACCOUNT_RESTING};
    for (size_t i = 0; i < SAM_ARRAY_LEN(theirs); i++)
        assert_false(policy_replans(&(struct verdict){VERDICT_WAIT, theirs[i], NOW}));
    for (size_t i = 0; i < SAM_ARRAY_LEN(planners); i++) {
        assert_true(policy_replans(&(struct verdict){VERDICT_WAIT, planners[i], NOW}));
        assert_false(policy_replans(&(struct verdict){VERDICT_CANCEL, planners[i], 0}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_ends_an_item),
        cmocka_unit_test(test_who_may_be_contacted_again),
        cmocka_unit_test(test_a_person_who_waits),
        cmocka_unit_test(test_what_holds_an_account_back),
        cmocka_unit_test(test_the_notes_of_a_month),
        cmocka_unit_test(test_the_order_of_the_rules),
        cmocka_unit_test(test_both_ends_of_the_span_must_agree),
        cmocka_unit_test(test_what_gets_another_moment_of_the_planner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
