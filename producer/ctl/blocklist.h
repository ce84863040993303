/* producer/ctl/blocklist.h - nobody of the workspace writes to who stands on the blocklist.
 *
 * People whom an entry means are on hold `blocklisted`: those who are there when it is added by
 * blocklist_add(), everybody who is written later by the database (011_blocklist.sql). The hold is
 * told to the ledger, so that it outlives a restore of an older dump; the entry itself is not. */
#ifndef SAM_CTL_BLOCKLIST_H
#define SAM_CTL_BLOCKLIST_H

#include "producer/ctl/block_entries.h"
#include "producer/ctl/lookup.h"

#define BLOCKLIST_HOLD "blocklisted"

struct blocklist_change {
    const struct block_entries *entries;
    struct uuid workspace_id;
    /* results */
    int64_t added;
    int64_t held;    /* people */
    int64_t sending; /* messages to them that are under way */
};

/* Inside a change (ctl_transaction); arg: a blocklist_change. */
ctl_change_fn blocklist_add;

#endif
