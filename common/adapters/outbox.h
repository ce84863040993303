/* common/adapters/outbox.h - a change of Postgres on its way to the ledger.
 *
 * What an operator changes, Postgres has at once, in the transaction that also holds its outbox
 * rows; the producer publishes them to sam.events, so that a database restored from a backup learns
 * the change again (design 3.7). One event for each account that the change concerns. What the
 * producer itself concludes goes the same way. */
#ifndef SAM_ADAPTERS_OUTBOX_H
#define SAM_ADAPTERS_OUTBOX_H

#include "common/adapters/pg.h"
#include "common/model/event.h"

struct outbox_row {
    struct uuid id;
    struct uuid account_id;
    enum event_type type;
    char *payload; /* owned */
};

struct outbox {
    struct uuid ledger_id;
    int64_t now_ms;          /* sam_now() */
    struct outbox_row *rows; /* owned */
    size_t count;
};

/* Reads the clock and the ledger's id, which it makes when there is none yet. params, which each
 * call fills anew, is for the statements. */
SAM_MUSTCHECK enum pg_failure outbox_begin(struct outbox *o, struct pg *pg,
                                           struct pg_params *params);
/* Fills in id, ledger_id and at_ms, and keeps the record. */
void outbox_add(struct outbox *o, struct event *event);
/* Writes what was added. */
SAM_MUSTCHECK enum pg_failure outbox_write(struct outbox *o, struct pg *pg,
                                           struct pg_params *params);
void outbox_deinit(struct outbox *o);

#endif
