#include "worker/dead_letters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define LETTER_MAX_BYTES ((size_t)512 * 1024) /* of a value: it must fit into Kafka again */
#define LETTERS_MAX      64                   /* about; a turn may bring some more */
#define AGAIN_MIN_MS     SECOND_MS
#define AGAIN_MAX_MS     (30 * SECOND_MS)

struct letter {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    TAILQ_ENTRY(letter) link;
    struct dead_letters *all;
    int topic;
    int32_t partition;
    int64_t offset;
    char why[RECORD_WHY_BYTES];
    char key[128];
    char bytes[24]; /* of the whole value */
    char *value;    /* owned */
    size_t value_bytes;
    bool with_kafka; /* the struct is librdkafka's until it reports */
    bool given_back;
};

TAILQ_HEAD(letter_list, letter);

struct dead_letters {
    struct worker *worker;
    struct letter_list letters;
    size_t count;
    int64_t again_ms;
    bool trouble; /* /readyz was told */
    struct loop_timer timer;
};

static void tell(struct dead_letters *d, bool trouble)
{
    if (trouble == d->trouble)
        return;
    d->trouble = trouble;
    admin_reason_set(d->worker->admin, "dead_letters",
                     trouble ? "records that cannot be decoded are not taken by the dead letter "
                               "topic: their offsets wait (samctl topics show)"
                             : NULL);
}

static void remove_one(struct letter *letter)
{
    struct dead_letters *d = letter->all;
    TAILQ_REMOVE(&d->letters, letter, link);
    d->count--;
    free(letter->value);
    free(letter);
    if (d->count == 0)
        tell(d, false);
    consume_go_on(d->worker);
}

static void again(struct dead_letters *d)
{
    tell(d, true);
    if (d->timer.node.place != 0)
        return;
    loop_timer_after(d->worker->loop, &d->timer, d->again_ms);
    d->again_ms = d->again_ms * 2 < AGAIN_MAX_MS ? d->again_ms * 2 : AGAIN_MAX_MS;
}

static void failed(struct letter *letter, int error)
{
    log_error(letter->all->worker->log, "dead_letter_lost", LOG_INT("errno", -error),
              LOG_INT("partition", letter->partition), LOG_INT("offset", letter->offset));
    if (letter->given_back)
        remove_one(letter);
    else if (error != -ECANCELED)
        again(letter->all);
}

static void on_delivery(struct kafka_delivery *delivery, int error, int32_t partition,
                        int64_t offset)
{
    struct letter *letter = (struct letter *)delivery;
    struct dead_letters *d = letter->all;
    (void)partition;
    (void)offset;
    letter->with_kafka = false;
    if (error) {
        failed(letter, error);
        return;
    }
    d->again_ms = AGAIN_MIN_MS;
    metrics_add(d->worker->metrics, METRIC_DEAD_LETTERS, 1);
    consume_settle(d->worker, letter->topic, letter->partition, letter->offset);
    remove_one(letter);
}

static void produce(struct letter *letter)
{
    struct worker *w = letter->all->worker;
    char partition[16];
    char offset[24];
    (void)snprintf(partition, sizeof(partition), "%d", letter->partition);
    (void)snprintf(offset, sizeof(offset), "%lld", (long long)letter->offset);
    const struct kafka_header headers[] = {{"sam_reason", letter->why},
                                           {"sam_topic", w->topics[letter->topic]},
                                           {"sam_partition", partition},
                                           {"sam_offset", offset},
                                           {"sam_bytes", letter->bytes}};
    struct kafka_message m = {.topic = w->topic_dead,
                              .partition = -1,
                              .key = letter->key,
                              .value = letter->value,
                              .value_bytes = letter->value_bytes,
                              .headers = headers,
                              .headers_count = SAM_ARRAY_LEN(headers),
                              .delivery = &letter->delivery};
    letter->delivery.fn = on_delivery;
    int r = kafka_produce(w->kafka, &m);
    letter->with_kafka = r == 0;
    if (r != 0)
        failed(letter, r);
}

static void on_timer(void *ctx)
{
    struct dead_letters *d = ctx;
    struct letter *next;
    for (struct letter *letter = TAILQ_FIRST(&d->letters); letter; letter = next) {
        next = TAILQ_NEXT(letter, link);
        if (!letter->with_kafka)
            produce(letter);
    }
}

struct dead_letters *dead_letters_new(struct worker *w)
{
    struct dead_letters *d = sam_xcalloc(1, sizeof(*d));
    d->worker = w;
    d->again_ms = AGAIN_MIN_MS;
    d->timer.fn = on_timer;
    d->timer.ctx = d;
    TAILQ_INIT(&d->letters);
    return d;
}

void dead_letters_free(struct dead_letters *d)
{
    struct letter *next;
    if (!d)
        return;
    loop_timer_cancel(d->worker->loop, &d->timer);
    for (struct letter *letter = TAILQ_FIRST(&d->letters); letter; letter = next) {
        next = TAILQ_NEXT(letter, link);
        free(letter->value);
        free(letter);
    }
    free(d);
}

void dead_letters_add(struct dead_letters *d, const struct kafka_record *record, const char *why)
{
    struct letter *letter = sam_xcalloc(1, sizeof(*letter));
    letter->all = d;
    letter->topic = record->topic;
    letter->partition = record->partition;
    letter->offset = record->offset;
    (void)snprintf(letter->why, sizeof(letter->why), "%s", why);
    (void)snprintf(letter->key, sizeof(letter->key), "%.*s", (int)record->key_bytes,
                   record->key ? record->key : "");
    (void)snprintf(letter->bytes, sizeof(letter->bytes), "%zu", record->value_bytes);
    letter->value_bytes =
        record->value_bytes < LETTER_MAX_BYTES ? record->value_bytes : LETTER_MAX_BYTES;
    letter->value = sam_xmalloc(letter->value_bytes + 1);
    if (record->value) /* a record may have none at all */
        memcpy(letter->value, record->value, letter->value_bytes);
    TAILQ_INSERT_TAIL(&d->letters, letter, link);
    d->count++;
    log_error(d->worker->log, "dead_letter", LOG_STR("topic", d->worker->topics[record->topic]),
              LOG_INT("partition", record->partition), LOG_INT("offset", record->offset),
              LOG_STR("why", why));
    produce(letter);
}

bool dead_letters_full(const struct dead_letters *d)
{
    return d->count >= LETTERS_MAX;
}

void dead_letters_give_back(struct dead_letters *d, const struct kafka_part *parts, size_t count)
{
    struct letter *next;
    for (struct letter *letter = TAILQ_FIRST(&d->letters); letter; letter = next) {
        bool gone = false;
        next = TAILQ_NEXT(letter, link);
        for (size_t i = 0; i < count && !gone; i++)
            gone = parts[i].topic == letter->topic && parts[i].partition == letter->partition;
        if (gone && letter->with_kafka)
            letter->given_back = true;
        else if (gone)
            remove_one(letter);
    }
}
