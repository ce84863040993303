/* common/adapters/kafka_reader.h - reads records of a topic as they stand: without a group, so
 * nothing is committed and nobody's partitions move. Blocking; for samctl. */
#ifndef SAM_ADAPTERS_KAFKA_READER_H
#define SAM_ADAPTERS_KAFKA_READER_H

#include "common/adapters/kafka.h"
#include "common/adapters/kafka_admin.h"

struct kafka_reader;

/* The topic must be there (kafka_admin_ends() says so). It is index 0 of the records.
 * 0 done; -EINVAL a property was refused: why. */
SAM_MUSTCHECK int kafka_reader_new(const struct kafka_options *options, const char *topic,
                                   struct kafka_reader **ret, char why[KAFKA_ADMIN_WHY_BYTES]);
void kafka_reader_free(struct kafka_reader *r);
SAM_DEFINE_FREEP(kafka_reader)

typedef void kafka_reader_fn(void *ctx, const struct kafka_record *record);

/* What is read, and who is told. ctx first. */
struct kafka_range {
    int32_t partition;
    struct kafka_ends ends; /* from first to before end */
    bool one;               /* the first of them that is there, and no more */
    kafka_reader_fn *fn;
    void *ctx;
};

/* Hands over the records of the range in their order; one that was deleted is passed over.
 * timeout_ms: how long nothing may come; until then errors that may pass (a leader that moves) are
 * waited for.
 * 0 all was read; -EACCES the topic is refused to us, -ENOTCONN no answer: why. */
SAM_MUSTCHECK int kafka_reader_read(struct kafka_reader *r, const struct kafka_range *range,
                                    int64_t timeout_ms, char why[KAFKA_ADMIN_WHY_BYTES]);

#endif
