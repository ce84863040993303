#include "worker/apply_account.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/calendar.h"
#include "common/model/outcome.h"

#include "common/base/banned.h"

#define REST_MAX_MS (72 * HOUR_MS)

int64_t apply_doubled(int64_t first_ms, int64_t times, int64_t max_ms)
{
    for (int64_t i = 0; i < times && first_ms < max_ms; i++)
        first_ms *= 2;
    return first_ms < max_ms ? first_ms : max_ms;
}

void apply_account_plan(struct apply_account *account, int64_t at_ms)
{
    if (!account->plan_at_ms || at_ms < account->plan_at_ms)
        account->plan_at_ms = at_ms;
}

/* Certain by what this side did, so it counts against no cap and no spacing. An operator who says
 * "not sent" has seen nothing of it at LinkedIn: the call may have left all the same. */
bool apply_never_left(const struct event_attempt *a)
{
    return a->untried && strcmp(a->error_type, EVENT_SETTLED_BY_PERSON) != 0;
}

void apply_account_free(struct apply_account *account, const struct event_attempt *a)
{
    account->schedule = true;
    if (apply_never_left(a))
        return;
    int64_t free_at = a->ended_at_ms + account->limits.spacing_ms +
                      policy_jitter_ms(&a->id, account->limits.jitter_ms);
    if (free_at > account->free_at_ms)
        account->free_at_ms = free_at;
}

/* False where the table does not let this cause move the account: what an operator has paused does
 * not begin to rest, what is restricted is not only logged out, and so on. It stays as it is; a
 * ledger may tell such a change of an account that a restored database has further on. why: NULL =
 * as before. */
static bool move_account(struct apply_account *account, enum account_cause cause,
                         enum account_status status, const char *why)
{
    if (!account_transition_allowed(cause, account->status, status))
        return false;
    account->status = status;
    if (why)
        (void)snprintf(account->reason, sizeof(account->reason), "%s", why);
    account->dirty = true;
    return true;
}

/* Returns the end of the rest. */
static int64_t begin_rest(struct apply_rest *rest, const struct event_attempt *a)
{
    rest->until_ms = a->ended_at_ms + apply_doubled(a->wait_ms, rest->count, REST_MAX_MS);
    rest->count++;
    rest->sent_at_ms = 0;
    return rest->until_ms;
}

int64_t apply_account_throttled(struct apply_account *account, const struct event_attempt *a)
{
    const struct error_type *type = error_type_find(a->error_type);
    bool invitations = a->kind == CALL_INVITATION && type && type->invitations_only;
    struct apply_rest *rest = invitations ? &account->invitations_rest : &account->rest;
    account->dirty = true;
    if (!invitations)
        (void)move_account(account, ACCOUNT_BY_UNIPILE, ACCOUNT_RESTING, a->error_type);
    return begin_rest(rest, a);
}

static bool is_broken(enum account_status s)
{
    return s == ACCOUNT_DISCONNECTED || s == ACCOUNT_RESTRICTED;
}

bool apply_account_broke(const struct apply_account *account)
{
    return is_broken(account->status) && account->status != account->loaded;
}

void apply_account_broken(struct apply_account *account, const struct event_attempt *a)
{
    enum account_status status = ACCOUNT_DISCONNECTED;
    if (a->account_status[0] && account_status_parse(a->account_status, &status) != 0)
        return;
    (void)move_account(account, ACCOUNT_BY_UNIPILE, status, a->error_type);
}

/* A send that Unipile takes, and what it says of the last rest: after a whole local day with sends
 * and without a refusal it counts no more. true: something has changed. */
static bool stands_rest(struct apply_rest *rest, int64_t day_start_ms, int64_t at_ms)
{
    if (rest->count == 0 || at_ms < day_start_ms || day_start_ms < rest->until_ms)
        return false;
    if (rest->sent_at_ms >= day_start_ms)
        return false;
    if (!rest->sent_at_ms) {
        rest->sent_at_ms = at_ms;
        return true;
    }
    rest->sent_at_ms = 0;
    rest->count = 0;
    return true;
}

/* Where the local day of a moment began; of days that are over, as a replay tells them, by the zone
 * that is in force now. After the moment itself: not known. */
static int64_t day_start_ms(const struct apply_account *account, int64_t at_ms)
{
    if (at_ms >= account->day_start_ms || !account->zone)
        return account->day_start_ms;
    return zone_day_start_ms(account->zone, zone_day(account->zone, at_ms));
}

void apply_account_sent(struct apply_account *account, const struct event_attempt *a)
{
    int64_t start_ms = day_start_ms(account, a->ended_at_ms);
    account->conversation = true;
    account->dirty |= stands_rest(&account->rest, start_ms, a->ended_at_ms);
    if (a->kind == CALL_INVITATION)
        account->dirty |= stands_rest(&account->invitations_rest, start_ms, a->ended_at_ms);
}

/* An operator's change has a version; without one it is what a read has heard of Unipile. */
void apply_account_event(struct apply_account *account, const struct event *e)
{
    const struct event_account *a = &e->account;
    if (a->is_sync)
        return; /* the end of a sync is written as it is (apply_sql.c) */
    bool stops = a->status == ACCOUNT_PAUSED; /* of two with one version it counts */
    if (a->version && a->version < account->version + (stops ? 0 : 1))
        return;
    bool rests = account->rest.until_ms > e->at_ms; /* no pause, and no end of one, takes it away */
    const char *why = rests && !*a->reason ? NULL : a->reason;
    (void)move_account(account, a->version ? ACCOUNT_BY_OPERATOR : ACCOUNT_BY_UNIPILE, a->status,
                       why);
    if (rests && account->status == ACCOUNT_ACTIVE)
        (void)move_account(account, ACCOUNT_BY_UNIPILE, ACCOUNT_RESTING, NULL);
    account->version = a->version ? a->version : account->version;
    account->dirty = true;
    account->schedule = true;
    if (a->status == ACCOUNT_ACTIVE) /* nothing was planned for it meanwhile */
        apply_account_plan(account, e->at_ms);
}
