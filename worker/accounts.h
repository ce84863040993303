/* worker/accounts.h - sam.accounts: what waits for each account, and why, for ordinary Kafka tools.
 *
 * Whoever applies a partition of the ledger writes the records of its accounts: all of them when
 * it begins to read, and once more 35 s later, when nothing can come any more of what the owner of
 * before had under way; then each that changes, at most every 10 s. An account is looked at when
 * an event of it was applied, when its rows have changed (a walk over the accounts' own rows, 500 a
 * second, sees claims, plans and an operator's changes), and when what it waits for is over.
 *
 * Its bounds: 12,000 accounts a worker, those beyond are not told about, which is said; 200 looks a
 * second at best, whoever is due longest first, so a look is late by a minute at most where answers
 * come within a second; and the walk passes over the accounts of all workers, so that it sees a
 * change after their number / 500 seconds (24 s where there are 12,000).
 *
 * A view, and nothing else: it has its own session with Postgres and its own producer, so that
 * neither is ever waited for by what sends. What cannot be written is dropped, said once, and
 * written anew when Kafka takes it again. */
#ifndef SAM_WORKER_ACCOUNTS_H
#define SAM_WORKER_ACCOUNTS_H

#include "common/adapters/facts.h"
#include "common/adapters/gate.h"
#include "common/adapters/kafka.h"
#include "common/adapters/pg_async.h"
#include "common/adapters/topics_watch.h"
#include "common/base/metrics.h"
#include "worker/ledger.h"

struct accounts;

/* All is borrowed; the strings are copied where they are needed later. */
struct accounts_options {
    struct loop *loop;
    struct log *log;
    struct metrics *metrics;
    struct pg_options postgres;
    struct kafka_options kafka;
    const char *topic;
    struct facts *facts;
    const struct gate *gate;
    const struct ledger *ledger;
    const struct topics_watch *topics; /* whether the topic is there: none is made by writing */
};

struct accounts *accounts_new(const struct accounts_options *options);
/* Waits up to 2 s for what is under way to Kafka. */
void accounts_free(struct accounts *a);
SAM_DEFINE_FREEP(accounts)

/* An event of it was applied; the null id is nobody. */
void accounts_touch(struct accounts *a, const struct uuid *account_id);
/* The process ends: nothing more is written. */
void accounts_leave(struct accounts *a);

#endif
