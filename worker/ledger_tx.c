#include "worker/ledger_tx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/migrate.h"
#include "common/base/failpoint.h"
#include "worker/apply_sql.h"

#include "common/base/banned.h"

enum stage { STAGE_IDLE, STAGE_LOAD, STAGE_WRITE, STAGE_ASIDE, STAGE_ROLLBACK };

struct ledger_tx {
    struct ledger_tx_options o;
    struct pg_params params;
    const struct event *events;
    size_t count;
    const struct ledger_move *moves;
    size_t moves_count;
    struct apply_batch rows;
    struct uuid *orphans; /* owned, sorted */
    enum stage stage;
    enum ledger_tx_result result; /* told after the rollback */
    enum pg_failure failure;      /* the first of this stage */
    enum pg_failure cause;        /* of the last result */
    bool moved;                   /* compare and set did not match */
    enum apply_load load;
    bool behind; /* Postgres lacked what the last events spoke of: so it will with the next */
    char error[400];
};

/* Also not where another ledger's database was loaded meanwhile ($5): equal positions say nothing
 * there. Nor by a program that is too old for the schema ($6), as the gate will see in a moment. */
static const char positions_sql[] =
    "UPDATE ledger_positions p SET next_offset = x.next_offset, last_event_id = x.id, "
    "updated_at = sam_now(), halted_reason = NULL FROM unnest($1::int[], $2::bigint[], "
    "$3::bigint[], $4::uuid[]) "
    "AS x(partition, from_offset, next_offset, id) "
    "WHERE p.partition = x.partition AND p.next_offset = x.from_offset "
    "AND EXISTS (SELECT FROM ledger WHERE ledger_id = $5) AND " MIGRATE_OLDEST_SQL " <= $6";

/* All or nothing: where another worker has applied the event, the position does not move. What an
 * operator has cleared stays so when the ledger is read again. What a program does not know that is
 * too old for the schema ($9) is put aside by nobody. */
static const char aside_sql[] =
    "WITH moved AS (UPDATE ledger_positions SET next_offset = $2 + 1, last_event_id = $3, "
    "updated_at = sam_now(), halted_reason = NULL WHERE partition = $1 AND next_offset = $7 "
    "AND EXISTS (SELECT FROM ledger WHERE ledger_id = $8) AND " MIGRATE_OLDEST_SQL " <= $9 "
    "RETURNING partition), "
    "kept AS (INSERT INTO ledger_aside (partition, event_offset, event_id, account_id, reason, "
    "record) SELECT m.partition, $2, $3, $4, $5, $6 FROM moved m "
    "ON CONFLICT (partition, event_offset) DO NOTHING), "
    "blocked AS (UPDATE linkedin_accounts a SET blocked_reason = $5 FROM moved "
    "WHERE a.id = $4 AND a.blocked_reason IS NULL AND NOT EXISTS (SELECT FROM ledger_aside x "
    "WHERE x.partition = $1 AND x.event_offset = $2 AND x.cleared_at IS NOT NULL)) "
    "SELECT partition FROM moved";

struct ledger_tx *ledger_tx_new(const struct ledger_tx_options *options)
{
    struct ledger_tx *tx = sam_xcalloc(1, sizeof(*tx));
    tx->o = *options;
    pg_params_init(&tx->params);
    return tx;
}

static void forget(struct ledger_tx *tx)
{
    apply_deinit(&tx->rows);
    free(tx->orphans);
    tx->orphans = NULL;
    tx->failure = PG_FINE;
    tx->moved = false;
}

void ledger_tx_free(struct ledger_tx *tx)
{
    if (!tx)
        return;
    forget(tx);
    pg_params_deinit(&tx->params);
    free(tx);
}

static void finish(struct ledger_tx *tx, enum ledger_tx_result result)
{
    tx->cause = tx->failure;
    forget(tx);
    tx->stage = STAGE_IDLE;
    tx->o.fn(tx->o.ctx, result, tx->error);
}

enum pg_failure ledger_tx_cause(const struct ledger_tx *tx)
{
    return tx->cause;
}

/* The first failure of a stage is the cause; what follows was skipped. */
static void note(struct ledger_tx *tx, enum pg_failure failure, const char *error)
{
    if (!failure || tx->failure)
        return;
    tx->failure = failure;
    (void)snprintf(tx->error, sizeof(tx->error), "%s", error);
}

static void on_rolled_back(void *ctx, enum pg_failure failure, const struct pg_result *r,
                           const char *error)
{
    struct ledger_tx *tx = ctx;
    (void)r;
    (void)error;
    finish(tx, failure == PG_LOST ? LEDGER_TX_LOST : tx->result);
}

static void give_up(struct ledger_tx *tx)
{
    switch (tx->failure) {
    case PG_LOST:
        finish(tx, LEDGER_TX_LOST);
        return;
    case PG_FINE: /* the positions have moved */
        tx->result = LEDGER_TX_MOVED;
        break;
    case PG_RETRY:
        tx->result = LEDGER_TX_RETRY;
        break;
    case PG_WAIT:
    case PG_SCHEMA: /* a newer release migrates: every event would look bad */
    case PG_VALUE:
    case PG_BUG: /* nobody knows what is wrong: that is not the event's fault */
        tx->result = LEDGER_TX_WAIT;
        break;
    case PG_REFUSED: /* by the event's own data */
        tx->result = LEDGER_TX_REFUSED;
        break;
    }
    tx->stage = STAGE_ROLLBACK;
    pg_async_send(tx->o.pg, "rollback", "ROLLBACK", NULL, on_rolled_back, tx);
    pg_async_sync(tx->o.pg);
}

static void on_written(void *ctx, enum pg_failure failure, const struct pg_result *r,
                       const char *error)
{
    (void)r;
    note(ctx, failure, error);
}

/* Only a change is told, and only when it stands: one line for each time that an account breaks. */
static void tell_broken(const struct ledger_tx *tx)
{
    for (size_t i = 0; i < tx->rows.accounts_count; i++) {
        const struct apply_account *a = &tx->rows.accounts[i];
        if (apply_account_broke(a))
            log_error(tx->o.log, "account_stopped", LOG_UUID("account", &a->id),
                      LOG_STR("name", a->name), LOG_STR("status", account_status_name(a->status)),
                      LOG_STR("why", a->reason),
                      LOG_MSG("nothing is sent for it until Unipile has it back and `samctl "
                              "account resume` says so"));
    }
}

static bool speaks_of_a_call(const struct ledger_tx *tx)
{
    for (size_t i = 0; i < tx->count; i++) {
        if (tx->events[i].type == EVENT_ATTEMPT_ENDED)
            return true;
    }
    return false;
}

static void on_committed(void *ctx, enum pg_failure failure, const struct pg_result *r,
                         const char *error)
{
    struct ledger_tx *tx = ctx;
    (void)r;
    note(tx, failure, error);
    if (tx->failure) {
        give_up(tx);
        return;
    }
    if (speaks_of_a_call(tx))
        failpoint(FAILPOINT_APPLY_COMMITTED);
    if (!tx->moved)
        tell_broken(tx);
    finish(tx, tx->moved ? LEDGER_TX_MOVED : LEDGER_TX_DONE);
}

static void load(struct ledger_tx *tx, enum apply_load load);

/* Postgres lacks something that the events speak of: a start (it came through the outbox of a
 * process that is gone, or the database was restored), or an item. */
static bool lacks_rows(struct ledger_tx *tx)
{
    if (tx->rows.orphans_count > 0)
        return true;
    for (size_t i = 0; i < tx->count; i++) {
        const struct event_attempt *a = &tx->events[i].attempt;
        if (tx->events[i].type == EVENT_ATTEMPT_ENDED &&
            (!apply_attempt(&tx->rows, &a->id) || !apply_item(&tx->rows, a)))
            return true;
    }
    return false;
}

static int by_uuid(const void *x, const void *y)
{
    return uuid_compare(x, y);
}

static void write_all(struct ledger_tx *tx)
{
    tx->stage = STAGE_WRITE;
    if (speaks_of_a_call(tx))
        failpoint(FAILPOINT_APPLY_LOADED);
    if (tx->load == APPLY_FULL)
        apply_restored(&tx->rows);
    for (size_t i = 0; i < tx->count; i++)
        apply_event(&tx->rows, &tx->events[i]);
    apply_sql_write(&(struct apply_writer){.pg = tx->o.pg,
                                           .params = &tx->params,
                                           .b = &tx->rows,
                                           .events = tx->events,
                                           .count = tx->count,
                                           .times = tx->o.times,
                                           .fn = on_written,
                                           .ctx = tx});
    pg_async_send(tx->o.pg, "commit", "COMMIT", NULL, on_committed, tx);
    pg_async_sync(tx->o.pg);
}

static void on_attempts(void *ctx, enum pg_failure failure, const struct pg_result *r,
                        const char *error)
{
    struct ledger_tx *tx = ctx;
    note(tx, failure, error);
    if (failure || pg_rows(r) == 0)
        return;
    size_t n = (size_t)pg_rows(r);
    free(tx->orphans); /* none: the stage begins without */
    tx->orphans = sam_xcalloc(n, sizeof(*tx->orphans));
    for (size_t i = 0; i < n; i++)
        tx->orphans[i] = pg_uuid(r, (int)i, 0);
    qsort(tx->orphans, n, sizeof(*tx->orphans), by_uuid);
    tx->rows.orphans = tx->orphans;
    tx->rows.orphans_count = n;
}

static void on_positions(void *ctx, enum pg_failure failure, const struct pg_result *r,
                         const char *error)
{
    struct ledger_tx *tx = ctx;
    note(tx, failure, error);
    if (!failure && pg_affected(r) != (int64_t)tx->moves_count)
        tx->moved = true;
}

static void on_accounts(void *ctx, enum pg_failure failure, const struct pg_result *r,
                        const char *error)
{
    struct ledger_tx *tx = ctx;
    note(tx, failure, error);
    if (!failure)
        apply_sql_read_accounts(&tx->rows, tx->o.facts, r);
}

static void on_items(void *ctx, enum pg_failure failure, const struct pg_result *r,
                     const char *error)
{
    struct ledger_tx *tx = ctx;
    note(tx, failure, error);
    if (!failure)
        apply_sql_read_items(&tx->rows, r);
}

static void on_item_attempts(void *ctx, enum pg_failure failure, const struct pg_result *r,
                             const char *error)
{
    struct ledger_tx *tx = ctx;
    note(tx, failure, error);
    if (!failure)
        apply_sql_read_attempts(&tx->rows, r);
}

static void on_people(void *ctx, enum pg_failure failure, const struct pg_result *r,
                      const char *error)
{
    struct ledger_tx *tx = ctx;
    note(tx, failure, error);
    if (!failure)
        apply_sql_read_people(&tx->rows, r);
    if (tx->rows.unknown[0])
        note(tx, PG_VALUE, tx->rows.unknown);
    if (tx->failure || tx->moved) {
        give_up(tx);
        return;
    }
    apply_index(&tx->rows);
    tx->behind = lacks_rows(tx);
    if (tx->load == APPLY_LEAN && tx->behind) {
        pg_async_send(tx->o.pg, "rollback", "ROLLBACK", NULL, NULL, NULL);
        load(tx, APPLY_FULL);
        return;
    }
    write_all(tx);
}

static void send_positions(struct ledger_tx *tx)
{
    struct pg_params *p = &tx->params;
    pg_params_reset(p);
    pg_array_open(p, PG_ARRAY_I32);
    for (size_t i = 0; i < tx->moves_count; i++)
        pg_item_i32(p, tx->moves[i].partition);
    pg_array_close(p);
    pg_array_open(p, PG_ARRAY_I64);
    for (size_t i = 0; i < tx->moves_count; i++)
        pg_item_i64(p, tx->moves[i].from_offset);
    pg_array_close(p);
    pg_array_open(p, PG_ARRAY_I64);
    for (size_t i = 0; i < tx->moves_count; i++)
        pg_item_i64(p, tx->moves[i].next_offset);
    pg_array_close(p);
    pg_array_open(p, PG_ARRAY_UUID);
    for (size_t i = 0; i < tx->moves_count; i++)
        pg_item_uuid(p, uuid_is_null(&tx->moves[i].last_event_id) ? NULL
                                                                  : &tx->moves[i].last_event_id);
    pg_array_close(p);
    pg_add_uuid(p, &tx->o.ledger_id);
    pg_add_i32(p, migrate_version());
    pg_async_send(tx->o.pg, "ledger_positions", positions_sql, p, on_positions, tx);
}

static void load(struct ledger_tx *tx, enum apply_load load)
{
    struct pg_params *p = &tx->params;
    forget(tx);
    tx->stage = STAGE_LOAD;
    tx->load = load;
    pg_async_send(tx->o.pg, "begin", "BEGIN", NULL, on_written, tx);
    if (apply_sql_attempts(tx->events, tx->count, load, p))
        pg_async_send(tx->o.pg, "apply_attempts", apply_attempts_sql, p, on_attempts, tx);
    send_positions(tx);
    if (apply_sql_accounts(tx->events, tx->count, load, p))
        pg_async_send(tx->o.pg, "apply_lock_all", apply_workspaces_accounts_sql, p, on_accounts,
                      tx);
    else
        pg_async_send(tx->o.pg, "apply_lock", apply_accounts_sql, p, on_accounts, tx);
    if (load == APPLY_FULL) {
        apply_sql_forgotten(tx->events, tx->count, p);
        pg_async_send(tx->o.pg, "apply_forgotten", apply_forgotten_sql, p, on_written, tx);
    }
    apply_sql_items(tx->events, tx->count, load, p);
    if (load == APPLY_LEAN)
        pg_async_send(tx->o.pg, "apply_load_items", apply_items_sql, p, on_items, tx);
    else
        pg_async_send(tx->o.pg, "apply_load_items_full", apply_items_full_sql, p, on_items, tx);
    apply_sql_item_attempts(tx->events, tx->count, load, p);
    pg_async_send(tx->o.pg, "apply_item_attempts", apply_item_attempts_sql, p, on_item_attempts,
                  tx);
    apply_sql_people(tx->events, tx->count, load, p);
    pg_async_send(tx->o.pg, "apply_load_people", apply_people_sql, &tx->params, on_people, tx);
    pg_async_sync(tx->o.pg);
}

void ledger_tx_begin(struct ledger_tx *tx, const struct event *events, size_t count,
                     const struct ledger_move *moves, size_t moves_count)
{
    tx->events = events;
    tx->count = count;
    tx->moves = moves;
    tx->moves_count = moves_count;
    load(tx, tx->behind ? APPLY_FULL : APPLY_LEAN);
}

static void on_aside(void *ctx, enum pg_failure failure, const struct pg_result *r,
                     const char *error)
{
    struct ledger_tx *tx = ctx;
    note(tx, failure, error);
    if (!failure && pg_rows(r) == 0)
        tx->moved = true;
}

void ledger_tx_aside(struct ledger_tx *tx, const struct ledger_aside *aside,
                     const struct ledger_move *move)
{
    struct pg_params *p = &tx->params;
    bool has_account = !uuid_is_null(&aside->account_id);
    forget(tx);
    tx->stage = STAGE_ASIDE;
    pg_async_send(tx->o.pg, "begin", "BEGIN", NULL, on_written, tx);
    pg_params_reset(p);
    pg_add_i32(p, move->partition);
    pg_add_i64(p, aside->offset);
    pg_add_uuid(p, uuid_is_null(&move->last_event_id) ? NULL : &move->last_event_id);
    pg_add_uuid(p, has_account ? &aside->account_id : NULL);
    pg_add_text(p, aside->reason);
    pg_add_bytes(p, aside->record, aside->record_bytes);
    pg_add_i64(p, move->from_offset);
    pg_add_uuid(p, &tx->o.ledger_id);
    pg_add_i32(p, migrate_version());
    pg_async_send(tx->o.pg, "ledger_aside", aside_sql, p, on_aside, tx);
    pg_async_send(tx->o.pg, "commit", "COMMIT", NULL, on_committed, tx);
    pg_async_sync(tx->o.pg);
}
