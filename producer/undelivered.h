/* producer/undelivered.h - jobs that Kafka did not take: their items are published and nobody can
 * claim them, so they are swept at once and not when a claim is overdue. */
#ifndef SAM_PRODUCER_UNDELIVERED_H
#define SAM_PRODUCER_UNDELIVERED_H

#include "producer/producer.h"

/* For the job of an item; frees itself when it is told what became of it. */
struct kafka_delivery *undelivered_watch(struct producer *p, const struct uuid *item_id,
                                         int64_t dispatch);

#endif
