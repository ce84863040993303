#include "common/adapters/verdicts.h"

#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

const char verdicts_items_sql[] =
    "UPDATE send_queue i SET status = CASE WHEN v.next_at IS NULL THEN 'cancelled' "
    "ELSE 'pending' END, reason = v.reason, reason_detail = NULL, sweep_at = NULL, unclaimed = 0, "
    "scheduled_for = coalesce(v.next_at, i.scheduled_for), replan = v.replan "
    "FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::bool[]) "
    "AS v(id, dispatch, reason, next_at, replan) WHERE i.id = v.id AND i.dispatch = v.dispatch "
    "AND i.status IN ('pending', 'published')";

const char verdicts_people_sql[] =
    "UPDATE campaign_prospects p SET status = 'failed', status_reason = v.reason, next_at = NULL "
    "FROM unnest($1::uuid[], $2::text[]) AS v(id, reason) WHERE p.id = v.id AND p.status IN "
    "('pending', 'approved', 'connection_request_sent', 'connected', 'messaging')";

const char verdicts_contacted_sql[] = "SELECT sam_free_identities($1)";

const char verdicts_replan_sql[] =
    "UPDATE account_schedule SET plan_at = least(plan_at, sam_now()) WHERE account_id = ANY ($1)";

const char verdicts_move_sql[] =
    "UPDATE send_queue i SET replan = true WHERE i.account_id = ANY ($1) AND i.status = 'pending' "
    "AND NOT i.replan AND ($2::uuid IS NULL OR i.campaign_id = $2) AND i.reason = ANY ($3) "
    "RETURNING i.account_id";

const char verdicts_let_go_sql[] =
    "UPDATE send_queue i SET scheduled_for = CASE WHEN i.replan THEN i.scheduled_for "
    "ELSE sam_now() END, replan = true, reason = 'scheduled', "
    "reason_detail = NULL WHERE i.account_id = ANY ($1) AND i.status = 'pending' "
    "AND EXISTS (SELECT FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS x(account_id, cause, "
    "campaign_id) "
    "WHERE x.account_id = i.account_id AND starts_with(i.reason, x.cause) "
    "AND (x.campaign_id IS NULL OR x.campaign_id = i.campaign_id)) "
    "AND ($4::uuid IS NULL OR i.prospect_id = $4)";

const char verdicts_due_sql[] =
    "UPDATE account_schedule s SET due_at = CASE WHEN (SELECT true FROM send_queue o "
    "WHERE o.account_id = s.account_id AND o.status IN ('published', 'sending') LIMIT 1) THEN NULL "
    "ELSE least((SELECT i.scheduled_for FROM send_queue i WHERE i.account_id = s.account_id "
    "AND i.status = 'pending' AND i.priority = 0 ORDER BY i.scheduled_for LIMIT 1), "
    "(SELECT i.scheduled_for FROM send_queue i WHERE i.account_id = s.account_id "
    "AND i.status = 'pending' AND i.priority = 1 ORDER BY i.scheduled_for LIMIT 1)) END "
    "WHERE s.account_id = ANY ($1)";

void verdicts_add(struct verdicts *v, const struct facts_item *item, const struct verdict *verdict)
{
    if (v->count % 64 == 0)
        v->rows = sam_xrealloc(v->rows, (v->count + 64) * sizeof(*v->rows));
    struct verdict_row *row = &v->rows[v->count++];
    *row = (struct verdict_row){.item_id = item->id,
                                .account_id = item->account_id,
                                .person_id = item->person_id,
                                .dispatch = item->dispatch,
                                .reason = verdict->reason,
                                .cancelled = verdict->kind == VERDICT_CANCEL,
                                .replan = policy_replans(verdict),
                                .next_at_ms = verdict->next_at_ms};
    int64_t latest = item->policy.now_ms + VERDICTS_ASK_AGAIN_MS;
    if (row->next_at_ms >= TIME_NEVER_MS)
        row->next_at_ms = latest;
    v->any_cancelled = v->any_cancelled || row->cancelled;
    v->any_replan = v->any_replan || row->replan;
}

void verdicts_reset(struct verdicts *v)
{
    v->count = 0;
    v->any_cancelled = false;
    v->any_replan = false;
}

void verdicts_deinit(struct verdicts *v)
{
    free(v->rows);
    memset(v, 0, sizeof(*v));
}

void verdicts_add_moving(struct pg_params *params)
{
    PG_COLUMN(params, PG_ARRAY_TEXT, REASON_N, reason_moves((enum reason)i),
              pg_item_text(params, reason_name((enum reason)i)));
}

void verdicts_items_params(const struct verdicts *v, struct pg_params *params)
{
    pg_params_reset(params);
    pg_array_open(params, PG_ARRAY_UUID);
    for (size_t i = 0; i < v->count; i++)
        pg_item_uuid(params, &v->rows[i].item_id);
    pg_array_close(params);
    pg_array_open(params, PG_ARRAY_I32);
    for (size_t i = 0; i < v->count; i++)
        pg_item_i32(params, (int32_t)v->rows[i].dispatch);
    pg_array_close(params);
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < v->count; i++)
        pg_item_text(params, reason_name(v->rows[i].reason));
    pg_array_close(params);
    pg_array_open(params, PG_ARRAY_TIME);
    for (size_t i = 0; i < v->count; i++)
        pg_item_time(params, v->rows[i].cancelled ? 0 : v->rows[i].next_at_ms);
    pg_array_close(params);
    PG_COLUMN(params, PG_ARRAY_BOOL, v->count, true, pg_item_bool(params, v->rows[i].replan));
}

/* The human is out of reach for this campaign; a stopped campaign or person says so by itself. */
static bool ends_person(const struct verdict_row *row)
{
    return row->cancelled &&
           (row->reason == REASON_PERSON_STOPPED_ELSEWHERE ||
            row->reason == REASON_ALREADY_CONTACTED || row->reason == REASON_BLOCKLISTED);
}

void verdicts_people_params(const struct verdicts *v, struct pg_params *params)
{
    pg_params_reset(params);
    pg_array_open(params, PG_ARRAY_UUID);
    for (size_t i = 0; i < v->count; i++) {
        if (ends_person(&v->rows[i]))
            pg_item_uuid(params, &v->rows[i].person_id);
    }
    pg_array_close(params);
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < v->count; i++) {
        if (ends_person(&v->rows[i]))
            pg_item_text(params, reason_name(v->rows[i].reason));
    }
    pg_array_close(params);
}

void verdicts_contacted_params(const struct verdicts *v, struct pg_params *params)
{
    pg_params_reset(params);
    pg_array_open(params, PG_ARRAY_UUID);
    for (size_t i = 0; i < v->count; i++) {
        if (v->rows[i].cancelled)
            pg_item_uuid(params, &v->rows[i].item_id);
    }
    pg_array_close(params);
}

void verdicts_replan_params(const struct verdicts *v, struct pg_params *params)
{
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, v->count, v->rows[i].replan,
              pg_item_uuid(params, &v->rows[i].account_id));
}

static enum pg_failure write_cancelled(const struct verdicts *v, struct pg *pg,
                                       struct pg_params *params)
{
    verdicts_people_params(v, params);
    enum pg_failure failure = pg_exec(pg, verdicts_people_sql, params, NULL);
    if (failure)
        return failure;
    verdicts_contacted_params(v, params);
    return pg_exec(pg, verdicts_contacted_sql, params, NULL);
}

enum pg_failure verdicts_write(const struct verdicts *v, struct pg *pg, struct pg_params *params)
{
    if (v->count == 0)
        return PG_FINE;
    verdicts_items_params(v, params);
    enum pg_failure failure = pg_exec(pg, verdicts_items_sql, params, NULL);
    if (!failure && v->any_cancelled)
        failure = write_cancelled(v, pg, params);
    if (failure || !v->any_replan)
        return failure;
    verdicts_replan_params(v, params);
    return pg_exec(pg, verdicts_replan_sql, params, NULL);
}
