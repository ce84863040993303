/* common/adapters/kafka_internal.h - what kafka_*.c share; for these only. */
#ifndef SAM_ADAPTERS_KAFKA_INTERNAL_H
#define SAM_ADAPTERS_KAFKA_INTERNAL_H

#include <librdkafka/rdkafka.h>

#include "common/adapters/kafka.h"

struct kafka_setting {
    const char *name;
    const char *value;
};

/* A conf with the user's properties first and ours after them (ours win). NULL: why says which
 * property was refused; never its value, it may be a password. */
rd_kafka_conf_t *kafka_conf(const struct kafka_options *options, const struct kafka_setting *ours,
                            size_t count, char *why, size_t why_bytes);
/* A non-blocking eventfd that librdkafka writes to when the queue gets its first event. */
int kafka_wake_fd(rd_kafka_queue_t *queue);
void kafka_wake_clear(int fd);
/* Makes it readable, for the next turn of the loop. */
void kafka_wake_again(int fd);
int kafka_errno(rd_kafka_resp_err_t err);

#endif
