#include "common/adapters/cloud_event.h"

#include "common/base/banned.h"

int cloud_event_produce(struct kafka_producer *p, const struct cloud_event *e)
{
    char id[UUID_TEXT_BYTES];
    char key[UUID_TEXT_BYTES];
    uuid_format(&e->id, id);
    if (e->key)
        uuid_format(e->key, key);
    struct kafka_header headers[] = {
        {"ce_specversion", "1.0"},    {"ce_type", e->type},
        {"ce_source", e->source},     {"ce_id", id},
        {"sam_release", SAM_VERSION}, {"content-type", "application/json"}};
    struct kafka_message m = {.topic = e->topic,
                              .partition = e->key ? -1 : e->partition,
                              .key = e->key ? key : NULL,
                              .value = e->value,
                              .value_bytes = e->value_bytes,
                              .headers = headers,
                              .headers_count = SAM_ARRAY_LEN(headers),
                              .delivery = e->delivery};
    return kafka_produce(p, &m);
}
