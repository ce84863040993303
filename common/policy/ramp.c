#include "common/policy/ramp.h"

#include "common/base/banned.h"

#define FIRST_SHARE 5 /* a fifth */

/* cap * (1/5 + 4/5 * (day - 1) / (days - 1)), rounded down */
static int64_t share(int64_t cap, int64_t days, int64_t day)
{
    int64_t steps = days - 1;
    int64_t of = FIRST_SHARE * steps;
    int64_t part = steps + (FIRST_SHARE - 1) * (day - 1);
    int64_t today = cap / of * part + cap % of * part / of;
    return cap > 0 && today < 1 ? 1 : today;
}

void policy_ramp(struct policy_limits *limits, int64_t days, int64_t day)
{
    if (days < 2 || day >= days)
        return;
    day = day < 1 ? 1 : day;
    limits->daily_cap = share(limits->daily_cap, days, day);
    limits->daily_invitations = share(limits->daily_invitations, days, day);
    limits->daily_messages = share(limits->daily_messages, days, day);
}
