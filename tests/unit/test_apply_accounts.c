/* What the ledger tells of accounts, and which of it moves them. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/calendar.h"
#include "tests/test.h"
#include "tests/unit/apply_batch.h"

#include "common/base/banned.h"

struct rows {
    struct apply_account account;
    struct apply_item item;
    struct apply_attempt attempt;
    struct apply_batch b;
};

static void set(struct rows *r, enum account_status status)
{
    memset(r, 0, sizeof(*r));
    r->account =
        (struct apply_account){.id = id(ACCOUNT), .status = status, .loaded = status, .version = 4};
    r->item = (struct apply_item){.id = id(ITEM), .status = ITEM_SENDING, .loaded = ITEM_SENDING};
    r->attempt = (struct apply_attempt){.id = id(ATTEMPT), .item_id = id(ITEM)};
    r->b = (struct apply_batch){.accounts = &r->account,
                                .accounts_count = 1,
                                .items = &r->item,
                                .items_count = 1,
                                .attempts = &r->attempt,
                                .attempts_count = 1};
}

static void end(struct rows *r, enum outcome outcome, const char *type, const char *status)
{
    struct event e = ended(outcome, CALL_INVITATION);
    e.attempt.wait_ms = 6 * HOUR_MS;
    (void)snprintf(e.attempt.error_type, sizeof(e.attempt.error_type), "%s", type);
    (void)snprintf(e.attempt.account_status, sizeof(e.attempt.account_status), "%s", status);
    r->attempt.ended = false;
    apply_event(&r->b, &e);
}

/* An invitation that Unipile takes. */
static void send(struct rows *r, int64_t at_ms)
{
    struct event e = ended(OUTCOME_SENT, CALL_INVITATION);
    e.attempt.ended_at_ms = at_ms;
    r->attempt.ended = false;
    apply_event(&r->b, &e);
}

static void tell(struct rows *r, enum account_status status, int64_t version)
{
    struct event e = {.type = EVENT_ACCOUNT,
                      .at_ms = NOW,
                      .account_id = id(ACCOUNT),
                      .account = {.status = status, .version = version}};
    apply_event(&r->b, &e);
}

static void test_broken_stops_whatever_it_did(void **state)
{
    (void)state;
    struct rows r;
    for (int from = 0; from < ACCOUNT_STATUS_N; from++) {
        set(&r, (enum account_status)from);
        end(&r, OUTCOME_ACCOUNT_BROKEN, "checkpoint_error", "disconnected");
        assert_int_equal(r.account.status,
                         from == ACCOUNT_RESTRICTED ? ACCOUNT_RESTRICTED : ACCOUNT_DISCONNECTED);
        bool known = from == ACCOUNT_DISCONNECTED || from == ACCOUNT_RESTRICTED;
        assert_int_equal(apply_account_broke(&r.account), !known);
        set(&r, (enum account_status)from);
        end(&r, OUTCOME_ACCOUNT_BROKEN, "account_restricted", "restricted");
        assert_int_equal(apply_account_broke(&r.account), from != ACCOUNT_RESTRICTED);
        assert_int_equal(r.account.status, ACCOUNT_RESTRICTED);
        assert_string_equal(r.account.reason, "account_restricted");
    }
}

static void test_only_what_sends_begins_to_rest(void **state)
{
    (void)state;
    struct rows r;
    for (int from = 0; from < ACCOUNT_STATUS_N; from++) {
        bool sends = from == ACCOUNT_ACTIVE || from == ACCOUNT_RESTING;
        set(&r, (enum account_status)from);
        end(&r, OUTCOME_THROTTLED, "too_many_requests", "");
        assert_int_equal(r.account.status, sends ? ACCOUNT_RESTING : from);
        assert_int_equal(r.account.rest.count, 1);
        assert_int_equal(r.item.status, ITEM_PENDING);
    }
}

/* `account pause` of a release that let it be done: the version counts, so that what the operator
 * does next is newer; the account waits for Unipile as before. */
static void test_a_pause_does_not_hide_that_it_is_logged_out(void **state)
{
    (void)state;
    struct rows r;
    static const enum account_status broken[] = {ACCOUNT_DISCONNECTED, ACCOUNT_RESTRICTED};
    for (size_t i = 0; i < SAM_ARRAY_LEN(broken); i++) {
        set(&r, broken[i]);
        tell(&r, ACCOUNT_PAUSED, 5);
        assert_int_equal(r.account.status, broken[i]);
        assert_int_equal(r.account.version, 5);
        assert_true(r.account.dirty);
        tell(&r, ACCOUNT_ACTIVE, 6);
        assert_int_equal(r.account.status, ACCOUNT_ACTIVE);
    }
}

/* No program tells so. The database would refuse `resting` without an end of the rest, and the
 * event would be set aside. */
static void test_an_operator_cannot_let_it_rest_or_restrict_it(void **state)
{
    (void)state;
    struct rows r;
    static const enum account_status no[] = {ACCOUNT_RESTING, ACCOUNT_DISCONNECTED,
                                             ACCOUNT_RESTRICTED};
    for (size_t i = 0; i < SAM_ARRAY_LEN(no); i++) {
        set(&r, ACCOUNT_ACTIVE);
        tell(&r, no[i], 5);
        assert_int_equal(r.account.status, ACCOUNT_ACTIVE);
    }
}

/* Without a version: what a read has heard. It stops the account like the answer to a send. */
static void test_a_read_finds_it_logged_out(void **state)
{
    (void)state;
    static const enum account_status becomes[ACCOUNT_STATUS_N] = {
        [ACCOUNT_ACTIVE] = ACCOUNT_DISCONNECTED,       [ACCOUNT_PAUSED] = ACCOUNT_DISCONNECTED,
        [ACCOUNT_RESTING] = ACCOUNT_DISCONNECTED,      [ACCOUNT_RESTRICTED] = ACCOUNT_RESTRICTED,
        [ACCOUNT_DISCONNECTED] = ACCOUNT_DISCONNECTED,
    };
    struct rows r;
    for (int from = 0; from < ACCOUNT_STATUS_N; from++) {
        set(&r, (enum account_status)from);
        tell(&r, ACCOUNT_DISCONNECTED, 0);
        assert_int_equal(r.account.status, becomes[from]);
        assert_int_equal(r.account.version, 4);
        set(&r, (enum account_status)from);
        tell(&r, ACCOUNT_ACTIVE, 0); /* no read says so */
        assert_int_equal(r.account.status, from);
    }
}

/* The rest of 6 hours is over on the day of its refusal. */
static void test_a_whole_day_with_sends_ends_the_count(void **state)
{
    (void)state;
    struct rows r;
    set(&r, ACCOUNT_ACTIVE);
    end(&r, OUTCOME_THROTTLED, "too_many_requests", "");
    r.account.status = ACCOUNT_ACTIVE; /* it is over */
    r.account.day_start_ms = NOW - 12 * HOUR_MS;
    send(&r, NOW + 7 * HOUR_MS); /* of the day of the rest */
    assert_int_equal(r.account.rest.count, 1);
    assert_int_equal(r.account.rest.sent_at_ms, 0);
    r.account.day_start_ms += DAY_MS;
    send(&r, r.account.day_start_ms + HOUR_MS); /* the first whole day */
    send(&r, r.account.day_start_ms + 2 * HOUR_MS);
    assert_int_equal(r.account.rest.count, 1);
    r.account.day_start_ms += 2 * DAY_MS;       /* a day without a send tells nothing */
    send(&r, r.account.day_start_ms - HOUR_MS); /* told late */
    assert_int_equal(r.account.rest.count, 1);
    send(&r, r.account.day_start_ms);
    assert_int_equal(r.account.rest.count, 0);
    assert_int_equal(r.account.rest.sent_at_ms, 0);
}

/* As a ledger is replayed, days after: the same count as on those days. */
static void test_a_replay_counts_the_days_as_they_were(void **state)
{
    (void)state;
    const struct zone *zone = zone_find("Asia/Tokyo");
    int64_t today = zone_day_start_ms(zone, zone_day(zone, NOW));
    struct rows r;
    set(&r, ACCOUNT_ACTIVE);
    r.account.zone = zone;
    r.account.day_start_ms = today + 9 * DAY_MS;
    end(&r, OUTCOME_THROTTLED, "too_many_requests", "");
    send(&r, NOW + 6 * HOUR_MS + MINUTE_MS); /* still of the day of the rest: 23:01 */
    send(&r, today + 2 * DAY_MS + HOUR_MS);
    send(&r, today + 2 * DAY_MS + 23 * HOUR_MS);
    assert_int_equal(r.account.rest.count, 1);
    send(&r, today + 3 * DAY_MS);
    assert_int_equal(r.account.rest.count, 0);
}

/* The planner of a database that was restored has planned nothing for it since. */
static void test_a_resume_wakes_the_planner(void **state)
{
    (void)state;
    struct rows r;
    set(&r, ACCOUNT_PAUSED);
    tell(&r, ACCOUNT_PAUSED, 5);
    assert_int_equal(r.account.plan_at_ms, 0);
    tell(&r, ACCOUNT_ACTIVE, 6);
    assert_int_equal(r.account.plan_at_ms, NOW);
}

/* A restored database may have lost the item and the person; what Unipile asks for holds. */
static void test_a_rest_is_learned_without_its_item(void **state)
{
    (void)state;
    struct rows r;
    set(&r, ACCOUNT_ACTIVE);
    r.b.items_count = 0;
    end(&r, OUTCOME_THROTTLED, "too_many_requests", "");
    assert_int_equal(r.account.status, ACCOUNT_RESTING);
    assert_int_equal(r.account.rest.until_ms, NOW + 6 * HOUR_MS);
}

static void test_a_refusal_in_between_begins_the_days_anew(void **state)
{
    (void)state;
    struct rows r;
    set(&r, ACCOUNT_ACTIVE);
    r.account.day_start_ms = NOW;
    r.account.rest = (struct apply_rest){NOW - HOUR_MS, 1, NOW - DAY_MS};
    end(&r, OUTCOME_THROTTLED, "too_many_requests", "");
    assert_int_equal(r.account.rest.until_ms, NOW + 12 * HOUR_MS); /* twice as long */
    assert_int_equal(r.account.rest.count, 2);
    assert_int_equal(r.account.rest.sent_at_ms, 0);
    assert_int_equal(r.account.status, ACCOUNT_RESTING);
}

static void test_invitations_rest_alone(void **state)
{
    (void)state;
    struct rows r;
    for (int from = 0; from < ACCOUNT_STATUS_N; from++) {
        set(&r, (enum account_status)from);
        end(&r, OUTCOME_THROTTLED, "cannot_resend_yet", "");
        end(&r, OUTCOME_THROTTLED, "cannot_resend_yet", "");
        assert_int_equal(r.account.status, from);
        assert_int_equal(r.account.rest.count, 0);
        assert_int_equal(r.account.invitations_rest.count, 2);
        assert_int_equal(r.account.invitations_rest.until_ms, NOW + 12 * HOUR_MS);
        for (int i = 0; i < 9; i++)
            end(&r, OUTCOME_THROTTLED, "cannot_resend_yet", "");
        assert_int_equal(r.account.invitations_rest.until_ms, NOW + 72 * HOUR_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_stops_whatever_it_did),
        cmocka_unit_test(test_only_what_sends_begins_to_rest),
        cmocka_unit_test(test_a_pause_does_not_hide_that_it_is_logged_out),
        cmocka_unit_test(test_an_operator_cannot_let_it_rest_or_restrict_it),
        cmocka_unit_test(test_a_read_finds_it_logged_out),
        cmocka_unit_test(test_a_whole_day_with_sends_ends_the_count),
        cmocka_unit_test(test_a_replay_counts_the_days_as_they_were),
        cmocka_unit_test(test_a_resume_wakes_the_planner),
        cmocka_unit_test(test_a_rest_is_learned_without_its_item),
        cmocka_unit_test(test_a_refusal_in_between_begins_the_days_anew),
        cmocka_unit_test(test_invitations_rest_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
