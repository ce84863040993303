/* producer/ctl/outbox.h - an operator's change on its way to the ledger.
 *
 * Postgres has the change at once, in the transaction that also holds its outbox rows; the producer
 * publishes them to sam.events, so that a database restored from a backup learns the change again
 * (design 3.7). One event for each account that the change concerns. */
#ifndef SAM_CTL_OUTBOX_H
#define SAM_CTL_OUTBOX_H

#include "common/model/event.h"
#include "producer/ctl/ctl.h"

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

/* Reads the clock and the ledger's id, which it makes when there is none yet. */
SAM_MUSTCHECK enum pg_failure outbox_begin(struct outbox *o, struct ctl *c);
/* Fills in id, ledger_id and at_ms, and keeps the record. */
void outbox_add(struct outbox *o, struct event *event);
/* Writes what was added. */
SAM_MUSTCHECK enum pg_failure outbox_write(struct outbox *o, struct ctl *c);
void outbox_deinit(struct outbox *o);

#endif
