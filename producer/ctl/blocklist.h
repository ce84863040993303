/* producer/ctl/blocklist.h - nobody of the workspace writes to who stands on the blocklist.
 *
 * People whom an entry means are on hold `blocklisted`: those who are there when it is added by
 * blocklist_add(), everybody who is written later by the database (012_blocklist.sql). The hold is
 * told to the ledger, and so is the entry (block_tell.h): both outlive a restore of an older
 * dump. */
#ifndef SAM_CTL_BLOCKLIST_H
#define SAM_CTL_BLOCKLIST_H

#include "producer/ctl/block_entries.h"
#include "producer/ctl/block_tell.h"
#include "producer/ctl/lookup.h"

#define BLOCKLIST_HOLD "blocklisted"

struct blocklist_change {
    const struct block_entries *entries;
    struct uuid workspace_id;
    struct block_tell tell;
    bool again; /* what stands there already is told to the ledger again */
    /* results */
    int64_t added;
    int64_t held;    /* people */
    int64_t sending; /* messages to them that are under way */
};

/* Sets `again`, before the change. */
SAM_MUSTCHECK enum ctl_exit blocklist_look(struct ctl *c, struct blocklist_change *b);
/* Inside a change (ctl_transaction); arg: a blocklist_change. */
ctl_change_fn blocklist_add;
/* In any case after it. */
void blocklist_change_deinit(struct blocklist_change *b);

#endif
