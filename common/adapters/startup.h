/* common/adapters/startup.h - what a daemon needs before it can begin: Postgres with the right
 * schema, Kafka with the topics, the ledger's id.
 *
 * It waits for what is not there, with a line that says for what (when that changes, and once a
 * minute), and gives up only on what waiting cannot mend. The signals of startup_block_signals()
 * must be blocked; one of them ends the wait. */
#ifndef SAM_ADAPTERS_STARTUP_H
#define SAM_ADAPTERS_STARTUP_H

#include "common/adapters/admin.h"
#include "common/adapters/kafka.h"
#include "common/adapters/pg.h"
#include "common/base/log.h"
#include "common/base/settings.h"
#include "common/base/uuid.h"

struct startup {
    const struct settings *settings;
    struct log *log;
    struct admin *admin; /* /readyz tells what is waited for */
    const char *program; /* "sam-worker": names the sessions */
    struct metrics *metrics;
    /* results, owned by the caller */
    struct pg *pg;
    struct kafka_producer *kafka;
    int32_t partitions; /* of sam.jobs, sam.sync and sam.events alike */
    struct uuid ledger_id;
    int unanswered; /* private: questions in a row */
    bool silent;    /* private: Postgres did not answer for PG_SILENT_MS, and /readyz says so */
};

/* Blocks the signals that end a program in order, for this thread and those it starts: SIGTERM,
 * SIGINT, and SIGHUP (a terminal that is closed must not cut calls off either). */
void startup_block_signals(void);
/* A descriptor that reads them (signalfd), or a negative errno. */
int startup_signal_fd(void);

/* 0 everything is there; -EINTR a signal ended the wait; -EPROTO a property in the config is none
 * of Kafka's, or the schema is of a later release, on which this program does not run (logged, with
 * what to do; migrate.h says what runs on what). Topics that are not as they must be are waited
 * for, as those that are not there. */
SAM_MUSTCHECK int startup_wait(struct startup *s);

/* What was asked of s->pg has an answer: takes back what was told while there was none. While there
 * is none for PG_SILENT_MS, /readyz and sam_postgres_up tell, /healthz stays as it is, and a signal
 * ends the wait: the session is lost then, as after a minute. */
void startup_answered(struct startup *s);

/* Makes the ledger's row with $1 as its id, unless it is there. startup_wait then keeps in its
 * least_partitions the fewest that the topics ever had; the gate compares (gate.h). */
extern const char startup_ledger_sql[];

/* Connects to Postgres once more, for a program that runs: s->pg. 0 done; -ENOTCONN; -EPROTO the
 * schema is not this program's, and why says what an operator can do (waiting may mend it: a dump
 * is being loaded). ledger_id stays what it was and none is made: a database without ours, or with
 * another one, is for the gate to refuse. */
SAM_MUSTCHECK int startup_reconnect(struct startup *s, char *why, size_t why_bytes);

#endif
