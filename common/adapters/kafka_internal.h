/* common/adapters/kafka_internal.h - what kafka_*.c share; for these only. */
#ifndef SAM_ADAPTERS_KAFKA_INTERNAL_H
#define SAM_ADAPTERS_KAFKA_INTERNAL_H

#include <librdkafka/rdkafka.h>

#include "common/adapters/kafka_refusal.h"
#include "common/adapters/kafka_topic_configs.h"

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
/* The topics of the whole cluster, of which kafka_find_topic() finds one. Asking for one by name,
 * or making a handle for it, would make it where the broker has auto.create.topics.enable=true
 * (Kafka's default), and a producer has no property that forbids it. Free with
 * rd_kafka_metadata_destroy. */
rd_kafka_resp_err_t kafka_all_topics(rd_kafka_t *rk, int64_t timeout_ms,
                                     const struct rd_kafka_metadata **ret);
/* NULL: it does not exist, or is just being deleted. */
const struct rd_kafka_metadata_topic *kafka_find_topic(const struct rd_kafka_metadata *all,
                                                       const char *name);
/* Of the partition that has fewest; one that is down counts. */
int32_t kafka_fewest_replicas(const struct rd_kafka_metadata_topic *topic);
/* Where the log of a partition begins, and where its next record will stand. Asks again while the
 * partition is only changing hands: a broker may know of a topic that was made a moment ago, and
 * not lead it yet. The topic must be there: see kafka_all_topics(). */
rd_kafka_resp_err_t kafka_partition_ends(rd_kafka_t *rk, const char *topic, int32_t partition,
                                         int64_t timeout_ms, int64_t *ret_first, int64_t *ret_end);
/* As kafka_topic_configs(), by any handle. */
int kafka_configs_of(rd_kafka_t *rk, const char *topic, int64_t timeout_ms,
                     struct kafka_topic_configs *ret, char why[KAFKA_ADMIN_WHY_BYTES]);
/* Asking again may help: the partition is changing hands, or its broker is not there. */
bool kafka_may_pass(rd_kafka_resp_err_t err);
/* Borrowed from the message; topic: its index. */
struct kafka_record kafka_record_of(const rd_kafka_message_t *m, int topic);
/* Never NULL; of NULL empty ones. The caller's to destroy. */
rd_kafka_headers_t *kafka_headers_copy(const struct kafka_headers *h);
int kafka_errno(rd_kafka_resp_err_t err);

#endif
