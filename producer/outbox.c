/* The outbox: rows that samctl (or a worker that had to leave) wrote in its transaction become
 * events of the ledger. Marked only after Kafka has them; a crash in between publishes twice, which
 * applying does not notice. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "producer/producer.h"

#include "common/base/banned.h"

#define OUTBOX_MAX 200
#define KEPT_MS    (30 * DAY_MS)
#define FORGET_MAX 1000 /* of one turn */
/* Of one tick; what is not reported by then is looked at in the next. */
#define ACKNOWLEDGED_MS 50

static const char open_sql[] =
    "SELECT id, record_key, event_type, payload FROM outbox WHERE published_at IS NULL "
    "ORDER BY id LIMIT $1";
static const char done_sql[] = "UPDATE outbox SET published_at = $2 WHERE id = ANY ($1)";

/* The oldest first; an answer to an unknown send is remembered here while nobody has applied it, so
 * rows stay for long after they were published. $1 published before, $2 rows at most. */
static const char forget_sql[] =
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE published_at < $1 "
    "ORDER BY published_at LIMIT $2)";

struct outbox_ack {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    struct outbox_flight *flight;
    struct uuid id;
    int error;
};

/* Rows that are with Kafka. No transaction is open meanwhile, so another producer may send a row
 * too: events are applied once, by their ids. */
struct outbox_flight {
    size_t count;
    size_t pending;
    struct outbox_ack acks[OUTBOX_MAX];
};

static void on_delivery(struct kafka_delivery *d, int error, int32_t partition, int64_t offset)
{
    struct outbox_ack *ack = (struct outbox_ack *)d;
    (void)partition;
    (void)offset;
    ack->error = error;
    ack->flight->pending--;
}

static int produce_row(struct producer *p, const struct pg_result *r, int row,
                       struct outbox_ack *ack)
{
    struct uuid key;
    if (uuid_parse(pg_text(r, row, 1), &key) != 0)
        return -EINVAL;
    struct cloud_event e = {.topic = p->topic_events,
                            .key = &key,
                            .type = pg_text(r, row, 2),
                            .source = "/sam/outbox",
                            .id = ack->id,
                            .value = pg_text(r, row, 3),
                            .value_bytes = pg_text_bytes(r, row, 3),
                            .delivery = &ack->delivery};
    ack->delivery.fn = on_delivery;
    return cloud_event_produce(p->kafka, &e);
}

static enum pg_failure take_off(struct producer *p)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    pg_add_i64(&p->params, OUTBOX_MAX);
    enum pg_failure failure = pg_exec(p->pg, open_sql, &p->params, &r);
    if (failure || pg_rows(r) == 0)
        return failure;
    struct outbox_flight *flight = sam_xcalloc(1, sizeof(*flight));
    flight->count = (size_t)pg_rows(r);
    for (int row = 0; row < pg_rows(r); row++) {
        struct outbox_ack *ack = &flight->acks[row];
        *ack = (struct outbox_ack){.flight = flight, .id = pg_uuid(r, row, 0)};
        ack->error = produce_row(p, r, row, ack);
        if (ack->error)
            log_error(p->log, "outbox_not_produced", LOG_UUID("event", &ack->id),
                      LOG_INT("errno", -ack->error));
        else
            flight->pending++;
    }
    p->outbox = flight;
    return PG_FINE;
}

static enum pg_failure land(struct producer *p, int64_t *ret_rows)
{
    struct outbox_flight *flight = p->outbox;
    int64_t rows = 0;
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < flight->count; i++) {
        if (flight->acks[i].error)
            continue;
        pg_item_uuid(&p->params, &flight->acks[i].id);
        rows++;
    }
    pg_array_close(&p->params);
    pg_add_time(&p->params, p->now_ms);
    free(flight);
    p->outbox = NULL;
    if (rows)
        failpoint(FAILPOINT_OUTBOX_ACKED);
    *ret_rows = rows;
    return rows ? pg_exec(p->pg, done_sql, &p->params, NULL) : PG_FINE;
}

/* For ours alone: what else is under way to Kafka is nothing to wait for. */
static void await_acknowledgements(struct producer *p)
{
    int64_t until_us = clock_monotonic_us() + (int64_t)ACKNOWLEDGED_MS * 1000;
    struct pollfd fd = {.fd = kafka_producer_fd(p->kafka), .events = POLLIN};
    int64_t left_us;
    while (p->outbox->pending > 0 && (left_us = until_us - clock_monotonic_us()) > 0) {
        (void)poll(&fd, 1, (int)(left_us / 1000) + 1);
        kafka_producer_poll(p->kafka);
    }
}

struct batch producer_outbox(struct producer *p)
{
    struct batch result = {0};
    enum pg_failure failure = p->outbox ? PG_FINE : take_off(p);
    if (!failure && p->outbox)
        await_acknowledgements(p);
    if (!failure && p->outbox && p->outbox->pending == 0)
        failure = land(p, &result.rows);
    if (failure)
        return producer_failed(p, "outbox", failure);
    result.more = result.rows == OUTBOX_MAX;
    return result;
}

struct batch producer_forget(struct producer *p)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    struct batch result = {0};
    pg_params_reset(&p->params);
    pg_add_time(&p->params, p->now_ms - KEPT_MS);
    pg_add_i64(&p->params, FORGET_MAX);
    enum pg_failure failure = pg_exec(p->pg, forget_sql, &p->params, &r);
    if (failure)
        return producer_failed(p, "forget", failure);
    result.rows = pg_affected(r);
    result.more = result.rows == FORGET_MAX;
    return result;
}

void producer_kafka_gone(struct producer *p)
{
    free(p->outbox);
    p->outbox = NULL;
    free(p->undelivered);
    p->undelivered = NULL;
}
