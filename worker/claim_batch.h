/* worker/claim_batch.h - the jobs of one claim, what becomes of each, and the statements; no flow
 * (claim.c). */
#ifndef SAM_WORKER_CLAIM_BATCH_H
#define SAM_WORKER_CLAIM_BATCH_H

#include "common/adapters/verdicts.h"
#include "worker/worker.h"

enum fate {
    FATE_SKIPPED, /* its account is locked elsewhere, or its gate is shut: again in a moment */
    FATE_STALE,   /* the item has moved on, or does not exist */
    FATE_PREPARE, /* the item waits for it; what is to be read first is not */
    FATE_WAIT,    /* a moment too early: it stays in this worker until wait_until_db_ms */
    FATE_REFUSED, /* back to the schedule or cancelled, with its reason */
    FATE_GRANTED
};

struct claim_account {
    struct uuid id;
    struct facts_frame frame;
    bool granted; /* by this claim: one call of an account at a time */
};

struct claim_identities; /* a set of texts that belong to the grants */

struct claim_batch {
    size_t capacity;
    size_t count;
    struct work **works; /* of capacity, as the arrays below */
    enum fate *fates;
    int64_t *wait_until_db_ms;
    size_t *asked; /* works whose facts are loaded, in the order of the query */
    size_t asked_count;
    struct facts_ask *asks;       /* the query of them */
    struct claim_account *locked; /* sorted by id */
    size_t locked_count;
    struct grant **grants; /* owned until they are sent */
    size_t grants_count;
    struct verdicts verdicts;
    struct pg_params params;
    int64_t db_now_ms;
    int64_t db_clock_ms; /* the same without a test's offset */
    int64_t begun_boot_ms;
    int64_t start_by_boot_ms;
    int64_t start_by_ms;     /* the span */
    int64_t ungranted_ms;    /* Kafka takes no attempt.started for so long; 0 = it may */
    size_t identities_count; /* of first contacts, to be inserted */
    bool again;              /* some of them are of humans who were written to long ago */
    struct claim_identities *identities; /* the same as a set */
    /* what the statements that must match exactly are expected to touch, in their order */
    int64_t expected[4];
    size_t expected_count;
    size_t expected_at;
};

void claim_batch_init(struct claim_batch *b, size_t capacity);
void claim_batch_deinit(struct claim_batch *b);
void claim_batch_reset(struct claim_batch *b);

/* SKIP LOCKED: accounts that are not in the answer are somebody else's now, or do not exist.
 * Returns how often in a row the most unlucky of the works was skipped before. */
unsigned claim_batch_lock(struct claim_batch *b, struct pg_async *pg, pg_async_fn *fn, void *ctx);
void claim_batch_locked(struct claim_batch *b, struct facts *facts, const struct pg_result *r);
/* Asks which accounts exist at all; the answer marks the works of others as orphans: only a record
 * that SAM has not written names such an account. */
void claim_batch_ask(struct claim_batch *b, struct pg_async *pg, pg_async_fn *fn, void *ctx);
void claim_batch_known(struct claim_batch *b, const struct pg_result *r);
/* Leaves out what is not locked or gated; returns how many are left to load. */
size_t claim_batch_close_gated(struct claim_batch *b, const struct gate *gate);
void claim_batch_load(struct claim_batch *b, struct pg_async *pg, const struct facts *facts,
                      pg_async_fn *fn, void *ctx);
/* Asks the policy about every item. 0 done; -EINVAL a row that this program does not understand. */
SAM_MUSTCHECK int claim_batch_decide(struct claim_batch *b, struct worker *w,
                                     const struct pg_result *r);
/* Queues the writes: those of exact must touch claim_batch_expected() rows (asked once per answer,
 * in order); last is called for the last one. */
void claim_batch_write(struct claim_batch *b, struct pg_async *pg, pg_async_fn *exact,
                       pg_async_fn *last, void *ctx);
int64_t claim_batch_expected(struct claim_batch *b);

#endif
