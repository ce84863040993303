#include "common/adapters/verdicts.h"
#include "common/base/clock.h"
#include "worker/apply_sql.h"

#include "common/base/banned.h"

static const char attempts_sql[] =
    "UPDATE send_attempts t SET ended_at = x.ended_at, outcome = x.outcome, "
    "error_type = x.error_type, http_status = x.http_status, invitation_id = x.invitation_id, "
    "chat_id = x.chat_id, message_id = x.message_id "
    "FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::int[], $6::text[], "
    "$7::text[], $8::text[]) AS x(id, ended_at, outcome, error_type, http_status, invitation_id, "
    "chat_id, message_id) WHERE t.id = x.id";

static const char messages_sql[] =
    "INSERT INTO campaign_messages (id, workspace_id, campaign_id, prospect_id, account_id, "
    "item_id, message_type, sent_at, invitation_id, chat_id, message_id) "
    "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], "
    "$7::text[], $8::timestamptz[], $9::text[], $10::text[], $11::text[]) "
    "ON CONFLICT (id) DO NOTHING";

static const char items_sql[] =
    "UPDATE send_queue i SET status = x.status, reason = x.reason, reason_detail = x.detail, "
    "failures = x.failures, scheduled_for = x.scheduled_for, sent_at = x.sent_at, "
    "attempt_id = x.attempt_id, sweep_at = CASE WHEN x.status = 'sending' THEN i.sweep_at END "
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::timestamptz[], "
    "$7::timestamptz[], $8::uuid[]) AS x(id, status, reason, detail, failures, scheduled_for, "
    "sent_at, attempt_id) WHERE i.id = x.id";

static const char people_sql[] =
    "UPDATE campaign_prospects p SET status = x.status, status_reason = x.status_reason, "
    "hold_reason = x.hold_reason, provider_id = x.provider_id, invitation_id = x.invitation_id, "
    "chat_id = x.chat_id, contacted_at = x.contacted_at, connected_at = x.connected_at, "
    "last_sent_at = x.last_sent_at, replied_at = x.replied_at, next_step = x.next_step, "
    "next_at = x.next_at, give_up_at = x.give_up_at, version = x.version "
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "
    "$7::text[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], "
    "$12::int[], $13::timestamptz[], $14::timestamptz[], $15::bigint[]) "
    "AS x(id, status, status_reason, hold_reason, provider_id, invitation_id, chat_id, "
    "contacted_at, connected_at, last_sent_at, replied_at, next_step, next_at, give_up_at, "
    "version) WHERE p.id = x.id";

/* A person who passes two statuses in one batch: the first of them, so that the database's
 * transitions see each step. */
static const char via_sql[] =
    "UPDATE campaign_prospects p SET status = x.status, "
    "contacted_at = coalesce(p.contacted_at, x.contacted_at) "
    "FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS x(id, status, contacted_at) "
    "WHERE p.id = x.id";

/* What waits for people who are done with; their identities are free when nothing was sent. */
static const char cancel_sql[] =
    "WITH c AS (UPDATE send_queue i SET status = 'cancelled', reason = x.reason, sweep_at = NULL "
    "FROM unnest($1::uuid[], $2::text[]) AS x(prospect_id, reason) "
    "WHERE i.prospect_id = x.prospect_id AND i.status IN ('pending', 'published') RETURNING i.id) "
    "DELETE FROM contacted k USING c WHERE k.item_id = c.id AND NOT EXISTS ("
    "SELECT FROM send_attempts t WHERE t.item_id = k.item_id AND t.kind <> 'profile_view' "
    "AND (t.outcome IS NULL OR t.outcome IN ('sent', 'unknown')))";

static const char orphans_sql[] =
    "INSERT INTO contacted (workspace_id, identity, item_id, prospect_id, account_id, at) "
    "SELECT t.workspace_id, x.identity, t.item_id, t.prospect_id, t.account_id, t.started_at "
    "FROM send_attempts t CROSS JOIN LATERAL unnest(t.identities) AS x(identity) "
    "WHERE t.id = ANY ($1) ORDER BY 1, 2 ON CONFLICT (workspace_id, identity) DO NOTHING";

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
    "rest_count = x.rest_count, status_reason = x.reason, version = x.version "
    "FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::int[], $5::text[], $6::bigint[]) "
    "AS x(id, status, rest_until, rest_count, reason, version) WHERE a.id = x.id";

static const char sync_sql[] =
    "UPDATE sync_schedule y SET outstanding_until = NULL, "
    "failures = CASE WHEN x.succeeded THEN 0 ELSE y.failures + 1 END, "
    "last_done_at = CASE WHEN x.succeeded THEN x.at ELSE y.last_done_at END, "
    "watermark = greatest(y.watermark, x.watermark) "
    "FROM unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::bool[], "
    "$6::timestamptz[]) AS x(account_id, kind, dispatch, watermark, succeeded, at) "
    "WHERE y.account_id = x.account_id AND y.kind = x.kind AND y.dispatch = x.dispatch";

/* The first message of an account begins the looking. */
static const char look_sql[] =
    "UPDATE sync_schedule SET next_at = sam_now() + CASE kind WHEN 'replies' THEN $2 ELSE $3 END "
    "* interval '1 ms' WHERE account_id = ANY ($1) AND next_at IS NULL "
    "AND outstanding_until IS NULL";

static const char campaigns_sql[] =
    "UPDATE campaigns c SET status = x.status, version = x.version, updated_at = sam_now() "
    "FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS x(id, status, version) "
    "WHERE c.id = x.id AND c.version < x.version";

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

#define COLUMN(w, array, n, wanted, add)                                                           \
    do {                                                                                           \
        struct pg_params *params = (w)->params;                                                    \
        pg_array_open(params, array);                                                              \
        for (size_t i = 0; i < (n); i++) {                                                         \
            if (wanted)                                                                            \
                add;                                                                               \
        }                                                                                          \
        pg_array_close(params);                                                                    \
    } while (0)

/* Declares `out`: how many are wanted; a statement without rows is not sent. */
#define COUNT_IF(out, n, wanted)                                                                   \
    size_t out = 0;                                                                                \
    for (size_t i = 0; i < (n); i++)                                                               \
    (out) += (wanted) ? 1 : 0

static const char *null_if_empty(const char *text)
{
    return *text ? text : NULL;
}

static void send(struct apply_writer *w, const char *name, const char *sql)
{
    pg_async_send(w->pg, name, sql, w->params, w->fn, w->ctx);
}

static void write_attempts(struct apply_writer *w)
{
    const struct apply_attempt *t = w->b->attempts;
    size_t n = w->b->attempts_count;
    COUNT_IF(any, n, t[i].end != NULL);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, t[i].end, pg_item_uuid(params, &t[i].id));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].end, pg_item_time(params, t[i].end->ended_at_ms));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].end, pg_item_text(params, outcome_name(t[i].outcome)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].end,
           pg_item_text(params, null_if_empty(t[i].end->error_type)));
    COLUMN(w, PG_ARRAY_I32, n, t[i].end, pg_item_i32(params, (int32_t)t[i].end->http_status));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].end,
           pg_item_text(params, null_if_empty(t[i].end->invitation_id)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].end, pg_item_text(params, null_if_empty(t[i].end->chat_id)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].end,
           pg_item_text(params, null_if_empty(t[i].end->message_id)));
    send(w, "apply_attempts_end", attempts_sql);
}

static bool is_sent(const struct event *e)
{
    return e->type == EVENT_ATTEMPT_ENDED && e->attempt.outcome == OUTCOME_SENT;
}

static void write_messages(struct apply_writer *w)
{
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, is_sent(&e[i]));
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, is_sent(&e[i]), pg_item_uuid(params, &e[i].attempt.id));
    COLUMN(w, PG_ARRAY_UUID, n, is_sent(&e[i]), pg_item_uuid(params, &e[i].workspace_id));
    COLUMN(w, PG_ARRAY_UUID, n, is_sent(&e[i]), pg_item_uuid(params, &e[i].attempt.campaign_id));
    COLUMN(w, PG_ARRAY_UUID, n, is_sent(&e[i]), pg_item_uuid(params, &e[i].attempt.person_id));
    COLUMN(w, PG_ARRAY_UUID, n, is_sent(&e[i]), pg_item_uuid(params, &e[i].account_id));
    COLUMN(w, PG_ARRAY_UUID, n, is_sent(&e[i]), pg_item_uuid(params, &e[i].attempt.item_id));
    COLUMN(w, PG_ARRAY_TEXT, n, is_sent(&e[i]), pg_item_text(params, e[i].attempt.message_type));
    COLUMN(w, PG_ARRAY_TIME, n, is_sent(&e[i]), pg_item_time(params, e[i].attempt.ended_at_ms));
    COLUMN(w, PG_ARRAY_TEXT, n, is_sent(&e[i]),
           pg_item_text(params, null_if_empty(e[i].attempt.invitation_id)));
    COLUMN(w, PG_ARRAY_TEXT, n, is_sent(&e[i]),
           pg_item_text(params, null_if_empty(e[i].attempt.chat_id)));
    COLUMN(w, PG_ARRAY_TEXT, n, is_sent(&e[i]),
           pg_item_text(params, null_if_empty(e[i].attempt.message_id)));
    send(w, "apply_messages", messages_sql);
}

static void write_items(struct apply_writer *w)
{
    const struct apply_item *t = w->b->items;
    size_t n = w->b->items_count;
    COUNT_IF(any, n, t[i].dirty);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, t[i].dirty, pg_item_uuid(params, &t[i].id));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, item_status_name(t[i].status)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, reason_name(t[i].reason)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, null_if_empty(t[i].detail)));
    COLUMN(w, PG_ARRAY_I32, n, t[i].dirty, pg_item_i32(params, (int32_t)t[i].failures));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].scheduled_ms));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].sent_at_ms));
    COLUMN(w, PG_ARRAY_UUID, n, t[i].dirty,
           pg_item_uuid(params, uuid_is_null(&t[i].attempt_id) ? NULL : &t[i].attempt_id));
    send(w, "apply_items", items_sql);
}

static void write_vanished(struct apply_writer *w)
{
    const struct apply_item *t = w->b->items;
    size_t n = w->b->items_count;
    COUNT_IF(any, n, t[i].vanished);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, t[i].vanished, pg_item_uuid(params, &t[i].id));
    send(w, "apply_vanished", "DELETE FROM send_queue WHERE id = ANY ($1) AND restored");
}

static void write_via(struct apply_writer *w)
{
    const struct apply_person *t = w->b->people;
    size_t n = w->b->people_count;
    COUNT_IF(any, n, t[i].via != t[i].loaded);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, t[i].via != t[i].loaded, pg_item_uuid(params, &t[i].id));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].via != t[i].loaded,
           pg_item_text(params, person_status_name(t[i].via)));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].via != t[i].loaded,
           pg_item_time(params, t[i].contacted_at_ms));
    send(w, "apply_via", via_sql);
}

static void write_people(struct apply_writer *w)
{
    const struct apply_person *t = w->b->people;
    size_t n = w->b->people_count;
    COUNT_IF(any, n, t[i].dirty);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, t[i].dirty, pg_item_uuid(params, &t[i].id));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, person_status_name(t[i].status)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty,
           pg_item_text(params, null_if_empty(t[i].status_reason)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, null_if_empty(t[i].hold_reason)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, null_if_empty(t[i].provider_id)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty,
           pg_item_text(params, null_if_empty(t[i].invitation_id)));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, null_if_empty(t[i].chat_id)));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].contacted_at_ms));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].connected_at_ms));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].last_sent_at_ms));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].replied_at_ms));
    COLUMN(w, PG_ARRAY_I32, n, t[i].dirty, pg_item_i32(params, (int32_t)t[i].next_step));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].next_at_ms));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].give_up_at_ms));
    COLUMN(w, PG_ARRAY_I64, n, t[i].dirty, pg_item_i64(params, t[i].version));
    send(w, "apply_people", people_sql);
}

static void write_cancelled(struct apply_writer *w)
{
    const struct apply_person *t = w->b->people;
    size_t n = w->b->people_count;
    COUNT_IF(any, n, t[i].cancel != REASON_NONE);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, t[i].cancel != REASON_NONE, pg_item_uuid(params, &t[i].id));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].cancel != REASON_NONE,
           pg_item_text(params, reason_name(t[i].cancel)));
    send(w, "apply_cancel", cancel_sql);
}

static void write_identities(struct apply_writer *w)
{
    const struct apply_item *t = w->b->items;
    size_t n = w->b->items_count;
    if (w->b->orphans_count) {
        const struct uuid *orphans = w->b->orphans;
        pg_params_reset(w->params);
        COLUMN(w, PG_ARRAY_UUID, w->b->orphans_count, true, pg_item_uuid(params, &orphans[i]));
        send(w, "apply_orphans", orphans_sql);
    }
    COUNT_IF(any, n, t[i].freed);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, t[i].freed, pg_item_uuid(params, &t[i].id));
    send(w, "apply_freed", verdicts_contacted_sql);
}

static bool has_view(const struct event *e)
{
    return e->type == EVENT_PERSON && !uuid_is_null(&e->person.view_id);
}

static void write_views(struct apply_writer *w)
{
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, has_view(&e[i]));
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, has_view(&e[i]), pg_item_uuid(params, &e[i].person.view_id));
    COLUMN(w, PG_ARRAY_UUID, n, has_view(&e[i]), pg_item_uuid(params, &e[i].workspace_id));
    COLUMN(w, PG_ARRAY_UUID, n, has_view(&e[i]), pg_item_uuid(params, &e[i].account_id));
    COLUMN(w, PG_ARRAY_UUID, n, has_view(&e[i]), pg_item_uuid(params, &e[i].person.campaign_id));
    COLUMN(w, PG_ARRAY_UUID, n, has_view(&e[i]), pg_item_uuid(params, &e[i].person.id));
    COLUMN(w, PG_ARRAY_TIME, n, has_view(&e[i]), pg_item_time(params, e[i].at_ms));
    send(w, "apply_views", views_sql);
}

static bool is_reply(const struct event *e)
{
    return e->type == EVENT_PERSON && e->person.finding == FINDING_REPLY;
}

static void write_replies(struct apply_writer *w)
{
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, is_reply(&e[i]));
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, is_reply(&e[i]), pg_item_uuid(params, &e[i].id));
    COLUMN(w, PG_ARRAY_UUID, n, is_reply(&e[i]), pg_item_uuid(params, &e[i].workspace_id));
    COLUMN(w, PG_ARRAY_UUID, n, is_reply(&e[i]), pg_item_uuid(params, &e[i].account_id));
    COLUMN(w, PG_ARRAY_UUID, n, is_reply(&e[i]), pg_item_uuid(params, &e[i].person.id));
    COLUMN(w, PG_ARRAY_TEXT, n, is_reply(&e[i]),
           pg_item_text(params, null_if_empty(e[i].person.chat_id)));
    COLUMN(w, PG_ARRAY_TEXT, n, is_reply(&e[i]), pg_item_text(params, e[i].person.message_id));
    COLUMN(w, PG_ARRAY_TEXT, n, is_reply(&e[i]),
           pg_item_text(params, reply_class_name(e[i].person.reply_class)));
    COLUMN(
        w, PG_ARRAY_TIME, n, is_reply(&e[i]),
        pg_item_time(params, e[i].person.happened_at_ms ? e[i].person.happened_at_ms : e[i].at_ms));
    send(w, "apply_replies", inbound_sql);
}

static void write_accounts(struct apply_writer *w)
{
    const struct apply_account *t = w->b->accounts;
    size_t n = w->b->accounts_count;
    COUNT_IF(any, n, t[i].dirty);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, t[i].dirty, pg_item_uuid(params, &t[i].id));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, account_status_name(t[i].status)));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].rest_until_ms));
    COLUMN(w, PG_ARRAY_I32, n, t[i].dirty, pg_item_i32(params, (int32_t)t[i].rest_count));
    COLUMN(w, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, null_if_empty(t[i].reason)));
    COLUMN(w, PG_ARRAY_I64, n, t[i].dirty, pg_item_i64(params, t[i].version));
    send(w, "apply_accounts", accounts_sql);
}

static bool is_sync(const struct event *e)
{
    return e->type == EVENT_ACCOUNT && e->account.is_sync;
}

static void write_sync(struct apply_writer *w)
{
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, is_sync(&e[i]));
    if (any) {
        pg_params_reset(w->params);
        COLUMN(w, PG_ARRAY_UUID, n, is_sync(&e[i]), pg_item_uuid(params, &e[i].account_id));
        COLUMN(w, PG_ARRAY_TEXT, n, is_sync(&e[i]),
               pg_item_text(params, sync_kind_name(e[i].account.sync_kind)));
        COLUMN(w, PG_ARRAY_I32, n, is_sync(&e[i]),
               pg_item_i32(params, (int32_t)e[i].account.dispatch));
        COLUMN(w, PG_ARRAY_TIME, n, is_sync(&e[i]),
               pg_item_time(params, e[i].account.watermark_ms));
        COLUMN(w, PG_ARRAY_BOOL, n, is_sync(&e[i]), pg_item_bool(params, e[i].account.succeeded));
        COLUMN(w, PG_ARRAY_TIME, n, is_sync(&e[i]), pg_item_time(params, e[i].at_ms));
        send(w, "apply_sync", sync_sql);
    }
    const struct apply_account *t = w->b->accounts;
    COUNT_IF(talking, w->b->accounts_count, t[i].conversation);
    if (!talking)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, w->b->accounts_count, t[i].conversation,
           pg_item_uuid(params, &t[i].id));
    pg_add_i64(w->params, w->times.replies_ms);
    pg_add_i64(w->params, w->times.relations_ms);
    send(w, "apply_look", look_sql);
}

static void write_campaigns(struct apply_writer *w)
{
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, e[i].type == EVENT_CAMPAIGN);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, e[i].type == EVENT_CAMPAIGN,
           pg_item_uuid(params, &e[i].campaign.id));
    COLUMN(w, PG_ARRAY_TEXT, n, e[i].type == EVENT_CAMPAIGN,
           pg_item_text(params, campaign_status_name(e[i].campaign.status)));
    COLUMN(w, PG_ARRAY_I64, n, e[i].type == EVENT_CAMPAIGN,
           pg_item_i64(params, e[i].campaign.version));
    send(w, "apply_campaigns", campaigns_sql);
}

static void write_schedule(struct apply_writer *w)
{
    const struct apply_account *t = w->b->accounts;
    size_t n = w->b->accounts_count;
    COUNT_IF(any, n, t[i].schedule || t[i].plan_at_ms);
    if (!any)
        return;
    pg_params_reset(w->params);
    COLUMN(w, PG_ARRAY_UUID, n, t[i].schedule || t[i].plan_at_ms, pg_item_uuid(params, &t[i].id));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].schedule || t[i].plan_at_ms,
           pg_item_time(params, t[i].plan_at_ms));
    COLUMN(w, PG_ARRAY_TIME, n, t[i].schedule || t[i].plan_at_ms,
           pg_item_time(params, t[i].free_at_ms));
    COLUMN(w, PG_ARRAY_BOOL, n, t[i].schedule || t[i].plan_at_ms,
           pg_item_bool(params, t[i].schedule));
    send(w, "apply_schedule", schedule_sql);
}

/* Lock order: accounts are locked already; then items, then people. */
void apply_sql_write(struct apply_writer *w)
{
    write_attempts(w);
    write_views(w);
    write_items(w);
    write_vanished(w);
    write_cancelled(w);
    write_identities(w);
    write_via(w);
    write_people(w);
    write_messages(w);
    write_replies(w);
    write_accounts(w);
    write_campaigns(w);
    write_sync(w);
    write_schedule(w);
}
