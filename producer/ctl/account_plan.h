/* producer/ctl/account_plan.h - another plan allows notes of another length: those that wait are
 * written anew by it. */
#ifndef SAM_CTL_ACCOUNT_PLAN_H
#define SAM_CTL_ACCOUNT_PLAN_H

#include <stdint.h>

#include "common/base/uuid.h"
#include "producer/ctl/ctl.h"
#include "producer/ctl/preview.h"
#include "producer/ctl/schedule.h"

struct account_plan_change {
    /* results */
    int64_t changed; /* notes written anew */
    int64_t held;    /* people whose note is too long for the plan: on hold now */
    char problem[PREVIEW_PROBLEM_BYTES]; /* of the first of them */
};

/* Inside a change that holds the account's lock, after the plan was written. Who was held for a
 * note that may fit now goes on; the planner holds them again if it does not. */
SAM_MUSTCHECK enum pg_failure account_plan_changed(struct account_plan_change *ret, struct ctl *c,
                                                   const struct schedule *account);

#endif
