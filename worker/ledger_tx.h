/* worker/ledger_tx.h - one batch of events becomes rows of Postgres, in one transaction, together
 * with the positions of its partitions (compare and set).
 *
 * Two round trips: forgotten attempts, positions, locks and loads; then, after apply.c has decided
 * in memory, the writes and the commit. One per connection, used again and again. */
#ifndef SAM_WORKER_LEDGER_TX_H
#define SAM_WORKER_LEDGER_TX_H

#include "common/adapters/facts.h"
#include "common/adapters/pg_async.h"
#include "common/base/log.h"
#include "common/model/event.h"
#include "worker/apply_sql.h"

struct ledger_tx;

/* How a partition moves by a batch. */
struct ledger_move {
    int32_t partition;
    int64_t from_offset; /* what Postgres must say now */
    int64_t next_offset;
    struct uuid last_event_id;
};

enum ledger_tx_result {
    LEDGER_TX_DONE,
    LEDGER_TX_MOVED, /* the positions are not what was expected: read them anew */
    LEDGER_TX_RETRY, /* rolled back for a passing reason */
    LEDGER_TX_WAIT,  /* rolled back: Postgres cannot do it now, whatever the events are; error tells
                      */
    LEDGER_TX_LOST,  /* the connection is gone: read the positions anew */
    LEDGER_TX_REFUSED /* Postgres refuses something of this batch for good: error tells */
};

typedef void ledger_tx_fn(void *ctx, enum ledger_tx_result result, const char *error);

struct ledger_tx_options {
    struct pg_async *pg;
    struct facts *facts;
    struct log *log;       /* accounts that a batch has found logged out or restricted */
    struct uuid ledger_id; /* of the events; nothing is written where Postgres says another one
                            * (LEDGER_TX_MOVED) */
    struct apply_times times;
    ledger_tx_fn *fn;
    void *ctx;
};

/* Copies the options. */
struct ledger_tx *ledger_tx_new(const struct ledger_tx_options *options);
void ledger_tx_free(struct ledger_tx *tx);
SAM_DEFINE_FREEP(ledger_tx)

/* Begins; events and moves are borrowed until fn is called, exactly once (from within this call
 * when the connection is gone). */
void ledger_tx_begin(struct ledger_tx *tx, const struct event *events, size_t count,
                     const struct ledger_move *moves, size_t moves_count);

/* An event that cannot be applied, kept as it came with the reason; its account (from the record's
 * key; null = none) is blocked until an operator clears it. Moves the position past it. */
struct ledger_aside {
    int64_t offset;
    struct uuid account_id;
    const char *reason;
    const void *record;
    size_t record_bytes;
};
void ledger_tx_aside(struct ledger_tx *tx, const struct ledger_aside *aside,
                     const struct ledger_move *move);

/* While told of a result: what Postgres said; PG_FINE = it is not at fault. */
enum pg_failure ledger_tx_cause(const struct ledger_tx *tx);

#endif
