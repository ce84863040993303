/* common/adapters/kafka_headers.h - all headers of a record, whatever bytes they hold, to be
 * written once more. */
#ifndef SAM_ADAPTERS_KAFKA_HEADERS_H
#define SAM_ADAPTERS_KAFKA_HEADERS_H

#include "common/adapters/kafka.h"

/* A copy, in their order. Never NULL. */
struct kafka_headers *kafka_headers_of(const struct kafka_record *record);
void kafka_headers_free(struct kafka_headers *h);
SAM_DEFINE_FREEP(kafka_headers)

/* All of that name. */
void kafka_headers_remove(struct kafka_headers *h, const char *name);
/* Of names and values together. */
size_t kafka_headers_bytes(const struct kafka_headers *h);

#endif
