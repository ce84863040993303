/* common/policy/ramp.h - days on which an account may do less: its warm-up (`samctl account add
 * --ramp DAYS`), and its coming back from a rest. Pure.
 *
 * LinkedIn restricts accounts that begin at full speed. On the first local day an account may do a
 * fifth of what it may do each day, on the last day of the ramp and from then on all of it; between
 * them the share grows by the same step from day to day. */
#ifndef SAM_POLICY_RAMP_H
#define SAM_POLICY_RAMP_H

#include <stdint.h>

#include "common/policy/decide.h"

/* Of the limits that count a local day's calls: all calls, invitations, messages. days: of the
 * ramp, 0 = none; day: of the ramp, 1 = the first one (less, by a clock that was set back, counts
 * as the first). What is more than nothing stays at least one. */
void policy_ramp(struct policy_limits *limits, int64_t days, int64_t day);

/* After a rest that Unipile has asked for an account does not go on at the speed that led there:
 * the same limits are halved on the local day on which the rest ends (day 1; less counts as the
 * first), and grow by the same step each day; on the fourth it is all of it again. */
void policy_comeback(struct policy_limits *limits, int64_t day);
/* The rest was one of the invitations alone. */
void policy_comeback_invitations(struct policy_limits *limits, int64_t day);

#define POLICY_NO_DAY INT64_MIN

/* The account's local days (zone_day()) that its limits depend on; POLICY_NO_DAY = there was none;
 * of today: its zone is not known, so in doubt nothing is sent. */
struct policy_slow_days {
    int64_t today;
    int64_t ramp_days;
    int64_t ramp_from;
    int64_t rest_ends;
    int64_t invitations_rest_ends;
};

/* All of the above: the limits in force today. */
void policy_limits_on(struct policy_limits *limits, const struct policy_slow_days *days);

#endif
