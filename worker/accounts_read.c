#include "worker/accounts_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

/* Where nothing changes: calendars, days and campaigns do, without a row of the account. */
#define AGAIN_WAITING_MS MINUTE_MS
#define AGAIN_IDLE_MS    (10 * MINUTE_MS)
#define AGAIN_SHUT_MS    (10 * SECOND_MS)
/* A verdict that ends by itself: looked at a moment later, when publish has seen it too. */
#define AFTERWARDS_MS (2 * SECOND_MS)

/* $1 uuid[] accounts, $2 items to count at most. Each sub-select is a look-up by an index that
 * holds open work alone; of people, one that waits for the planner is enough. */
static const char states_sql[] =
    "SELECT j.n, a.workspace_id, a.key_hash, a.status, a.blocked_reason IS NOT NULL, "
    "w.paused_at IS NOT NULL, sam_now(), s.plan_at, p.n, o.n, u.n, x.id, x.scheduled_for, "
    "CASE WHEN p.n = 0 THEN (SELECT true FROM (SELECT campaign_id FROM campaign_accounts "
    "WHERE account_id = j.id LIMIT 50) ca CROSS JOIN LATERAL (SELECT status FROM campaigns "
    "WHERE id = ca.campaign_id LIMIT 1) c CROSS JOIN LATERAL (SELECT FROM campaign_prospects "
    "WHERE account_id = j.id AND campaign_id = ca.campaign_id AND next_at IS NOT NULL "
    "AND hold_reason IS NULL LIMIT 1) q WHERE c.status = 'running' LIMIT 1) "
    "END, " FACTS_FRAME_COLUMNS " FROM unnest($1::uuid[]) WITH ORDINALITY AS j(id, n) "
    "CROSS JOIN LATERAL (SELECT * FROM linkedin_accounts WHERE id = j.id LIMIT 1) a "
    "CROSS JOIN LATERAL (SELECT paused_at FROM workspaces WHERE id = a.workspace_id LIMIT 1) w "
    "CROSS JOIN LATERAL (SELECT plan_at FROM account_schedule WHERE account_id = j.id LIMIT 1) s "
    "CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM send_queue "
    "WHERE account_id = j.id AND status = 'pending' LIMIT $2) i) p "
    "CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM send_queue "
    "WHERE account_id = j.id AND status IN ('published', 'sending') LIMIT $2) i) o "
    "CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM send_queue "
    "WHERE account_id = j.id AND status = 'unknown' LIMIT $2) i) u "
    "LEFT JOIN LATERAL (SELECT i.id, i.scheduled_for FROM unnest('{0,1}'::smallint[]) AS "
    "k(priority) "
    "CROSS JOIN LATERAL (SELECT id, scheduled_for FROM send_queue WHERE account_id = j.id "
    "AND status = 'pending' AND priority = k.priority ORDER BY scheduled_for, id LIMIT 1) i "
    "ORDER BY i.scheduled_for, i.id LIMIT 1) x ON true";
enum states_column {
    COL_N,
    COL_WORKSPACE,
    COL_KEY_HASH,
    COL_STATUS,
    COL_BLOCKED,
    COL_ALL_PAUSED,
    COL_NOW,
    COL_PLAN_AT,
    COL_WAITING,
    COL_IN_FLIGHT,
    COL_UNKNOWN,
    COL_NEXT_ITEM,
    COL_NEXT_AT,
    COL_UNPLANNED,
    COL_FRAME
};

struct accounts_read {
    struct accounts_read_options o;
    struct pg_params params;
    struct uuid ids[ACCOUNTS_READ_MAX];
    struct account_read accounts[ACCOUNTS_READ_MAX];
    struct facts_frame frames[ACCOUNTS_READ_MAX];
    size_t count;
    /* the waiting items that are asked about: of which account each */
    struct facts_ask asks[ACCOUNTS_READ_MAX];
    size_t asks_of[ACCOUNTS_READ_MAX];
    size_t asks_count;
    int64_t now_ms;
    char error[200]; /* of the first that failed; "" = none */
};

struct accounts_read *accounts_read_new(const struct accounts_read_options *options)
{
    struct accounts_read *r = sam_xcalloc(1, sizeof(*r));
    r->o = *options;
    pg_params_init(&r->params);
    return r;
}

void accounts_read_free(struct accounts_read *r)
{
    if (!r)
        return;
    pg_params_deinit(&r->params);
    free(r);
}

static void keep_first_error(struct accounts_read *r, enum pg_failure failure, const char *error)
{
    if (failure && !r->error[0])
        (void)snprintf(r->error, sizeof(r->error), "%s", error);
}

static void finish(struct accounts_read *r)
{
    r->o.done(r->o.ctx, r->accounts, r->count, r->error[0] ? r->error : NULL);
}

/* ---- the second question: what is used up, and the verdict of what waits first -----------------
 */

static void on_usage(void *ctx, enum pg_failure failure, const struct pg_result *rows,
                     const char *error)
{
    struct accounts_read *r = ctx;
    keep_first_error(r, failure, error);
    for (int row = 0; !failure && row < pg_rows(rows); row++) {
        struct account_state *s = &r->accounts[pg_i64(rows, row, 0) - 1].state;
        s->calls.used = pg_i64(rows, row, 1);
        s->invitations.used = pg_i64(rows, row, 2);
        s->messages.used = pg_i64(rows, row, 3);
        s->week_invitations.used = pg_i64(rows, row, 4);
    }
}

static void judge(struct accounts_read *r, struct account_read *account,
                  const struct policy_facts *facts)
{
    struct account_state *s = &account->state;
    struct verdict v = policy_decide(facts);
    account->known = true;
    s->reason = v.reason;
    if (v.kind == VERDICT_WAIT)
        s->next_at_ms = v.next_at_ms;
    else if (v.kind == VERDICT_GO && s->in_flight)
        s->reason = REASON_ACCOUNT_BUSY;
    if (!gate_open(r->o.gate, account->partition)) {
        s->reason = REASON_GATE_CLOSED;
        account->again_ms = AGAIN_SHUT_MS;
    } else if (s->next_at_ms > r->now_ms && s->next_at_ms - r->now_ms < AGAIN_WAITING_MS) {
        account->again_ms = s->next_at_ms - r->now_ms + AFTERWARDS_MS;
    }
}

static void on_items(void *ctx, enum pg_failure failure, const struct pg_result *rows,
                     const char *error)
{
    struct accounts_read *r = ctx;
    keep_first_error(r, failure, error);
    for (int row = 0; !failure && row < pg_rows(rows); row++) {
        struct facts_item item;
        /* what only a newer release knows is left to a worker of it */
        if (facts_item(r->o.facts, rows, row, true, r->now_ms, &item) == 0)
            judge(r, &r->accounts[r->asks_of[item.index]], &item.policy);
    }
    finish(r);
}

static void ask_usage(struct accounts_read *r)
{
    struct pg_params *p = &r->params;
    facts_accounts_ask(r->ids, r->frames, r->count, r->now_ms, p);
    pg_async_send(r->o.pg, "accounts_usage", facts_accounts_sql, p, on_usage, r);
    facts_usage_ask(r->o.facts, r->asks, r->asks_count, r->now_ms, p);
    pg_async_send(r->o.pg, "accounts_items", facts_usage_sql, p, on_items, r);
    pg_async_sync(r->o.pg);
}

/* ---- the first question: how the accounts stand ------------------------------------------------
 */

static int64_t later(int64_t at_ms, int64_t now_ms)
{
    return at_ms > now_ms ? at_ms : 0;
}

static void read_limits(struct account_state *s, const struct facts_frame *f, int64_t now_ms)
{
    s->resting_until_ms = later(f->rest_until_ms, now_ms);
    s->invitations_resting_until_ms = later(f->invitations_rest_until_ms, now_ms);
    s->calls.limit = f->limits.daily_cap;
    s->invitations.limit = f->limits.daily_invitations;
    s->messages.limit = f->limits.daily_messages;
    s->week_invitations.limit = f->limits.weekly_invitations;
}

/* Nothing waits in the queue. */
static void judge_idle(struct account_read *account, const struct pg_result *rows, int row,
                       const struct facts_frame *frame, int64_t now_ms)
{
    struct account_state *s = &account->state;
    const struct policy_facts facts = {
        .now_ms = now_ms,
        .account = {.status = s->status,
                    .blocked = s->blocked,
                    .all_paused = pg_bool(rows, row, COL_ALL_PAUSED),
                    .rest_until_ms = frame->rest_until_ms,
                    .invitations_rest_until_ms = frame->invitations_rest_until_ms}};
    struct verdict v = policy_account(&facts);
    bool unplanned = pg_bool(rows, row, COL_UNPLANNED);
    account->known = true;
    s->reason = v.reason;
    if (unplanned && v.kind == VERDICT_GO)
        s->reason = REASON_NOT_PLANNED;
    if (unplanned)
        s->next_at_ms = v.kind == VERDICT_GO ? s->plan_at_ms : v.next_at_ms;
    account->again_ms = unplanned ? AGAIN_WAITING_MS : AGAIN_IDLE_MS;
}

static void read_one(struct accounts_read *r, const struct pg_result *rows, int row)
{
    size_t i = (size_t)pg_i64(rows, row, COL_N) - 1;
    struct account_read *account = &r->accounts[i];
    struct account_state *s = &account->state;
    struct facts_frame *frame = &r->frames[i];
    r->now_ms = pg_time_ms(rows, row, COL_NOW);
    account->gone = false;
    account->partition = gate_partition(r->o.gate, pg_i64(rows, row, COL_KEY_HASH));
    if (account_status_parse(pg_text(rows, row, COL_STATUS), &s->status) != 0)
        return;
    facts_frame(r->o.facts, rows, row, COL_FRAME, r->now_ms, frame);
    s->id = uuid_v7();
    s->workspace_id = pg_uuid(rows, row, COL_WORKSPACE);
    s->at_ms = r->now_ms;
    s->blocked = pg_bool(rows, row, COL_BLOCKED);
    s->plan_at_ms = pg_time_ms(rows, row, COL_PLAN_AT);
    s->waiting = pg_i64(rows, row, COL_WAITING);
    s->in_flight = pg_i64(rows, row, COL_IN_FLIGHT);
    s->unknown = pg_i64(rows, row, COL_UNKNOWN);
    read_limits(s, frame, r->now_ms);
    if (pg_null(rows, row, COL_NEXT_ITEM)) {
        judge_idle(account, rows, row, frame, r->now_ms);
        return;
    }
    s->next_at_ms = pg_time_ms(rows, row, COL_NEXT_AT);
    account->again_ms = AGAIN_WAITING_MS;
    r->asks_of[r->asks_count] = i;
    r->asks[r->asks_count++] = (struct facts_ask){.item_id = pg_uuid(rows, row, COL_NEXT_ITEM),
                                                  .provider_id = "",
                                                  .vanity = "",
                                                  .frame = frame};
}

static void on_states(void *ctx, enum pg_failure failure, const struct pg_result *rows,
                      const char *error)
{
    struct accounts_read *r = ctx;
    keep_first_error(r, failure, error);
    for (int row = 0; !failure && row < pg_rows(rows); row++)
        read_one(r, rows, row);
    if (r->error[0] || pg_rows(rows) == 0)
        finish(r);
    else
        ask_usage(r);
}

void accounts_read_begin(struct accounts_read *r, const struct uuid *ids, size_t count)
{
    struct pg_params *p = &r->params;
    memcpy(r->ids, ids, count * sizeof(*ids));
    memset(r->accounts, 0, count * sizeof(*r->accounts));
    memset(r->frames, 0, count * sizeof(*r->frames));
    r->count = count;
    for (size_t i = 0; i < count; i++) {
        r->accounts[i].state.account_id = ids[i];
        r->accounts[i].gone = true;
        r->accounts[i].again_ms = AGAIN_WAITING_MS;
    }
    r->asks_count = 0;
    r->error[0] = '\0';
    pg_params_reset(p);
    PG_COLUMN(p, PG_ARRAY_UUID, count, true, pg_item_uuid(p, &ids[i]));
    pg_add_i64(p, ACCOUNT_STATE_ITEMS_MAX + 1);
    pg_async_send(r->o.pg, "accounts_states", states_sql, p, on_states, r);
    pg_async_sync(r->o.pg);
}
