/* What a batch writes beside its sends: profile views, replies, accounts, looks, campaigns, a pause
 * of everything, the blocklist, and when each account is planned and published next. */
#include "common/adapters/verdicts.h"
#include "worker/apply_latest.h"
#include "worker/apply_write.h"

#include "common/base/banned.h"

static const char views_sql[] =
    "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, item_id, "
    "message_type, kind, started_at, start_by, ended_at, outcome) "
    "SELECT x.id, x.workspace_id, x.account_id, x.campaign_id, x.prospect_id, x.id, "
    "'connection_request', 'profile_view', x.at, x.at, x.at, 'sent' "
    "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[]) "
    "AS x(id, workspace_id, account_id, campaign_id, prospect_id, at) "
    "ON CONFLICT (id) DO NOTHING";

static const char inbound_sql[] =
    "INSERT INTO inbound_messages (id, workspace_id, account_id, prospect_id, chat_id, message_id, "
    "class, received_at) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], "
    "$5::text[], $6::text[], $7::text[], $8::timestamptz[]) "
    "ON CONFLICT (prospect_id, message_id) DO NOTHING";

static const char accounts_sql[] =
    "UPDATE linkedin_accounts a SET status = x.status, rest_until = x.rest_until, "
    "rest_count = x.rest_count, status_reason = x.reason, version = x.version, "
    "rest_sent_at = x.rest_sent_at, invitations_rest_until = x.invitations_until, "
    "invitations_rest_count = x.invitations_count, "
    "invitations_rest_sent_at = x.invitations_sent_at "
    "FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::int[], $5::text[], $6::bigint[], "
    "$7::timestamptz[], $8::timestamptz[], $9::int[], $10::timestamptz[]) "
    "AS x(id, status, rest_until, rest_count, reason, version, rest_sent_at, invitations_until, "
    "invitations_count, invitations_sent_at) WHERE a.id = x.id";

static const char sync_sql[] =
    "UPDATE sync_schedule y SET outstanding_until = NULL, "
    "failures = CASE WHEN x.succeeded THEN 0 ELSE y.failures + 1 END, "
    "last_done_at = CASE WHEN x.succeeded THEN x.at ELSE y.last_done_at END, "
    "watermark = greatest(y.watermark, x.watermark) "
    "FROM unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::bool[], "
    "$6::timestamptz[]) AS x(account_id, kind, dispatch, watermark, succeeded, at) "
    "WHERE y.account_id = x.account_id AND y.kind = x.kind AND y.dispatch = x.dispatch";

/* The first message of an account begins the looking, or brings it forward: hourly looks
 * (producer/sync.c) are more than a jittered interval ahead. What is due may be in the producer's
 * hands, who sees nobody to look for yet and is about to write that: it is waited for, and looked
 * at again then. */
#define EVERY "CASE kind WHEN 'replies' THEN $2 ELSE $3 END * interval '1 ms'"
static const char look_sql[] =
    "UPDATE sync_schedule SET next_at = least(next_at, sam_now() + " EVERY ") "
    "WHERE account_id = ANY ($1) AND (next_at > sam_now() + 1.5 * " EVERY
    " OR ((next_at IS NULL OR next_at <= sam_now()) AND outstanding_until IS NULL))";

/* `stopped` is final, in whatever order the versions come; of two with one version the pause
 * counts (a change that was made behind: sam_change_version). A campaign's change stands in the
 * ledger once for each of its accounts, so most rows change nothing. */
static const char campaigns_sql[] =
    "UPDATE campaigns c SET status = x.status, version = greatest(c.version, x.version), "
    "updated_at = sam_now() FROM unnest($1::uuid[], $2::text[], $3::bigint[]) "
    "AS x(id, status, version) WHERE c.id = x.id AND c.status <> 'stopped' "
    "AND (c.version < x.version OR x.status = 'stopped' "
    "OR (c.version = x.version AND x.status = 'paused' AND c.status = 'running'))";

/* A campaign that was started and paused in one batch: through running, as the database's
 * transitions want it. */
static const char campaigns_via_sql[] =
    "UPDATE campaigns c SET status = 'running' FROM unnest($1::uuid[], $2::text[], $3::bigint[]) "
    "AS x(id, status, version) WHERE c.id = x.id AND c.version < x.version "
    "AND x.status IN ('paused', 'completed') AND c.status IN ('draft', 'paused', 'completed') "
    "AND c.status <> x.status";

static const char workspaces_sql[] =
    "UPDATE workspaces w SET paused_at = x.paused_at, version = x.version "
    "FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) AS x(id, paused_at, version) "
    "WHERE w.id = x.id AND (w.version < x.version OR (w.version = x.version "
    "AND w.paused_at IS NULL AND x.paused_at IS NOT NULL))";

/* (SELECT true … LIMIT 1), not EXISTS: that one may be turned into a hash of the whole index. */
static const char schedule_sql[] =
    "UPDATE account_schedule s SET plan_at = least(s.plan_at, x.plan_at), "
    "due_at = CASE WHEN NOT x.again THEN s.due_at WHEN (SELECT true FROM send_queue o "
    "WHERE o.account_id = s.account_id AND o.status IN ('published', 'sending') LIMIT 1) THEN NULL "
    "ELSE (SELECT greatest(m.at, x.free_at) FROM (SELECT least("
    "(SELECT i.scheduled_for FROM send_queue i WHERE i.account_id = s.account_id "
    "AND i.status = 'pending' AND i.priority = 0 ORDER BY i.scheduled_for LIMIT 1), "
    "(SELECT i.scheduled_for FROM send_queue i WHERE i.account_id = s.account_id "
    "AND i.status = 'pending' AND i.priority = 1 ORDER BY i.scheduled_for LIMIT 1)) AS at) m "
    "WHERE m.at IS NOT NULL) END "
    "FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bool[]) "
    "AS x(account_id, plan_at, free_at, again) WHERE s.account_id = x.account_id";

static bool has_view(const struct event *e)
{
    return e->type == EVENT_PERSON && !uuid_is_null(&e->person.view_id);
}

static void write_views(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, has_view(&e[i]));
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, has_view(&e[i]),
              pg_item_uuid(params, &e[i].person.view_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, has_view(&e[i]), pg_item_uuid(params, &e[i].workspace_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, has_view(&e[i]), pg_item_uuid(params, &e[i].account_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, has_view(&e[i]),
              pg_item_uuid(params, &e[i].person.campaign_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, has_view(&e[i]), pg_item_uuid(params, &e[i].person.id));
    PG_COLUMN(params, PG_ARRAY_TIME, n, has_view(&e[i]), pg_item_time(params, e[i].at_ms));
    apply_send(w, "apply_views", views_sql);
}

static bool is_reply(const struct event *e)
{
    return e->type == EVENT_PERSON && e->person.finding == FINDING_REPLY;
}

static void write_replies(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, is_reply(&e[i]));
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_reply(&e[i]), pg_item_uuid(params, &e[i].id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_reply(&e[i]), pg_item_uuid(params, &e[i].workspace_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_reply(&e[i]), pg_item_uuid(params, &e[i].account_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_reply(&e[i]), pg_item_uuid(params, &e[i].person.id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, is_reply(&e[i]),
              pg_item_filled(params, e[i].person.chat_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, is_reply(&e[i]),
              pg_item_text(params, e[i].person.message_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, is_reply(&e[i]),
              pg_item_text(params, reply_class_name(e[i].person.reply_class)));
    PG_COLUMN(
        params, PG_ARRAY_TIME, n, is_reply(&e[i]),
        pg_item_time(params, e[i].person.happened_at_ms ? e[i].person.happened_at_ms : e[i].at_ms));
    apply_send(w, "apply_replies", inbound_sql);
}

static void write_accounts(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_account *t = w->b->accounts;
    size_t n = w->b->accounts_count;
    COUNT_IF(any, n, t[i].dirty);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].dirty, pg_item_uuid(params, &t[i].id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty,
              pg_item_text(params, account_status_name(t[i].status)));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].rest.until_ms));
    PG_COLUMN(params, PG_ARRAY_I32, n, t[i].dirty, pg_item_i32(params, (int32_t)t[i].rest.count));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_filled(params, t[i].reason));
    PG_COLUMN(params, PG_ARRAY_I64, n, t[i].dirty, pg_item_i64(params, t[i].version));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].rest.sent_at_ms));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty,
              pg_item_time(params, t[i].invitations_rest.until_ms));
    PG_COLUMN(params, PG_ARRAY_I32, n, t[i].dirty,
              pg_item_i32(params, (int32_t)t[i].invitations_rest.count));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty,
              pg_item_time(params, t[i].invitations_rest.sent_at_ms));
    apply_send(w, "apply_accounts", accounts_sql);
}

static void write_sync(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, apply_latest_sync(e, n, i));
    if (any) {
        pg_params_reset(params);
        PG_COLUMN(params, PG_ARRAY_UUID, n, apply_latest_sync(e, n, i),
                  pg_item_uuid(params, &e[i].account_id));
        PG_COLUMN(params, PG_ARRAY_TEXT, n, apply_latest_sync(e, n, i),
                  pg_item_text(params, sync_kind_name(e[i].account.sync_kind)));
        PG_COLUMN(params, PG_ARRAY_I32, n, apply_latest_sync(e, n, i),
                  pg_item_i32(params, (int32_t)e[i].account.dispatch));
        PG_COLUMN(params, PG_ARRAY_TIME, n, apply_latest_sync(e, n, i),
                  pg_item_time(params, e[i].account.watermark_ms));
        PG_COLUMN(params, PG_ARRAY_BOOL, n, apply_latest_sync(e, n, i),
                  pg_item_bool(params, e[i].account.succeeded));
        PG_COLUMN(params, PG_ARRAY_TIME, n, apply_latest_sync(e, n, i),
                  pg_item_time(params, e[i].at_ms));
        apply_send(w, "apply_sync", sync_sql);
    }
    const struct apply_account *t = w->b->accounts;
    COUNT_IF(talking, w->b->accounts_count, t[i].conversation);
    if (!talking)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, w->b->accounts_count, t[i].conversation,
              pg_item_uuid(params, &t[i].id));
    pg_add_i64(params, w->times.replies_ms);
    pg_add_i64(params, w->times.relations_ms);
    apply_send(w, "apply_look", look_sql);
}

static void write_campaigns(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, e[i].type == EVENT_CAMPAIGN);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, apply_latest_campaign(e, n, i),
              pg_item_uuid(params, &e[i].campaign.id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, apply_latest_campaign(e, n, i),
              pg_item_text(params, campaign_status_name(e[i].campaign.status)));
    PG_COLUMN(params, PG_ARRAY_I64, n, apply_latest_campaign(e, n, i),
              pg_item_i64(params, e[i].campaign.version));
    apply_send(w, "apply_campaigns_via", campaigns_via_sql);
    apply_send(w, "apply_campaigns", campaigns_sql);
}

static void write_workspaces(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, e[i].type == EVENT_WORKSPACE);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, apply_latest_workspace(e, n, i),
              pg_item_uuid(params, &e[i].workspace_id));
    PG_COLUMN(params, PG_ARRAY_TIME, n, apply_latest_workspace(e, n, i),
              pg_item_time(params, e[i].workspace.status == WORKSPACE_PAUSED ? e[i].at_ms : 0));
    PG_COLUMN(params, PG_ARRAY_I64, n, apply_latest_workspace(e, n, i),
              pg_item_i64(params, e[i].workspace.version));
    apply_send(w, "apply_workspaces", workspaces_sql);
}

/* After the people: a batch may hold somebody's release and what was listed after it. */
static void write_blocklist(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, e[i].type == EVENT_BLOCKLIST);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, e[i].type == EVENT_BLOCKLIST,
              pg_item_uuid(params, &e[i].workspace_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, e[i].type == EVENT_BLOCKLIST,
              pg_item_text(params, block_kind_name(e[i].blocklist.kind)));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, e[i].type == EVENT_BLOCKLIST,
              pg_item_text(params, e[i].blocklist.value));
    PG_COLUMN(params, PG_ARRAY_BOOL, n, e[i].type == EVENT_BLOCKLIST,
              pg_item_bool(params, e[i].blocklist.listed));
    PG_COLUMN(params, PG_ARRAY_I64, n, e[i].type == EVENT_BLOCKLIST,
              pg_item_i64(params, e[i].blocklist.version));
    apply_send(w, "apply_blocklist", "SELECT sam_blocklist_told($1, $2, $3, $4, $5)");
}

/* The reasons with which a change of this kind puts items off, by how they begin; NULL = it lets
 * nothing go. */
static const char *let_go(const struct event *e)
{
    if (e->type == EVENT_CAMPAIGN && e->campaign.status == CAMPAIGN_RUNNING)
        return "campaign_";
    if (e->type == EVENT_WORKSPACE && e->workspace.status == WORKSPACE_RUNNING)
        return "all_paused";
    if (e->type == EVENT_ACCOUNT && !e->account.is_sync && e->account.status == ACCOUNT_ACTIVE)
        return "account_";
    return NULL;
}

/* What was put off for a pause may go again. samctl has done so with its change; in a database that
 * was restored the items wait, and would be asked again only by the hour. */
static void write_let_go(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, let_go(&e[i]));
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, let_go(&e[i]), pg_item_uuid(params, &e[i].account_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, let_go(&e[i]), pg_item_text(params, let_go(&e[i])));
    PG_COLUMN(params, PG_ARRAY_UUID, n, let_go(&e[i]),
              pg_item_uuid(params, e[i].type == EVENT_CAMPAIGN ? &e[i].campaign.id : NULL));
    pg_add_uuid(params, NULL);
    apply_send(w, "apply_let_go", verdicts_let_go_sql);
}

static void write_schedule(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_account *t = w->b->accounts;
    size_t n = w->b->accounts_count;
    COUNT_IF(any, n, t[i].schedule || t[i].plan_at_ms);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].schedule || t[i].plan_at_ms,
              pg_item_uuid(params, &t[i].id));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].schedule || t[i].plan_at_ms,
              pg_item_time(params, t[i].plan_at_ms));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].schedule || t[i].plan_at_ms,
              pg_item_time(params, t[i].free_at_ms));
    PG_COLUMN(params, PG_ARRAY_BOOL, n, t[i].schedule || t[i].plan_at_ms,
              pg_item_bool(params, t[i].schedule));
    apply_send(w, "apply_schedule", schedule_sql);
}

static bool is_forgotten(const struct event *e)
{
    return e->type == EVENT_PERSON && e->person.finding == FINDING_FORGOTTEN;
}

static bool is_of_attempt(const struct event *e)
{
    return e->type == EVENT_ATTEMPT_STARTED || e->type == EVENT_ATTEMPT_ENDED;
}

/* Somebody whose row is a hash; or, in a restored database, has none: an earlier event may have
 * said that they are forgotten. NULL = the event is about nobody of this kind. */
static const struct uuid *forgotten_before(const struct apply_writer *w, const struct event *e)
{
    const struct uuid *id = is_of_attempt(e)          ? &e->attempt.person_id
                            : e->type == EVENT_PERSON ? &e->person.id
                                                      : NULL;
    if (!id)
        return NULL;
    bool loaded = e->type != EVENT_ATTEMPT_STARTED || w->b->orphans_count > 0;
    const struct apply_person *p = apply_person((struct apply_batch *)(uintptr_t)w->b, id);
    if (!p)
        return loaded ? id : NULL;
    return identity_is_forgotten(p->vanity) || identity_is_forgotten(p->provider_id) ? id : NULL;
}

/* Last, for it erases what was written before it: a start, an end, a reply, a name that was
 * learned. */
static void write_forgotten(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(told, n, is_forgotten(&e[i]));
    if (told) {
        pg_params_reset(params);
        PG_COLUMN(params, PG_ARRAY_UUID, n, is_forgotten(&e[i]),
                  pg_item_uuid(params, &e[i].person.id));
        PG_COLUMN(params, PG_ARRAY_UUID, 2 * n, is_forgotten(&e[i / 2]),
                  pg_item_uuid(params, &e[i / 2].workspace_id));
        PG_COLUMN(
            params, PG_ARRAY_TEXT, 2 * n, is_forgotten(&e[i / 2]),
            pg_item_filled(params, i % 2 ? e[i / 2].person.vanity : e[i / 2].person.provider_id));
        apply_send(w, "apply_forgotten_told", "SELECT sam_forget_told($1, $2, $3)");
    }
    COUNT_IF(again, n, forgotten_before(w, &e[i]));
    if (!again)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, forgotten_before(w, &e[i]),
              pg_item_uuid(params, forgotten_before(w, &e[i])));
    apply_send(w, "apply_forgotten_again", "SELECT sam_forget_again($1)");
}

void apply_write_around(struct apply_writer *w)
{
    write_views(w);
    write_replies(w);
    write_accounts(w);
    write_campaigns(w);
    write_workspaces(w);
    write_blocklist(w);
    write_let_go(w);
    write_sync(w);
    write_forgotten(w);
    write_schedule(w);
}
