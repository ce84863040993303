#include "common/policy/bounds.h"

#include "common/base/banned.h"

static void at_most(int64_t *value, int64_t bound)
{
    if (*value > bound)
        *value = bound;
}

void policy_bound(struct policy_limits *limits, const struct policy_limits *bounds)
{
    if (limits->spacing_ms < bounds->spacing_ms)
        limits->spacing_ms = bounds->spacing_ms;
    at_most(&limits->daily_cap, bounds->daily_cap);
    at_most(&limits->daily_invitations, bounds->daily_invitations);
    at_most(&limits->weekly_invitations, bounds->weekly_invitations);
    at_most(&limits->daily_messages, bounds->daily_messages);
}

int64_t policy_monthly_notes(enum account_plan plan, int64_t free_notes)
{
    return plan == PLAN_FREE ? free_notes : MONTHLY_NOTES_ANY;
}
