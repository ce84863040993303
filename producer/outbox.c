/* The outbox: rows that samctl (or a worker that had to leave) wrote in its transaction become
 * events of the ledger. Marked only after Kafka has them; a crash in between publishes twice, which
 * applying does not notice. */
#include <errno.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "producer/producer.h"

#include "common/base/banned.h"

#define OUTBOX_MAX      200
#define ACKNOWLEDGED_MS 10000

static const char open_sql[] =
    "SELECT id, record_key, event_type, payload FROM outbox WHERE published_at IS NULL "
    "ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED";
static const char done_sql[] = "UPDATE outbox SET published_at = $2 WHERE id = ANY ($1)";

struct outbox_ack {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    bool done;
    int error;
};

static void on_delivery(struct kafka_delivery *d, int error, int32_t partition, int64_t offset)
{
    struct outbox_ack *ack = (struct outbox_ack *)d;
    (void)partition;
    (void)offset;
    ack->done = true;
    ack->error = error;
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
                            .id = pg_uuid(r, row, 0),
                            .value = pg_text(r, row, 3),
                            .value_bytes = pg_text_bytes(r, row, 3),
                            .delivery = &ack->delivery};
    ack->delivery.fn = on_delivery;
    return cloud_event_produce(p->kafka, &e);
}

/* Waits until librdkafka has reported on all of them: the structs are its until then. Its own
 * message timeout bounds the wait. */
static void await(struct producer *p, struct outbox_ack *acks, int count)
{
    for (int i = 0; i < count; i++) {
        while (!acks[i].done) {
            if (kafka_producer_flush(p->kafka, ACKNOWLEDGED_MS) == -ETIMEDOUT)
                log_warn(p->log, "outbox_waits", LOG_INT("events", count));
        }
    }
}

static enum pg_failure publish(struct producer *p, int64_t *ret_rows)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    struct outbox_ack acks[OUTBOX_MAX] = {0};
    pg_params_reset(&p->params);
    pg_add_i64(&p->params, OUTBOX_MAX);
    enum pg_failure failure = pg_exec(p->pg, open_sql, &p->params, &r);
    if (failure || pg_rows(r) == 0)
        return failure;
    for (int row = 0; row < pg_rows(r); row++) {
        int error = produce_row(p, r, row, &acks[row]);
        if (error) {
            acks[row].done = true;
            acks[row].error = error;
            log_error(p->log, "outbox_not_produced", LOG_INT("errno", -error));
        }
    }
    await(p, acks, pg_rows(r));
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        if (acks[row].error)
            continue;
        pg_item_uuid(&p->params, &id);
        (*ret_rows)++;
    }
    pg_array_close(&p->params);
    pg_add_time(&p->params, p->now_ms);
    return pg_exec(p->pg, done_sql, &p->params, NULL);
}

struct batch producer_outbox(struct producer *p)
{
    struct batch result = {0};
    enum pg_failure failure = pg_begin(p->pg);
    if (!failure)
        failure = publish(p, &result.rows);
    if (!failure)
        failure = pg_commit(p->pg);
    if (failure)
        return producer_failed(p, "outbox", failure);
    result.more = result.rows == OUTBOX_MAX;
    return result;
}
