/* worker/ledger_queue.h - records of sam.events that were read and are not applied yet: a bounded
 * ring, decoded, in the order of reading. What cannot be decoded stays in its place, as it came. */
#ifndef SAM_WORKER_LEDGER_QUEUE_H
#define SAM_WORKER_LEDGER_QUEUE_H

#include "common/adapters/kafka.h"
#include "common/base/log.h"
#include "common/model/event.h"

/* One event, or (bad != NULL) a record that none can be made of, or that Postgres refuses. */
struct ledger_queued {
    struct event event;
    int32_t partition;
    int64_t offset;
    struct uuid id; /* of the record, by its header ce_id; null = it has none */
    bool refused;   /* by Postgres, once: it is tried again before it is called bad */
    char *bad;      /* owned: why it cannot be applied */
    void *record;   /* owned, with bad: the value as it came, cut at RECORD_MAX_BYTES */
    size_t record_bytes;
    struct uuid account_id; /* with bad: by the record's key; null = it names none */
};

struct ledger_queue {
    struct ledger_queued *ring; /* owned */
    size_t head;
    size_t count;
    size_t capacity;
};

void ledger_queue_init(struct ledger_queue *q, size_t capacity);
void ledger_queue_deinit(struct ledger_queue *q);

bool ledger_queue_full(const struct ledger_queue *q);
/* The queue must not be full. 0 taken, bad or not; not taken: -EXDEV an event of another ledger,
 * -ENOTSUP one of SAM's with a type or a value that this program does not know (why tells). */
SAM_MUSTCHECK int ledger_queue_push(struct ledger_queue *q, const struct kafka_record *record,
                                    const struct uuid *ledger_id, struct log *log,
                                    char why[RECORD_WHY_BYTES]);
/* The i-th from the head; i < count. */
struct ledger_queued *ledger_queue_at(struct ledger_queue *q, size_t i);
/* Forgets the first n. */
void ledger_queue_drop(struct ledger_queue *q, size_t n);
/* The head can be decoded and cannot be applied: it becomes bad. */
void ledger_queue_spoil(struct ledger_queue *q, const char *why);

#endif
