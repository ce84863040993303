/* worker/ledger_internal.h - one ledger in two files: ledger_read.c reads from the positions that
 * Postgres names, ledger.c applies what was read. */
#ifndef SAM_WORKER_LEDGER_INTERNAL_H
#define SAM_WORKER_LEDGER_INTERNAL_H

#include "worker/ledger.h"
#include "worker/ledger_queue.h"
#include "worker/ledger_tx.h"

#define LEDGER_TROUBLE_MS 1000 /* what Postgres does not take now is tried again */
#define LEDGER_HALT_BYTES 320

struct ledger_part {
    bool assigned;
    char halted[LEDGER_HALT_BYTES]; /* why nothing of it is applied; "" = all is well */
    bool tell_halt;                 /* Postgres does not know of it yet */
    bool verify;                    /* the next record is the one before next_offset */
    int64_t next_offset;            /* of the first record that is not queued */
    int64_t applied_offset;         /* what Postgres says */
    struct uuid last_event_id;
};

struct ledger {
    struct ledger_options o;
    struct pg_async *pg;
    struct kafka_consumer *consumer;
    struct loop_watch *watch;
    struct loop_timer timer; /* a retry after a failure */
    struct loop_timer hold_timer;
    struct loop_timer look_timer; /* is what halts a partition still so? */
    struct ledger_tx *tx;
    struct pg_params params;
    struct ledger_part *parts;
    int32_t parts_count;
    struct kafka_part *assignment; /* of the group, whether reading has begun or not */
    size_t assignment_count;
    uint64_t begun;   /* how often reading has begun */
    bool reading;     /* positions were read and the consumer assigned */
    bool positioning; /* the question for positions is under way */
    bool stale;   /* a rebalance or reconnect happened meanwhile: positions are to be asked anew */
    bool held;    /* enough is queued: the consumer is not polled */
    bool waiting; /* the timer runs before the next transaction */
    bool busy;    /* a transaction is under way */
    bool left;    /* the group, for good */
    char trouble[200]; /* as /readyz tells why Postgres takes nothing; "" = it does */
    struct ledger_queue queue;
    struct event *batch; /* contiguous copies for the transaction */
    size_t batch_count;
    size_t batch_max; /* halves when Postgres refuses a batch, until the bad event stands alone */
    struct ledger_move *moves;
    size_t moves_count;
    bool aside;
    int64_t begun_us;
};

/* What can be done next is done; ledger.c. */
void ledger_advance(struct ledger *l);
void ledger_state(struct ledger *l, const char *what, const char *text);
void ledger_wait(struct ledger *l, int64_t ms);
/* Postgres takes nothing of the ledger for the time being, said once; NULL = it does again. */
void ledger_trouble(struct ledger *l, const char *text);

extern const struct kafka_consumer_ops ledger_consumer_ops;
void ledger_read_init(struct ledger *l);
void ledger_on_readable(void *ctx, unsigned events);
struct ledger_part *ledger_part(struct ledger *l, int32_t partition);
/* Reads where Postgres stands and begins there; the queue is forgotten. */
void ledger_reposition(struct ledger *l);
/* Stops polling, or begins again. */
void ledger_hold(struct ledger *l, bool held);
/* Nothing is read until the positions have been asked for anew. */
void ledger_lose_position(struct ledger *l);
/* Postgres is told which partitions are halted: every gate reads it there. */
void ledger_tell_halts(struct ledger *l);

#endif
