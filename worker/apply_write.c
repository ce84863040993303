#include "worker/apply_write.h"

#include "common/adapters/verdicts.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

static const char attempts_sql[] =
    "UPDATE send_attempts t SET ended_at = x.ended_at, outcome = x.outcome, "
    "error_type = x.error_type, http_status = x.http_status, invitation_id = x.invitation_id, "
    "chat_id = x.chat_id, message_id = x.message_id, untried = x.untried, "
    "unseen_at = coalesce(t.unseen_at, x.unseen_at) "
    "FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::int[], $6::text[], "
    "$7::text[], $8::text[], $9::bool[], $10::timestamptz[]) AS x(id, ended_at, outcome, "
    "error_type, http_status, invitation_id, chat_id, message_id, untried, unseen_at) "
    "WHERE t.id = x.id";

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

/* A name that the profile told: of two rows of one campaign that turn out to be one human, the
 * first bears it (both are in `contacted` by it). */
static const char people_sql[] =
    "UPDATE campaign_prospects p SET status = x.status, status_reason = x.status_reason, "
    "hold_reason = x.hold_reason, provider_id = x.provider_id, vanity = CASE WHEN p.vanity IS NULL "
    "AND x.vanity IS NOT NULL AND (SELECT true FROM campaign_prospects o WHERE "
    "o.campaign_id = p.campaign_id AND o.vanity = x.vanity LIMIT 1) IS NULL THEN x.vanity "
    "ELSE p.vanity END, invitation_id = x.invitation_id, "
    "chat_id = x.chat_id, contacted_at = x.contacted_at, connected_at = x.connected_at, "
    "last_sent_at = x.last_sent_at, replied_at = x.replied_at, next_step = x.next_step, "
    "next_at = x.next_at, give_up_at = x.give_up_at, version = x.version, "
    "doubt_waived = x.doubt_waived "
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "
    "$7::text[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], "
    "$12::int[], $13::timestamptz[], $14::timestamptz[], $15::bigint[], $16::text[], $17::bool[]) "
    "AS x(id, status, status_reason, hold_reason, provider_id, invitation_id, chat_id, "
    "contacted_at, connected_at, last_sent_at, replied_at, next_step, next_at, give_up_at, "
    "version, vanity, doubt_waived) WHERE p.id = x.id";

/* Who passes several statuses in one batch: the next of them, so that the database's transitions
 * see each step. */
static const char via_sql[] =
    "UPDATE campaign_prospects p SET status = x.status, "
    "contacted_at = coalesce(p.contacted_at, x.contacted_at) "
    "FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS x(id, status, contacted_at) "
    "WHERE p.id = x.id";

static const char items_via_sql[] =
    "UPDATE send_queue i SET status = x.status FROM unnest($1::uuid[], $2::text[]) "
    "AS x(id, status) WHERE i.id = x.id";

/* What waits for people who are done with; their identities are free when nothing was sent. */
static const char cancel_sql[] =
    "WITH c AS (UPDATE send_queue i SET status = 'cancelled', reason = x.reason, sweep_at = NULL "
    "FROM unnest($1::uuid[], $2::text[]) AS x(prospect_id, reason) "
    "WHERE i.prospect_id = x.prospect_id AND i.status IN ('pending', 'published') RETURNING i.id) "
    "SELECT sam_free_identities(array_agg(id)) FROM c";

/* A row that another item holds is its, but is touched: whoever is just freeing it (see
 * sam_free_identities) then waits for this attempt, and gives it the row. */
static const char orphans_sql[] =
    "INSERT INTO contacted (workspace_id, identity, item_id, prospect_id, account_id, at) "
    "SELECT DISTINCT ON (1, 2) t.workspace_id, x.identity, t.item_id, t.prospect_id, t.account_id, "
    "t.started_at "
    "FROM send_attempts t CROSS JOIN LATERAL unnest(t.identities) AS x(identity) "
    "WHERE t.id = ANY ($1) ORDER BY 1, 2, 6 ON CONFLICT (workspace_id, identity) "
    "DO UPDATE SET at = greatest(contacted.at, excluded.at)";

/* It has no attempt and no item: the person's own id stands for the item, which nothing frees. The
 * row of somebody who wrote long ago is taken over as a claim would (contact_again_after). */
static const char by_hand_sql[] =
    "INSERT INTO contacted (workspace_id, identity, item_id, prospect_id, account_id, at) "
    "SELECT DISTINCT ON (1, 2) p.workspace_id, n.identity, p.id, p.id, p.account_id, x.at "
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS x(id, v, p, at) "
    "CROSS JOIN LATERAL (SELECT * FROM campaign_prospects WHERE id = x.id LIMIT 1) p "
    "CROSS JOIN LATERAL unnest(ARRAY['v:' || p.vanity, 'v:' || x.v, 'p:' || x.p]) AS n(identity) "
    "WHERE n.identity IS NOT NULL ORDER BY 1, 2, 6 DESC ON CONFLICT (workspace_id, identity) "
    "DO UPDATE SET item_id = excluded.item_id, prospect_id = excluded.prospect_id, "
    "account_id = excluded.account_id, at = excluded.at WHERE contacted.at < excluded.at - "
    "(SELECT c.contact_again_after_ms * interval '1 ms' FROM campaign_prospects p "
    "JOIN campaigns c ON c.id = p.campaign_id WHERE p.id = excluded.prospect_id)";

static void write_attempts(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_attempt *t = w->b->attempts;
    size_t n = w->b->attempts_count;
    COUNT_IF(any, n, t[i].end != NULL);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].end, pg_item_uuid(params, &t[i].id));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].end, pg_item_time(params, t[i].end->ended_at_ms));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].end, pg_item_text(params, outcome_name(t[i].outcome)));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].end, pg_item_filled(params, t[i].end->error_type));
    PG_COLUMN(params, PG_ARRAY_I32, n, t[i].end,
              pg_item_i32(params, (int32_t)t[i].end->http_status));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].end, pg_item_filled(params, t[i].end->invitation_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].end, pg_item_filled(params, t[i].end->chat_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].end, pg_item_filled(params, t[i].end->message_id));
    PG_COLUMN(
        params, PG_ARRAY_BOOL, n, t[i].end,
        pg_item_bool(params, t[i].outcome == OUTCOME_NOT_EXECUTED && apply_never_left(t[i].end)));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].end, pg_item_time(params, t[i].unseen_ms));
    apply_send(w, "apply_attempts_end", attempts_sql);
}

static bool is_sent(const struct event *e)
{
    return e->type == EVENT_ATTEMPT_ENDED && e->attempt.outcome == OUTCOME_SENT;
}

static void write_messages(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct event *e = w->events;
    size_t n = w->count;
    COUNT_IF(any, n, is_sent(&e[i]));
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_sent(&e[i]), pg_item_uuid(params, &e[i].attempt.id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_sent(&e[i]), pg_item_uuid(params, &e[i].workspace_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_sent(&e[i]),
              pg_item_uuid(params, &e[i].attempt.campaign_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_sent(&e[i]),
              pg_item_uuid(params, &e[i].attempt.person_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_sent(&e[i]), pg_item_uuid(params, &e[i].account_id));
    PG_COLUMN(params, PG_ARRAY_UUID, n, is_sent(&e[i]),
              pg_item_uuid(params, &e[i].attempt.item_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, is_sent(&e[i]),
              pg_item_text(params, e[i].attempt.message_type));
    PG_COLUMN(params, PG_ARRAY_TIME, n, is_sent(&e[i]),
              pg_item_time(params, e[i].attempt.ended_at_ms));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, is_sent(&e[i]),
              pg_item_filled(params, e[i].attempt.invitation_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, is_sent(&e[i]),
              pg_item_filled(params, e[i].attempt.chat_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, is_sent(&e[i]),
              pg_item_filled(params, e[i].attempt.message_id));
    apply_send(w, "apply_messages", messages_sql);
}

static void write_items_via(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_item *t = w->b->items;
    size_t n = w->b->items_count;
    COUNT_IF(any, n, t[i].dirty && t[i].stopped);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].dirty && t[i].stopped, pg_item_uuid(params, &t[i].id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty && t[i].stopped,
              pg_item_text(params, item_status_name(t[i].via)));
    apply_send(w, "apply_items_via", items_via_sql);
}

static void write_items(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_item *t = w->b->items;
    size_t n = w->b->items_count;
    COUNT_IF(any, n, t[i].dirty);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].dirty, pg_item_uuid(params, &t[i].id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty,
              pg_item_text(params, item_status_name(t[i].status)));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_text(params, reason_name(t[i].reason)));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_filled(params, t[i].detail));
    PG_COLUMN(params, PG_ARRAY_I32, n, t[i].dirty, pg_item_i32(params, (int32_t)t[i].failures));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].scheduled_ms));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].sent_at_ms));
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].dirty,
              pg_item_uuid(params, uuid_is_null(&t[i].attempt_id) ? NULL : &t[i].attempt_id));
    apply_send(w, "apply_items", items_sql);
}

static void write_vanished(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_item *t = w->b->items;
    size_t n = w->b->items_count;
    COUNT_IF(any, n, t[i].vanished);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].vanished, pg_item_uuid(params, &t[i].id));
    apply_send(w, "apply_vanished", "DELETE FROM send_queue WHERE id = ANY ($1) AND restored");
}

/* The stops of number `stop`; false: nobody has so many. */
static bool write_via(struct apply_writer *w, size_t stop)
{
    struct pg_params *params = w->params;
    const struct apply_person *t = w->b->people;
    size_t n = w->b->people_count;
    COUNT_IF(any, n, t[i].via_count > stop);
    if (!any)
        return false;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].via_count > stop, pg_item_uuid(params, &t[i].id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].via_count > stop,
              pg_item_text(params, person_status_name(t[i].via[stop])));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].via_count > stop,
              pg_item_time(params, t[i].contacted_at_ms));
    apply_send(w, "apply_via", via_sql);
    return true;
}

static void write_people(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_person *t = w->b->people;
    size_t n = w->b->people_count;
    COUNT_IF(any, n, t[i].dirty);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].dirty, pg_item_uuid(params, &t[i].id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty,
              pg_item_text(params, person_status_name(t[i].status)));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_filled(params, t[i].status_reason));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_filled(params, t[i].hold_reason));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_filled(params, t[i].provider_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_filled(params, t[i].invitation_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_filled(params, t[i].chat_id));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].contacted_at_ms));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].connected_at_ms));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].last_sent_at_ms));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].replied_at_ms));
    PG_COLUMN(params, PG_ARRAY_I32, n, t[i].dirty, pg_item_i32(params, (int32_t)t[i].next_step));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].next_at_ms));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].dirty, pg_item_time(params, t[i].give_up_at_ms));
    PG_COLUMN(params, PG_ARRAY_I64, n, t[i].dirty, pg_item_i64(params, t[i].version));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].dirty, pg_item_filled(params, t[i].vanity));
    PG_COLUMN(params, PG_ARRAY_BOOL, n, t[i].dirty, pg_item_bool(params, t[i].doubt_waived));
    apply_send(w, "apply_people", people_sql);
}

static void write_cancelled(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_person *t = w->b->people;
    size_t n = w->b->people_count;
    COUNT_IF(any, n, t[i].cancel != REASON_NONE);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].cancel != REASON_NONE, pg_item_uuid(params, &t[i].id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].cancel != REASON_NONE,
              pg_item_text(params, reason_name(t[i].cancel)));
    apply_send(w, "apply_cancel", cancel_sql);
}

static void write_identities(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_item *t = w->b->items;
    size_t n = w->b->items_count;
    if (w->b->orphans_count) {
        const struct uuid *orphans = w->b->orphans;
        pg_params_reset(params);
        PG_COLUMN(params, PG_ARRAY_UUID, w->b->orphans_count, true,
                  pg_item_uuid(params, &orphans[i]));
        apply_send(w, "apply_orphans", orphans_sql);
    }
    COUNT_IF(any, n, t[i].freed);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].freed, pg_item_uuid(params, &t[i].id));
    apply_send(w, "apply_freed", verdicts_contacted_sql);
}

static void write_by_hand(struct apply_writer *w)
{
    struct pg_params *params = w->params;
    const struct apply_person *t = w->b->people;
    size_t n = w->b->people_count;
    COUNT_IF(any, n, t[i].by_hand);
    if (!any)
        return;
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, t[i].by_hand, pg_item_uuid(params, &t[i].id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].by_hand, pg_item_filled(params, t[i].by_hand->vanity));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, t[i].by_hand,
              pg_item_filled(params, t[i].by_hand->provider_id));
    PG_COLUMN(params, PG_ARRAY_TIME, n, t[i].by_hand,
              pg_item_time(params, t[i].by_hand->happened_at_ms));
    apply_send(w, "apply_by_hand", by_hand_sql);
}

/* Lock order: accounts are locked already; then items, then people. */
void apply_sql_write(struct apply_writer *w)
{
    write_attempts(w);
    write_items_via(w);
    write_items(w);
    write_vanished(w);
    write_cancelled(w);
    write_identities(w);
    write_by_hand(w);
    for (size_t stop = 0; write_via(w, stop);)
        stop++;
    write_people(w);
    write_messages(w);
    apply_write_around(w);
}
