#include "worker/ledger_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/banned.h"

#define SAM_TYPES "sam." /* ce_type of what a program of SAM has written, of whatever release */

void ledger_queue_init(struct ledger_queue *q, size_t capacity)
{
    *q = (struct ledger_queue){.ring = sam_xcalloc(capacity, sizeof(*q->ring)),
                               .capacity = capacity};
}

void ledger_queue_deinit(struct ledger_queue *q)
{
    ledger_queue_drop(q, q->count);
    free(q->ring);
    q->ring = NULL;
}

bool ledger_queue_full(const struct ledger_queue *q)
{
    return q->count == q->capacity;
}

struct ledger_queued *ledger_queue_at(struct ledger_queue *q, size_t i)
{
    return &q->ring[(q->head + i) % q->capacity];
}

void ledger_queue_drop(struct ledger_queue *q, size_t n)
{
    for (; n > 0 && q->count > 0; n--) {
        struct ledger_queued *first = ledger_queue_at(q, 0);
        free(first->bad);
        free(first->record);
        first->bad = NULL;
        first->record = NULL;
        q->head = (q->head + 1) % q->capacity;
        q->count--;
    }
}

static void keep_bad(struct ledger_queued *e, const struct kafka_record *record, const char *why,
                     struct log *log)
{
    char key[UUID_TEXT_BYTES] = "";
    e->bad = sam_xstrdup(why);
    e->record_bytes =
        record->value_bytes < RECORD_MAX_BYTES ? record->value_bytes : RECORD_MAX_BYTES;
    e->record = sam_xmalloc(e->record_bytes + 1);
    if (record->value) /* a record may have none at all */
        memcpy(e->record, record->value, e->record_bytes);
    if (record->key_bytes == UUID_TEXT_BYTES - 1)
        memcpy(key, record->key, record->key_bytes);
    if (uuid_parse(key, &e->account_id) != 0)
        e->account_id = (struct uuid){{0}};
    log_error(log, "event_undecodable", LOG_INT("partition", record->partition),
              LOG_INT("offset", record->offset), LOG_STR("why", why));
}

int ledger_queue_push(struct ledger_queue *q, const struct kafka_record *record,
                      const struct uuid *ledger_id, struct log *log, char why[RECORD_WHY_BYTES])
{
    char type[64] = "";
    char id[UUID_TEXT_BYTES] = "";
    struct ledger_queued *e = ledger_queue_at(q, q->count);
    (void)kafka_record_header(record, "ce_type", type, sizeof(type));
    e->partition = record->partition;
    e->offset = record->offset;
    e->refused = false;
    if (!kafka_record_header(record, "ce_id", id, sizeof(id)) || uuid_parse(id, &e->id) != 0)
        e->id = (struct uuid){{0}};
    int r =
        event_decode(type, record->value ? record->value : "", record->value_bytes, &e->event, why);
    if (r == -ENOTSUP && strncmp(type, SAM_TYPES, strlen(SAM_TYPES)) == 0)
        return r;
    if (r != 0)
        keep_bad(e, record, why, log);
    else if (!uuid_equal(&e->event.ledger_id, ledger_id))
        return -EXDEV;
    else if (!uuid_equal(&e->event.id, &e->id)) /* the position is recognised by it */
        keep_bad(e, record, "ce_id is not the event's id", log);
    q->count++;
    return 0;
}

void ledger_queue_spoil(struct ledger_queue *q, const char *why)
{
    struct buf text = BUF_INIT(RECORD_MAX_BYTES);
    struct ledger_queued *e = ledger_queue_at(q, 0);
    event_encode(&e->event, &text);
    e->bad = sam_xstrdup(why);
    e->record_bytes = text.len;
    e->record = buf_take(&text);
    e->account_id = e->event.account_id;
}
