/* common/adapters/kafka_refusal.h - what the broker has refused, until it takes it: rights, or
 * records of a topic.
 *
 * librdkafka goes on asking by itself, and says so once or not at all; an operator must see it for
 * as long as it lasts. */
#ifndef SAM_ADAPTERS_KAFKA_REFUSAL_H
#define SAM_ADAPTERS_KAFKA_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"

#define KAFKA_REFUSALS_MAX 16 /* our topics and the group; what is more is not kept */

/* All zero: nothing was refused. */
struct kafka_refusals {
    struct {
        char name[256]; /* of the topic or group; Kafka's longest is 249 */
        char text[512];
        size_t bytes; /* smaller records that are taken say nothing of it; 0 = any does */
        int64_t noted_ms;
    } items[KAFKA_REFUSALS_MAX];
    size_t count;
};

/* what: "the topic", "the consumer group"; name of it; right: "Write". true: it is news, so that it
 * is logged once. */
SAM_MUSTCHECK bool kafka_refusal_note(struct kafka_refusals *r, const char *what, const char *name,
                                      const char *right, int64_t now_ms);
/* The same of records of a topic, the newest of which had so many bytes; why: a half sentence. Each
 * reason is an entry of its own. */
SAM_MUSTCHECK bool kafka_refusal_note_record(struct kafka_refusals *r, const char *topic,
                                             size_t bytes, const char *why, int64_t now_ms);
/* The topic has taken a record of so many bytes: over is what that is an answer to. */
void kafka_refusal_taken(struct kafka_refusals *r, const char *topic, size_t bytes);
/* Those that were not noted again for that long are over: nobody tries any more. For a producer,
 * which is refused anew with each message. */
void kafka_refusal_expire(struct kafka_refusals *r, int64_t now_ms, int64_t after_ms);
/* The broker lets us do something with this one; nothing happens unless it was refused. */
void kafka_refusal_over(struct kafka_refusals *r, const char *name);
bool kafka_refusal_of(const struct kafka_refusals *r, const char *name);
/* The first that still is refused, and what to do; NULL = none. Valid until the next call. */
const char *kafka_refusal_text(const struct kafka_refusals *r);
/* The newest, which was just noted. */
const char *kafka_refusal_newest(const struct kafka_refusals *r);

#endif
