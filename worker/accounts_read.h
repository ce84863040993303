/* worker/accounts_read.h - how accounts stand, from Postgres: two questions, one after the other,
 * on a session of its own, so that nothing of it waits before a claim or the ledger.
 *
 * Why the first waiting item does not go is asked of the policy, with the facts that a claim loads:
 * the same answer as `samctl why` gives. */
#ifndef SAM_WORKER_ACCOUNTS_READ_H
#define SAM_WORKER_ACCOUNTS_READ_H

#include "common/adapters/facts.h"
#include "common/adapters/gate.h"
#include "common/adapters/pg_async.h"
#include "common/model/account_state.h"

#define ACCOUNTS_READ_MAX 200

struct accounts_read;

/* One account that was asked for. */
struct account_read {
    struct account_state state;
    int32_t partition;
    bool gone;        /* there is no such account */
    bool known;       /* false: it changed while it was read, or only a newer release knows it */
    int64_t again_ms; /* how long this holds by itself; changes come before */
};

struct accounts_read_options {
    struct pg_async *pg; /* all are borrowed */
    struct facts *facts;
    const struct gate *gate;
    /* The answer, in the order of the ids. error: why nothing is known of any of them, or NULL. */
    void (*done)(void *ctx, const struct account_read *accounts, size_t count, const char *error);
    void *ctx;
};

struct accounts_read *accounts_read_new(const struct accounts_read_options *options);
void accounts_read_free(struct accounts_read *r);
SAM_DEFINE_FREEP(accounts_read)

/* count: 1 to ACCOUNTS_READ_MAX; not while another is under way. done is called once, from the
 * loop, or at once where the session is lost. */
void accounts_read_begin(struct accounts_read *r, const struct uuid *ids, size_t count);

#endif
