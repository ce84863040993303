#include "common/policy/slots.h"

#include <string.h>

#include "common/base/banned.h"

void slots_init(struct slots *s, const struct slots_start *start)
{
    memset(s, 0, sizeof(*s));
    s->limits = *start->limits;
    s->horizon_end_ms = start->horizon_end_ms;
    s->next_free_ms = start->first_free_ms;
    s->invitations_week = start->invitations_week;
    s->days_count = start->days_count < SLOTS_DAYS_MAX ? start->days_count : SLOTS_DAYS_MAX;
    memcpy(s->days, start->days, s->days_count * sizeof(*s->days));
}

static struct slots_day *day_of(struct slots *s, int64_t at_ms)
{
    for (size_t i = 0; i < s->days_count; i++) {
        if (at_ms < s->days[i].end_ms)
            return &s->days[i];
    }
    return NULL;
}

static bool day_has_room(const struct slots *s, const struct slots_day *d,
                         const struct slots_wish *wish)
{
    const struct policy_limits *l = &s->limits;
    if (d->calls >= l->daily_cap)
        return false;
    if (wish->costs_profile_view && d->profile_views >= l->daily_profile_views)
        return false;
    return wish->kind == CALL_INVITATION ? d->invitations < l->daily_invitations
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

static void book(struct slots *s, struct slots_day *d, const struct slots_wish *wish, int64_t at_ms)
{
    d->calls++;
    d->profile_views += wish->costs_profile_view ? 1 : 0;
    if (wish->kind == CALL_INVITATION) {
        d->invitations++;
        s->invitations_week++;
    } else {
        d->messages++;
    }
    s->next_free_ms = at_ms + s->limits.spacing_ms + wish->jitter_ms;
}

bool slots_take(struct slots *s, const struct slots_wish *wish, int64_t *ret_at_ms)
{
    int64_t at = wish->not_before_ms > s->next_free_ms ? wish->not_before_ms : s->next_free_ms;
    if (wish->kind == CALL_INVITATION && s->invitations_week >= s->limits.weekly_invitations)
        return false;
    for (;;) {
        at = into_window(wish->windows, wish->windows_count, at);
        if (at < 0 || at >= s->horizon_end_ms)
            return false;
        struct slots_day *d = day_of(s, at);
        if (!d)
            return false;
        if (day_has_room(s, d, wish)) {
            book(s, d, wish, at);
            *ret_at_ms = at;
            return true;
        }
        at = d->end_ms; /* full: the next local day, later than at */
    }
}
