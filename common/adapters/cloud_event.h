/* common/adapters/cloud_event.h - one record with its CloudEvents headers (1.0, binary mode), and
 * sam_release: which release of SAM wrote it. */
#ifndef SAM_ADAPTERS_CLOUD_EVENT_H
#define SAM_ADAPTERS_CLOUD_EVENT_H

#include "common/adapters/kafka.h"
#include "common/base/uuid.h"

struct cloud_event {
    const char *topic;
    const struct uuid *key; /* the account; NULL = partition is given */
    int32_t partition;      /* used without a key only */
    const char *type;       /* ce_type, "sam.job.v1" */
    const char *source;     /* ce_source, "/sam/producer" */
    struct uuid id;         /* ce_id */
    const char *value;
    size_t value_bytes;
    struct kafka_delivery *delivery; /* as in struct kafka_message */
};

/* Results of kafka_produce(). */
SAM_MUSTCHECK int cloud_event_produce(struct kafka_producer *p, const struct cloud_event *e);

#endif
