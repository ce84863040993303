/* What the events of the ledger do to people: from step to step, findings, holds and stops. */
#include <stdio.h>
#include <string.h>

#include "tests/test.h"
#include "tests/unit/apply_batch.h"
#include "worker/apply_person.h"

#include "common/base/banned.h"

static struct event finding(enum finding f)
{
    return (struct event){
        .type = EVENT_PERSON,
        .account_id = id(ACCOUNT),
        .person = {
            .id = id(PERSON), .campaign_id = id(CAMPAIGN), .finding = f, .happened_at_ms = NOW}};
}

/* A restored database is carried over many steps by one batch. */
static void test_each_step_has_its_delay(void **state)
{
    (void)state;
    struct apply_batch b;
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    struct apply_person *person = &b.people[0];
    person->steps_count = CAMPAIGN_STEPS_MAX;
    for (int64_t i = 0; i < CAMPAIGN_STEPS_MAX; i++)
        person->after_ms[i] = i * HOUR_MS;
    for (int64_t i = 0; i + 1 < CAMPAIGN_STEPS_MAX; i++) {
        struct event e = ended(OUTCOME_SENT, CALL_MESSAGE);
        b.items[0].step = i;
        b.attempts[0].ended = false;
        apply_event(&b, &e);
        assert_int_equal(person->next_step, i + 1);
        assert_int_equal(person->next_at_ms, NOW + (i + 1) * HOUR_MS);
    }
    apply_deinit(&b);
}

static void test_acceptance_opens_the_follow_ups(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = finding(FINDING_CONNECTED);
    setup(&b, CAMPAIGN_CONNECTOR, PERSON_CONNECTION_REQUEST_SENT, 1);
    apply_event(&b, &e);
    assert_int_equal(b.people[0].status, PERSON_CONNECTED);
    assert_int_equal(b.people[0].next_at_ms, NOW + DAY_MS);
    assert_int_equal(b.accounts[0].plan_at_ms, NOW + DAY_MS);
    apply_deinit(&b);
}

static void test_a_connection_is_nothing_to_a_messenger(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = finding(FINDING_CONNECTED);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    apply_event(&b, &e);
    assert_int_equal(b.people[0].status, PERSON_APPROVED);
    assert_int_equal(b.people[0].cancel, REASON_NONE); /* the message that waits goes out */
    assert_false(b.people[0].dirty);
    apply_deinit(&b);
}

static void test_reply_stops(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = finding(FINDING_REPLY);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_MESSAGING, 1);
    b.people[0].next_at_ms = NOW + DAY_MS;
    apply_event(&b, &e);
    assert_int_equal(b.people[0].status, PERSON_REPLIED);
    assert_int_equal(b.people[0].next_at_ms, 0);
    assert_int_equal(b.people[0].cancel, REASON_PERSON_STOPPED);
    assert_true(b.accounts[0].schedule);
    e.person.reply_class = REPLY_OPT_OUT; /* a later opt-out goes over a reply */
    apply_event(&b, &e);
    assert_int_equal(b.people[0].status, PERSON_OPTED_OUT);
    apply_deinit(&b);
}

static void test_who_writes_first_is_held(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = finding(FINDING_REPLY);
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    apply_event(&b, &e);
    assert_int_equal(b.people[0].status, PERSON_APPROVED);
    assert_string_equal(b.people[0].hold_reason, "wrote_first");
    apply_deinit(&b);
}

static void test_older_version_is_ignored(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event e = finding(FINDING_HOLD);
    e.person.version = 2;
    (void)snprintf(e.person.reason, sizeof(e.person.reason), "operator");
    setup(&b, CAMPAIGN_MESSENGER, PERSON_APPROVED, 0);
    b.people[0].version = 3;
    apply_event(&b, &e);
    assert_string_equal(b.people[0].hold_reason, "");
    e.person.version = 4;
    apply_event(&b, &e);
    assert_string_equal(b.people[0].hold_reason, "operator");
    apply_deinit(&b);
}

/* A restored database may have given the stop's version to another change meanwhile. */
static void test_a_stop_counts_whatever_its_version(void **state)
{
    (void)state;
    static const enum person_status stops[] = {PERSON_REPLIED, PERSON_OPTED_OUT, PERSON_CONVERTED,
                                               PERSON_NOT_INTERESTED};
    for (size_t i = 0; i < SAM_ARRAY_LEN(stops); i++) {
        struct apply_batch b;
        struct event e = finding(FINDING_STATUS);
        e.person.version = 3;
        e.person.status = stops[i];
        setup(&b, CAMPAIGN_MESSENGER, PERSON_MESSAGING, 1);
        b.people[0].version = 7;
        apply_event(&b, &e);
        assert_int_equal(b.people[0].status, stops[i]);
        assert_int_equal(b.people[0].cancel, REASON_PERSON_STOPPED);
        assert_int_equal(b.people[0].version, 7);
        assert_true(b.people[0].dirty);
        apply_deinit(&b);
    }
}

/* From where it was read over each stop to its end, every step is one that the database allows. */
static void assert_walk(const struct apply_person *p)
{
    enum person_status at = p->loaded;
    for (size_t i = 0; i < p->via_count; i++) {
        assert_true(person_transition_allowed(p->type, at, p->via[i]));
        at = p->via[i];
    }
    assert_true(person_transition_allowed(p->type, at, p->status));
}

/* A restored database learns a whole campaign of a person at once. */
static void test_a_person_passes_many_statuses(void **state)
{
    (void)state;
    struct apply_batch b;
    struct event invited = ended(OUTCOME_SENT, CALL_INVITATION);
    struct event accepted = finding(FINDING_CONNECTED);
    struct event written = ended(OUTCOME_SENT, CALL_MESSAGE);
    struct event reply = finding(FINDING_REPLY);
    setup(&b, CAMPAIGN_CONNECTOR, PERSON_PENDING, 0);
    b.people[0].steps_count = 2;
    apply_event(&b, &invited);
    apply_event(&b, &accepted);
    b.items[0].step = 1;
    b.attempts[0].ended = false;
    b.attempts[0].outcome = OUTCOME_UNKNOWN;
    apply_event(&b, &written);
    assert_int_equal(b.people[0].status, PERSON_COMPLETED);
    assert_walk(&b.people[0]);
    apply_event(&b, &reply);
    reply.person.reply_class = REPLY_OPT_OUT;
    apply_event(&b, &reply);
    assert_int_equal(b.people[0].status, PERSON_OPTED_OUT);
    assert_walk(&b.people[0]);
    apply_deinit(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_step_has_its_delay),
        cmocka_unit_test(test_acceptance_opens_the_follow_ups),
        cmocka_unit_test(test_a_connection_is_nothing_to_a_messenger),
        cmocka_unit_test(test_reply_stops),
        cmocka_unit_test(test_who_writes_first_is_held),
        cmocka_unit_test(test_older_version_is_ignored),
        cmocka_unit_test(test_a_stop_counts_whatever_its_version),
        cmocka_unit_test(test_a_person_passes_many_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
