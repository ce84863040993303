/* producer/ctl/schedule.h - what a change means for the schedules of the accounts that it concerns.
 *
 * All inside a change (ctl_transaction). The lock comes first: account, item, person is the lock
 * order of the tree. */
#ifndef SAM_CTL_SCHEDULE_H
#define SAM_CTL_SCHEDULE_H

#include "common/base/uuid.h"
#include "producer/ctl/ctl.h"

struct schedule {
    struct uuid *accounts; /* owned; ascending */
    size_t count;
};

/* Locks the schedules of one account, or of all accounts of a campaign or a workspace. */
SAM_MUSTCHECK enum pg_failure schedule_lock_account(struct schedule *s, struct ctl *c,
                                                    const struct uuid *account_id);
SAM_MUSTCHECK enum pg_failure schedule_lock_campaign(struct schedule *s, struct ctl *c,
                                                     const struct uuid *campaign_id);
SAM_MUSTCHECK enum pg_failure schedule_lock_workspace(struct schedule *s, struct ctl *c,
                                                      const struct uuid *workspace_id);
void schedule_deinit(struct schedule *s);

/* Adds the accounts as one uuid[] parameter. */
void schedule_add_accounts(const struct schedule *s, struct pg_params *params);

/* The planner looks at the accounts at once. */
SAM_MUSTCHECK enum pg_failure schedule_kick(const struct schedule *s, struct ctl *c);
/* Waiting items that were put off for reasons that begin so ("campaign_", "account_"; ends with
 * NULL) may go again, when the planner finds them a place; campaign_id NULL = of any campaign,
 * prospect_id NULL = of any person. */
SAM_MUSTCHECK enum pg_failure schedule_release(const struct schedule *s, struct ctl *c,
                                               const char *const *causes,
                                               const struct uuid *campaign_id,
                                               const struct uuid *prospect_id);
/* After a calendar or a limit was changed: the planner gives what waits another moment, earlier or
 * later. Who has had a message keeps their delay, and who waits to be tried again, or for an
 * operator, their time. campaign_id NULL = of any campaign. */
SAM_MUSTCHECK enum pg_failure schedule_replan(const struct schedule *s, struct ctl *c,
                                              const struct uuid *campaign_id);
/* When each account's next item is due, after items were cancelled or moved. */
SAM_MUSTCHECK enum pg_failure schedule_due(const struct schedule *s, struct ctl *c);

#endif
