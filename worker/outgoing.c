#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/base/clock.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define AGAIN_MS 500

struct outgoing {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    TAILQ_ENTRY(outgoing) link;
    struct outgoing_list *list;
    struct uuid id;
    struct uuid account_id;
    const char *type;
    char *value; /* owned */
    size_t value_bytes;
    bool with_kafka; /* the struct is librdkafka's until it reports */
    bool storing;    /* in the statement that is under way */
    bool stored;     /* in the outbox: the producer will see to it */
};

TAILQ_HEAD(outgoing_queue, outgoing);

struct outgoing_list {
    struct worker *worker;
    struct outgoing_queue all;
    size_t count; /* not stored */
    bool storing;
    int64_t store_again_boot_ms; /* after a failure: not before */
    struct loop_timer timer;
    struct buf scratch;
    struct pg_params params;
    char trouble[120];
};

static void produce(struct outgoing *o);

static void remove_one(struct outgoing *o)
{
    TAILQ_REMOVE(&o->list->all, o, link);
    o->list->count -= o->stored ? 0 : 1;
    free(o->value);
    free(o);
}

static void again(struct outgoing_list *list)
{
    if (list->timer.node.place == 0)
        loop_timer_after(list->worker->loop, &list->timer, AGAIN_MS);
}

static void on_delivery(struct kafka_delivery *d, int error, int32_t partition, int64_t offset)
{
    struct outgoing *o = (struct outgoing *)d;
    (void)partition;
    (void)offset;
    o->with_kafka = false;
    if (!error) {
        remove_one(o);
        return;
    }
    if (o->stored)
        remove_one(o);
    else if (error != -ECANCELED)
        again(o->list);
}

static void produce(struct outgoing *o)
{
    struct worker *w = o->list->worker;
    struct cloud_event e = {.topic = w->topic_events,
                            .key = &o->account_id,
                            .type = o->type,
                            .source = "/sam/worker",
                            .id = o->id,
                            .value = o->value,
                            .value_bytes = o->value_bytes,
                            .delivery = &o->delivery};
    o->delivery.fn = on_delivery;
    if (cloud_event_produce(w->kafka, &e) == 0)
        o->with_kafka = true;
    else
        again(o->list);
}

static void on_timer(void *ctx)
{
    struct outgoing_list *list = ctx;
    struct outgoing *o;
    TAILQ_FOREACH(o, &list->all, link)
    {
        if (!o->with_kafka && !o->stored)
            produce(o);
    }
}

struct outgoing_list *outgoing_new(struct worker *w)
{
    struct outgoing_list *list = sam_xcalloc(1, sizeof(*list));
    list->worker = w;
    TAILQ_INIT(&list->all);
    list->timer.fn = on_timer;
    list->timer.ctx = list;
    buf_init(&list->scratch, RECORD_MAX_BYTES);
    pg_params_init(&list->params);
    return list;
}

void outgoing_free(struct outgoing_list *list)
{
    if (!list)
        return;
    loop_timer_cancel(list->worker->loop, &list->timer);
    struct outgoing *next;
    for (struct outgoing *o = TAILQ_FIRST(&list->all); o; o = next) {
        next = TAILQ_NEXT(o, link);
        free(o->value);
        free(o);
    }
    buf_deinit(&list->scratch);
    pg_params_deinit(&list->params);
    free(list);
}

size_t outgoing_count(const struct outgoing_list *list)
{
    return list->count;
}

bool outgoing_full(const struct outgoing_list *list)
{
    return list->count >= OUTGOING_MAX;
}

const char *outgoing_trouble(struct outgoing_list *list)
{
    if (!outgoing_full(list))
        return NULL;
    (void)snprintf(list->trouble, sizeof(list->trouble),
                   "%zu events wait for Kafka to take them: no call is begun until it does",
                   list->count);
    return list->trouble;
}

void outgoing_event(struct worker *w, struct event *event)
{
    struct outgoing_list *list = w->outgoing;
    struct outgoing *o = sam_xcalloc(1, sizeof(*o));
    event->id = uuid_v7();
    event->ledger_id = w->ledger_id;
    if (!event->at_ms)
        event->at_ms = worker_db_now_ms(w, clock_boot_ms());
    event_encode(event, &list->scratch);
    o->list = list;
    o->id = event->id;
    o->account_id = event->account_id;
    o->type = event_type_name(event->type);
    o->value_bytes = list->scratch.len;
    o->value = sam_xmalloc(o->value_bytes + 1);
    memcpy(o->value, buf_text(&list->scratch), o->value_bytes + 1);
    TAILQ_INSERT_TAIL(&list->all, o, link);
    list->count++;
    produce(o);
}

static void on_written(void *ctx, enum pg_failure failure, const struct pg_result *r,
                       const char *error)
{
    struct outgoing_list *list = ctx;
    struct outgoing *next;
    size_t count = 0;
    (void)r;
    list->storing = false;
    for (struct outgoing *o = TAILQ_FIRST(&list->all); o; o = next) {
        next = TAILQ_NEXT(o, link);
        if (!o->storing)
            continue;
        o->storing = false;
        if (failure)
            continue;
        o->stored = true;
        list->count--;
        count++;
        if (!o->with_kafka)
            remove_one(o);
    }
    if (failure) {
        list->store_again_boot_ms = clock_boot_ms() + AGAIN_MS;
        log_error(list->worker->log, "outbox_not_written", LOG_INT("events", list->count),
                  LOG_MSG(error));
        return;
    }
    log_warn(list->worker->log, "events_left_in_outbox", LOG_INT("events", count),
             LOG_MSG("Kafka did not take them in time; the producer will"));
}

/* One array parameter over the events of the statement. */
#define EACH_STORING(array, add)                                                                   \
    do {                                                                                           \
        pg_array_open(p, array);                                                                   \
        TAILQ_FOREACH(o, &list->all, link)                                                         \
        {                                                                                          \
            if (o->storing)                                                                        \
                add;                                                                               \
        }                                                                                          \
        pg_array_close(p);                                                                         \
    } while (0)

static void item_key(struct pg_params *p, const struct uuid *account_id)
{
    char key[UUID_TEXT_BYTES];
    uuid_format(account_id, key);
    pg_item_text(p, key);
}

void outgoing_to_outbox(struct outgoing_list *list)
{
    struct pg_params *p = &list->params;
    struct outgoing *o;
    if (list->count == 0 || list->storing || clock_boot_ms() < list->store_again_boot_ms)
        return;
    size_t count = 0;
    list->storing = true;
    TAILQ_FOREACH(o, &list->all, link)
    {
        o->storing = !o->stored && count < OUTGOING_CHUNK;
        count += o->storing ? 1 : 0;
    }
    pg_params_reset(p);
    EACH_STORING(PG_ARRAY_UUID, pg_item_uuid(p, &o->id));
    EACH_STORING(PG_ARRAY_TEXT, item_key(p, &o->account_id));
    EACH_STORING(PG_ARRAY_TEXT, pg_item_text(p, o->type));
    EACH_STORING(PG_ARRAY_TEXT, pg_item_text_n(p, o->value, o->value_bytes));
    pg_async_send(list->worker->util, "outbox_write",
                  "INSERT INTO outbox (id, record_key, event_type, payload) "
                  "SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) "
                  "ON CONFLICT (id) DO NOTHING",
                  p, on_written, list);
    pg_async_sync(list->worker->util);
}
