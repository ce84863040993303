/* common/adapters/kafka_stats.h - what librdkafka's statistics say about the brokers. */
#ifndef SAM_ADAPTERS_KAFKA_STATS_H
#define SAM_ADAPTERS_KAFKA_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"

/* How many brokers of a statistics document (STATISTICS.md of librdkafka 2.0: brokers.*.state) are
 * connected. 0 done; -EINVAL it is not such a document. */
SAM_MUSTCHECK int kafka_stats_brokers_up(const char *json, size_t json_bytes, size_t *ret_up);

#endif
