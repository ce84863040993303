/* The claim (design 3.5): lock the accounts, load the facts, decide in C, write the verdicts, have
 * attempt.started acknowledged by Kafka, commit; only then is a call made.
 *
 *   BEGIN, lock ─▶ load ─▶ decide, write ─▶ attempt.started ─▶ COMMIT ─▶ send
 *
 * A failure anywhere before the commit's answer leaves no call behind: attempts that Kafka has seen
 * begin are told to have ended untried. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/base/random.h"
#include "worker/claim_batch.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define SKIPPED_MS     20 /* another transaction has the account: try again */
#define SKIPS_MAX      50 /* one after another: is there such an account at all? */
#define TROUBLE_MS     1000
#define STARTED_MAX_MS (8 * SECOND_MS) /* Kafka has not acknowledged: give the claim up */

enum claim_stage {
    CLAIM_IDLE,
    CLAIM_LOCK,
    CLAIM_LOAD,
    CLAIM_WRITE,
    CLAIM_STARTED,
    CLAIM_COMMIT,
    CLAIM_ROLLBACK
};

/* One attempt.started on its way; the claim waits for all of them. */
struct started {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    struct claim *claim;
};

struct claim {
    struct worker *w;
    struct pg_async *pg;
    enum claim_stage stage;
    struct claim_batch batch;
    enum pg_failure failure; /* the first of this stage */
    char error[256];
    struct started *started;  /* one per place in a batch; librdkafka's while pending */
    size_t pending;           /* not reported on */
    bool unacknowledged;      /* one of them failed */
    int unacknowledged_errno; /* of the first */
    bool orphaned;            /* the connection went while some were pending */
    struct gate_floor *floor;
    struct loop_timer timer;
    int64_t begun_us;
    int64_t begun_boot_ms;
    size_t batch_max; /* after a failure; 0 = as many as there is room for */
};

static void note(struct claim *c, enum pg_failure failure, const char *error)
{
    if (!failure || c->failure)
        return;
    size_t n = strnlen(error, sizeof(c->error) - 1);
    c->failure = failure;
    memcpy(c->error, error, n);
    c->error[n] = '\0';
}

/* ---- the end of a claim --------------------------------------------------------------------- */

static void ignore(struct claim *c, struct work *work)
{
    metrics_add(c->w->metrics, METRIC_JOBS_STALE, 1);
    work_settle(work);
}

static void again(struct claim *c, struct work *work, int64_t at_boot_ms)
{
    if (work->orphan)
        ignore(c, work);
    else if (work->given_back)
        work_drop(work);
    else
        work_later(work, at_boot_ms);
}

/* Works go back to the ready list (or are settled by who comes first: a stale job is recognised).
 */
static void finish_undone(struct claim *c, int64_t delay_ms)
{
    struct claim_batch *b = &c->batch;
    int64_t at_boot_ms = clock_boot_ms() + delay_ms + (int64_t)random_below((uint64_t)delay_ms + 1);
    for (size_t i = 0; i < b->count; i++)
        again(c, b->works[i], at_boot_ms);
    claim_batch_reset(b);
    c->stage = CLAIM_IDLE;
}

static void untry(struct claim *c, const char *why)
{
    for (size_t i = 0; i < c->batch.grants_count; i++)
        send_untried(c->w, c->batch.grants[i], why);
}

static void on_rolled_back(void *ctx, enum pg_failure failure, const struct pg_result *r,
                           const char *error)
{
    struct claim *c = ctx;
    (void)r;
    (void)failure;
    (void)error;
    /* no failure at all: none of the accounts could be locked just now */
    bool passing = c->failure == PG_RETRY || c->failure == PG_FINE;
    finish_undone(c, passing ? SKIPPED_MS : TROUBLE_MS);
}

static void roll_back(struct claim *c)
{
    c->stage = CLAIM_ROLLBACK;
    pg_async_send(c->pg, "rollback", "ROLLBACK", NULL, on_rolled_back, c);
    pg_async_sync(c->pg);
}

/* Before anything was told to Kafka. */
static void fail(struct claim *c)
{
    if (c->failure != PG_RETRY) {
        /* so that a job that cannot be claimed stands alone in the end */
        c->batch_max = c->batch.count > 1 ? c->batch.count / 2 : 1;
        metrics_add_label(c->w->metrics, METRIC_POSTGRES_FAILED, c->failure, 1);
        if (c->failure == PG_VALUE)
            stops_value(c->w->stops, c->error);
        else
            log_warn(c->w->log, "claim_failed", LOG_INT("jobs", c->batch.count), LOG_MSG(c->error));
    }
    if (c->failure == PG_LOST)
        finish_undone(c, TROUBLE_MS);
    else
        roll_back(c);
}

static void settle_all(struct claim *c)
{
    struct claim_batch *b = &c->batch;
    int64_t now = clock_boot_ms();
    for (size_t i = 0; i < b->count; i++) {
        switch (b->fates[i]) {
        case FATE_SKIPPED:
            again(c, b->works[i], now + SKIPPED_MS);
            break;
        case FATE_WAIT:
            again(c, b->works[i], b->wait_until_db_ms[i] - c->w->db_minus_boot_ms);
            break;
        case FATE_STALE:
            ignore(c, b->works[i]);
            break;
        case FATE_PREPARE:
            b->works[i]->current = true;
            if (b->works[i]->given_back)
                work_drop(b->works[i]);
            else
                work_advance(b->works[i]);
            break;
        case FATE_GRANTED:
        case FATE_REFUSED:
            work_settle(b->works[i]);
            break;
        }
    }
}

static void on_committed(void *ctx, enum pg_failure failure, const struct pg_result *r,
                         const char *error)
{
    struct claim *c = ctx;
    struct claim_batch *b = &c->batch;
    (void)r;
    if (failure) {
        /* whether it is there or not: its attempts have not been tried and never will be */
        log_warn(c->w->log, "claim_commit_lost", LOG_INT("grants", b->grants_count),
                 LOG_MSG(error));
        untry(c, "commit_lost");
        finish_undone(c, TROUBLE_MS);
        return;
    }
    if (b->grants_count)
        failpoint(FAILPOINT_CLAIM_COMMITTED);
    metrics_observe(c->w->metrics, METRIC_CLAIM_SIZE, (int64_t)b->count);
    metrics_observe(c->w->metrics, METRIC_CLAIM_SECONDS, clock_monotonic_us() - c->begun_us);
    c->batch_max = c->batch_max ? c->batch_max * 2 : 0;
    settle_all(c);
    for (size_t i = 0; i < b->verdicts.count; i++)
        metrics_add_label(c->w->metrics, METRIC_RETURNS, b->verdicts.rows[i].reason, 1);
    for (size_t i = 0; i < b->grants_count; i++) {
        metrics_add_label(c->w->metrics, METRIC_GRANTS, b->grants[i]->attempt.kind, 1);
        send_granted(c->w, b->grants[i]);
        b->grants[i] = NULL;
    }
    claim_batch_reset(b);
    c->stage = CLAIM_IDLE;
}

static void commit(struct claim *c)
{
    c->stage = CLAIM_COMMIT;
    pg_async_send(c->pg, "commit", "COMMIT", NULL, on_committed, c);
    pg_async_sync(c->pg);
}

void claim_leave(struct claim *c)
{
    if (c && (c->stage == CLAIM_STARTED || c->stage == CLAIM_COMMIT)) {
        untry(c, "leaving");
        c->stage = CLAIM_IDLE;
    }
}

/* ---- attempt.started ------------------------------------------------------------------------ */

static void unacknowledged(struct claim *c, int error)
{
    c->unacknowledged_errno = c->unacknowledged ? c->unacknowledged_errno : error;
    c->unacknowledged = true;
}

static void started_over(struct claim *c)
{
    loop_timer_cancel(c->w->loop, &c->timer);
    if (c->orphaned || c->unacknowledged) {
        c->failure = c->failure ? c->failure : PG_BUG;
        untry(c, c->orphaned ? "claim_lost" : "kafka_unavailable");
        if (c->unacknowledged)
            stops_unwritten(c->w->stops, kafka_error_text(c->unacknowledged_errno));
        if (c->orphaned)
            finish_undone(c, TROUBLE_MS);
        else
            roll_back(c);
        return;
    }
    stops_written(c->w->stops);
    failpoint(FAILPOINT_STARTED_ACKED);
    commit(c);
}

static void on_started(struct kafka_delivery *d, int error, int32_t partition, int64_t offset)
{
    struct claim *c = ((struct started *)d)->claim;
    (void)partition;
    (void)offset;
    c->pending--;
    if (error)
        unacknowledged(c, error);
    if (c->pending == 0 && c->stage == CLAIM_STARTED)
        started_over(c);
}

/* Too late for a call to begin; the locks are given back now, what Kafka may still take is told to
 * have ended when it has reported on the last one. */
static void on_timeout(void *ctx)
{
    struct claim *c = ctx;
    log_warn(c->w->log, "kafka_slow", LOG_INT("unacknowledged", c->pending));
    unacknowledged(c, -ETIMEDOUT);
    pg_async_reset(c->pg, "the claim was given up: Kafka does not acknowledge");
}

static void produce_started(struct claim *c)
{
    struct buf record = BUF_INIT(RECORD_MAX_BYTES);
    struct claim_batch *b = &c->batch;
    c->stage = CLAIM_STARTED;
    c->pending = 1; /* until all are produced */
    c->unacknowledged = false;
    c->unacknowledged_errno = 0;
    c->orphaned = false;
    loop_timer_after(c->w->loop, &c->timer, STARTED_MAX_MS);
    for (size_t i = 0; i < b->grants_count; i++) {
        struct event event = {.type = EVENT_ATTEMPT_STARTED,
                              .id = uuid_v7(),
                              .ledger_id = c->w->ledger_id,
                              .workspace_id = b->grants[i]->workspace_id,
                              .account_id = b->grants[i]->account_id,
                              .at_ms = b->db_now_ms,
                              .attempt = b->grants[i]->attempt};
        event_encode(&event, &record);
        c->started[i] = (struct started){{on_started}, c};
        struct cloud_event e = {.topic = c->w->topic_events,
                                .key = &event.account_id,
                                .type = event_type_name(event.type),
                                .source = "/sam/worker",
                                .id = event.id,
                                .value = buf_text(&record),
                                .value_bytes = record.len,
                                .delivery = &c->started[i].delivery};
        c->pending++;
        int r = cloud_event_produce(c->w->kafka, &e);
        if (r != 0)
            on_started(&c->started[i].delivery, r, 0, 0);
    }
    buf_deinit(&record);
    failpoint(FAILPOINT_STARTED_PRODUCED);
    c->pending--;
    if (c->pending == 0)
        started_over(c);
}

/* ---- Postgres ------------------------------------------------------------------------------- */

static void on_any(void *ctx, enum pg_failure failure, const struct pg_result *r, const char *error)
{
    (void)r;
    note(ctx, failure, error);
}

/* Every write must have touched exactly what was decided on; anything else means that the facts
 * have moved (another first contact, another dispatch), and the whole claim is done again. */
static void on_exact(void *ctx, enum pg_failure failure, const struct pg_result *r,
                     const char *error)
{
    struct claim *c = ctx;
    note(c, failure, error);
    if (!failure && pg_affected(r) != claim_batch_expected(&c->batch))
        note(c, PG_RETRY, "the facts have moved");
}

static void on_written(void *ctx, enum pg_failure failure, const struct pg_result *r,
                       const char *error)
{
    struct claim *c = ctx;
    (void)r;
    note(c, failure, error);
    if (c->failure)
        fail(c);
    else if (c->batch.grants_count > 0) {
        failpoint(FAILPOINT_CLAIM_WRITTEN);
        produce_started(c);
    } else
        commit(c);
}

static void on_loaded(void *ctx, enum pg_failure failure, const struct pg_result *r,
                      const char *error)
{
    struct claim *c = ctx;
    note(c, failure, error);
    if (!c->failure && claim_batch_decide(&c->batch, c->w, r) != 0)
        note(c, PG_VALUE, facts_unknown(c->w->facts));
    if (c->failure) {
        fail(c);
        return;
    }
    c->stage = CLAIM_WRITE;
    claim_batch_write(&c->batch, c->pg, on_exact, on_written, c);
}

static void on_positions(void *ctx, enum pg_failure failure, const struct pg_result *r,
                         const char *error)
{
    struct claim *c = ctx;
    bool fits = false;
    note(c, failure, error);
    if (failure)
        gate_unread(c->w->gate, failure, error);
    else
        fits = gate_positions(c->w->gate, c->floor, r) >= 0;
    if (c->failure) {
        fail(c);
        return;
    }
    if (claim_batch_close_gated(&c->batch, c->w->gate) == 0 || !fits) {
        roll_back(c); /* nothing could be locked, or the gate has just shut */
        return;
    }
    c->stage = CLAIM_LOAD;
    claim_batch_load(&c->batch, c->pg, c->w->facts, on_loaded, c);
}

static void on_locked(void *ctx, enum pg_failure failure, const struct pg_result *r,
                      const char *error)
{
    struct claim *c = ctx;
    note(c, failure, error);
    if (failure)
        return;
    claim_batch_locked(&c->batch, c->w->facts, r);
    if (!c->batch.db_now_ms)
        return;
    int64_t now = clock_boot_ms();
    const struct clock_reading reading = {c->batch.db_clock_ms, c->begun_boot_ms, now,
                                          clock_wall_ms()};
    works_clock(c->w, c->batch.db_now_ms, now);
    stops_clock(c->w->stops, &reading);
    if (stops_clock_bad(c->w->stops))
        note(c, PG_WAIT, "the database's clock cannot be relied on");
}

static void on_known(void *ctx, enum pg_failure failure, const struct pg_result *r,
                     const char *error)
{
    struct claim *c = ctx;
    note(c, failure, error);
    if (!failure)
        claim_batch_known(&c->batch, r);
}

static size_t room(const struct worker *w)
{
    size_t max = (size_t)w->settings->unipile.max_in_flight;
    size_t used = w->sending;
    for (size_t i = 0; i < WORKER_CLAIMS_MAX; i++)
        used += claim_busy(w->claims[i]) ? w->claims[i]->batch.count : 0;
    size_t free_places = unipile_room(w->unipile);
    size_t left = used < max ? max - used : 0;
    return left < free_places ? left : free_places;
}

void claim_begin(struct claim *c)
{
    struct worker *w = c->w;
    size_t max = room(w);
    size_t batch = (size_t)w->settings->worker.batch;
    if (c->batch_max >= batch)
        c->batch_max = 0;
    if (c->batch_max)
        batch = c->batch_max;
    if (max > batch)
        max = batch;
    claim_batch_reset(&c->batch);
    c->batch.count = works_take(w, c->batch.works, max);
    if (c->batch.count == 0)
        return;
    c->failure = PG_FINE;
    c->begun_us = clock_monotonic_us();
    c->begun_boot_ms = clock_boot_ms();
    c->batch.begun_boot_ms = c->begun_boot_ms;
    c->batch.start_by_boot_ms = c->begun_boot_ms + POLICY_START_BY_MS;
    c->batch.start_by_ms = POLICY_START_BY_MS;
    c->stage = CLAIM_LOCK;
    pg_async_send(c->pg, "begin", "BEGIN", NULL, on_any, c);
    if (claim_batch_lock(&c->batch, c->pg, on_locked, c) >= SKIPS_MAX)
        claim_batch_ask(&c->batch, c->pg, on_known, c);
    gate_ask(w->gate, c->floor);
    pg_async_send(c->pg, "gate_positions", gate_positions_sql, NULL, on_positions, c);
    pg_async_sync(c->pg);
}

static void on_state(void *ctx, bool up, const char *why)
{
    struct claim *c = ctx;
    (void)why;
    if (!up) {
        /* statements that wait are answered as lost; attempts that Kafka may have are not */
        if (c->stage == CLAIM_STARTED) {
            c->orphaned = true;
            c->failure = PG_LOST;
            if (c->pending == 0)
                started_over(c);
        }
        return;
    }
    gate_shut(c->w->gate, "a claim's connection is fresh");
}

struct claim *claim_new(struct worker *w, int number)
{
    struct claim *c = sam_xcalloc(1, sizeof(*c));
    char *name = sam_xasprintf("sam-worker claim %d", number);
    struct pg_options options = {.conninfo = w->settings->postgres.conninfo,
                                 .application_name = name,
                                 .lock_timeout_ms = 5 * SECOND_MS,
                                 .statement_timeout_ms = 30 * SECOND_MS,
                                 .by_index = true};
    c->w = w;
    c->timer.fn = on_timeout;
    c->timer.ctx = c;
    c->floor = gate_floor_new(w->gate);
    c->started = sam_xcalloc((size_t)w->settings->worker.batch, sizeof(*c->started));
    claim_batch_init(&c->batch, (size_t)w->settings->worker.batch);
    c->pg = pg_async_new(w->loop, &options, w->log, on_state, c);
    free(name);
    return c;
}

void claim_free(struct claim *c)
{
    if (!c)
        return;
    loop_timer_cancel(c->w->loop, &c->timer);
    pg_async_free(c->pg);
    claim_batch_deinit(&c->batch);
    gate_floor_free(c->floor);
    free(c->started);
    free(c);
}

bool claim_busy(const struct claim *c)
{
    return c && c->stage != CLAIM_IDLE;
}

bool claim_up(const struct claim *c)
{
    return pg_async_up(c->pg);
}

bool claim_idle(const struct claim *c)
{
    return c->stage == CLAIM_IDLE && claim_up(c);
}
