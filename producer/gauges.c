/* What waits for somebody, what is late and for how long, counted by one statement. A worker that
 * is gone cannot tell of it: these are the producer's. */
#include <stdint.h>
#include <string.h>

#include "common/base/clock.h"
#include "producer/producer.h"
#include "producer/unclaimed.h"

#include "common/base/banned.h"

/* A message leaves within seconds of its time. */
#define LATE_MS MINUTE_MS

/* Rows of (what, label, n, m, at), each about open work alone, so that they cost the same whatever
 * the tables hold. $1 now, $2 late = due before, $3 a first publish is late when its sweep is
 * before.
 *
 * What may not go (at night, paused, resting) is not due: publish and claim have given it a later
 * time. What is due is published, or its account's due_at is past; an account with a published item
 * has no due_at. Behind either the account's other messages wait.
 *
 * send_attempts: ids are by time (UUID 7), so the newest are at the end of the primary key. When
 * none of these is a call, the last call was before them.
 *
 * The least id, of no row, makes a walk through an index a search. */
#define LEAST_ID "'00000000-0000-0000-0000-000000000000' "
static const char gauges_sql[] =
    "WITH published AS MATERIALIZED (SELECT account_id, unclaimed, sweep_at, "
    "unclaimed > 0 OR sweep_at < $3 AS late FROM send_queue WHERE status = 'published') "
    "SELECT 'unknown' AS what, NULL::text AS label, count(*) AS n, NULL::bigint AS m, "
    "NULL::timestamptz AS at FROM send_queue WHERE status = 'unknown' "
    "UNION ALL SELECT 'refused', NULL, count(*), NULL, NULL FROM "
    "(SELECT DISTINCT campaign_id, next_step FROM campaign_prospects "
    "WHERE hold_reason = 'text_refused' AND campaign_id > " LEAST_ID ") t "
    "UNION ALL SELECT 'published', NULL, count(*) FILTER (WHERE late), unclaimed, min(sweep_at) "
    "FROM published GROUP BY unclaimed "
    "UNION ALL SELECT 'pending', NULL, count(*), NULL, NULL FROM (SELECT account_id "
    "FROM account_schedule WHERE due_at <= $2 UNION ALL SELECT account_id FROM published "
    "WHERE late) l CROSS JOIN LATERAL (SELECT FROM send_queue i WHERE i.account_id = l.account_id "
    "AND i.status = 'pending' AND i.scheduled_for <= $2 LIMIT 1000) w "
    "UNION ALL SELECT 'due', NULL, NULL, NULL, min(due_at) FROM account_schedule "
    "WHERE due_at <= $1 "
    "UNION ALL SELECT 'sent', NULL, NULL, NULL, coalesce(max(t.started_at) "
    "FILTER (WHERE t.kind <> 'profile_view' AND NOT t.untried), min(t.started_at)) "
    "FROM (SELECT started_at, kind, untried FROM send_attempts WHERE id > " LEAST_ID
    "ORDER BY id DESC LIMIT 200) t "
    "UNION ALL SELECT 'outbox', NULL, NULL, NULL, (SELECT created_at "
    "FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 1) "
    "UNION ALL SELECT 'account', status, count(*), count(blocked_reason), NULL "
    "FROM linkedin_accounts GROUP BY status "
    "UNION ALL SELECT 'rows', t.name, pg_stat_get_dead_tuples(t.name::regclass), "
    "pg_stat_get_live_tuples(t.name::regclass), NULL FROM unnest($4::text[]) AS t(name)";

#define TABLE_NAME(id, name) name,
static const char *const tables[] = {METRIC_TABLE_MAP(TABLE_NAME)};
#undef TABLE_NAME

struct gauges {
    int64_t unknown, refused, overdue;
    int64_t due_at_ms; /* the earliest; 0 = nothing is due */
    int64_t sent_at_ms;
    int64_t outbox_at_ms;
    int64_t accounts[ACCOUNT_STATUS_N];
    int64_t blocked;
};

static void due(struct gauges *g, int64_t at_ms)
{
    if (at_ms && (!g->due_at_ms || at_ms < g->due_at_ms))
        g->due_at_ms = at_ms;
}

static void read_account(struct producer *p, struct gauges *g, const struct pg_result *r, int row)
{
    enum account_status status;
    char sentence[sizeof(p->left_out)];
    g->blocked += pg_i64(r, row, 3);
    if (account_status_parse(pg_text(r, row, 1), &status) == 0) {
        g->accounts[status] = pg_i64(r, row, 2);
        return;
    }
    pg_value_text("linkedin_accounts.status", pg_text(r, row, 1), sentence, sizeof(sentence));
    producer_left_out(p, sentence);
}

static void read_rows(struct producer *p, const struct pg_result *r, int row)
{
    for (int i = 0; i < METRIC_TABLE_N; i++) {
        if (strcmp(pg_text(r, row, 1), tables[i]) != 0)
            continue;
        metrics_set_label(p->metrics, METRIC_DEAD_ROWS, i, pg_i64(r, row, 2));
        metrics_set_label(p->metrics, METRIC_LIVE_ROWS, i, pg_i64(r, row, 3));
    }
}

static void read_row(struct producer *p, struct gauges *g, const struct pg_result *r, int row)
{
    const char *what = pg_text(r, row, 0);
    int64_t n = pg_i64(r, row, 2);
    int64_t m = pg_i64(r, row, 3);
    int64_t at_ms = pg_time_ms(r, row, 4);
    if (strcmp(what, "unknown") == 0)
        g->unknown = n;
    else if (strcmp(what, "refused") == 0)
        g->refused = n;
    else if (strcmp(what, "published") == 0)
        due(g, at_ms - unclaimed_ms(m) - unclaimed_before_ms(m));
    else if (strcmp(what, "due") == 0)
        due(g, at_ms);
    else if (strcmp(what, "sent") == 0)
        g->sent_at_ms = at_ms;
    else if (strcmp(what, "outbox") == 0)
        g->outbox_at_ms = at_ms;
    else if (strcmp(what, "account") == 0)
        read_account(p, g, r, row);
    else if (strcmp(what, "rows") == 0)
        read_rows(p, r, row);
    if (strcmp(what, "published") == 0 || strcmp(what, "pending") == 0)
        g->overdue += n;
}

/* at_ms 0 = there is none; a moment ahead has no age yet. */
static int64_t age_ms(const struct producer *p, int64_t at_ms)
{
    return at_ms && at_ms < p->now_ms ? p->now_ms - at_ms : 0;
}

static void show(struct producer *p, const struct gauges *g)
{
    metrics_set(p->metrics, METRIC_UNKNOWN_ITEMS, g->unknown);
    metrics_set(p->metrics, METRIC_REFUSED_TEXTS, g->refused);
    metrics_set(p->metrics, METRIC_ITEMS_OVERDUE, g->overdue);
    metrics_set(p->metrics, METRIC_OLDEST_DUE, age_ms(p, g->due_at_ms));
    if (g->sent_at_ms)
        metrics_set(p->metrics, METRIC_LAST_SEND, age_ms(p, g->sent_at_ms));
    metrics_set(p->metrics, METRIC_OUTBOX_OLDEST, age_ms(p, g->outbox_at_ms));
    for (int i = 0; i < ACCOUNT_STATUS_N; i++)
        metrics_set_label(p->metrics, METRIC_ACCOUNTS, i, g->accounts[i]);
    metrics_set(p->metrics, METRIC_ACCOUNTS_BLOCKED, g->blocked);
}

struct batch producer_count(struct producer *p)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    struct gauges g = {0};
    pg_params_reset(&p->params);
    pg_add_time(&p->params, p->now_ms);
    pg_add_time(&p->params, p->now_ms - LATE_MS);
    pg_add_time(&p->params, p->now_ms - LATE_MS + unclaimed_ms(0));
    PG_COLUMN(&p->params, PG_ARRAY_TEXT, METRIC_TABLE_N, true, pg_item_text(&p->params, tables[i]));
    enum pg_failure failure = pg_exec(p->pg, gauges_sql, &p->params, &r);
    if (failure)
        return producer_failed(p, "count", failure);
    for (int row = 0; row < pg_rows(r); row++)
        read_row(p, &g, r, row);
    show(p, &g);
    return (struct batch){0};
}
