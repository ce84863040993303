#include "worker/unaccepted.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "worker/reads.h"
#include "worker/worker.h"

#include "common/base/banned.h"

/* $1 account, $2 the usual cap of views, $3 people at most, $4 now. The last day's views are
 * counted, which are more than those since midnight. In no order, so that those whose profile can
 * never be read do not stand before the others. */
static const char over_sql[] =
    "SELECT p.id, p.campaign_id, p.provider_id FROM campaign_accounts ca CROSS JOIN LATERAL "
    "(SELECT true FROM campaigns WHERE id = ca.campaign_id AND status = 'running' LIMIT 1) c "
    "CROSS JOIN LATERAL "
    "(SELECT * FROM campaign_prospects WHERE campaign_id = ca.campaign_id "
    "AND status = 'connection_request_sent' AND account_id = $1 AND give_up_at <= $4 "
    "AND provider_id IS NOT NULL OFFSET 0) p WHERE ca.account_id = $1 ORDER BY random() "
    "LIMIT (SELECT greatest(0, least($3, coalesce(a.daily_profile_views, $2) - (SELECT count(*) "
    "FROM send_attempts t WHERE t.account_id = $1 AND NOT t.untried AND t.kind = 'profile_view' "
    "AND t.started_at >= $4::timestamptz - interval '1 day'))) FROM linkedin_accounts a WHERE a.id "
    "= $1)";

static void ask_next(struct unaccepted *u);

/* What went wrong is not this person's: the next one would meet it too. */
static bool is_of_all(const struct unipile_read *read)
{
    return read->result != UNIPILE_READ_RETRY || read->unreached || read->http_status == 429;
}

static void on_profile(void *ctx, const struct unipile_read *read)
{
    struct unaccepted *u = ctx;
    const struct unaccepted_person *p = &u->people[u->at];
    reads_ended(u->worker, &u->job->workspace_id, &u->job->account_id, read);
    bool told = read->result == UNIPILE_READ_OK || read->result == UNIPILE_READ_NOT_FOUND;
    if (told) {
        bool accepted = read->result == UNIPILE_READ_OK && read->first_degree;
        struct event e = {.type = EVENT_PERSON,
                          .workspace_id = u->job->workspace_id,
                          .account_id = u->job->account_id,
                          .person = {.id = p->id,
                                     .campaign_id = p->campaign_id,
                                     .finding = accepted ? FINDING_CONNECTED : FINDING_UNACCEPTED,
                                     .happened_at_ms = worker_db_now_ms(u->worker, clock_boot_ms()),
                                     .view_id = uuid_v7()}};
        outgoing_event(u->worker, &e);
    }
    u->told = u->told || told;
    if (!told) { /* the next look asks again */
        log_warn(u->worker->log, "unaccepted_read_failed", LOG_UUID("account", &u->job->account_id),
                 LOG_STR("type", read->error_type));
        (void)snprintf(u->trouble, sizeof(u->trouble), "%s", read->error_type);
    }
    if (!told && is_of_all(read)) {
        u->done(u->ctx, u->trouble);
        return;
    }
    u->at++;
    ask_next(u);
}

static void ask_next(struct unaccepted *u)
{
    struct worker *w = u->worker;
    bool rests = w->phase != WORKER_RUN || stops_claims(w->stops) ||
                 paused_has(w->paused, &u->job->workspace_id);
    if (u->at >= u->count || rests) {
        u->done(u->ctx, u->trouble[0] && !u->told ? u->trouble : NULL);
        return;
    }
    reads_begun(w);
    unipile_profile(w->unipile, u->job->unipile_account, u->people[u->at].provider_id, on_profile,
                    u);
}

static void on_over(void *ctx, enum pg_failure failure, const struct pg_result *r,
                    const char *error)
{
    struct unaccepted *u = ctx;
    if (failure) {
        log_warn(u->worker->log, "unaccepted_lookup_failed", LOG_MSG(error));
        u->done(u->ctx, "postgres");
        return;
    }
    for (int row = 0; row < pg_rows(r) && u->count < UNACCEPTED_MAX; row++) {
        struct unaccepted_person *p = &u->people[u->count++];
        p->id = pg_uuid(r, row, 0);
        p->campaign_id = pg_uuid(r, row, 1);
        (void)snprintf(p->provider_id, sizeof(p->provider_id), "%s", pg_text(r, row, 2));
    }
    ask_next(u);
}

void unaccepted_ask(struct unaccepted *u, struct pg_params *params)
{
    struct pg_async *pg = u->worker->util; /* without a connection u is gone when it is answered */
    u->count = 0;
    u->at = 0;
    u->told = false;
    u->trouble[0] = '\0';
    pg_params_reset(params);
    pg_add_uuid(params, &u->job->account_id);
    pg_add_i64(params, u->worker->settings->limits.daily_profile_views);
    pg_add_i64(params, UNACCEPTED_MAX);
    pg_add_time(params, worker_db_now_ms(u->worker, clock_boot_ms()));
    pg_async_send(pg, "sync_unaccepted", over_sql, params, on_over, u);
    pg_async_sync(pg);
}
