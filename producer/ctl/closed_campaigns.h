/* producer/ctl/closed_campaigns.h - campaigns whose calendar does not open in the coming year. */
#ifndef SAM_CTL_CLOSED_CAMPAIGNS_H
#define SAM_CTL_CLOSED_CAMPAIGNS_H

#include "common/base/uuid.h"
#include "producer/ctl/ctl.h"

/* So far ahead is looked for an open hour: two years in a row differ by their moving feasts only.
 */
#define LOOK_AHEAD_MS (366 * DAY_MS)

/* After the workspace's own dates were changed: names its campaigns that are not over and have no
 * open hour left in that time, one line each. */
SAM_MUSTCHECK enum ctl_exit closed_campaigns_tell(struct ctl *c, const struct uuid *workspace_id);

#endif
