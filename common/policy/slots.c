#include "common/policy/slots.h"

#include <string.h>

#include "common/base/banned.h"

void slots_init(struct slots *s, const struct slots_start *start)
{
    memset(s, 0, sizeof(*s));
    s->limits = *start->limits;
    s->horizon_end_ms = start->horizon_end_ms;
    s->first_free_ms = start->first_free_ms;
    s->invitations_week = start->invitations_week;
    s->next_month_ms = start->next_month_ms;
    s->notes[0] = start->notes_month;
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

static bool campaign_has_room(const struct slots_wish *wish, ptrdiff_t day)
{
    const struct slots_campaign *c = wish->campaign;
    if (!c || c->daily_cap == 0)
        return true;
    return c->days[day].calls - (wish->first ? 0 : c->days[day].first_calls) < c->daily_cap;
}

/* The count of the month that the moment lies in; what waits for a later one is not planned now. */
static int64_t *notes_of(struct slots *s, int64_t at_ms)
{
    return &s->notes[at_ms >= s->next_month_ms ? 1 : 0];
}

static bool has_note(struct slots *s, int64_t at_ms)
{
    return s->limits.monthly_notes == MONTHLY_NOTES_ANY ||
           *notes_of(s, at_ms) < s->limits.monthly_notes;
}

bool slots_take_note(struct slots *s, int64_t at_ms)
{
    if (!has_note(s, at_ms))
        return false;
    ++*notes_of(s, at_ms);
    return true;
}

static bool day_has_room(struct slots *s, const struct slots_day *d, const struct slots_wish *wish)
{
    const struct policy_limits *l = &s->limits;
    int64_t calls = d->calls - (wish->first ? 0 : d->first_calls);
    int64_t messages = d->messages - (wish->first ? 0 : d->first_messages);
    if (calls >= l->daily_cap || !campaign_has_room(wish, d - s->days))
        return false;
    if (wish->noted && !has_note(s, d->start_ms))
        return false;
    if (wish->costs_profile_view && d->profile_views >= l->daily_profile_views)
        return false;
    return wish->kind == CALL_INVITATION ? d->invitations < l->daily_invitations
                                         : messages < l->daily_messages;
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

bool slots_opens(const struct slots_wish *wish, int64_t at_ms, int64_t *ret_at_ms)
{
    int64_t opens = into_window(wish->windows, wish->windows_count, at_ms);
    if (opens >= 0)
        *ret_at_ms = opens;
    return opens >= 0;
}

/* The first moment at or after at_ms from which the wish's own spacing is free. */
static int64_t into_gap(const struct slots *s, const struct slots_wish *wish, int64_t at_ms)
{
    int64_t needs = s->limits.spacing_ms + wish->jitter_ms;
    for (size_t i = 0; i < s->booked_count; i++) {
        const struct slots_booking *b = &s->booked[i];
        if (b->from_ms >= at_ms + needs)
            break;
        if (b->to_ms > at_ms && (wish->first || !b->first))
            at_ms = b->to_ms;
    }
    return at_ms;
}

static void count(struct slots *s, struct slots_day *d, const struct slots_wish *wish)
{
    bool invitation = wish->kind == CALL_INVITATION;
    d->calls++;
    d->first_calls += wish->first ? 1 : 0;
    d->profile_views += wish->costs_profile_view ? 1 : 0;
    d->invitations += invitation ? 1 : 0;
    d->messages += invitation ? 0 : 1;
    d->first_messages += wish->first && !invitation ? 1 : 0;
    s->invitations_week += invitation ? 1 : 0;
    *notes_of(s, d->start_ms) += wish->noted ? 1 : 0;
    if (!wish->campaign)
        return;
    wish->campaign->days[d - s->days].calls++;
    wish->campaign->days[d - s->days].first_calls += wish->first ? 1 : 0;
}

static void book(struct slots *s, const struct slots_wish *wish, int64_t at_ms)
{
    size_t i = s->booked_count++;
    for (; i > 0 && s->booked[i - 1].from_ms > at_ms; i--)
        s->booked[i] = s->booked[i - 1];
    s->booked[i] = (struct slots_booking){
        .from_ms = at_ms,
        .to_ms = at_ms + s->limits.spacing_ms + wish->jitter_ms,
        .first = wish->first,
    };
}

void slots_waiting(struct slots *s, const struct slots_wish *wish, int64_t at_ms)
{
    struct slots_day *d = day_of(s, at_ms);
    if (d) {
        count(s, d, wish);
    } else {
        s->invitations_week += wish->kind == CALL_INVITATION ? 1 : 0;
        *notes_of(s, at_ms) += wish->noted ? 1 : 0;
    }
    if (s->booked_count < SLOTS_BOOKED_MAX)
        book(s, wish, at_ms);
}

bool slots_take(struct slots *s, const struct slots_wish *wish, int64_t *ret_at_ms)
{
    int64_t at = wish->not_before_ms > s->first_free_ms ? wish->not_before_ms : s->first_free_ms;
    if (s->booked_count == SLOTS_BOOKED_MAX ||
        (wish->kind == CALL_INVITATION && s->invitations_week >= s->limits.weekly_invitations))
        return false;
    for (;;) {
        at = into_window(wish->windows, wish->windows_count, at);
        if (at < 0 || at >= s->horizon_end_ms)
            return false;
        struct slots_day *d = day_of(s, at);
        if (!d)
            return false;
        int64_t free_at = into_gap(s, wish, at);
        if (!day_has_room(s, d, wish)) {
            at = d->end_ms; /* full: the next local day, later than at */
        } else if (free_at != at) {
            at = free_at; /* perhaps outside the window, or on another day */
        } else {
            count(s, d, wish);
            book(s, wish, at);
            *ret_at_ms = at;
            return true;
        }
    }
}
