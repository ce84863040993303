#include "common/adapters/kafka_headers.h"

#include <string.h>

#include "common/adapters/kafka_internal.h"

#include "common/base/banned.h"

struct kafka_headers {
    rd_kafka_headers_t *rd; /* owned */
};

struct kafka_headers *kafka_headers_of(const struct kafka_record *record)
{
    rd_kafka_headers_t *theirs = NULL;
    struct kafka_headers *h = sam_xcalloc(1, sizeof(*h));
    bool some = record->message &&
                rd_kafka_message_headers(record->message, &theirs) == RD_KAFKA_RESP_ERR_NO_ERROR;
    h->rd = some ? rd_kafka_headers_copy(theirs) : rd_kafka_headers_new(1);
    return h;
}

void kafka_headers_free(struct kafka_headers *h)
{
    if (!h)
        return;
    rd_kafka_headers_destroy(h->rd);
    free(h);
}

void kafka_headers_remove(struct kafka_headers *h, const char *name)
{
    (void)rd_kafka_header_remove(h->rd, name);
}

size_t kafka_headers_bytes(const struct kafka_headers *h)
{
    const char *name;
    const void *value;
    size_t value_bytes;
    size_t bytes = 0;
    for (size_t i = 0; !rd_kafka_header_get_all(h->rd, i, &name, &value, &value_bytes); i++)
        bytes += strlen(name) + value_bytes;
    return bytes;
}

rd_kafka_headers_t *kafka_headers_copy(const struct kafka_headers *h)
{
    return h ? rd_kafka_headers_copy(h->rd) : rd_kafka_headers_new(8);
}
