/* common/adapters/kafka_peek.h - single records of a topic, read by their place. Blocking; for
 * samctl.
 *
 * It belongs to no group, commits nothing, and needs the right to read the topic. */
#ifndef SAM_ADAPTERS_KAFKA_PEEK_H
#define SAM_ADAPTERS_KAFKA_PEEK_H

#include "common/adapters/kafka.h"
#include "common/adapters/kafka_admin.h"

struct kafka_peek;

/* timeout_ms: of each read. 0 done; -EINVAL a property was refused: why. The topic must be there;
 * its name is copied. */
SAM_MUSTCHECK int kafka_peek_new(const struct kafka_options *options, const char *topic,
                                 int64_t timeout_ms, struct kafka_peek **ret,
                                 char why[KAFKA_ADMIN_WHY_BYTES]);
void kafka_peek_free(struct kafka_peek *p);
SAM_DEFINE_FREEP(kafka_peek)

/* Borrowed for the time of the callback; record->topic is 0. */
typedef void kafka_peek_fn(void *ctx, const struct kafka_record *record);

/* The record at the offset, or the next one behind it that is there: fn is called once. 0 done;
 * -ENODATA the log ends there, or does not reach there; -ENOTCONN no answer in time, -EACCES it
 * may not be read: why. */
SAM_MUSTCHECK int kafka_peek_record(struct kafka_peek *p, int32_t partition, int64_t offset,
                                    kafka_peek_fn *fn, void *ctx, char why[KAFKA_ADMIN_WHY_BYTES]);

#endif
