/* What the events of the ledger do to items and accounts, in any order and applied twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/test.h"
#include "tests/unit/apply_batch.h"
#include "worker/apply_person.h"

#include "common/base/banned.h"

static void test_invitation_sent(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = ended(OUTCOME_SENT, CALL_INVITATION);
    setup(&b, CAMPAIGN_CONNECTOR, PERSON_PENDING, 0);
    apply_event(&b, &e);
    assert_int_equal(b.items[0].status, ITEM_SENT);
    assert_int_equal(b.people[0].status, PERSON_CONNECTION_REQUEST_SENT);
    assert_int_equal(b.people[0].contacted_at_ms, NOW - 5 * SECOND_MS);
    assert_int_equal(b.people[0].next_step, 1);
    assert_int_equal(b.people[0].next_at_ms, 0); /* until it is accepted */
    assert_int_equal(b.people[0].give_up_at_ms, NOW + 21 * DAY_MS);
    assert_true(b.accounts[0].schedule);
    assert_int_equal(b.accounts[0].free_at_ms, NOW + 120000);
    apply_deinit(&b);
}

static void test_messages_go_on_and_the_last_completes(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = ended(OUTCOME_SENT, CALL_MESSAGE);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    apply_event(&b, &e);
    assert_int_equal(b.people[0].status, PERSON_MESSAGING);
    assert_int_equal(b.people[0].next_at_ms, NOW + DAY_MS);
    assert_int_equal(b.accounts[0].plan_at_ms, NOW + DAY_MS);
    apply_deinit(&b);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_MESSAGING, 2);
    apply_event(&b, &e);
    assert_int_equal(b.people[0].status, PERSON_COMPLETED);
    assert_int_equal(b.people[0].next_at_ms, 0);
    apply_deinit(&b);
}

/* Two statuses in one batch: the database is shown both. */
static void test_one_message_campaign_passes_messaging(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = ended(OUTCOME_SENT, CALL_MESSAGE);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    b.people[0].steps_count = 1;
    apply_event(&b, &e);
    assert_int_equal(b.people[0].status, PERSON_COMPLETED);
    assert_int_equal(b.people[0].via_count, 1);
    assert_int_equal(b.people[0].via[0], PERSON_MESSAGING);
    apply_deinit(&b);
}

static void test_twice_is_once(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = ended(OUTCOME_NOT_EXECUTED, CALL_MESSAGE);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    apply_event(&b, &e);
    apply_event(&b, &e);
    assert_int_equal(b.items[0].failures, 1);
    assert_int_equal(b.items[0].status, ITEM_PENDING);
    assert_true(b.items[0].scheduled_ms >= NOW + 30 * SECOND_MS);
    apply_deinit(&b);
}

static void test_fifth_failure_ends(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = ended(OUTCOME_NOT_EXECUTED, CALL_MESSAGE);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    b.items[0].failures = 4;
    apply_event(&b, &e);
    assert_int_equal(b.items[0].status, ITEM_FAILED);
    assert_int_equal(b.items[0].reason, REASON_ATTEMPTS_USED_UP);
    assert_true(b.items[0].freed);
    assert_int_equal(b.people[0].status, PERSON_FAILED);
    apply_deinit(&b);
}

static void test_untried_does_not_count(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = ended(OUTCOME_NOT_EXECUTED, CALL_MESSAGE);
    e.attempt.untried = true;
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    b.items[0].failures = 4;
    apply_event(&b, &e);
    assert_int_equal(b.items[0].failures, 4);
    assert_int_equal(b.items[0].status, ITEM_PENDING);
    apply_deinit(&b);
}

/* After a restore an item may have several attempts: none may be open when it goes back. */
static void test_open_attempt_keeps_the_item(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = ended(OUTCOME_NOT_EXECUTED, CALL_MESSAGE);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    b.attempts[b.attempts_count++] =
        (struct apply_attempt){.id = id(OTHER_ATTEMPT), .item_id = id(ITEM)};
    apply_index(&b);
    apply_event(&b, &e); /* it was sending by this one: now only the open one is left of it */
    assert_int_equal(b.items[0].status, ITEM_UNKNOWN);
    e.attempt.id = id(OTHER_ATTEMPT);
    apply_event(&b, &e);
    assert_int_equal(b.items[0].status, ITEM_PENDING);
    apply_deinit(&b);
}

/* Kafka takes the end of a claim that was given up after the end of the attempt that followed it,
 * and nobody knows of that one whether it happened. */
static void test_an_attempt_whose_end_tells_nothing_keeps_the_item(void **state)
{
    (void)state;
    static const enum outcome outcomes[] = {OUTCOME_NOT_EXECUTED, OUTCOME_REFUSED,
                                            OUTCOME_THROTTLED, OUTCOME_SETUP_BROKEN,
                                            OUTCOME_ACCOUNT_BROKEN};
    for (size_t i = 0; i < SAM_ARRAY_LEN(outcomes); i++) {
        struct apply_batch b;
        struct event cut = ended(OUTCOME_UNKNOWN, CALL_MESSAGE);
        struct event late = ended(outcomes[i], CALL_MESSAGE);
        late.attempt.id = id(OTHER_ATTEMPT);
        setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
        b.attempts[b.attempts_count++] =
            (struct apply_attempt){.id = id(OTHER_ATTEMPT), .item_id = id(ITEM)};
        apply_index(&b);
        apply_event(&b, &cut);
        apply_event(&b, &late);
        assert_int_equal(b.items[0].status, ITEM_UNKNOWN);
        assert_int_equal(b.people[0].status, PERSON_APPROVED);
        cut.attempt.outcome = OUTCOME_NOT_EXECUTED; /* somebody has looked */
        apply_event(&b, &cut);
        assert_int_equal(b.items[0].status, ITEM_PENDING);
        apply_deinit(&b);
    }
}

static void test_an_older_end_leaves_a_call_under_way_alone(void **state)
{
    (void)state;
    static const enum outcome outcomes[] = {OUTCOME_NOT_EXECUTED, OUTCOME_REFUSED,
                                            OUTCOME_THROTTLED, OUTCOME_SETUP_BROKEN};
    for (size_t i = 0; i < SAM_ARRAY_LEN(outcomes); i++) {
        struct apply_batch b;
        struct event e = ended(outcomes[i], CALL_MESSAGE);
        e.attempt.id = id(OTHER_ATTEMPT);
        setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
        b.attempts[b.attempts_count++] =
            (struct apply_attempt){.id = id(OTHER_ATTEMPT), .item_id = id(ITEM)};
        apply_index(&b);
        apply_event(&b, &e);
        assert_int_equal(b.items[0].status, ITEM_SENDING);
        assert_int_equal(b.people[0].status, PERSON_APPROVED);
        apply_deinit(&b);
    }
}

static void test_that_it_happened_wins_over_an_operators_word(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event no = ended(OUTCOME_NOT_EXECUTED, CALL_MESSAGE);
    struct event yes = ended(OUTCOME_SENT, CALL_MESSAGE);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    apply_event(&b, &no);
    assert_int_equal(b.items[0].status, ITEM_PENDING);
    apply_event(&b, &yes);
    assert_int_equal(b.items[0].status, ITEM_SENT);
    assert_int_equal(b.attempts[0].outcome, OUTCOME_SENT);
    apply_event(&b, &no);
    assert_int_equal(b.items[0].status, ITEM_SENT);
    apply_deinit(&b);
}

static void test_no_relation_is_asked_less_and_less_and_not_for_ever(void **state)
{
    (void)state;
    struct apply_batch b;
    int64_t last_ms = 0;
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    for (int i = 1; i <= APPLY_FAILURES_MAX; i++) {
        struct event e = ended(OUTCOME_REFUSED, CALL_MESSAGE);
        e.attempt.refusal = REFUSAL_LATER;
        e.attempt.wait_ms = HOUR_MS;
        b.items[0].status = ITEM_SENDING;
        b.attempts[0].ended = false;
        apply_event(&b, &e);
        if (i == APPLY_FAILURES_MAX)
            break;
        assert_int_equal(b.items[0].status, ITEM_PENDING);
        assert_true(b.items[0].scheduled_ms > last_ms);
        last_ms = b.items[0].scheduled_ms;
    }
    assert_int_equal(last_ms, NOW + 8 * HOUR_MS);
    assert_int_equal(b.items[0].status, ITEM_FAILED);
    assert_int_equal(b.people[0].status, PERSON_FAILED);
    assert_string_equal(b.people[0].status_reason, "not_connected");
    apply_deinit(&b);
}

static void test_a_restored_item_is_planned_anew(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = ended(OUTCOME_NOT_EXECUTED, CALL_MESSAGE);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_MESSAGING, 1);
    b.items[0].status = ITEM_UNKNOWN;
    b.items[0].restored = true;
    apply_event(&b, &e);
    assert_true(b.items[0].vanished);
    assert_false(b.items[0].dirty);
    assert_int_equal(b.people[0].next_at_ms, NOW);
    assert_int_equal(b.accounts[0].plan_at_ms, NOW);
    apply_deinit(&b);
}

static void test_who_has_a_restored_item_waits_for_it(void **state)
{
    (void)state;
    static const struct {
        int64_t next_step;
        int64_t next_at_ms;
        bool restored;
        bool waits;
    } rows[] = {{1, NOW, true, true},
                {0, NOW, true, true},
                {2, NOW, true, false}, /* it is a step further */
                {1, 0, true, false},
                {1, NOW, false, false}};
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct apply_batch b;
        setup(&b, CAMPAIGN_MESSENGER, PERSON_MESSAGING, 1);
        b.items[0].restored = rows[i].restored;
        b.people[0].next_step = rows[i].next_step;
        b.people[0].next_at_ms = rows[i].next_at_ms;
        b.people[0].dirty = false;
        apply_restored(&b);
        assert_int_equal(b.people[0].next_at_ms, rows[i].waits ? 0 : rows[i].next_at_ms);
        assert_int_equal(b.people[0].dirty, rows[i].waits);
        apply_deinit(&b);
    }
}

static void test_unknown_stays_until_its_own_late_outcome(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event unknown = ended(OUTCOME_UNKNOWN, CALL_MESSAGE);
    struct event sent = ended(OUTCOME_SENT, CALL_MESSAGE);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    apply_event(&b, &unknown);
    assert_int_equal(b.items[0].status, ITEM_UNKNOWN);
    assert_int_equal(b.people[0].next_at_ms, 0);
    apply_event(&b, &sent);
    assert_int_equal(b.items[0].status, ITEM_SENT);
    assert_int_equal(b.people[0].status, PERSON_MESSAGING);
    apply_event(&b, &unknown); /* evidence does not go back */
    assert_int_equal(b.items[0].status, ITEM_SENT);
    apply_deinit(&b);
}

static void test_orphan_blocks_its_item(void **state)
{
    (void)state;
    struct apply_batch b;
    struct uuid orphan = id(ATTEMPT);
    struct event e = ended(OUTCOME_SENT, CALL_MESSAGE);
    e.type = EVENT_ATTEMPT_STARTED;
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    b.items[0].status = ITEM_PENDING;
    apply_event(&b, &e); /* known already: the claim has written it */
    assert_int_equal(b.items[0].status, ITEM_PENDING);
    b.orphans = &orphan;
    b.orphans_count = 1;
    apply_event(&b, &e);
    assert_int_equal(b.items[0].status, ITEM_UNKNOWN);
    apply_deinit(&b);
}

static void test_throttled_rests_the_account_and_doubles(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = ended(OUTCOME_THROTTLED, CALL_INVITATION);
    e.attempt.wait_ms = 6 * HOUR_MS;
    setup(&b, CAMPAIGN_CONNECTOR, PERSON_PENDING, 0);
    b.accounts[0].rest.count = 1;
    apply_event(&b, &e);
    assert_int_equal(b.accounts[0].status, ACCOUNT_RESTING);
    assert_int_equal(b.accounts[0].rest.until_ms, NOW + 12 * HOUR_MS);
    assert_int_equal(b.items[0].status, ITEM_PENDING);
    assert_int_equal(b.items[0].scheduled_ms, NOW + 12 * HOUR_MS);
    assert_int_equal(b.people[0].status, PERSON_PENDING);
    apply_deinit(&b);
}

/* A refused text is marked at the person, unless they are held for what a new text must not
 * release.
 */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        enum refusal refusal;
        enum item_status item;
        enum person_status person;
        const char *hold_before, *hold;
    } rows[] = {
        {REFUSAL_FAIL, ITEM_FAILED, PERSON_FAILED, "", ""},
        {REFUSAL_HOLD, ITEM_PENDING, PERSON_PENDING, "", "refused"},
        {REFUSAL_CONNECTED, ITEM_CANCELLED, PERSON_CONNECTED, "", ""},
        {REFUSAL_LATER, ITEM_PENDING, PERSON_PENDING, "", ""},
        {REFUSAL_TEXT, ITEM_PENDING, PERSON_PENDING, "", "text_refused"},
        {REFUSAL_TEXT, ITEM_PENDING, PERSON_PENDING, "wrote_first", "wrote_first"},
        {REFUSAL_TEXT, ITEM_PENDING, PERSON_PENDING, "another_name", "text_refused"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct apply_batch b;
        struct event e = ended(OUTCOME_REFUSED, CALL_INVITATION);
        e.attempt.refusal = rows[i].refusal;
        setup(&b, CAMPAIGN_CONNECTOR, PERSON_PENDING, 0);
        apply_person_hold(&b.people[0], rows[i].hold_before);
        apply_event(&b, &e);
        assert_string_equal(b.people[0].hold_reason, rows[i].hold);
        assert_int_equal(b.items[0].status, rows[i].item);
        assert_int_equal(b.people[0].status, rows[i].person);
        apply_deinit(&b);
    }
}

/* Nobody has to settle what its own late end says. */
static void test_an_unknown_invitation_to_somebody_who_is_connected(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event unknown = ended(OUTCOME_UNKNOWN, CALL_INVITATION);
    struct event late = ended(OUTCOME_REFUSED, CALL_INVITATION);
    late.attempt.refusal = REFUSAL_CONNECTED;
    setup(&b, CAMPAIGN_CONNECTOR, PERSON_PENDING, 0);
    apply_event(&b, &unknown);
    assert_int_equal(b.items[0].status, ITEM_UNKNOWN);
    apply_event(&b, &late);
    assert_int_equal(b.items[0].status, ITEM_FAILED);
    assert_int_equal(b.items[0].reason, REASON_ALREADY_CONNECTED);
    assert_int_equal(b.people[0].status, PERSON_CONNECTED);
    apply_deinit(&b);
}

/* The backup has it as waiting, or as cancelled: neither may become failed or wait again at once.
 */
static void test_an_item_goes_by_way_of_unknown(void **state)
{
    (void)state;
    static const struct {
        enum item_status loaded;
        enum outcome outcome;
    } rows[] = {{ITEM_PENDING, OUTCOME_REFUSED},
                {ITEM_PUBLISHED, OUTCOME_REFUSED},
                {ITEM_CANCELLED, OUTCOME_REFUSED},
                {ITEM_CANCELLED, OUTCOME_NOT_EXECUTED}};
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct apply_batch b;
        struct uuid orphan = id(ATTEMPT);
        struct event begun = ended(rows[i].outcome, CALL_MESSAGE);
        struct event end = ended(rows[i].outcome, CALL_MESSAGE);
        begun.type = EVENT_ATTEMPT_STARTED;
        setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
        b.orphans = &orphan;
        b.orphans_count = 1;
        b.items[0].status = rows[i].loaded;
        b.items[0].loaded = rows[i].loaded;
        apply_event(&b, &begun);
        apply_event(&b, &end);
        const struct apply_item *item = &b.items[0];
        enum item_status stop = item->stopped ? item->via : item->loaded;
        assert_true(item_transition_by_evidence(item->loaded, stop));
        assert_true(item_transition_by_evidence(stop, item->status));
        assert_int_not_equal(item->status, ITEM_UNKNOWN);
        apply_deinit(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invitation_sent),
        cmocka_unit_test(test_messages_go_on_and_the_last_completes),
        cmocka_unit_test(test_one_message_campaign_passes_messaging),
        cmocka_unit_test(test_twice_is_once),
        cmocka_unit_test(test_fifth_failure_ends),
        cmocka_unit_test(test_untried_does_not_count),
        cmocka_unit_test(test_open_attempt_keeps_the_item),
        cmocka_unit_test(test_an_attempt_whose_end_tells_nothing_keeps_the_item),
        cmocka_unit_test(test_an_older_end_leaves_a_call_under_way_alone),
        cmocka_unit_test(test_that_it_happened_wins_over_an_operators_word),
        cmocka_unit_test(test_no_relation_is_asked_less_and_less_and_not_for_ever),
        cmocka_unit_test(test_a_restored_item_is_planned_anew),
        cmocka_unit_test(test_who_has_a_restored_item_waits_for_it),
        cmocka_unit_test(test_unknown_stays_until_its_own_late_outcome),
        cmocka_unit_test(test_orphan_blocks_its_item),
        cmocka_unit_test(test_throttled_rests_the_account_and_doubles),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_an_unknown_invitation_to_somebody_who_is_connected),
        cmocka_unit_test(test_an_item_goes_by_way_of_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
