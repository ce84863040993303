/* producer/ctl/block_tell.h - what the ledger hears of a change of the blocklist
 * (sam.blocklist.v1), so that it outlives a restore of an older dump.
 *
 * The gate opens partition by partition (common/adapters/gate.h), so each value stands in every
 * partition that holds an account of the workspace: once per partition, with one account of it as
 * the record's key. Where the number of partitions is not known, once per account. All inside a
 * change (ctl_transaction). */
#ifndef SAM_CTL_BLOCK_TELL_H
#define SAM_CTL_BLOCK_TELL_H

#include "common/base/uuid.h"
#include "common/model/block_keys.h"
#include "producer/ctl/ctl.h"

#define BLOCK_TELL_BATCH 500 /* entries: memory holds no more records than theirs */

struct block_tell {
    struct uuid workspace_id;
    enum block_kind kind;
    struct uuid *accounts; /* owned: the records' keys */
    size_t count;
};

/* With the accounts of the workspace locked. Anew for each try of the change; *t is zeroed before
 * the first one. */
SAM_MUSTCHECK enum pg_failure block_tell_begin(struct block_tell *t, struct ctl *c,
                                               const struct uuid *workspace_id,
                                               enum block_kind kind);
/* changed: a row for each value: value, version. */
SAM_MUSTCHECK enum pg_failure block_tell(const struct block_tell *t, struct ctl *c,
                                         const struct pg_result *changed, bool listed);
/* What the operator should know when the workspace has no account yet. */
void block_tell_note(const struct block_tell *t, const struct ctl *c);
void block_tell_deinit(struct block_tell *t);

#endif
