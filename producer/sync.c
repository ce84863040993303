/* Sync schedule: when each account is looked at for acceptances and replies (design 3.11). */
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "producer/producer.h"
#include "producer/unknown_values.h"

#include "common/base/banned.h"

#define SYNC_MAX       500
#define OUTSTANDING_MS (10 * MINUTE_MS) /* a look that has not ended by then is taken as lost */
#define JITTER_PERCENT 25               /* never at a fixed clock time */
#define IDLE_MS                                                                                    \
    HOUR_MS /* between looks for replies of who has nobody to hear from: people                    \
             * answer to colleagues */

/* Has the account anybody to look for? By one probe for each of its campaigns and statuses: all of
 * an account's people may be many. */
#define ANYBODY                                                                                    \
    "(SELECT true FROM campaign_accounts ca CROSS JOIN unnest(CASE y.kind WHEN 'relations' "       \
    "THEN ARRAY['connection_request_sent'] "                                                       \
    "ELSE ARRAY['messaging', 'connection_request_sent', 'connected', 'completed'] END) "           \
    "AS z(status) CROSS JOIN LATERAL (SELECT true FROM campaign_prospects p "                      \
    "WHERE p.campaign_id = ca.campaign_id AND p.status = z.status "                                \
    "AND p.account_id = y.account_id AND p.contacted_at > CASE y.kind WHEN 'relations' "           \
    "THEN '-infinity' ELSE $1 - interval '60 days' END LIMIT 1) p "                                \
    "WHERE ca.account_id = y.account_id LIMIT 1)"
/* A send of which nobody knows whether it happened may be answered; no acceptance settles it. */
#define UNKNOWN                                                                                    \
    "(SELECT true FROM send_queue i WHERE y.kind = 'replies' AND i.account_id = y.account_id "     \
    "AND i.status = 'unknown' LIMIT 1)"

/* $1 now, $2 partitions, $3 open ones, $4 rows at most, $5 kinds that are not known (in a
 * SELECT of its own: the planner would believe that it leaves no row, and read all of them). */
static const char due_sql[] =
    "SELECT y.account_id, y.kind, a.workspace_id, a.unipile_id, y.dispatch, y.watermark, "
    "coalesce(" ANYBODY ", " UNKNOWN ") FROM sync_schedule y CROSS JOIN LATERAL "
    "(SELECT * FROM linkedin_accounts WHERE id = y.account_id LIMIT 1) a "
    "WHERE y.next_at <= $1 AND (y.outstanding_until IS NULL OR y.outstanding_until <= $1) "
    "AND a.status IN ('active', 'resting') AND (SELECT w.paused_at IS NULL FROM workspaces w "
    "WHERE w.id = a.workspace_id LIMIT 1) AND a.key_hash % $2 = ANY ($3) "
    "AND (SELECT NOT y.kind = ANY ($5)) ORDER BY y.next_at LIMIT $4 FOR UPDATE OF y SKIP LOCKED";

/* $1 uuid[] accounts, $2 text[] kinds, $3 timestamptz[] next_at, $4 timestamptz[] outstanding. */
static const char taken_sql[] =
    "UPDATE sync_schedule y SET dispatch = y.dispatch + CASE WHEN t.until IS NULL THEN 0 ELSE 1 "
    "END, next_at = t.next_at, outstanding_until = t.until "
    "FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[]) "
    "AS t(account_id, kind, next_at, until) "
    "WHERE y.account_id = t.account_id AND y.kind = t.kind";

struct sync_batch {
    struct sync_job jobs[SYNC_MAX];
    bool wanted[SYNC_MAX]; /* there is somebody to look for */
    size_t count;
};

/* false: some are of a kind that this release does not know, which unknown has now. */
static bool read_jobs(struct producer *p, struct sync_batch *b, const struct pg_result *r,
                      struct unknown_values *unknown)
{
    bool known = true;
    b->count = 0;
    for (int row = 0; row < pg_rows(r); row++) {
        struct sync_job *job = &b->jobs[b->count];
        const char *unipile = pg_text(r, row, 3);
        *job = (struct sync_job){.id = uuid_v7(),
                                 .account_id = pg_uuid(r, row, 0),
                                 .workspace_id = pg_uuid(r, row, 2),
                                 .dispatch = pg_i64(r, row, 4) + 1,
                                 .watermark_ms = pg_time_ms(r, row, 5)};
        if (sync_kind_parse(pg_text(r, row, 1), &job->kind) != 0) {
            unknown_values_add(unknown, p, "sync_schedule.kind", pg_text(r, row, 1));
            known = false;
            continue;
        }
        memcpy(job->unipile_account, unipile, strnlen(unipile, sizeof(job->unipile_account) - 1));
        b->wanted[b->count++] = pg_bool(r, row, 6);
    }
    return known;
}

static enum pg_failure ask_due(struct producer *p, struct sync_batch *b,
                               struct unknown_values *unknown, bool *ret_known)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    pg_add_time(&p->params, p->now_ms);
    pg_add_i32(&p->params, gate_partitions(p->gate));
    gate_add_open(p->gate, &p->params);
    pg_add_i64(&p->params, SYNC_MAX);
    unknown_values_param(unknown, &p->params);
    enum pg_failure failure = pg_exec(p->pg, due_sql, &p->params, &r);
    if (!failure)
        *ret_known = read_jobs(p, b, r, unknown);
    return failure;
}

/* Those that cannot be read are asked away, for they stay due: a batch full of them would leave no
 * place for any other. */
static enum pg_failure load(struct producer *p, struct sync_batch *b)
{
    struct unknown_values unknown SAM_CLEANUP(unknown_values_deinit) = {.count = 0};
    enum pg_failure failure;
    bool known = true;
    do {
        failure = ask_due(p, b, &unknown, &known);
    } while (!failure && !known);
    return failure;
}

/* Nobody can have accepted where nobody is asked; a reply may come to anybody. */
static bool looks(const struct sync_batch *b, size_t i)
{
    return b->wanted[i] || b->jobs[i].kind == SYNC_REPLIES;
}

static int64_t next_ms(const struct producer *p, const struct sync_batch *b, size_t i)
{
    int64_t every = b->jobs[i].kind == SYNC_RELATIONS ? p->settings->producer.relations_every_ms
                                                      : p->settings->producer.replies_every_ms;
    if (!b->wanted[i] && every < IDLE_MS)
        every = IDLE_MS;
    int64_t jitter = every * JITTER_PERCENT / 100;
    return p->now_ms + every + (int64_t)random_below((uint64_t)(2 * jitter) + 1) - jitter;
}

static enum pg_failure mark(struct producer *p, const struct sync_batch *b)
{
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->count; i++)
        pg_item_uuid(&p->params, &b->jobs[i].account_id);
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < b->count; i++)
        pg_item_text(&p->params, sync_kind_name(b->jobs[i].kind));
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_TIME);
    for (size_t i = 0; i < b->count; i++) /* nobody to look for: until somebody is written to */
        pg_item_time(&p->params, looks(b, i) ? next_ms(p, b, i) : 0);
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_TIME);
    for (size_t i = 0; i < b->count; i++)
        pg_item_time(&p->params, looks(b, i) ? p->now_ms + OUTSTANDING_MS : 0);
    pg_array_close(&p->params);
    return pg_exec(p->pg, taken_sql, &p->params, NULL);
}

static int64_t produce(struct producer *p, const struct sync_batch *b)
{
    struct buf record = BUF_INIT(RECORD_MAX_BYTES);
    int64_t produced = 0;
    for (size_t i = 0; i < b->count; i++) {
        if (!looks(b, i))
            continue;
        sync_job_encode(&b->jobs[i], &record);
        struct cloud_event e = {.topic = p->topic_sync,
                                .key = &b->jobs[i].account_id,
                                .type = SYNC_TYPE,
                                .source = "/sam/producer",
                                .id = b->jobs[i].id,
                                .value = buf_text(&record),
                                .value_bytes = record.len};
        int failed = cloud_event_produce(p->kafka, &e);
        if (failed)
            log_warn(p->log, "sync_not_produced", LOG_UUID("account", &b->jobs[i].account_id),
                     LOG_INT("errno", -failed));
        else
            produced++;
        metrics_add_label(p->metrics, METRIC_SYNC_JOBS, b->jobs[i].kind, 1);
    }
    buf_deinit(&record);
    return produced;
}

struct batch producer_sync(struct producer *p)
{
    struct sync_batch *b = sam_xcalloc(1, sizeof(*b));
    struct batch result = {0};
    enum pg_failure failure = pg_begin(p->pg);
    if (!failure)
        failure = load(p, b);
    if (!failure && b->count)
        failure = mark(p, b);
    if (!failure)
        failure = pg_commit(p->pg);
    if (failure) {
        result = producer_failed(p, "sync", failure);
    } else {
        result.rows = produce(p, b);
        result.more = b->count == SYNC_MAX;
    }
    free(b);
    return result;
}
