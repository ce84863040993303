/* common/adapters/kafka.h - Kafka: one producer and consumers, driven by an event loop.
 *
 * The only place (with kafka_*.c) that includes librdkafka. What SAM's promises rest on is set here
 * and cannot be overridden: acks=all, idempotent producer, murmur2_random partitioner, offsets
 * stored by hand, eager range assignment, session timeout 6 s (design 3.5).
 *
 * Nothing here blocks except kafka_producer_flush and the two free functions.
 */
#ifndef SAM_ADAPTERS_KAFKA_H
#define SAM_ADAPTERS_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/log.h"
#include "common/base/metrics.h"

struct kafka_options {
    const char *bootstrap_servers;
    const char *client_id;
    const char *const
        *properties;         /* "key=value" lines of the config, NULL-terminated; may be NULL */
    struct log *log;         /* librdkafka's own warnings go here */
    struct metrics *metrics; /* NULL = nobody counts; of a producer: records, failures, errors */
};

/* ---- producer --------------------------------------------------------------------------- */

struct kafka_producer;

/* Embedded in what waits for the acknowledgement. error: 0 durable on all in-sync replicas, else a
 * negative errno (-EMSGSIZE, -EACCES, -ENOENT: it is not there. -ETIMEDOUT not acknowledged in
 * time, -EIO the producer is broken, or any other: it may be there all the same). Called from
 * kafka_producer_poll() or flush. */
struct kafka_delivery {
    void (*fn)(struct kafka_delivery *d, int error, int32_t partition, int64_t offset);
};

struct kafka_header {
    const char *name;
    const char *value;
};

struct kafka_headers;

struct kafka_message {
    const char *topic;
    int32_t partition; /* -1 = by key, murmur2 as Java has it */
    const char *key;   /* NULL = none: then any partition, where none is given */
    size_t key_bytes;  /* 0 = up to its NUL */
    const char *value;
    size_t value_bytes;
    const struct kafka_header *headers;
    size_t headers_count;
    const struct kafka_headers *kept; /* these come first (kafka_headers.h); NULL = none */
    struct kafka_delivery *delivery;  /* NULL = nobody waits; failures are counted and logged */
};

SAM_MUSTCHECK int kafka_producer_new(const struct kafka_options *options,
                                     struct kafka_producer **ret, char *why, size_t why_bytes);
/* Waits up to 1 s for what is queued; callbacks of the rest are called with -ECANCELED. */
void kafka_producer_free(struct kafka_producer *p);
SAM_DEFINE_FREEP(kafka_producer)

/* Everything is copied. 0 queued; -EAGAIN the local queue is full (call poll, try later);
 * -EMSGSIZE; -ENOENT unknown topic or partition; -EIO the producer is broken (see _broken);
 * -EPROTO anything else. */
SAM_MUSTCHECK int kafka_produce(struct kafka_producer *p, const struct kafka_message *m);
/* Why Kafka has not taken a record, in an operator's words; error: of kafka_produce() or of the
 * delivery. Never NULL. */
const char *kafka_error_text(int error);
/* Readable when poll has something to do. Owned by the producer. */
int kafka_producer_fd(const struct kafka_producer *p);
void kafka_producer_poll(struct kafka_producer *p);
/* 0 all acknowledged; -ETIMEDOUT. */
SAM_MUSTCHECK int kafka_producer_flush(struct kafka_producer *p, int64_t timeout_ms);
/* Messages that are queued or under way: so many at most, or 64 MB of them. */
#define KAFKA_PRODUCER_MAX 200000
size_t kafka_producer_pending(const struct kafka_producer *p);
/* A broker is connected, by what librdkafka reports every 2 s while poll is called. */
bool kafka_producer_up(const struct kafka_producer *p);
/* The same, but a broker that refuses our messages is one. */
bool kafka_producer_connected(const struct kafka_producer *p);
/* What the last attempt to reach a broker met, since one was reached; "" = nothing is known, or
 * poll was not called. Valid until the next poll. */
const char *kafka_producer_error(const struct kafka_producer *p);
/* Why Kafka takes nothing, for an operator: no broker, a topic that is refused to us, records that
 * are larger than a topic takes, or no acknowledgement in time although brokers are connected. Of
 * several the oldest. NULL = it does, as far as is known. Valid until the next poll. */
const char *kafka_producer_trouble(struct kafka_producer *p);
/* A fatal error of the idempotent producer, or another cluster answers than did at first (logged):
 * it takes nothing more. Free it and make a new one. */
bool kafka_producer_broken(const struct kafka_producer *p);
/* How many partitions the cluster says the topic has, and how many replicas the partition with
 * fewest, those that are down included; ret_replicas may be NULL. Blocks up to timeout_ms.
 * 0 done; -ENOENT no such topic; -ENOTCONN no answer. */
SAM_MUSTCHECK int kafka_topic_partitions(struct kafka_producer *p, const char *topic,
                                         int64_t timeout_ms, int32_t *ret_count,
                                         int32_t *ret_replicas);
/* Was no record ever written to it (none that was trimmed either)? 0, or -ENOTCONN. */
SAM_MUSTCHECK int kafka_topic_unwritten(struct kafka_producer *p, const char *topic,
                                        int32_t partitions, int64_t timeout_ms, bool *ret);

/* ---- consumer --------------------------------------------------------------------------- */

#define KAFKA_TOPICS_MAX 4

struct kafka_consumer;

/* Borrowed for the time of the callback. */
struct kafka_record {
    int topic; /* index in the subscription */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* 0 = none */
    const char *key;      /* NULL = none; not NUL-terminated */
    size_t key_bytes;
    const char *value;
    size_t value_bytes;
    const void *message; /* for kafka_record_header */
};

struct kafka_part {
    int topic;
    int32_t partition;
    int64_t offset; /* assign: where to begin, KAFKA_OFFSET_STORED = the group's committed one */
};

#define KAFKA_OFFSET_STORED INT64_C(-1000)

/* ctx first. assigned: the owner must call kafka_consumer_assign() (at once or later; the group
 * waits for it). revoked: the owner must call kafka_consumer_unassign(); lost = others may own the
 * partitions already, nothing may be stored any more. */
struct kafka_consumer_ops {
    void (*record)(void *ctx, const struct kafka_record *record);
    void (*assigned)(void *ctx, const struct kafka_part *parts, size_t count);
    void (*revoked)(void *ctx, const struct kafka_part *parts, size_t count, bool lost);
    /* Not fatal: librdkafka goes on by itself. Fatal: free the consumer and leave. */
    void (*error)(void *ctx, const char *text, bool fatal);
    /* The log does not have the offset to begin from: nothing of the partition is read until it is
     * assigned anew. NULL = such a partition is read from the log's beginning; not for the ledger,
     * where a gap must not be passed over. */
    void (*no_offset)(void *ctx, int topic, int32_t partition);
};

/* What a consumer reads and who is told. Strings and ops are copied, ctx is borrowed. */
struct kafka_subscription {
    const char *group;
    const char *const *topics;
    size_t topics_count; /* 1 to KAFKA_TOPICS_MAX */
    /* How much is read ahead, over all partitions together; some fetches more may come. librdkafka
     * before 2.2 rests a whole second when it is full: it must hold more than a second of work. */
    size_t ahead_kb;
    const struct kafka_consumer_ops *ops;
    void *ctx; /* handed to the ops */
};

/* Stored offsets are committed once a second and when leaving.
 * 0 done; a negative errno when a setting or the subscription was refused: `why` says which. */
SAM_MUSTCHECK int kafka_consumer_new(const struct kafka_options *options,
                                     const struct kafka_subscription *subscription,
                                     struct kafka_consumer **ret, char *why, size_t why_bytes);
/* Leaves the group; stored offsets are committed first. Blocks up to 5 s: when Kafka has not
 * answered by then, librdkafka's handle stays until the process ends, so call it only before
 * leaving. */
void kafka_consumer_free(struct kafka_consumer *c);
SAM_DEFINE_FREEP(kafka_consumer)

/* Leaves the group without waiting: stored offsets are committed and the partitions revoked as the
 * polling goes on, then others take them. Nothing is read any more. */
void kafka_consumer_leave(struct kafka_consumer *c);

int kafka_consumer_fd(const struct kafka_consumer *c);
/* Serves at most max_records records and all rebalances that come before them.
 * Returns how many records were served. */
int kafka_consumer_poll(struct kafka_consumer *c, int max_records);
/* What the broker refuses to us, a topic or the group, for an operator; NULL = nothing, as far as
 * is known. Call it every second or so: it also sees to it that a right that has come back is
 * noticed within seconds. Valid until the next poll. */
const char *kafka_consumer_trouble(struct kafka_consumer *c);
void kafka_consumer_assign(struct kafka_consumer *c, const struct kafka_part *parts, size_t count);
void kafka_consumer_unassign(struct kafka_consumer *c);
/* next_offset: the first record that is not settled. Ignored for a partition that is not ours. */
void kafka_consumer_store(struct kafka_consumer *c, int topic, int32_t partition,
                          int64_t next_offset);
/* Commits what is stored now, without waiting for the answer. */
void kafka_consumer_commit(struct kafka_consumer *c);
/* Stops and restarts fetching of all assigned partitions of one topic; idempotent. */
void kafka_consumer_pause(struct kafka_consumer *c, int topic, bool paused);
/* The header's value, NULL when there is none; borrowed from the record, NUL-terminated copy in
 * out. */
bool kafka_record_header(const struct kafka_record *record, const char *name, char *out,
                         size_t out_bytes);

#endif
