/* What a claim writes: first contacts, items, attempts, verdicts. */
#include "common/base/clock.h"
#include "common/policy/reconcile.h"
#include "worker/claim_batch.h"

#include "common/base/banned.h"

/* A row of another human's item is left alone and not counted: the claim sees that and starts over.
 */
static const char contacted_sql[] =
    "INSERT INTO contacted (workspace_id, identity, item_id, prospect_id, account_id, at) "
    "SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], "
    "$6::timestamptz[]) AS x(workspace_id, identity, item_id, prospect_id, account_id, at) "
    "ORDER BY workspace_id, identity ON CONFLICT (workspace_id, identity) DO UPDATE "
    "SET at = contacted.at WHERE contacted.item_id = excluded.item_id "
    "OR contacted.prospect_id = excluded.prospect_id";

/* A human to whom others wrote long ago. Of two claims that want the row at the same moment the
 * second finds the first one's, which is new. $1 workspaces, $2 identities, $3 before when. */
static const char again_sql[] =
    "WITH old AS MATERIALIZED (SELECT k.workspace_id, k.identity "
    "FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS x(workspace_id, identity, before) "
    "JOIN contacted k ON k.workspace_id = x.workspace_id AND k.identity = x.identity "
    "AND k.at < x.before ORDER BY 1, 2 FOR UPDATE OF k) "
    "DELETE FROM contacted k USING old WHERE k.workspace_id = old.workspace_id "
    "AND k.identity = old.identity";

/* The status is a parameter: a constant would match the partial index of all published items, and
 * tempt the planner to walk it. */
static const char items_sql[] =
    "UPDATE send_queue i SET status = 'sending', reason = 'none', reason_detail = NULL, "
    "attempt_id = x.attempt_id, sweep_at = $4, unclaimed = 0, "
    "message = CASE WHEN x.leave_out THEN '' ELSE i.message END, "
    "note_done = CASE WHEN x.leave_out THEN $7 ELSE i.note_done END "
    "FROM unnest($1::uuid[], $2::uuid[], $3::int[], $6::bool[]) "
    "AS x(id, attempt_id, dispatch, leave_out) "
    "WHERE i.id = x.id AND i.status = $5 AND i.dispatch = x.dispatch";

static const char attempts_sql[] =
    "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, item_id, "
    "message_type, kind, identities, started_at, start_by, noted) "
    "SELECT x.id, x.workspace_id, x.account_id, x.campaign_id, x.prospect_id, x.item_id, "
    "x.message_type, x.kind, array_remove(ARRAY[x.v, x.p], NULL), $11, $12, "
    "x.noted "
    "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], "
    "$7::text[], $8::text[], $9::text[], $10::text[], $13::bool[]) AS x(id, workspace_id, "
    "account_id, campaign_id, prospect_id, item_id, message_type, kind, v, p, noted)";

#define EACH_GRANT(array, add)                                                                     \
    do {                                                                                           \
        pg_array_open(p, array);                                                                   \
        for (size_t i = 0; i < b->grants_count; i++) {                                             \
            const struct grant *g = b->grants[i];                                                  \
            add;                                                                                   \
        }                                                                                          \
        pg_array_close(p);                                                                         \
    } while (0)

#define EACH_IDENTITY(array, add)                                                                  \
    do {                                                                                           \
        pg_array_open(p, array);                                                                   \
        for (size_t i = 0; i < b->grants_count * EVENT_IDENTITIES_MAX; i++) {                      \
            const struct grant *g = b->grants[i / EVENT_IDENTITIES_MAX];                           \
            const char *identity = g->attempt.identities[i % EVENT_IDENTITIES_MAX];                \
            if (*identity)                                                                         \
                add;                                                                               \
        }                                                                                          \
        pg_array_close(p);                                                                         \
    } while (0)

static void expect(struct claim_batch *b, size_t rows)
{
    b->expected[b->expected_count++] = (int64_t)rows;
}

int64_t claim_batch_expected(struct claim_batch *b)
{
    return b->expected[b->expected_at++];
}

static void write_again(struct claim_batch *b, struct pg_async *pg)
{
    struct pg_params *p = &b->params;
    pg_params_reset(p);
    EACH_IDENTITY(PG_ARRAY_UUID, pg_item_uuid(p, &g->workspace_id));
    EACH_IDENTITY(PG_ARRAY_TEXT, pg_item_text(p, identity));
    EACH_IDENTITY(PG_ARRAY_TIME, pg_item_time(p, g->again_before_ms));
    pg_async_send(pg, "claim_again", again_sql, p, NULL, NULL);
}

static void write_identities(struct claim_batch *b, struct pg_async *pg, pg_async_fn *fn, void *ctx)
{
    struct pg_params *p = &b->params;
    pg_params_reset(p);
    EACH_IDENTITY(PG_ARRAY_UUID, pg_item_uuid(p, &g->workspace_id));
    EACH_IDENTITY(PG_ARRAY_TEXT, pg_item_text(p, identity));
    EACH_IDENTITY(PG_ARRAY_UUID, pg_item_uuid(p, &g->attempt.item_id));
    EACH_IDENTITY(PG_ARRAY_UUID, pg_item_uuid(p, &g->attempt.person_id));
    EACH_IDENTITY(PG_ARRAY_UUID, pg_item_uuid(p, &g->account_id));
    EACH_IDENTITY(PG_ARRAY_TIME, pg_item_time(p, b->db_now_ms));
    expect(b, b->identities_count);
    pg_async_send(pg, "claim_contacted", contacted_sql, p, fn, ctx);
}

static void write_items(struct claim_batch *b, struct pg_async *pg, int64_t call_timeout_ms,
                        pg_async_fn *fn, void *ctx)
{
    struct pg_params *p = &b->params;
    pg_params_reset(p);
    EACH_GRANT(PG_ARRAY_UUID, pg_item_uuid(p, &g->attempt.item_id));
    EACH_GRANT(PG_ARRAY_UUID, pg_item_uuid(p, &g->attempt.id));
    EACH_GRANT(PG_ARRAY_I32, pg_item_i32(p, (int32_t)g->dispatch));
    pg_add_time(p, b->db_now_ms + b->start_by_ms + call_timeout_ms + RECONCILE_MARGIN_MS);
    pg_add_text(p, item_status_name(ITEM_PUBLISHED));
    EACH_GRANT(PG_ARRAY_BOOL, pg_item_bool(p, g->leave_note_out));
    pg_add_text(p, note_done_name(NOTE_LEFT_OUT_MONTHLY));
    expect(b, b->grants_count);
    pg_async_send(pg, "claim_items", items_sql, p, fn, ctx);
}

static void write_attempts(struct claim_batch *b, struct pg_async *pg, pg_async_fn *fn, void *ctx)
{
    struct pg_params *p = &b->params;
    pg_params_reset(p);
    EACH_GRANT(PG_ARRAY_UUID, pg_item_uuid(p, &g->attempt.id));
    EACH_GRANT(PG_ARRAY_UUID, pg_item_uuid(p, &g->workspace_id));
    EACH_GRANT(PG_ARRAY_UUID, pg_item_uuid(p, &g->account_id));
    EACH_GRANT(PG_ARRAY_UUID, pg_item_uuid(p, &g->attempt.campaign_id));
    EACH_GRANT(PG_ARRAY_UUID, pg_item_uuid(p, &g->attempt.person_id));
    EACH_GRANT(PG_ARRAY_UUID, pg_item_uuid(p, &g->attempt.item_id));
    EACH_GRANT(PG_ARRAY_TEXT, pg_item_text(p, g->attempt.message_type));
    EACH_GRANT(PG_ARRAY_TEXT, pg_item_text(p, call_kind_name(g->attempt.kind)));
    EACH_GRANT(PG_ARRAY_TEXT, pg_item_filled(p, g->attempt.identities[0]));
    EACH_GRANT(PG_ARRAY_TEXT, pg_item_filled(p, g->attempt.identities[1]));
    pg_add_time(p, b->db_now_ms);
    pg_add_time(p, b->db_now_ms + b->start_by_ms);
    EACH_GRANT(PG_ARRAY_BOOL,
               pg_item_bool(p, g->attempt.kind == CALL_INVITATION && !g->attempt.without_note));
    expect(b, b->grants_count);
    pg_async_send(pg, "claim_attempts", attempts_sql, p, fn, ctx);
}

static void write_verdicts(struct claim_batch *b, struct pg_async *pg, pg_async_fn *exact,
                           pg_async_fn *other, void *ctx)
{
    const struct verdicts *v = &b->verdicts;
    struct pg_params *p = &b->params;
    if (v->count == 0)
        return;
    verdicts_items_params(v, p);
    expect(b, v->count);
    pg_async_send(pg, "verdict_items", verdicts_items_sql, p, exact, ctx);
    if (v->any_cancelled) {
        verdicts_people_params(v, p);
        pg_async_send(pg, "verdict_people", verdicts_people_sql, p, other, ctx);
        verdicts_contacted_params(v, p);
        pg_async_send(pg, "verdict_contacted", verdicts_contacted_sql, p, other, ctx);
    }
    if (v->any_replan) {
        verdicts_replan_params(v, p);
        pg_async_send(pg, "verdict_replan", verdicts_replan_sql, p, other, ctx);
    }
    pg_params_reset(p);
    pg_array_open(p, PG_ARRAY_UUID);
    for (size_t i = 0; i < v->count; i++)
        pg_item_uuid(p, &v->rows[i].account_id);
    pg_array_close(p);
    pg_async_send(pg, "verdict_due", verdicts_due_sql, p, other, ctx);
}

void claim_batch_write(struct claim_batch *b, struct pg_async *pg, pg_async_fn *exact,
                       pg_async_fn *last, void *ctx)
{
    int64_t call_timeout_ms = b->count ? b->works[0]->worker->settings->unipile.timeout_ms : 0;
    b->expected_count = 0;
    b->expected_at = 0;
    if (b->again)
        write_again(b, pg);
    if (b->identities_count > 0)
        write_identities(b, pg, exact, ctx);
    if (b->grants_count > 0) {
        write_items(b, pg, call_timeout_ms, exact, ctx);
        write_attempts(b, pg, exact, ctx);
    }
    write_verdicts(b, pg, exact, NULL, ctx);
    /* a statement whose answer comes last, whatever was written */
    pg_async_send(pg, "claim_written", "SELECT 1", NULL, last, ctx);
    pg_async_sync(pg);
}
