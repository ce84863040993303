/* producer/ctl/closed_campaigns.h - campaigns that would send nothing: past their end, or with a
 * calendar that does not open in the coming year. */
#ifndef SAM_CTL_CLOSED_CAMPAIGNS_H
#define SAM_CTL_CLOSED_CAMPAIGNS_H

#include "common/base/uuid.h"
#include "common/model/calendar.h"
#include "producer/ctl/ctl.h"

/* what: the campaign, or its file, for the message. A moment that is not set: TIME_NEVER_MS for an
 * end, 0 for a start. */
SAM_MUSTCHECK enum ctl_exit closed_campaigns_over(const char *what, int64_t now_ms,
                                                  int64_t end_at_ms);
/* A campaign that is over is fine here: it is told of by its end. */
SAM_MUSTCHECK enum ctl_exit closed_campaigns_refuse(const char *what,
                                                    const struct calendar *calendar, int64_t now_ms,
                                                    int64_t start_at_ms, int64_t end_at_ms);
/* Both, of a campaign that is about to start. */
SAM_MUSTCHECK enum ctl_exit closed_campaigns_check(struct ctl *c, const struct uuid *campaign_id);
/* After the workspace's own dates were changed: names its campaigns that are not over and have no
 * open hour left in that time, one line each. */
SAM_MUSTCHECK enum ctl_exit closed_campaigns_tell(struct ctl *c, const struct uuid *workspace_id);

#endif
