/* Whatever the ledger tells of an item, in any order and of any number of attempts: what is written
 * at the end of the batch is a way that the table of transitions, and so the database, allows. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/test.h"
#include "tests/unit/apply_batch.h"

#include "common/base/banned.h"

#define ATTEMPTS  3
#define EVENTS    5
#define SEQUENCES 200000

struct rows {
    struct apply_account account;
    struct apply_person person;
    struct apply_item item;
    struct apply_attempt attempts[ATTEMPTS];
    struct uuid orphans[ATTEMPTS];
    struct apply_batch b;
};

/* An item in this status whose attempts are all open; the ledger knows them, Postgres may not. */
static void begin(struct rows *r, enum item_status status)
{
    memset(r, 0, sizeof(*r));
    r->account = (struct apply_account){.id = id(ACCOUNT), .status = ACCOUNT_ACTIVE};
    r->person = (struct apply_person){.id = id(PERSON),
                                      .account_id = id(ACCOUNT),
                                      .campaign_id = id(CAMPAIGN),
                                      .type = CAMPAIGN_CONNECTOR,
                                      .steps_count = 2};
    r->item = (struct apply_item){.id = id(ITEM),
                                  .account_id = id(ACCOUNT),
                                  .campaign_id = id(CAMPAIGN),
                                  .person_id = id(PERSON),
                                  .status = status,
                                  .loaded = status,
                                  .attempt_id = id(ATTEMPT)};
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        r->attempts[i] = (struct apply_attempt){.id = id(ATTEMPT + i), .item_id = id(ITEM)};
        r->orphans[i] = id(ATTEMPT + i);
    }
    r->b = (struct apply_batch){.accounts = &r->account,
                                .accounts_count = 1,
                                .items = &r->item,
                                .items_count = 1,
                                .people = &r->person,
                                .people_count = 1,
                                .attempts = r->attempts,
                                .attempts_count = ATTEMPTS,
                                .orphans = r->orphans,
                                .orphans_count = ATTEMPTS};
}

static uint64_t drawn(uint64_t *state, uint64_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

static struct event draw_event(uint64_t *state)
{
    struct event e = {.type = drawn(state, 3) ? EVENT_ATTEMPT_ENDED : EVENT_ATTEMPT_STARTED,
                      .account_id = id(ACCOUNT),
                      .attempt = {.id = id(ATTEMPT + (unsigned)drawn(state, ATTEMPTS)),
                                  .campaign_id = id(CAMPAIGN),
                                  .person_id = id(PERSON),
                                  .item_id = id(ITEM),
                                  .kind = CALL_INVITATION,
                                  .started_at_ms = NOW - SECOND_MS,
                                  .ended_at_ms = NOW}};
    e.attempt.outcome = (enum outcome)drawn(state, OUTCOME_N);
    e.attempt.refusal = (enum refusal)drawn(state, REFUSAL_N);
    e.attempt.untried = e.attempt.outcome == OUTCOME_NOT_EXECUTED && drawn(state, 2);
    return e;
}

static void assert_way_allowed(const struct apply_item *item)
{
    enum item_status last = item->stopped ? item->via : item->loaded;
    if (!item->dirty)
        assert_int_equal(item->status, item->loaded);
    if (item->stopped)
        assert_true(item_transition_by_evidence(item->loaded, item->via));
    if (!item_transition_by_evidence(last, item->status))
        fail_msg("%s -> %s (%s) -> %s", item_status_name(item->loaded), item_status_name(last),
                 item->stopped ? "via" : "at once", item_status_name(item->status));
}

static void test_any_order_is_a_way_that_the_table_allows(void **state)
{
    (void)state;
    uint64_t seed = 15;
    struct rows r;
    unsigned seen[ITEM_STATUS_N] = {0};
    for (int i = 0; i < SEQUENCES; i++) {
        begin(&r, (enum item_status)(i % ITEM_STATUS_N));
        r.item.failures = (int64_t)drawn(&seed, APPLY_FAILURES_MAX);
        r.b.attempts_count = 1 + (size_t)drawn(&seed, ATTEMPTS);
        for (int n = 0; n < EVENTS; n++) {
            struct event e = draw_event(&seed);
            apply_event(&r.b, &e);
            assert_way_allowed(&r.item);
        }
        seen[r.item.status] |= 1u << r.item.loaded;
    }
    assert_int_equal(seen[ITEM_SENT], (1u << ITEM_STATUS_N) - 1); /* evidence wins from anywhere */
    assert_int_equal(seen[ITEM_UNKNOWN] | (1u << ITEM_SENT), (1u << ITEM_STATUS_N) - 1);
}

/* The end of its one attempt, told of an item that has an end: only `sent` and `unknown` count. */
static void test_an_end_stands(void **state)
{
    (void)state;
    static const enum item_status ends[] = {ITEM_SENT, ITEM_FAILED, ITEM_CANCELLED};
    static const enum outcome late[] = {OUTCOME_NOT_EXECUTED, OUTCOME_THROTTLED, OUTCOME_REFUSED,
                                        OUTCOME_ACCOUNT_BROKEN, OUTCOME_SETUP_BROKEN};
    struct rows r;
    for (size_t i = 0; i < SAM_ARRAY_LEN(ends); i++) {
        for (size_t k = 0; k < SAM_ARRAY_LEN(late) * REFUSAL_N; k++) {
            uint64_t seed = 1;
            struct event e = draw_event(&seed);
            begin(&r, ends[i]);
            r.b.attempts_count = 1;
            e.type = EVENT_ATTEMPT_ENDED;
            e.attempt.id = id(ATTEMPT);
            e.attempt.outcome = late[k / REFUSAL_N];
            e.attempt.refusal = (enum refusal)(k % REFUSAL_N);
            e.attempt.untried = false;
            apply_event(&r.b, &e);
            assert_int_equal(r.item.status, ends[i]);
            assert_false(r.item.freed);
            assert_true(r.attempts[0].ended);
            assert_int_equal(r.account.schedule, true);
        }
    }
}

/* What was not needed is cancelled; what may have happened cannot be, and fails. */
static void test_already_connected(void **state)
{
    (void)state;
    static const enum item_status becomes[ITEM_STATUS_N] = {
        [ITEM_PENDING] = ITEM_PENDING,     [ITEM_PUBLISHED] = ITEM_PUBLISHED,
        [ITEM_SENDING] = ITEM_CANCELLED,   [ITEM_SENT] = ITEM_SENT,
        [ITEM_FAILED] = ITEM_FAILED,       [ITEM_UNKNOWN] = ITEM_FAILED,
        [ITEM_CANCELLED] = ITEM_CANCELLED,
    };
    struct rows r;
    for (int from = 0; from < ITEM_STATUS_N; from++) {
        uint64_t seed = 1;
        struct event e = draw_event(&seed);
        begin(&r, (enum item_status)from);
        r.b.attempts_count = 1;
        e.type = EVENT_ATTEMPT_ENDED;
        e.attempt.id = id(ATTEMPT);
        e.attempt.outcome = OUTCOME_REFUSED;
        e.attempt.refusal = REFUSAL_CONNECTED;
        apply_event(&r.b, &e);
        assert_int_equal(r.item.status, becomes[from]);
        assert_int_equal(r.item.freed, from == ITEM_SENDING || from == ITEM_UNKNOWN);
        assert_int_equal(r.person.status, PERSON_CONNECTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order_is_a_way_that_the_table_allows),
        cmocka_unit_test(test_an_end_stands),
        cmocka_unit_test(test_already_connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
