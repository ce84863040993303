/* producer/ctl/catch_up.h - has this database all that the ledger says?
 *
 * After a restore it has not, for a while: a pause, a hold or a stop of which it does not know yet
 * may follow. Commands that stop act at once. Those that let go (start, resume, release, approve,
 * edit, clear) ask here first, and then look at what they change. */
#ifndef SAM_CTL_CATCH_UP_H
#define SAM_CTL_CATCH_UP_H

#include "producer/ctl/ctl.h"

/* Waits, connected, until a producer says that the ledger is applied to this database
 * (producer/applied.h); says so when that takes a while, and refuses (CTL_FAILED, nothing changed)
 * when it takes too long.
 *
 * Nobody can tell where producer and worker do not both run, nor for a partition that is halted. (A
 * program that is alone is given a few seconds for the other to connect.)
 * Then c->behind is set, and the change takes the least version that counts (SQL:
 * sam_change_version): what the ledger holds beyond this database goes before it, for its versions
 * are higher, and of two that are equal the one that stops counts. */
SAM_MUSTCHECK enum ctl_exit catch_up(struct ctl *c);
/* Of this moment, without waiting. */
SAM_MUSTCHECK enum ctl_exit catch_up_look(struct ctl *c, bool *ret_applied);
/* What the operator should know after such a change; nothing when all was known. */
void catch_up_note(const struct ctl *c);

#endif
