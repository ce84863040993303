/* producer/ctl/catch_up.h - has this database all that the ledger says?
 *
 * After a restore it has not, for a while: a pause, a hold or a stop of which it does not know yet
 * may follow. Commands that stop act at once. Those that let go (start, resume, release, approve,
 * edit) ask here first. */
#ifndef SAM_CTL_CATCH_UP_H
#define SAM_CTL_CATCH_UP_H

#include "producer/ctl/ctl.h"

/* Waits, connected, until a producer says that the ledger is applied to this database; says so
 * when that takes a while, and refuses (CTL_FAILED, nothing changed) when it takes too long. Where
 * producer and worker do not both run nobody can tell, and nothing is sent either: c->behind is
 * set, and the change is made so that whatever the ledger holds beyond this database goes before
 * it. */
SAM_MUSTCHECK enum ctl_exit catch_up(struct ctl *c);
/* What the operator should know after such a change; nothing when all was known. */
void catch_up_note(const struct ctl *c);

/* SQL: the version of a change, behind is a parameter ("$3", bool). A change that was made without
 * knowledge of the ledger gets the least that counts here: any of the ledger's own is above it. */
#define CATCH_UP_VERSION(behind)                                                                   \
    "CASE WHEN " behind "::bool THEN version + 1 ELSE sam_next_version(version) END"

#endif
