#include "worker/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "worker/ledger_queue.h"
#include "worker/ledger_tx.h"

#include "common/base/banned.h"

#define QUEUE_BATCHES 4 /* batches that are read ahead; then the consumer is paused */
#define RETRY_MS      50
#define TROUBLE_MS    5000
#define HOLD_MS       2000
#define LOOK_AGAIN_MS 30000 /* at a partition that is halted */

struct part {
    bool assigned;
    const char *halted;     /* why nothing of it is applied; NULL = all is well */
    bool tell_halt;         /* Postgres does not know of it yet */
    bool verify;            /* the next record is the one before next_offset */
    int64_t next_offset;    /* of the first record that is not queued */
    int64_t applied_offset; /* what Postgres says */
    struct uuid last_event_id;
};

struct ledger {
    struct ledger_options o;
    struct pg_async *pg;
    struct kafka_consumer *consumer;
    struct loop_watch *watch;
    struct loop_timer timer; /* a retry after a failure */
    struct loop_timer hold_timer;
    struct loop_timer look_timer; /* is what halts a partition still so? */
    struct ledger_tx *tx;
    struct pg_params params;
    struct part *parts;
    int32_t parts_count;
    struct kafka_part *assignment; /* of the group, whether reading has begun or not */
    size_t assignment_count;
    bool reading;     /* positions were read and the consumer assigned */
    bool positioning; /* the question for positions is under way */
    bool stale;   /* a rebalance or reconnect happened meanwhile: positions are to be asked anew */
    bool held;    /* enough is queued: the consumer is not polled */
    bool waiting; /* the timer runs before the next transaction */
    bool busy;    /* a transaction is under way */
    bool trouble; /* /readyz was told that Postgres takes nothing */
    struct ledger_queue queue;
    struct event *batch; /* contiguous copies for the transaction */
    size_t batch_count;
    size_t batch_max; /* halves when Postgres refuses a batch, until the bad event stands alone */
    struct ledger_move *moves;
    size_t moves_count;
    bool aside;
    int64_t begun_us;
};

static const char ensure_sql[] =
    "INSERT INTO ledger_positions (partition, next_offset) SELECT x, 0 FROM unnest($1::int[]) x "
    "ORDER BY x ON CONFLICT (partition) DO NOTHING";
static const char read_sql[] = "SELECT partition, next_offset, last_event_id FROM ledger_positions "
                               "WHERE partition = ANY ($1)";
/* $1 partition, $2 its position, $3 why. */
static const char halt_sql[] = "UPDATE ledger_positions SET halted_reason = $3 "
                               "WHERE partition = $1 AND next_offset = $2";

static void advance(struct ledger *l);

static void state(struct ledger *l, const char *what, const char *text)
{
    l->o.state(l->o.ctx, what, text);
}

static void on_timer(void *ctx)
{
    struct ledger *l = ctx;
    l->waiting = false;
    advance(l);
}

static void wait(struct ledger *l, int64_t ms)
{
    l->waiting = true;
    loop_timer_after(l->o.loop, &l->timer, ms);
}

/* ---- positions ------------------------------------------------------------------------------ */

static struct part *part_of(struct ledger *l, int32_t partition)
{
    if (partition >= l->parts_count) {
        l->parts = sam_xrealloc(l->parts, (size_t)(partition + 1) * sizeof(*l->parts));
        memset(&l->parts[l->parts_count], 0,
               (size_t)(partition + 1 - l->parts_count) * sizeof(*l->parts));
        l->parts_count = partition + 1;
    }
    return &l->parts[partition];
}

static void begin_reading(struct ledger *l, const struct pg_result *r)
{
    struct kafka_part *list = sam_xcalloc(l->assignment_count + 1, sizeof(*list));
    memcpy(list, l->assignment, l->assignment_count * sizeof(*list));
    for (int32_t i = 0; i < l->parts_count; i++)
        l->parts[i].assigned = false;
    for (int row = 0; row < pg_rows(r); row++) {
        struct part *p = part_of(l, (int32_t)pg_i64(r, row, 0));
        *p = (struct part){.assigned = true,
                           .applied_offset = pg_i64(r, row, 1),
                           .next_offset = pg_i64(r, row, 1),
                           .last_event_id = pg_uuid(r, row, 2)};
        p->verify = !uuid_is_null(&p->last_event_id) && p->next_offset > 0;
    }
    for (size_t i = 0; i < l->assignment_count; i++) {
        const struct part *p = part_of(l, list[i].partition);
        list[i].offset = p->next_offset == 0 ? KAFKA_OFFSET_BEGIN : p->next_offset - p->verify;
    }
    kafka_consumer_assign(l->consumer, list, l->assignment_count);
    free(list);
    l->reading = true;
    state(l, "ledger", NULL);
}

static void on_read(void *ctx, enum pg_failure failure, const struct pg_result *r,
                    const char *error)
{
    struct ledger *l = ctx;
    l->positioning = false;
    if (failure && failure != PG_LOST) {
        log_error(l->o.log, "ledger_positions_unread", LOG_MSG(error));
        wait(l, TROUBLE_MS);
    }
    if (!failure && !l->stale)
        begin_reading(l, r);
    advance(l);
}

/* Reads where Postgres stands and begins there; the queue is forgotten. */
static void reposition(struct ledger *l)
{
    struct pg_params *p = &l->params;
    l->stale = false;
    l->positioning = true;
    ledger_queue_drop(&l->queue, l->queue.count);
    pg_params_reset(p);
    pg_array_open(p, PG_ARRAY_I32);
    for (size_t i = 0; i < l->assignment_count; i++)
        pg_item_i32(p, l->assignment[i].partition);
    pg_array_close(p);
    pg_async_send(l->pg, "ledger_ensure", ensure_sql, p, NULL, NULL);
    pg_async_send(l->pg, "ledger_read", read_sql, p, on_read, l);
    pg_async_sync(l->pg);
}

/* Backpressure is not to poll: pausing would throw away what librdkafka has fetched already. Only
 * when nothing has moved for a while (Postgres is away) the partitions are paused and polling goes
 * on, so that a rebalance is not held up. */
static void hold(struct ledger *l, bool held)
{
    if (l->held == held)
        return;
    l->held = held;
    loop_watch_change(l->o.loop, l->watch, held ? 0 : LOOP_READ);
    if (held)
        loop_timer_after(l->o.loop, &l->hold_timer, HOLD_MS);
    else
        loop_timer_cancel(l->o.loop, &l->hold_timer);
}

static void on_held(void *ctx)
{
    struct ledger *l = ctx;
    kafka_consumer_pause(l->consumer, 0, true);
    hold(l, false);
}

static void lose_position(struct ledger *l)
{
    if (l->reading)
        kafka_consumer_pause(l->consumer, 0, true);
    hold(l, false);
    l->reading = false;
    l->stale = true;
}

/* ---- Kafka ---------------------------------------------------------------------------------- */

static void on_assigned(void *ctx, const struct kafka_part *parts, size_t count)
{
    struct ledger *l = ctx;
    free(l->assignment);
    l->assignment = sam_xcalloc(count + 1, sizeof(*parts));
    memcpy(l->assignment, parts, count * sizeof(*parts));
    l->assignment_count = count;
    l->reading = false;
    l->stale = true;
    log_info(l->o.log, "ledger_assigned", LOG_INT("partitions", count));
    metrics_set_label(l->o.metrics, METRIC_ASSIGNED, METRIC_TOPIC_EVENTS, (int64_t)count);
    advance(l);
}

static void on_revoked(void *ctx, const struct kafka_part *parts, size_t count, bool lost)
{
    struct ledger *l = ctx;
    (void)parts;
    log_info(l->o.log, "ledger_revoked", LOG_INT("partitions", count), LOG_BOOL("lost", lost));
    /* a transaction under way goes on: compare and set keeps two appliers apart */
    l->assignment_count = 0;
    l->reading = false;
    l->stale = true;
    ledger_queue_drop(&l->queue, l->queue.count);
    for (int32_t i = 0; i < l->parts_count; i++)
        l->parts[i].assigned = false;
    kafka_consumer_unassign(l->consumer);
}

/* Every gate reads it in Postgres, so whoever plans, publishes or claims stops. Looked at anew
 * after a while: the right cluster may be back, and what is applied then takes the halt away. */
static void halt(struct ledger *l, struct part *p, int32_t partition, const char *why)
{
    p->halted = why;
    p->tell_halt = true;
    log_error(l->o.log, "ledger_halted", LOG_INT("partition", partition), LOG_STR("why", why),
              LOG_MSG("nothing is planned or sent for its accounts until an operator decides"));
    loop_timer_after(l->o.loop, &l->look_timer, LOOK_AGAIN_MS);
}

static void on_look(void *ctx)
{
    struct ledger *l = ctx;
    lose_position(l);
    advance(l);
}

static void tell_halts(struct ledger *l)
{
    for (int32_t i = 0; i < l->parts_count; i++) {
        struct part *p = &l->parts[i];
        if (!p->tell_halt)
            continue;
        p->tell_halt = false;
        pg_params_reset(&l->params);
        pg_add_i32(&l->params, i);
        pg_add_i64(&l->params, p->applied_offset);
        pg_add_text(&l->params, p->halted);
        pg_async_send(l->pg, "ledger_halt", halt_sql, &l->params, NULL, NULL);
        pg_async_sync(l->pg);
    }
}

/* The record before the position must be the one that was applied last. */
static bool verified(struct ledger *l, struct part *p, const struct kafka_record *record)
{
    char id[UUID_TEXT_BYTES] = "";
    struct uuid uuid;
    p->verify = false;
    if (record->offset == p->next_offset - 1 &&
        kafka_record_header(record, "ce_id", id, sizeof(id)) && uuid_parse(id, &uuid) == 0 &&
        uuid_equal(&uuid, &p->last_event_id))
        return true;
    halt(l, p, record->partition,
         record->offset == p->next_offset - 1
             ? "the record before the position is another one: the topic was made anew"
             : "the log does not reach back to the position");
    return false;
}

static void on_record(void *ctx, const struct kafka_record *record)
{
    struct ledger *l = ctx;
    struct part *p = part_of(l, record->partition);
    if (!p->assigned || p->halted || !l->reading || l->stale)
        return;
    if (p->verify) {
        if (!verified(l, p, record) || record->offset < p->next_offset)
            return;
    }
    if (record->offset < p->next_offset)
        return;
    if (ledger_queue_full(&l->queue)) { /* paused too late: read it again */
        lose_position(l);
        return;
    }
    metrics_add_label(l->o.metrics, METRIC_RECORDS, METRIC_TOPIC_EVENTS, 1);
    if (ledger_queue_push(&l->queue, record, &l->o.ledger_id, l->o.log) != 0)
        halt(l, p, record->partition, "the events belong to another ledger (ledger_id)");
    else
        p->next_offset = record->offset + 1;
}

static void on_no_offset(void *ctx, int topic, int32_t partition)
{
    struct ledger *l = ctx;
    (void)topic;
    struct part *p = part_of(l, partition);
    if (p->assigned && !p->halted)
        halt(l, p, partition, "the log begins after the position, or ends before it");
}

static void on_error(void *ctx, const char *text, bool fatal)
{
    struct ledger *l = ctx;
    metrics_add(l->o.metrics, METRIC_KAFKA_ERRORS, 1);
    log_warn(l->o.log, "ledger_kafka_error", LOG_MSG(text), LOG_BOOL("fatal", fatal));
}

static void on_readable(void *ctx, unsigned events)
{
    struct ledger *l = ctx;
    (void)events;
    (void)kafka_consumer_poll(l->consumer, (int)l->o.batch);
    if (l->queue.count + l->o.batch >= l->queue.capacity)
        hold(l, true);
    advance(l);
}

/* ---- transactions --------------------------------------------------------------------------- */

static void add_move(struct ledger *l, const struct ledger_queued *q)
{
    struct ledger_move *m = NULL;
    for (size_t i = 0; i < l->moves_count && !m; i++) {
        if (l->moves[i].partition == q->partition)
            m = &l->moves[i];
    }
    if (!m) {
        l->moves = sam_xrealloc(l->moves, (l->moves_count + 1) * sizeof(*l->moves));
        m = &l->moves[l->moves_count++];
        m->partition = q->partition;
        m->from_offset = part_of(l, q->partition)->applied_offset;
    }
    m->next_offset = q->offset + 1;
    m->last_event_id = q->id;
}

static void begin_batch(struct ledger *l)
{
    l->batch_count = 0;
    l->moves_count = 0;
    for (size_t i = 0; i < l->queue.count && i < l->batch_max; i++) {
        const struct ledger_queued *q = ledger_queue_at(&l->queue, i);
        if (q->bad)
            break;
        l->batch[l->batch_count++] = q->event;
        add_move(l, q);
    }
    l->aside = false;
    ledger_tx_begin(l->tx, l->batch, l->batch_count, l->moves, l->moves_count);
}

/* The event at the head of the queue cannot be applied: it is kept, and its account stops. */
static void begin_aside(struct ledger *l, const char *reason)
{
    const struct ledger_queued *q = ledger_queue_at(&l->queue, 0);
    struct buf text = BUF_INIT(RECORD_MAX_BYTES);
    struct ledger_aside aside = {.offset = q->offset,
                                 .account_id = q->account_id,
                                 .reason = reason,
                                 .record = q->record,
                                 .record_bytes = q->record_bytes};
    if (!q->bad) {
        event_encode(&q->event, &text);
        aside.account_id = q->event.account_id;
        aside.record = buf_text(&text);
        aside.record_bytes = text.len;
    }
    l->moves_count = 0;
    l->batch_count = 1;
    add_move(l, q);
    l->aside = true;
    metrics_add(l->o.metrics, METRIC_EVENTS_ASIDE, 1);
    ledger_tx_aside(l->tx, &aside, l->moves);
    buf_deinit(&text);
}

/* Postgres takes nothing of the ledger for the time being; NULL = it does again. */
static void tell_trouble(struct ledger *l, const char *text)
{
    if (text || l->trouble)
        state(l, "ledger_waits", text);
    l->trouble = text != NULL;
}

static void applied(struct ledger *l)
{
    tell_trouble(l, NULL);
    for (size_t i = 0; i < l->moves_count; i++) {
        struct part *p = part_of(l, l->moves[i].partition);
        if (p->assigned && !l->stale) {
            p->applied_offset = l->moves[i].next_offset;
            kafka_consumer_store(l->consumer, 0, l->moves[i].partition, p->applied_offset);
        }
    }
    if (!l->stale)
        ledger_queue_drop(&l->queue, l->batch_count);
    l->batch_max = l->batch_max * 2 < l->o.batch ? l->batch_max * 2 : l->o.batch;
    metrics_add(l->o.metrics, METRIC_EVENTS_APPLIED, l->batch_count);
    metrics_observe(l->o.metrics, METRIC_APPLY_SIZE, (int64_t)l->batch_count);
    metrics_observe(l->o.metrics, METRIC_APPLY_SECONDS, clock_monotonic_us() - l->begun_us);
    if (l->queue.count >= l->queue.capacity / 2 || !l->reading)
        return;
    hold(l, false);
    kafka_consumer_pause(l->consumer, 0, false);
}

static void refused(struct ledger *l, const char *error)
{
    log_error(l->o.log, "ledger_batch_refused", LOG_INT("events", l->batch_count), LOG_MSG(error));
    if (l->batch_count > 1) {
        l->batch_max = l->batch_count / 2;
        return;
    }
    if (l->aside) { /* even that cannot be written: somebody must look */
        tell_trouble(l, error);
        wait(l, TROUBLE_MS);
        return;
    }
    if (!l->stale && l->queue.count > 0 && !ledger_queue_at(&l->queue, 0)->bad)
        ledger_queue_spoil(&l->queue, error);
}

static void on_tx(void *ctx, enum ledger_tx_result result, const char *error)
{
    struct ledger *l = ctx;
    l->busy = false;
    switch (result) {
    case LEDGER_TX_DONE:
        applied(l);
        break;
    case LEDGER_TX_MOVED:
        log_info(l->o.log, "ledger_moved", LOG_MSG("another worker has applied these events"));
        lose_position(l);
        break;
    case LEDGER_TX_RETRY:
        wait(l, RETRY_MS);
        break;
    case LEDGER_TX_WAIT:
        log_warn(l->o.log, "ledger_waits", LOG_MSG(error));
        tell_trouble(l, error);
        wait(l, TROUBLE_MS);
        break;
    case LEDGER_TX_LOST:
        lose_position(l);
        break;
    case LEDGER_TX_REFUSED:
        refused(l, error);
        break;
    }
    advance(l);
}

/* Of the partition that has the most. */
static void tell_lag(struct ledger *l)
{
    int64_t most = 0;
    for (int32_t i = 0; i < l->parts_count; i++) {
        const struct part *p = &l->parts[i];
        if (p->assigned && p->next_offset - p->applied_offset > most)
            most = p->next_offset - p->applied_offset;
    }
    metrics_set(l->o.metrics, METRIC_LEDGER_LAG, most);
}

/* Does the next thing that can be done. */
static void advance(struct ledger *l)
{
    tell_lag(l);
    if (l->busy || l->positioning || l->waiting || !pg_async_up(l->pg))
        return;
    tell_halts(l);
    if (l->stale || !l->reading) {
        if (l->assignment_count > 0)
            reposition(l);
        return;
    }
    if (l->queue.count == 0)
        return;
    l->busy = true;
    l->begun_us = clock_monotonic_us();
    if (ledger_queue_at(&l->queue, 0)->bad)
        begin_aside(l, ledger_queue_at(&l->queue, 0)->bad);
    else
        begin_batch(l);
}

static void on_postgres(void *ctx, bool up, const char *why)
{
    struct ledger *l = ctx;
    state(l, "postgres_ledger", up ? NULL : why);
    lose_position(l);
    if (!up)
        return;
    l->o.reconnected(l->o.ctx);
    advance(l);
}

int ledger_new(const struct ledger_options *options, struct ledger **ret, char *why,
               size_t why_bytes)
{
    static const struct kafka_consumer_ops ops = {
        .record = on_record,
        .assigned = on_assigned,
        .revoked = on_revoked,
        .error = on_error,
        .no_offset = on_no_offset,
    };
    struct ledger *l = sam_xcalloc(1, sizeof(*l));
    l->o = *options;
    ledger_queue_init(&l->queue, options->batch * QUEUE_BATCHES);
    l->batch = sam_xcalloc(options->batch, sizeof(*l->batch));
    l->batch_max = options->batch;
    l->timer.fn = on_timer;
    l->timer.ctx = l;
    l->hold_timer.fn = on_held;
    l->hold_timer.ctx = l;
    l->look_timer.fn = on_look;
    l->look_timer.ctx = l;
    pg_params_init(&l->params);
    l->pg = pg_async_new(options->loop, &options->postgres, options->log, on_postgres, l);
    l->tx =
        ledger_tx_new(l->pg, options->facts, options->replies_ms, options->relations_ms, on_tx, l);
    const struct kafka_subscription subscription = {
        .group = options->group, .topics = &l->o.topic, .topics_count = 1, .ops = &ops, .ctx = l};
    int r = kafka_consumer_new(&options->kafka, &subscription, &l->consumer, why, why_bytes);
    if (r != 0) {
        ledger_free(l);
        return r;
    }
    l->watch = loop_watch(options->loop, kafka_consumer_fd(l->consumer), LOOP_READ, on_readable, l);
    *ret = l;
    return 0;
}

void ledger_free(struct ledger *l)
{
    if (!l)
        return;
    loop_unwatch(l->o.loop, l->watch);
    loop_timer_cancel(l->o.loop, &l->timer);
    loop_timer_cancel(l->o.loop, &l->hold_timer);
    loop_timer_cancel(l->o.loop, &l->look_timer);
    kafka_consumer_free(l->consumer);
    pg_async_free(l->pg);
    ledger_tx_free(l->tx);
    pg_params_deinit(&l->params);
    ledger_queue_deinit(&l->queue);
    free(l->batch);
    free(l->moves);
    free(l->parts);
    free(l->assignment);
    free(l);
}

bool ledger_idle(const struct ledger *l)
{
    return l->queue.count == 0 && !l->busy;
}
