#include "worker/dead_letters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/kafka_headers.h"
#include "common/base/clock.h"
#include "common/model/dead_letter.h"

#include "common/base/banned.h"

#define LETTER_MAX_BYTES ((size_t)512 * 1024) /* of a value: it must fit into Kafka again */
/* Of keys and headers: ours are smaller by far. With all three at most it is below Kafka's default
 * of 1 MB. */
#define KEY_MAX_BYTES     ((size_t)1024)
#define HEADERS_MAX_BYTES ((size_t)64 * 1024)
#define AGAIN_MIN_MS      SECOND_MS
#define AGAIN_MAX_MS      (30 * SECOND_MS)

struct letter {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    TAILQ_ENTRY(letter) link;
    struct dead_letters *all;
    int topic;
    int32_t partition;
    int64_t offset;
    char why[RECORD_WHY_BYTES];
    char *key; /* owned; NULL = none */
    size_t key_bytes;
    char bytes[24]; /* of the whole value */
    char *value;    /* owned */
    size_t value_bytes;
    struct kafka_headers *own; /* owned; NULL = too large */
    const char *cut;           /* what is not kept whole; NULL = all is */
    bool with_kafka;           /* the struct is librdkafka's until it reports */
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

static void letter_free(struct letter *letter)
{
    kafka_headers_free(letter->own);
    free(letter->key);
    free(letter->value);
    free(letter);
}

static void remove_one(struct letter *letter)
{
    struct dead_letters *d = letter->all;
    TAILQ_REMOVE(&d->letters, letter, link);
    d->count--;
    letter_free(letter);
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
    const char *values[DEAD_LETTER_N] = {
        [DEAD_LETTER_REASON] = letter->why,  [DEAD_LETTER_TOPIC] = w->topics[letter->topic],
        [DEAD_LETTER_PARTITION] = partition, [DEAD_LETTER_OFFSET] = offset,
        [DEAD_LETTER_BYTES] = letter->bytes, [DEAD_LETTER_CUT] = letter->cut};
    struct kafka_header headers[DEAD_LETTER_N];
    size_t count = 0;
    for (size_t i = 0; i < DEAD_LETTER_N; i++) {
        if (values[i])
            headers[count++] = (struct kafka_header){
                dead_letter_header_name((enum dead_letter_header)i), values[i]};
    }
    struct kafka_message m = {.topic = w->topic_dead,
                              .partition = -1,
                              .key = letter->key,
                              .key_bytes = letter->key_bytes,
                              .value = letter->value,
                              .value_bytes = letter->value_bytes,
                              .headers = headers,
                              .headers_count = count,
                              .kept = letter->own,
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
        letter_free(letter);
    }
    free(d);
}

static char *keep_bytes(struct letter *letter, const char *what, const char *bytes, size_t count,
                        size_t max_bytes, size_t *ret_count)
{
    if (count > max_bytes)
        letter->cut = what;
    *ret_count = count < max_bytes ? count : max_bytes;
    char *copy = sam_xmalloc(*ret_count + 1);
    if (bytes) /* a record may have none at all */
        memcpy(copy, bytes, *ret_count);
    copy[*ret_count] = '\0';
    return copy;
}

/* Its own headers too: without them nobody could say what it was, and a record that is put back
 * would be refused again. */
static void keep(struct letter *letter, const struct kafka_record *record)
{
    letter->own = kafka_headers_of(record);
    for (size_t i = 0; i < DEAD_LETTER_N; i++) /* nobody else's word for ours */
        kafka_headers_remove(letter->own, dead_letter_header_name((enum dead_letter_header)i));
    if (kafka_headers_bytes(letter->own) > HEADERS_MAX_BYTES) {
        kafka_headers_free(letter->own);
        letter->own = NULL;
        letter->cut = "headers";
    }
    if (record->key)
        letter->key = keep_bytes(letter, "key", record->key, record->key_bytes, KEY_MAX_BYTES,
                                 &letter->key_bytes);
    (void)snprintf(letter->bytes, sizeof(letter->bytes), "%zu", record->value_bytes);
    letter->value = keep_bytes(letter, "value", record->value, record->value_bytes,
                               LETTER_MAX_BYTES, &letter->value_bytes);
}

void dead_letters_add(struct dead_letters *d, const struct kafka_record *record, const char *why)
{
    struct letter *letter = sam_xcalloc(1, sizeof(*letter));
    letter->all = d;
    letter->topic = record->topic;
    letter->partition = record->partition;
    letter->offset = record->offset;
    (void)snprintf(letter->why, sizeof(letter->why), "%s", why);
    keep(letter, record);
    TAILQ_INSERT_TAIL(&d->letters, letter, link);
    d->count++;
    log_error(d->worker->log, "dead_letter", LOG_STR("topic", d->worker->topics[record->topic]),
              LOG_INT("partition", record->partition), LOG_INT("offset", record->offset),
              LOG_STR("why", why));
    produce(letter);
}

size_t dead_letters_count(const struct dead_letters *d)
{
    return d->count;
}

bool dead_letters_full(const struct dead_letters *d)
{
    return d->count >= DEAD_LETTERS_MAX;
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
