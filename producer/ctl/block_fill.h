/* producer/ctl/block_fill.h - gives people of an older release the keys by which companies and
 * domains on the blocklist are found (common/model/block_keys.h). */
#ifndef SAM_CTL_BLOCK_FILL_H
#define SAM_CTL_BLOCK_FILL_H

#include "common/base/uuid.h"
#include "producer/ctl/ctl.h"

/* Inside a change, with the accounts of the workspace locked, or of the campaign if one is given:
 * nobody of it is without keys after it, who takes part in a campaign or waits for approval. */
SAM_MUSTCHECK enum pg_failure block_fill(struct ctl *c, const struct uuid *workspace_id,
                                         const struct uuid *campaign_id);

#endif
