/* Several events of one row in one batch: which of them is written. */
#include "tests/test.h"

#include "common/base/clock.h"
#include "worker/apply.h"
#include "worker/apply_latest.h"
#include "worker/apply_person.h"

#include "common/base/banned.h"

#define NOW INT64_C(1800000000000)

enum { ACCOUNT = 1, CAMPAIGN = 2, PERSON = 3 };

static struct uuid id(uint8_t n)
{
    struct uuid u = {{0}};
    u.b[15] = n;
    return u;
}

static struct event change(enum campaign_status status, int64_t version)
{
    return (struct event){.type = EVENT_CAMPAIGN,
                          .account_id = id(ACCOUNT),
                          .at_ms = NOW,
                          .campaign = {.id = id(CAMPAIGN), .status = status, .version = version}};
}

static void test_one_change_of_a_campaign_is_written(void **state)
{
    (void)state;
    struct event events[] = {change(CAMPAIGN_RUNNING, 1), change(CAMPAIGN_PAUSED, 4),
                             change(CAMPAIGN_RUNNING, 3), change(CAMPAIGN_PAUSED, 4)};
    size_t n = SAM_ARRAY_LEN(events);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(apply_latest_campaign(events, n, i), i == 3);
    events[0].campaign.status = CAMPAIGN_STOPPED; /* final, whatever was written after it */
    for (size_t i = 0; i < n; i++)
        assert_int_equal(apply_latest_campaign(events, n, i), i == 0);
    events[0].campaign.id = id(PERSON); /* of another campaign: one each */
    for (size_t i = 0; i < n; i++)
        assert_int_equal(apply_latest_campaign(events, n, i), i == 0 || i == 3);
}

static void test_one_change_of_a_workspace_is_written(void **state)
{
    (void)state;
    struct event events[4];
    for (int i = 0; i < 4; i++)
        events[i] = (struct event){.type = EVENT_WORKSPACE,
                                   .workspace_id = id(ACCOUNT),
                                   .workspace = {.version = i == 3 ? 1 : 2}};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(apply_latest_workspace(events, 4, i), i == 2);
    events[3].workspace_id = id(PERSON);
    assert_true(apply_latest_workspace(events, 4, 3));
}

static void test_one_end_of_a_sync_is_written(void **state)
{
    (void)state;
    struct event events[3];
    for (int i = 0; i < 3; i++)
        events[i] = (struct event){.type = EVENT_ACCOUNT,
                                   .account_id = id(ACCOUNT),
                                   .account = {.is_sync = true, .dispatch = i == 1 ? 2 : 1}};
    assert_false(apply_latest_sync(events, 3, 0));
    assert_true(apply_latest_sync(events, 3, 1));
    assert_true(apply_latest_sync(events, 3, 2));
}

static void test_a_campaign_that_runs_makes_its_accounts_plan(void **state)
{
    (void)state;
    struct apply_account account = {.id = id(ACCOUNT)};
    struct apply_batch b = {.accounts = &account, .accounts_count = 1};
    struct event paused = change(CAMPAIGN_PAUSED, 2);
    struct event runs = change(CAMPAIGN_RUNNING, 3);
    apply_event(&b, &paused);
    assert_int_equal(account.plan_at_ms, 0);
    apply_event(&b, &runs);
    assert_int_equal(account.plan_at_ms, NOW);
}

/* A change that was made without knowledge of the ledger may have the version of one that stands
 * there: the one that stops counts, whichever comes first. */
static void test_of_two_with_one_version_the_stop_counts(void **state)
{
    (void)state;
    struct apply_account account = {.id = id(ACCOUNT), .status = ACCOUNT_ACTIVE};
    struct apply_person person = {.id = id(PERSON), .status = PERSON_APPROVED};
    struct apply_batch b = {
        .accounts = &account, .accounts_count = 1, .people = &person, .people_count = 1};
    const enum finding findings[] = {FINDING_RELEASE, FINDING_HOLD, FINDING_RELEASE};
    for (size_t i = 0; i < SAM_ARRAY_LEN(findings); i++) {
        struct event e = {.type = EVENT_PERSON, .account_id = id(ACCOUNT)};
        e.person = (struct event_person){
            .id = id(PERSON), .finding = findings[i], .version = 3, .reason = "operator"};
        apply_event(&b, &e);
        assert_string_equal(person.hold_reason, i == 0 ? "" : "operator");
    }
    const enum account_status statuses[] = {ACCOUNT_ACTIVE, ACCOUNT_PAUSED, ACCOUNT_ACTIVE};
    for (size_t i = 0; i < SAM_ARRAY_LEN(statuses); i++) {
        struct event e = {.type = EVENT_ACCOUNT, .account_id = id(ACCOUNT)};
        e.account = (struct event_account){.status = statuses[i], .version = 3};
        apply_event(&b, &e);
        assert_int_equal(account.status, i == 0 ? ACCOUNT_ACTIVE : ACCOUNT_PAUSED);
    }
}

/* One message came before ours, one while its call was under way: that one is the answer. */
static void test_the_last_of_who_wrote_first_is_the_answer(void **state)
{
    (void)state;
    struct apply_person person = {
        .id = id(PERSON), .type = CAMPAIGN_MESSENGER, .status = PERSON_APPROVED, .steps_count = 2};
    const struct event_attempt sent = {
        .kind = CALL_MESSAGE, .started_at_ms = NOW, .ended_at_ms = NOW + MINUTE_MS};
    const int64_t at_ms[] = {NOW - HOUR_MS, NOW + SECOND_MS, NOW - 2 * HOUR_MS};
    for (size_t i = 0; i < SAM_ARRAY_LEN(at_ms); i++) {
        struct event e = {.type = EVENT_PERSON};
        e.person = (struct event_person){
            .id = id(PERSON), .finding = FINDING_REPLY, .happened_at_ms = at_ms[i]};
        apply_person_event(&person, &e);
    }
    assert_string_equal(person.hold_reason, "wrote_first");
    apply_person_sent(&person, 0, &sent);
    assert_int_equal(person.status, PERSON_REPLIED);
    assert_int_equal(person.replied_at_ms, NOW + SECOND_MS);
    assert_string_equal(person.hold_reason, "");
    /* all of them came long before: ours was no answer that they answered */
    struct apply_person early = {
        .id = id(PERSON), .type = CAMPAIGN_MESSENGER, .status = PERSON_APPROVED, .steps_count = 2};
    struct event e = {.type = EVENT_PERSON};
    e.person = (struct event_person){
        .id = id(PERSON), .finding = FINDING_REPLY, .happened_at_ms = NOW - HOUR_MS};
    apply_person_event(&early, &e);
    apply_person_sent(&early, 0, &sent);
    assert_int_equal(early.status, PERSON_MESSAGING);
    assert_string_equal(early.hold_reason, "wrote_first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_change_of_a_campaign_is_written),
        cmocka_unit_test(test_one_change_of_a_workspace_is_written),
        cmocka_unit_test(test_of_two_with_one_version_the_stop_counts),
        cmocka_unit_test(test_the_last_of_who_wrote_first_is_the_answer),
        cmocka_unit_test(test_one_end_of_a_sync_is_written),
        cmocka_unit_test(test_a_campaign_that_runs_makes_its_accounts_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
