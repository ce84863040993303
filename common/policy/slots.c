#include "common/policy/slots.h"

#include <string.h>

#include "common/base/banned.h"

void slots_init(struct slots *s, const struct policy_limits *limits, const struct slots_day *days,
                size_t days_count, int64_t invitations_week, int64_t first_free_ms,
                int64_t horizon_end_ms)
{
    memset(s, 0, sizeof(*s));
    s->limits = *limits;
    s->horizon_end_ms = horizon_end_ms;
    s->next_free_ms = first_free_ms;
    s->invitations_week = invitations_week;
    s->days_count = days_count < SLOTS_DAYS_MAX ? days_count : SLOTS_DAYS_MAX;
    memcpy(s->days, days, s->days_count * sizeof(*days));
}

static struct slots_day *day_of(struct slots *s, int64_t at_ms)
{
    for (size_t i = 0; i < s->days_count; i++) {
        if (at_ms < s->days[i].end_ms)
            return &s->days[i];
    }
    return NULL;
}

static bool day_has_room(const struct slots *s, const struct slots_day *d, enum call_kind kind,
                         bool costs_view)
{
    const struct policy_limits *l = &s->limits;
    if (d->calls >= l->daily_cap || (costs_view && d->profile_views >= l->daily_profile_views))
        return false;
    return kind == CALL_INVITATION ? d->invitations < l->daily_invitations
                                   : d->messages < l->daily_messages;
}

/* The first moment at or after at_ms inside a window; -1 = none. */
static int64_t into_window(const struct interval *windows, size_t count, int64_t at_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (at_ms < windows[i].to_at_ms)
            return at_ms > windows[i].from_at_ms ? at_ms : windows[i].from_at_ms;
    }
    return -1;
}

static void book(struct slots *s, struct slots_day *d, enum call_kind kind, bool costs_view,
                 int64_t at_ms, int64_t jitter_ms)
{
    d->calls++;
    d->profile_views += costs_view ? 1 : 0;
    if (kind == CALL_INVITATION) {
        d->invitations++;
        s->invitations_week++;
    } else {
        d->messages++;
    }
    s->next_free_ms = at_ms + s->limits.spacing_ms + jitter_ms;
}

bool slots_take(struct slots *s, enum call_kind kind, bool costs_profile_view,
                int64_t not_before_ms, const struct interval *windows, size_t windows_count,
                int64_t jitter_ms, int64_t *ret_at_ms)
{
    int64_t at = not_before_ms > s->next_free_ms ? not_before_ms : s->next_free_ms;
    if (kind == CALL_INVITATION && s->invitations_week >= s->limits.weekly_invitations)
        return false;
    for (;;) {
        at = into_window(windows, windows_count, at);
        if (at < 0 || at >= s->horizon_end_ms)
            return false;
        struct slots_day *d = day_of(s, at);
        if (!d)
            return false;
        if (day_has_room(s, d, kind, costs_profile_view)) {
            book(s, d, kind, costs_profile_view, at, jitter_ms);
            *ret_at_ms = at;
            return true;
        }
        at = d->end_ms; /* full: the next local day, later than at */
    }
}
