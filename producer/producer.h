/* producer/producer.h - what the producer's jobs share: connections, clock, gate, counters.
 *
 * The producer is a plain loop over blocking calls: each tick reads the database's clock once, then
 * plans, publishes, sweeps and schedules in batches. Any number of producers run side by side: rows
 * are taken with FOR UPDATE SKIP LOCKED, so none does the work of another. */
#ifndef SAM_PRODUCER_PRODUCER_H
#define SAM_PRODUCER_PRODUCER_H

#include <stdint.h>

#include "common/adapters/facts.h"
#include "common/adapters/gate.h"
#include "common/adapters/kafka.h"
#include "common/adapters/pg.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/settings.h"
#include "producer/said.h"
#include "producer/texts.h"

struct producer {
    const struct settings *settings;
    struct log *log;
    struct metrics *metrics;
    struct pg *pg; /* NULL while not connected */
    struct kafka_producer *kafka;
    struct gate *gate;
    struct facts *facts;
    struct texts *texts;
    struct uuid ledger_id;
    struct pg_params params; /* reused by every statement */
    int64_t now_ms;          /* sam_now() at the beginning of the tick */
    char *topic_jobs;
    char *topic_sync;
    char *topic_events;
    struct outbox_flight *outbox;    /* outbox.c: rows that are with Kafka; NULL = none */
    struct undelivered *undelivered; /* publish.c: jobs that Kafka did not take; owned */
    size_t undelivered_count;
    int64_t calendar_warned_day; /* calendar_age.c */
    int limits_looks;            /* limits.c */
    char left_out[256];          /* why the running step has left rows out; "" = it has not */
    struct said said;            /* producer_failed: what each step has logged last */
};

/* Result of one batch of a job: rows that it took (0 = nothing to do), or a failure: the
 * transaction was rolled back and the connection, when it is lost, is to be made anew. */
struct batch {
    enum pg_failure failure;
    int64_t rows;
    bool more;        /* a full batch: there may be more, go on without waiting for the tick */
    int64_t again_ms; /* it has left what others have locked: so soon again; 0 = as always */
};

/* One array parameter more: the UUIDs in a column of a result. */
void producer_add_uuids(struct producer *p, const struct pg_result *r, int col);

/* A row holds a value that this release does not know: its step goes on without it, and the loop
 * tells of the first one. Nothing is decided by guess: the row stays due. */
void producer_left_out(struct producer *p, const char *sentence);

/* Logs what went wrong, with the step's name (the same failure once a minute), rolls back, and
 * returns the failure. step: a literal. */
struct batch producer_failed(struct producer *p, const char *step, enum pg_failure failure);

/* Fills the slots of the next horizon of accounts whose plan_at has come. */
SAM_MUSTCHECK struct batch producer_plan(struct producer *p);
/* Takes the best item of each account that is due, and produces its job. */
SAM_MUSTCHECK struct batch producer_publish(struct producer *p);
/* Items whose job Kafka did not take: swept at once, not when a claim is overdue. */
SAM_MUSTCHECK struct batch producer_undo(struct producer *p);
/* Frees what was waiting for Kafka's reports; after kafka_producer_free(). */
void producer_kafka_gone(struct producer *p);
/* Published items that nobody claimed go back to the schedule. */
SAM_MUSTCHECK struct batch producer_sweep(struct producer *p);
/* Sending items whose end never came become unknown, once the ledger has been applied far enough.
 */
SAM_MUSTCHECK struct batch producer_expire(struct producer *p);
/* Unknown first messages that were answered: they were sent. */
SAM_MUSTCHECK struct batch producer_evidence(struct producer *p);
/* Invitations that nobody accepted in time. */
SAM_MUSTCHECK struct batch producer_give_up(struct producer *p);
/* Open people of running campaigns past their end_at, and what waits for them. */
SAM_MUSTCHECK struct batch producer_end(struct producer *p);
/* Running campaigns whose people have all ended. */
SAM_MUSTCHECK struct batch producer_complete(struct producer *p);
/* How old tzdata and the table of holidays are, as gauges; old ones are told once a day. */
SAM_MUSTCHECK struct batch producer_calendar_age(struct producer *p);
/* What was planned by other limits of sam.cfg than those in force is planned anew. */
SAM_MUSTCHECK struct batch producer_limits(struct producer *p);
/* What waits for somebody, what is late and for how long, as gauges. */
SAM_MUSTCHECK struct batch producer_count(struct producer *p);
/* Looks at accounts for acceptances and replies. */
SAM_MUSTCHECK struct batch producer_sync(struct producer *p);
/* Operator changes and left-over events go to the ledger. */
SAM_MUSTCHECK struct batch producer_outbox(struct producer *p);
/* Rows of the outbox that were published long ago are deleted. */
SAM_MUSTCHECK struct batch producer_forget(struct producer *p);

#endif
