#include "tests/simulator/quota.h"

#include "common/base/clock.h"

#include "common/base/banned.h"

/* How many were sent since then; lists are ordered by time. */
static uint32_t sent_since(const struct account *a, int64_t since_ms, bool with_note)
{
    uint32_t n = 0;
    for (uint32_t k = a->invitations.count; k > 0; k--) {
        const struct invitation *i = a->invitations.items[k - 1];
        if (i->at_ms <= since_ms)
            break;
        n += !with_note || *i->note;
    }
    return n;
}

static bool reached(const struct account *a, uint32_t max, int64_t since_ms, bool with_note)
{
    return max && sent_since(a, since_ms, with_note) >= max;
}

const char *quota_obstacle(const struct account *a, int64_t now_ms, bool with_note)
{
    const struct quota *q = &a->quota;
    if (q->pending_max && a->pending >= q->pending_max)
        return "connection_limit_reached";
    if (reached(a, q->invites_per_day, now_ms - DAY_MS, false) ||
        reached(a, q->invites_per_week, now_ms - 7 * DAY_MS, false))
        return "cannot_resend_yet";
    if (with_note && reached(a, q->notes_per_month, now_ms - 30 * DAY_MS, true))
        return "cannot_resend_yet";
    return NULL;
}

int quota_usage(const struct account *a, int64_t now_ms)
{
    static const uint32_t steps[] = {95, 90, 75, 50};
    bool weekly = a->quota.invites_per_week > 0;
    uint32_t max = weekly ? a->quota.invites_per_week : a->quota.invites_per_day;
    if (!max)
        return 0;
    uint32_t n = sent_since(a, now_ms - (weekly ? 7 : 1) * DAY_MS, false);
    for (size_t i = 0; n && i < SAM_ARRAY_LEN(steps); i++) {
        if (n * 100 >= steps[i] * max && (n - 1) * 100 < steps[i] * max)
            return (int)steps[i];
    }
    return 0;
}
