/* tests/simulator/quota.h - how many invitations LinkedIn lets an account send.
 *
 * Windows roll: a day is the last 24 hours, a week the last 7 days, a month the last 30 days. */
#ifndef SAM_SIMULATOR_QUOTA_H
#define SAM_SIMULATOR_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/simulator/world.h"

/* The error type that refuses one more invitation, NULL = it may go. */
const char *quota_obstacle(const struct account *a, int64_t now_ms, bool with_note);

/* After an invitation was sent: 50, 75, 90 or 95 when it crossed that share of the week's (else the
 * day's) quota, else 0. */
int quota_usage(const struct account *a, int64_t now_ms);

#endif
