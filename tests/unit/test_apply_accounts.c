/* What the ledger tells of accounts, and which of it moves them. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/test.h"
#include "worker/apply.h"

#include "common/base/banned.h"

#define NOW INT64_C(1800000000000)

enum { ACCOUNT = 1, ITEM = 4, ATTEMPT = 5 };

static struct uuid id(uint8_t n)
{
    struct uuid u = {{0}};
    u.b[15] = n;
    return u;
}

struct rows {
    struct apply_account account;
    struct apply_item item;
    struct apply_attempt attempt;
    struct apply_batch b;
};

static void setup(struct rows *r, enum account_status status)
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
    struct event e = {.type = EVENT_ATTEMPT_ENDED,
                      .account_id = id(ACCOUNT),
                      .attempt = {.id = id(ATTEMPT),
                                  .item_id = id(ITEM),
                                  .ended_at_ms = NOW,
                                  .outcome = outcome,
                                  .wait_ms = 6 * HOUR_MS}};
    (void)snprintf(e.attempt.error_type, sizeof(e.attempt.error_type), "%s", type);
    (void)snprintf(e.attempt.account_status, sizeof(e.attempt.account_status), "%s", status);
    r->attempt.ended = false;
    apply_event(&r->b, &e);
}

static void tell(struct rows *r, enum account_status status, int64_t version)
{
    struct event e = {.type = EVENT_ACCOUNT,
                      .account_id = id(ACCOUNT),
                      .account = {.status = status, .version = version}};
    apply_event(&r->b, &e);
}

static void test_broken_stops_whatever_it_did(void **state)
{
    (void)state;
    struct rows r;
    for (int from = 0; from < ACCOUNT_STATUS_N; from++) {
        setup(&r, (enum account_status)from);
        end(&r, OUTCOME_ACCOUNT_BROKEN, "checkpoint_error", "disconnected");
        assert_int_equal(r.account.status,
                         from == ACCOUNT_RESTRICTED ? ACCOUNT_RESTRICTED : ACCOUNT_DISCONNECTED);
        bool known = from == ACCOUNT_DISCONNECTED || from == ACCOUNT_RESTRICTED;
        assert_int_equal(apply_account_broke(&r.account), !known);
        setup(&r, (enum account_status)from);
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
        setup(&r, (enum account_status)from);
        end(&r, OUTCOME_THROTTLED, "too_many_requests", "");
        assert_int_equal(r.account.status, sends ? ACCOUNT_RESTING : from);
        assert_int_equal(r.account.rest_count, 1);
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
        setup(&r, broken[i]);
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
        setup(&r, ACCOUNT_ACTIVE);
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
        setup(&r, (enum account_status)from);
        tell(&r, ACCOUNT_DISCONNECTED, 0);
        assert_int_equal(r.account.status, becomes[from]);
        assert_int_equal(r.account.version, 4);
        setup(&r, (enum account_status)from);
        tell(&r, ACCOUNT_ACTIVE, 0); /* no read says so */
        assert_int_equal(r.account.status, from);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
