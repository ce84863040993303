/* producer/ctl/dlq_log.h - dlq.sam.jobs, open for reading. */
#ifndef SAM_CTL_DLQ_LOG_H
#define SAM_CTL_DLQ_LOG_H

#include "common/adapters/kafka_reader.h"
#include "producer/ctl/ctl.h"
#include "producer/ctl/log_place.h"

#define DLQ_TIMEOUT_MS 10000

struct dlq_log {
    struct kafka_admin *admin;   /* owned */
    struct kafka_reader *reader; /* owned; NULL = there is no record to read */
    char *topic;                 /* owned */
    struct kafka_ends *ends;     /* owned; of each partition */
    int32_t partitions;
};

/* Loads sam.cfg and asks Kafka; what stands in the way is told. Deinit in both cases. */
SAM_MUSTCHECK enum ctl_exit dlq_log_open(struct ctl *c, struct dlq_log *ret);
void dlq_log_deinit(struct dlq_log *log);

/* How many there are. */
int64_t dlq_log_count(const struct dlq_log *log);
/* The newest of a partition, at most so many (0 = all), in their order. Trouble is told. */
SAM_MUSTCHECK enum ctl_exit dlq_log_read(const struct ctl *c, struct dlq_log *log,
                                         int32_t partition, int64_t newest, kafka_reader_fn *fn,
                                         void *ctx);
/* One of them; fn is not called when it is gone meanwhile. */
SAM_MUSTCHECK enum ctl_exit dlq_log_read_one(const struct ctl *c, struct dlq_log *log,
                                             const struct log_place *place, kafka_reader_fn *fn,
                                             void *ctx);

#endif
