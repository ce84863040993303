#include "worker/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "worker/apply_sql.h"
#include "worker/ledger_internal.h"

#include "common/base/banned.h"

/* Kilobytes: with 8192 a worker learned 11,800 events a second from a log of long ago, and had
 * nothing to do for half of the time. */
#define AHEAD_KB      32768
#define QUEUE_BATCHES 4 /* batches that are read ahead; then the consumer is paused */
#define RETRY_MS      50
#define REFUSED_MS    5000 /* where somebody must look */

void ledger_state(struct ledger *l, const char *what, const char *text)
{
    l->o.state(l->o.ctx, what, text);
}

static void on_timer(void *ctx)
{
    struct ledger *l = ctx;
    l->waiting = false;
    ledger_advance(l);
}

void ledger_wait(struct ledger *l, int64_t ms)
{
    l->waiting = true;
    loop_timer_after(l->o.loop, &l->timer, ms);
}

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
        m->from_offset = ledger_part(l, q->partition)->applied_offset;
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

void ledger_trouble(struct ledger *l, const char *text)
{
    if (text && strncmp(text, l->trouble, sizeof(l->trouble) - 1) == 0)
        return;
    if (text)
        log_warn(l->o.log, "ledger_waits", LOG_MSG(text));
    if (text || l->trouble[0])
        ledger_state(l, "ledger_waits", text);
    (void)snprintf(l->trouble, sizeof(l->trouble), "%s", text ? text : "");
}

static void applied(struct ledger *l)
{
    ledger_trouble(l, NULL);
    for (size_t i = 0; i < l->moves_count; i++) {
        struct ledger_part *p = ledger_part(l, l->moves[i].partition);
        l->o.applied(l->o.ctx, l->moves[i].partition, l->moves[i].next_offset);
        if (p->assigned && !l->stale) {
            p->applied_offset = l->moves[i].next_offset;
            kafka_consumer_store(l->consumer, 0, l->moves[i].partition, p->applied_offset);
        }
    }
    for (size_t i = 0; i < l->batch_count && !l->aside; i++)
        l->o.touched(l->o.ctx, &l->batch[i].account_id);
    if (!l->stale)
        ledger_queue_drop(&l->queue, l->batch_count);
    l->batch_max = l->batch_max * 2 < l->o.batch ? l->batch_max * 2 : l->o.batch;
    metrics_add(l->o.metrics, METRIC_EVENTS_APPLIED, l->batch_count);
    metrics_observe(l->o.metrics, METRIC_APPLY_SIZE, (int64_t)l->batch_count);
    metrics_observe(l->o.metrics, METRIC_APPLY_SECONDS, clock_monotonic_us() - l->begun_us);
    if (l->queue.count >= l->queue.capacity / 2 || !l->reading)
        return;
    ledger_hold(l, false);
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
        ledger_trouble(l, error);
        ledger_wait(l, REFUSED_MS);
        return;
    }
    struct ledger_queued *q = l->queue.count > 0 ? ledger_queue_at(&l->queue, 0) : NULL;
    if (l->stale || !q || q->bad)
        return;
    if (!q->refused) { /* another worker may have written what it met */
        q->refused = true;
        ledger_wait(l, RETRY_MS);
        return;
    }
    ledger_queue_spoil(&l->queue, error);
}

static void on_tx(void *ctx, enum ledger_tx_result result, const char *error)
{
    struct ledger *l = ctx;
    enum pg_failure cause = ledger_tx_cause(l->tx);
    l->busy = false;
    if (cause)
        metrics_add_label(l->o.metrics, METRIC_POSTGRES_FAILED, (int)cause, 1);
    switch (result) {
    case LEDGER_TX_DONE:
        applied(l);
        break;
    case LEDGER_TX_MOVED:
        log_info(l->o.log, "ledger_moved", LOG_MSG("another worker has applied these events"));
        ledger_lose_position(l);
        break;
    case LEDGER_TX_RETRY:
        ledger_wait(l, RETRY_MS);
        break;
    case LEDGER_TX_WAIT:
        ledger_trouble(l, error);
        ledger_wait(l, LEDGER_TROUBLE_MS);
        break;
    case LEDGER_TX_LOST:
        ledger_lose_position(l);
        break;
    case LEDGER_TX_REFUSED:
        refused(l, error);
        break;
    }
    ledger_advance(l);
}

/* Of the partition that has the most. */
static void tell_lag(struct ledger *l)
{
    int64_t most = 0;
    for (int32_t i = 0; i < l->parts_count; i++) {
        const struct ledger_part *p = &l->parts[i];
        if (p->assigned && p->next_offset - p->applied_offset > most)
            most = p->next_offset - p->applied_offset;
    }
    metrics_set(l->o.metrics, METRIC_LEDGER_LAG, most);
}

/* Does the next thing that can be done. */
void ledger_advance(struct ledger *l)
{
    tell_lag(l);
    if (l->left || l->busy || l->positioning || l->waiting || !pg_async_up(l->pg))
        return;
    ledger_tell_halts(l);
    if (l->stale || !l->reading) {
        if (l->assignment_count > 0)
            ledger_reposition(l);
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
    ledger_state(l, "postgres_ledger", up ? NULL : why);
    ledger_lose_position(l);
    if (!up)
        return;
    l->o.reconnected(l->o.ctx);
    ledger_advance(l);
}

int ledger_new(const struct ledger_options *options, struct ledger **ret, char *why,
               size_t why_bytes)
{
    struct ledger *l = sam_xcalloc(1, sizeof(*l));
    l->o = *options;
    ledger_queue_init(&l->queue, options->batch * QUEUE_BATCHES);
    l->batch = sam_xcalloc(options->batch, sizeof(*l->batch));
    l->batch_max = options->batch;
    l->timer.fn = on_timer;
    l->timer.ctx = l;
    ledger_read_init(l);
    pg_params_init(&l->params);
    l->pg = pg_async_new(options->loop, &options->postgres, options->log, on_postgres, l);
    l->tx = ledger_tx_new(
        &(struct ledger_tx_options){.pg = l->pg,
                                    .facts = options->facts,
                                    .log = options->log,
                                    .ledger_id = options->ledger_id,
                                    .times = {options->replies_ms, options->relations_ms},
                                    .fn = on_tx,
                                    .ctx = l});
    const struct kafka_subscription subscription = {.group = options->group,
                                                    .topics = &l->o.topic,
                                                    .topics_count = 1,
                                                    .ahead_kb = AHEAD_KB,
                                                    .ops = &ledger_consumer_ops,
                                                    .ctx = l};
    int r = kafka_consumer_new(&options->kafka, &subscription, &l->consumer, why, why_bytes);
    if (r != 0) {
        ledger_free(l);
        return r;
    }
    l->watch =
        loop_watch(options->loop, kafka_consumer_fd(l->consumer), LOOP_READ, ledger_on_readable, l);
    if (!l->watch) {
        r = -errno;
        ledger_free(l);
        return r;
    }
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

void ledger_leave(struct ledger *l)
{
    if (l->left)
        return;
    l->left = true;
    ledger_hold(l, false); /* else nobody would hear that the partitions are to be given back */
    kafka_consumer_leave(l->consumer);
}

const char *ledger_refused(struct ledger *l)
{
    return kafka_consumer_trouble(l->consumer);
}

bool ledger_up(const struct ledger *l)
{
    return pg_async_up(l->pg);
}

size_t ledger_queued(const struct ledger *l, size_t *ret_max)
{
    *ret_max = l->queue.capacity - l->o.batch;
    return l->queue.count;
}

bool ledger_idle(const struct ledger *l)
{
    return l->queue.count == 0 && !l->busy;
}
