/* common/adapters/kafka_refusal.h - a right that the broker has refused, until it is there.
 *
 * librdkafka goes on asking by itself, and says so once or not at all; an operator must see it for
 * as long as it lasts. One refusal at a time: they are mended one after the other. */
#ifndef SAM_ADAPTERS_KAFKA_REFUSAL_H
#define SAM_ADAPTERS_KAFKA_REFUSAL_H

#include <stdbool.h>

#include "common/base/attr.h"

/* All zero: nothing was refused. */
struct kafka_refusal {
    char name[256]; /* of the topic or group; Kafka's longest is 249 */
    char text[512];
};

/* what: "the topic", "the consumer group"; name of it; right: "Write". true: it is news, so that it
 * is logged once. */
SAM_MUSTCHECK bool kafka_refusal_note(struct kafka_refusal *r, const char *what, const char *name,
                                      const char *right);
/* The broker lets us do something with this one; nothing happens unless it was what was refused. */
void kafka_refusal_over(struct kafka_refusal *r, const char *name);
/* What was refused and what to do; NULL = nothing. Valid until the next call. */
const char *kafka_refusal_text(const struct kafka_refusal *r);

#endif
