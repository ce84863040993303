/* common/policy/bounds.h - what bounds an account's limits: hard bounds, and its plan. Pure.
 *
 * sam.cfg and `samctl account` refuse a value beyond them; but a value may have been written
 * before, while base_url was a simulator's, or past both by SQL. */
#ifndef SAM_POLICY_BOUNDS_H
#define SAM_POLICY_BOUNDS_H

#include "common/policy/decide.h"

/* No call sooner and no more of them than the bounds say: spacing is at least theirs, the daily and
 * weekly numbers of calls, invitations and messages are at most theirs. What else stands in bounds
 * is not looked at. Warm-up and rests (ramp.h) are shares of what is left. */
void policy_bound(struct policy_limits *limits, const struct policy_limits *bounds);

/* Invitations with a note of a month: only a free plan has few, free_notes of them. */
int64_t policy_monthly_notes(enum account_plan plan, int64_t free_notes);

#endif
