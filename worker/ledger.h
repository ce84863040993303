/* worker/ledger.h - the consumer of sam.events: reads from the position that Postgres names,
 * applies in batches, and never passes over an event (design 3.7, 3.8).
 *
 * Positions live in Postgres (ledger_positions); the group's committed offsets only show the lag to
 * ordinary tools. On assignment, on a mismatch and on a new connection it begins again from what
 * Postgres says, one record earlier, and checks that this record is the one that was applied last.
 * Where the log does not fit (a gap, another event, another ledger) the partition halts: its gate
 * stays shut until an operator decides. */
#ifndef SAM_WORKER_LEDGER_H
#define SAM_WORKER_LEDGER_H

#include "common/adapters/facts.h"
#include "common/adapters/kafka.h"
#include "common/adapters/pg_async.h"
#include "common/base/metrics.h"

struct ledger;

struct ledger_options {
    struct loop *loop;
    struct log *log;
    struct metrics *metrics;
    struct pg_options postgres;
    struct kafka_options kafka;
    struct facts *facts;
    const char *topic;
    const char *group;
    struct uuid ledger_id;
    size_t batch; /* events of one transaction at most */
    int64_t replies_ms;
    int64_t relations_ms;
    /* Told of what stands in the way; NULL text = nothing. */
    void (*state)(void *ctx, const char *what, const char *text);
    /* A fresh session with Postgres is there: the gate must be passed again. */
    void (*reconnected)(void *ctx);
    /* A batch was committed, and with it this position. */
    void (*applied)(void *ctx, int32_t partition, int64_t next_offset);
    /* It held an event of this account. */
    void (*touched)(void *ctx, const struct uuid *account_id);
    void *ctx;
};

SAM_MUSTCHECK int ledger_new(const struct ledger_options *options, struct ledger **ret, char *why,
                             size_t why_bytes);
/* Leaves the group. What was read and not applied is read again by whoever comes next. */
void ledger_free(struct ledger *l);
SAM_DEFINE_FREEP(ledger)

/* Call it every few seconds: a group takes a member that reads nothing for five minutes for hung
 * (max.poll.interval.ms), also where there is nothing to read. */
void ledger_tend(struct ledger *l);

/* Leaves the group at once, and writes nothing more but what is under way. May be called again. */
void ledger_leave(struct ledger *l);

/* Nothing that was read is waiting to be applied. */
bool ledger_idle(const struct ledger *l);

/* Events that were read and are not applied yet; *ret_max: from there on the consumer is paused. */
size_t ledger_queued(const struct ledger *l, size_t *ret_max);

/* Which partitions are applied here: their owner tells about their accounts. begun: counts up each
 * time that reading begins, as others may have owned them meanwhile. */
bool ledger_owns(const struct ledger *l, int32_t partition);
void ledger_add_owned(const struct ledger *l, struct pg_params *params); /* $n: an int[] */
uint64_t ledger_begun(const struct ledger *l);

/* Its session with Postgres stands. */
bool ledger_up(const struct ledger *l);
/* What Kafka refuses to us of sam.events or of the group, see kafka_consumer_trouble(); or NULL. */
const char *ledger_refused(struct ledger *l);

#endif
