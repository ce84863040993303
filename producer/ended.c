/* The end of campaigns: at end_at for everybody who is still open, else when all people have ended
 * by themselves. */
#include "common/adapters/verdicts.h"
#include "common/base/clock.h"
#include "producer/producer.h"

#include "common/base/banned.h"

#define END_MAX 500

#define OPEN_STATUSES "('pending', 'approved', 'connection_request_sent', 'connected', 'messaging')"

/* The accounts of people to end, locked: the order is account, item, person everywhere. $1 now,
 * $2 partitions, $3 open ones, $4 people at most of a campaign. */
static const char end_accounts_sql[] =
    "SELECT s.account_id FROM account_schedule s WHERE s.account_id IN (SELECT x.account_id "
    "FROM campaigns c CROSS JOIN LATERAL (SELECT p.account_id FROM campaign_prospects p "
    "CROSS JOIN LATERAL (SELECT key_hash FROM linkedin_accounts WHERE id = p.account_id LIMIT 1) a "
    "WHERE p.campaign_id = c.id AND p.status IN " OPEN_STATUSES
    " AND a.key_hash % $2 = ANY ($3) LIMIT $4) x "
    "WHERE c.status = 'running' AND c.end_at <= $1) FOR UPDATE SKIP LOCKED";

/* Whoever is just written to is ended when that has ended. $1 uuid[] accounts, $2 now, $3 people at
 * most. */
static const char end_people_sql[] =
    "SELECT p.id FROM campaigns c JOIN campaign_prospects p ON p.campaign_id = c.id "
    "AND p.status IN " OPEN_STATUSES " AND p.account_id = ANY ($1) "
    "WHERE c.status = 'running' AND c.end_at <= $2 AND (SELECT true FROM send_queue i "
    "WHERE i.account_id = p.account_id AND i.prospect_id = p.id "
    "AND i.status IN ('published', 'sending') AND i.status = 'sending' LIMIT 1) IS NULL LIMIT $3";

/* $1 uuid[] people. */
static const char end_items_sql[] =
    "UPDATE send_queue SET status = 'cancelled', reason = 'campaign_ended', sweep_at = NULL "
    "WHERE prospect_id = ANY ($1) AND status IN ('pending', 'published') RETURNING id";

/* Nobody has written to those who are pending or approved: that is no completion. $1 uuid[] people.
 */
static const char end_change_sql[] =
    "UPDATE campaign_prospects SET status = CASE WHEN status IN ('pending', 'approved') "
    "THEN 'failed' ELSE 'completed' END, status_reason = 'campaign_ended', next_at = NULL, "
    "give_up_at = NULL WHERE id = ANY ($1) AND status IN " OPEN_STATUSES;

static enum pg_failure exec_with(struct producer *p, const char *sql, const struct pg_result *ids,
                                 struct pg_result **ret)
{
    pg_params_reset(&p->params);
    producer_add_uuids(p, ids, 0);
    return pg_exec(p->pg, sql, &p->params, ret);
}

static enum pg_failure find(struct producer *p, struct pg_result **ret_accounts,
                            struct pg_result **ret_people)
{
    pg_params_reset(&p->params);
    pg_add_time(&p->params, p->now_ms);
    pg_add_i32(&p->params, gate_partitions(p->gate));
    gate_add_open(p->gate, &p->params);
    pg_add_i64(&p->params, END_MAX);
    enum pg_failure failure = pg_exec(p->pg, end_accounts_sql, &p->params, ret_accounts);
    if (failure || pg_rows(*ret_accounts) == 0)
        return failure;
    pg_params_reset(&p->params);
    producer_add_uuids(p, *ret_accounts, 0);
    pg_add_time(&p->params, p->now_ms);
    pg_add_i64(&p->params, END_MAX);
    return pg_exec(p->pg, end_people_sql, &p->params, ret_people);
}

static enum pg_failure end_people(struct producer *p, int64_t *ret_rows)
{
    struct pg_result *accounts SAM_CLEANUP(pg_result_freep) = NULL;
    struct pg_result *people SAM_CLEANUP(pg_result_freep) = NULL;
    struct pg_result *items SAM_CLEANUP(pg_result_freep) = NULL;
    enum pg_failure failure = find(p, &accounts, &people);
    if (failure || !people || pg_rows(people) == 0)
        return failure;
    if ((failure = exec_with(p, end_items_sql, people, &items)) ||
        (failure = exec_with(p, verdicts_contacted_sql, items, NULL)) ||
        (failure = exec_with(p, end_change_sql, people, NULL)))
        return failure;
    *ret_rows = pg_rows(people);
    return exec_with(p, verdicts_due_sql, accounts, NULL);
}

struct batch producer_end(struct producer *p)
{
    struct batch result = {0};
    enum pg_failure failure = pg_begin(p->pg);
    if (!failure)
        failure = end_people(p, &result.rows);
    if (!failure)
        failure = pg_commit(p->pg);
    if (failure)
        return producer_failed(p, "end", failure);
    result.more = result.rows == END_MAX;
    metrics_add(p->metrics, METRIC_PEOPLE_ENDED, (uint64_t)result.rows);
    if (result.rows)
        log_info(p->log, "people_ended", LOG_INT("people", result.rows),
                 LOG_MSG("the end_at of their campaign has passed"));
    return result;
}

/* A campaign past its end waits for nobody's approval any more. (SELECT true … LIMIT 1), not
 * EXISTS: that one may be turned into a pass over everybody. */
static const char complete_sql[] =
    "UPDATE campaigns c SET status = 'completed', updated_at = $1 WHERE c.status = 'running' "
    "AND (SELECT true FROM campaign_prospects p WHERE p.campaign_id = c.id "
    "AND p.status IN " OPEN_STATUSES " LIMIT 1) IS NULL AND (c.end_at <= $1 OR ("
    "(SELECT true FROM campaign_prospects p WHERE p.campaign_id = c.id LIMIT 1) "
    "AND (SELECT true FROM prospect_approval_data d WHERE d.campaign_id = c.id "
    "AND d.status = 'pending' LIMIT 1) IS NULL)) RETURNING c.id";

struct batch producer_complete(struct producer *p)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    struct batch result = {0};
    if (gate_open_count(p->gate) < gate_partitions(p->gate))
        return result; /* the ledger may know of replies and people that this database does not */
    pg_params_reset(&p->params);
    pg_add_time(&p->params, p->now_ms);
    enum pg_failure failure = pg_exec(p->pg, complete_sql, &p->params, &r);
    if (failure)
        return producer_failed(p, "complete", failure);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        log_info(p->log, "campaign_completed", LOG_UUID("campaign", &id));
    }
    result.rows = pg_rows(r);
    return result;
}
