/* worker/apply_sql.h - the statements of a ledger batch and their parameters: loads into and writes
 * from struct apply_batch. No flow; that is ledger_tx.c. */
#ifndef SAM_WORKER_APPLY_SQL_H
#define SAM_WORKER_APPLY_SQL_H

#include "common/adapters/facts.h"
#include "common/adapters/pg_async.h"
#include "worker/apply.h"

/* ---- first round: what is there ------------------------------------------------------------- */

/* LEAN is what nearly every batch needs: Postgres has the attempt of each attempt.started, so that
 * event changes nothing and asks for no rows. FULL also knows what a restored database lacks:
 * attempts whose end comes without their start, items that were planned anew under another id. */
enum apply_load { APPLY_LEAN, APPLY_FULL };

/* Inserts the attempts of the events that Postgres does not have and returns their ids; with
 * APPLY_FULL also those of attempt.ended. false: there are none. */
bool apply_sql_attempts(const struct event *events, size_t count, enum apply_load load,
                        struct pg_params *params);
extern const char apply_attempts_sql[];

/* Locks the accounts of the events, in the order of their ids. A change of the blocklist is about
 * all accounts of its workspace: who is just approved or claimed by one of them waits for it: true
 * = there is one, and the statement for it is to be taken. */
bool apply_sql_accounts(const struct event *events, size_t count, enum apply_load load,
                        struct pg_params *params);
extern const char apply_accounts_sql[];
extern const char apply_workspaces_accounts_sql[];
void apply_sql_read_accounts(struct apply_batch *b, struct facts *facts, const struct pg_result *r);

void apply_sql_items(const struct event *events, size_t count, enum apply_load load,
                     struct pg_params *params);
/* Before the items are loaded, with APPLY_FULL: items that attempts speak of and that a restored
 * database does not have, as unknown. */
void apply_sql_forgotten(const struct event *events, size_t count, struct pg_params *params);
extern const char apply_forgotten_sql[];
extern const char apply_items_sql[];      /* by id */
extern const char apply_items_full_sql[]; /* else by what makes an item unique */
void apply_sql_read_items(struct apply_batch *b, const struct pg_result *r);

/* All attempts of the items that the events name. */
void apply_sql_item_attempts(const struct event *events, size_t count, enum apply_load load,
                             struct pg_params *params);
extern const char apply_item_attempts_sql[];
void apply_sql_read_attempts(struct apply_batch *b, const struct pg_result *r);

void apply_sql_people(const struct event *events, size_t count, enum apply_load load,
                      struct pg_params *params);
extern const char apply_people_sql[];
void apply_sql_read_people(struct apply_batch *b, const struct pg_result *r);

/* ---- second round: what has changed --------------------------------------------------------- */

struct apply_times {
    int64_t replies_ms;
    int64_t relations_ms;
};

/* What the writes are made from, and who is told. */
struct apply_writer {
    struct pg_async *pg;
    struct pg_params *params;
    const struct apply_batch *b;
    const struct event *events;
    size_t count;
    struct apply_times times;
    pg_async_fn *fn; /* answered for each statement */
    void *ctx;
};

/* Queues every write that the batch needs. */
void apply_sql_write(struct apply_writer *w);

#endif
