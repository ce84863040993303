#include "common/policy/ramp.h"

#include "common/base/banned.h"

#define RAMP_FIRST     5 /* a fifth */
#define COMEBACK_FIRST 2 /* a half */
#define COMEBACK_DAYS  4 /* on the last of them all of it */

/* cap * (1/first + (first-1)/first * (day - 1) / (days - 1)), rounded down */
static int64_t share(int64_t cap, int64_t first, int64_t days, int64_t day)
{
    if (days < 2 || day >= days)
        return cap;
    int64_t steps = days - 1;
    int64_t of = first * steps;
    int64_t part = steps + (first - 1) * (day < 1 ? 0 : day - 1);
    int64_t today = cap / of * part + cap % of * part / of;
    return cap > 0 && today < 1 ? 1 : today;
}

static void lower(struct policy_limits *limits, int64_t first, int64_t days, int64_t day)
{
    limits->daily_cap = share(limits->daily_cap, first, days, day);
    limits->daily_invitations = share(limits->daily_invitations, first, days, day);
    limits->daily_messages = share(limits->daily_messages, first, days, day);
}

void policy_ramp(struct policy_limits *limits, int64_t days, int64_t day)
{
    lower(limits, RAMP_FIRST, days, day);
}

void policy_comeback(struct policy_limits *limits, int64_t day)
{
    lower(limits, COMEBACK_FIRST, COMEBACK_DAYS, day);
}

void policy_comeback_invitations(struct policy_limits *limits, int64_t day)
{
    limits->daily_invitations =
        share(limits->daily_invitations, COMEBACK_FIRST, COMEBACK_DAYS, day);
}

void policy_limits_on(struct policy_limits *limits, const struct policy_slow_days *d)
{
    if (d->today == POLICY_NO_DAY) {
        limits->daily_cap = 0;
        return;
    }
    if (d->ramp_from != POLICY_NO_DAY)
        policy_ramp(limits, d->ramp_days, d->today - d->ramp_from + 1);
    if (d->invitations_rest_ends != POLICY_NO_DAY)
        policy_comeback_invitations(limits, d->today - d->invitations_rest_ends + 1);
    if (d->rest_ends != POLICY_NO_DAY)
        policy_comeback(limits, d->today - d->rest_ends + 1);
}
