/* worker/reads.h - what every read from Unipile has in common, whatever it is read for: it is
 * counted while it is under way, and what its answer says of the account, of our key and of
 * Unipile itself is told. What it says of people is for the caller. */
#ifndef SAM_WORKER_READS_H
#define SAM_WORKER_READS_H

#include "worker/unipile/unipile.h"

struct worker;

/* Call it just before each read of unipile.h. */
void reads_begun(struct worker *w);
/* Call it first in its callback. An account that is broken is told to the ledger; an answer that
 * only our own end gave (WORKER_LEAVE) says nothing. */
void reads_ended(struct worker *w, const struct uuid *workspace_id, const struct uuid *account_id,
                 const struct unipile_read *read);

#endif
