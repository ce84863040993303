/* Items that something has left behind: published and never claimed, sending and never ended;
 * invitations nobody accepts. */
#include <string.h>

#include "common/adapters/verdicts.h"
#include "common/base/clock.h"
#include "producer/producer.h"

#include "common/base/banned.h"

#define SWEEP_MAX 500

/* Looked up row by row; a join might read every account. It stands before the limit: the first rows
 * may all be of partitions whose gate is shut, and would hide the others. */
#define OF_OPEN_PARTITION                                                                          \
    "(SELECT key_hash % $2 = ANY ($3) FROM linkedin_accounts WHERE id = account_id LIMIT 1) "

/* The parameters that every statement here begins with: $1 now, $2 partitions, $3 open ones,
 * $4 rows at most. */
static void begin_params(struct producer *p)
{
    pg_params_reset(&p->params);
    pg_add_time(&p->params, p->now_ms);
    pg_add_i32(&p->params, gate_partitions(p->gate));
    gate_add_open(p->gate, &p->params);
    pg_add_i64(&p->params, SWEEP_MAX);
}

/* Locks the accounts of the rows that are found, then does the work again under the lock: the lock
 * order is account, item, person everywhere. The first statement returns the account ids, the
 * second takes them as $1 and now as $2. */
static struct batch by_account(struct producer *p, const char *step, const char *find_sql,
                               const char *change_sql, enum metric metric)
{
    struct pg_result *found SAM_CLEANUP(pg_result_freep) = NULL;
    struct pg_result *changed SAM_CLEANUP(pg_result_freep) = NULL;
    struct batch result = {0};
    enum pg_failure failure = pg_begin(p->pg);
    begin_params(p);
    if (!failure)
        failure = pg_exec(p->pg, find_sql, &p->params, &found);
    if (!failure && pg_rows(found) > 0) {
        pg_params_reset(&p->params);
        producer_add_uuids(p, found, 0);
        pg_add_time(&p->params, p->now_ms);
        failure = pg_exec(p->pg, change_sql, &p->params, &changed);
        if (!failure) {
            pg_params_reset(&p->params);
            producer_add_uuids(p, found, 0);
            failure = pg_exec(p->pg, verdicts_due_sql, &p->params, NULL);
        }
    }
    if (!failure)
        failure = pg_commit(p->pg);
    if (failure)
        return producer_failed(p, step, failure);
    result.rows = changed ? pg_affected(changed) : 0;
    result.more = pg_rows(found) == SWEEP_MAX;
    metrics_add(p->metrics, metric, (uint64_t)result.rows);
    return result;
}

/* Only what is published or sending has a sweep_at. Asked in this way, of the two indexes that hold
 * such items only the one by time is of use. */
static const char sweep_find_sql[] =
    "SELECT s.account_id FROM account_schedule s WHERE s.account_id IN (SELECT i.account_id "
    "FROM send_queue i WHERE i.sweep_at <= $1 AND " OF_OPEN_PARTITION
    "AND i.status <> 'sending' ORDER BY i.sweep_at LIMIT $4) FOR UPDATE OF s SKIP LOCKED";
/* The next publish waits longer for a claim (publish.c), so an unused job is not repeated often. */
static const char sweep_change_sql[] =
    "UPDATE send_queue SET status = 'pending', reason = 'not_claimed', sweep_at = NULL, "
    "unclaimed = unclaimed + 1, scheduled_for = greatest(scheduled_for, $2) "
    "WHERE account_id = ANY ($1) AND status = 'published' AND sweep_at <= $2";

struct batch producer_sweep(struct producer *p)
{
    return by_account(p, "sweep", sweep_find_sql, sweep_change_sql, METRIC_ITEMS_SWEPT);
}

/* Their profile is asked first (worker/unaccepted.h). Who cannot be asked, for the account is gone
 * or its views are used up day after day, ends all the same; but nobody is asked while the campaign
 * or the workspace is paused: their time begins again. */
#define UNASKED "interval '14 days' "
static const char give_up_find_sql[] =
    "SELECT s.account_id FROM account_schedule s WHERE s.account_id IN (SELECT p.account_id "
    "FROM campaign_prospects p WHERE p.give_up_at <= $1::timestamptz - " UNASKED
    "AND " OF_OPEN_PARTITION
    "AND p.status = 'connection_request_sent' ORDER BY p.give_up_at LIMIT $4) "
    "FOR UPDATE OF s SKIP LOCKED";
static const char give_up_change_sql[] =
    "WITH changed AS (UPDATE campaign_prospects p SET "
    "status = CASE WHEN x.paused THEN p.status ELSE 'completed' END, "
    "status_reason = CASE WHEN x.paused THEN p.status_reason ELSE 'never_accepted' END, "
    "next_at = NULL, give_up_at = CASE WHEN x.paused THEN $2::timestamptz END "
    "FROM (SELECT q.id, c.status = 'paused' OR w.paused_at IS NOT NULL AS paused "
    "FROM campaign_prospects q JOIN campaigns c ON c.id = q.campaign_id "
    "JOIN workspaces w ON w.id = q.workspace_id WHERE q.account_id = ANY ($1) "
    "AND q.status = 'connection_request_sent' AND q.give_up_at <= $2::timestamptz - " UNASKED
    ") x WHERE p.id = x.id RETURNING p.status) SELECT FROM changed WHERE status = 'completed'";

struct batch producer_give_up(struct producer *p)
{
    return by_account(p, "give_up", give_up_find_sql, give_up_change_sql, METRIC_PEOPLE_GIVEN_UP);
}

/* ---- sending -> unknown --------------------------------------------------------------------- */

static const char expired_sql[] =
    "SELECT s.id, s.account_id, s.sweep_at, a.key_hash FROM (SELECT id, account_id, sweep_at "
    "FROM send_queue WHERE sweep_at <= $1 AND " OF_OPEN_PARTITION
    "AND status <> 'published' ORDER BY sweep_at LIMIT $4) s CROSS JOIN LATERAL "
    "(SELECT key_hash FROM linkedin_accounts WHERE id = s.account_id LIMIT 1) a";
static const char lock_accounts_sql[] =
    "SELECT account_id FROM account_schedule WHERE account_id = ANY ($1) "
    "ORDER BY account_id FOR UPDATE";
/* Who may have been written to may answer: their accounts are looked at. */
static const char expire_sql[] =
    "WITH unknown AS (UPDATE send_queue SET status = 'unknown', reason = 'outcome_unknown', "
    "sweep_at = NULL WHERE id = ANY ($1) AND status = 'sending' AND sweep_at <= $2 "
    "RETURNING account_id), looks AS (UPDATE sync_schedule SET next_at = $2 "
    "WHERE account_id IN (SELECT account_id FROM unknown) AND (next_at IS NULL "
    "OR kind = 'replies')) SELECT FROM unknown";

/* Those whose ledger has been applied past the moment at which their end must have been there; for
 * the others a later marker is asked for. */
static size_t choose(struct producer *p, const struct pg_result *r, bool *chosen)
{
    size_t count = 0;
    for (int row = 0; row < pg_rows(r); row++) {
        int32_t partition = gate_partition(p->gate, pg_i64(r, row, 3));
        chosen[row] = gate_past_ms(p->gate, partition) > pg_time_ms(r, row, 2);
        if (!chosen[row])
            gate_renew(p->gate, partition);
        count += chosen[row] ? 1 : 0;
    }
    return count;
}

static void chosen_column(struct producer *p, const struct pg_result *r, const bool *chosen,
                          int col)
{
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, col);
        if (chosen[row])
            pg_item_uuid(&p->params, &id);
    }
    pg_array_close(&p->params);
}

static enum pg_failure expire(struct producer *p, const struct pg_result *r, const bool *chosen,
                              int64_t *ret_rows)
{
    struct pg_result *changed SAM_CLEANUP(pg_result_freep) = NULL;
    enum pg_failure failure = pg_begin(p->pg);
    chosen_column(p, r, chosen, 1);
    if (!failure)
        failure = pg_exec(p->pg, lock_accounts_sql, &p->params, NULL);
    chosen_column(p, r, chosen, 0);
    pg_add_time(&p->params, p->now_ms);
    if (!failure)
        failure = pg_exec(p->pg, expire_sql, &p->params, &changed);
    chosen_column(p, r, chosen, 1);
    if (!failure)
        failure = pg_exec(p->pg, verdicts_due_sql, &p->params, NULL);
    if (!failure)
        failure = pg_commit(p->pg);
    if (!failure)
        *ret_rows = pg_affected(changed);
    return failure;
}

struct batch producer_expire(struct producer *p)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    struct batch result = {0};
    bool chosen[SWEEP_MAX] = {false};
    begin_params(p);
    enum pg_failure failure = pg_exec(p->pg, expired_sql, &p->params, &r);
    if (failure)
        return producer_failed(p, "expire", failure);
    if (pg_rows(r) == 0 || choose(p, r, chosen) == 0)
        return result;
    failure = expire(p, r, chosen, &result.rows);
    if (failure)
        return producer_failed(p, "expire", failure);
    metrics_add(p->metrics, METRIC_ITEMS_EXPIRED, (uint64_t)result.rows);
    log_warn(p->log, "attempts_unknown", LOG_INT("items", result.rows),
             LOG_MSG("a worker went away during their calls; see: samctl unknown list"));
    return result;
}
