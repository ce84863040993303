/* producer/ctl/import_changes.h - a corrected file is imported again: who is there already and was
 * not contacted yet gets its names and columns.
 *
 * Only the columns that the file has count, and of two lines about one person the first. Texts that
 * wait are written anew. Who a person is, and which account writes to them, does not change. */
#ifndef SAM_CTL_IMPORT_CHANGES_H
#define SAM_CTL_IMPORT_CHANGES_H

#include "common/base/uuid.h"
#include "producer/ctl/ctl.h"
#include "producer/ctl/people_row.h"

struct import_changes {
    const struct uuid *workspace_id;
    const struct uuid *campaign_id;
    const struct uuid *first_id; /* of the people of this import: those are new */
    const struct people_columns *columns;
    bool dry;
    /* results of one chunk */
    int64_t updated;
    int64_t unchanged;
    int64_t contacted; /* would be updated, but were contacted, or have ended */
    int64_t held;      /* texts that cannot be sent now */
};

/* Once per session, before the first chunk. */
SAM_MUSTCHECK enum pg_failure import_changes_begin(struct ctl *c);
/* Inside a change, after the chunk's new people were taken from import_stage. */
SAM_MUSTCHECK enum pg_failure import_changes_write(struct import_changes *x, struct ctl *c);

#endif
