#include "common/policy/slots.h"

#include <string.h>

#include "common/policy/spread.h"

#include "common/base/banned.h"

void slots_init(struct slots *s, const struct slots_start *start)
{
    memset(s, 0, sizeof(*s));
    s->limits = *start->limits;
    s->horizon_end_ms = start->horizon_end_ms;
    s->first_free_ms = start->first_free_ms;
    s->invitations_from_ms = start->invitations_from_ms;
    s->invitations_week = start->invitations_week;
    s->next_month_ms = start->next_month_ms;
    s->notes[0] = start->notes_month;
    s->days_count = start->days_count < SLOTS_DAYS_MAX ? start->days_count : SLOTS_DAYS_MAX;
    memcpy(s->days, start->days, s->days_count * sizeof(*s->days));
    memcpy(s->sent, s->days, sizeof(s->sent));
    s->sent_week = start->invitations_tonight;
    s->last_call_ms = start->last_call_ms;
    s->new_invitations = start->new_invitations;
    s->new_messages = start->new_messages;
}

static struct slots_day *day_of(struct slots *s, int64_t at_ms)
{
    for (size_t i = 0; i < s->days_count; i++) {
        if (at_ms < s->days[i].end_ms)
            return &s->days[i];
    }
    return NULL;
}

static int64_t least(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* Calls of a day as a wish sees them, first of which are first contacts that only wait. A follow-up
 * sees one of those, or of the ones that could still come, where the day may have several calls. */
static int64_t seen(const struct slots_wish *wish, int64_t calls, int64_t first, bool more_could,
                    int64_t cap)
{
    if (wish->first)
        return calls;
    return calls - first + (cap > 1 && (first > 0 || more_could) ? 1 : 0);
}

/* more_could: a first contact of the campaign's kind could still come on the day. */
static bool campaign_has_room(const struct slots_wish *wish, ptrdiff_t day, bool more_could)
{
    const struct slots_campaign *c = wish->campaign;
    if (!c || c->daily_cap == 0)
        return true;
    more_could = more_could && c->new_people;
    return seen(wish, c->days[day].calls, c->days[day].first_calls, more_could, c->daily_cap) <
           c->daily_cap;
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

/* The limit of the day that one more such call would break; REASON_NONE: it has room. */
static enum reason day_refuses(struct slots *s, const struct slots_day *d,
                               const struct slots_wish *wish)
{
    const struct policy_limits *l = &s->limits;
    bool views = d->profile_views < l->daily_profile_views;
    bool messages =
        views && !d->no_new_messages && s->new_messages && d->messages < l->daily_messages;
    bool invitations = views && !d->no_new_invitations && s->new_invitations &&
                       d->invitations < l->daily_invitations &&
                       s->invitations_week < l->weekly_invitations;
    if (seen(wish, d->calls, d->first_calls, messages || invitations, l->daily_cap) >= l->daily_cap)
        return REASON_DAILY_CAP;
    bool more_could = wish->campaign && wish->campaign->invites ? invitations : messages;
    if (!campaign_has_room(wish, d - s->days, more_could))
        return REASON_CAMPAIGN_DAILY_CAP;
    if (wish->noted && !has_note(s, d->start_ms))
        return REASON_MONTHLY_NOTES;
    if (wish->costs_profile_view && !views)
        return REASON_DAILY_PROFILE_VIEWS;
    if (wish->kind == CALL_INVITATION)
        return d->invitations < l->daily_invitations ? REASON_NONE : REASON_DAILY_INVITATIONS;
    int64_t sent = seen(wish, d->messages, d->first_messages, messages, l->daily_messages);
    return sent < l->daily_messages ? REASON_NONE : REASON_DAILY_MESSAGES;
}

static bool week_is_full(const struct slots *s, const struct slots_wish *wish)
{
    return wish->kind == CALL_INVITATION && s->invitations_week >= s->limits.weekly_invitations;
}

enum reason slots_refusal(struct slots *s, const struct slots_wish *wish)
{
    if (week_is_full(s, wish))
        return REASON_WEEKLY_INVITATIONS;
    if (wish->noted && !has_note(s, s->days[0].start_ms))
        return REASON_MONTHLY_NOTES;
    for (size_t i = 0; i < s->days_count; i++) {
        enum reason reason = day_refuses(s, &s->days[i], wish);
        if (reason != REASON_NONE)
            return reason;
    }
    return REASON_SCHEDULED;
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

bool slots_no_new_people(struct slots *s)
{
    bool any = s->new_invitations || s->new_messages;
    s->new_invitations = false;
    s->new_messages = false;
    return any;
}

bool slots_opens(const struct slots_wish *wish, int64_t at_ms, int64_t *ret_at_ms)
{
    int64_t opens = into_window(wish->windows, wish->windows_count, at_ms);
    if (opens >= 0)
        *ret_at_ms = opens;
    return opens >= 0;
}

/* The first moment at or after at_ms from which the wish's own spacing is free, gap_ms from what is
 * booked before it and after it. */
static int64_t into_gap(const struct slots *s, const struct slots_wish *wish, int64_t gap_ms,
                        int64_t at_ms)
{
    int64_t needs = s->limits.spacing_ms + wish->jitter_ms;
    needs = needs > gap_ms ? needs : gap_ms;
    for (size_t i = 0; i < s->booked_count; i++) {
        const struct slots_booking *b = &s->booked[i];
        int64_t free_ms = b->to_ms > b->from_ms + gap_ms ? b->to_ms : b->from_ms + gap_ms;
        if (b->from_ms >= at_ms + needs)
            break;
        if (free_ms > at_ms && (wish->first || !b->first))
            at_ms = free_ms;
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

bool slots_has_room(struct slots *s, const struct slots_wish *wish, int64_t at_ms)
{
    const struct slots_day *d = day_of(s, at_ms);
    return !d || day_refuses(s, d, wish) == REASON_NONE;
}

/* Calls that wait for a moment of the day at which the wish's windows are closed: they take none of
 * the time that it is spread over. */
static int64_t booked_elsewhere(const struct slots *s, const struct slots_wish *wish,
                                const struct slots_day *d)
{
    int64_t n = 0;
    for (size_t i = 0; i < s->booked_count; i++) {
        int64_t at_ms = s->booked[i].from_ms;
        if (at_ms >= d->start_ms && at_ms < d->end_ms)
            n += into_window(wish->windows, wish->windows_count, at_ms) != at_ms;
    }
    return n;
}

/* Calls of the wish's kind that the day may have after those that were sent: in the week too there
 * will be room for some, as those of last week grow old. */
static int64_t places(const struct slots *s, const struct slots_wish *wish, ptrdiff_t day)
{
    const struct policy_limits *l = &s->limits;
    const struct slots_day *sent = &s->sent[day];
    const struct slots_campaign *c = wish->campaign;
    int64_t n = l->daily_cap - sent->calls - booked_elsewhere(s, wish, &s->days[day]);
    if (wish->kind == CALL_INVITATION) {
        n = least(n, l->daily_invitations - sent->invitations);
        n = least(n, l->weekly_invitations - s->sent_week);
    } else {
        n = least(n, l->daily_messages - sent->messages);
    }
    if (wish->costs_profile_view)
        n = least(n, l->daily_profile_views - sent->profile_views);
    if (c && c->daily_cap)
        n = least(n, c->daily_cap - (day == 0 ? c->sent_today : 0));
    return n;
}

/* How long the wish's windows are open on the day, from now on. */
static int64_t open_ms(const struct slots *s, const struct slots_wish *wish,
                       const struct slots_day *d)
{
    int64_t from_ms = d->start_ms > s->first_free_ms ? d->start_ms : s->first_free_ms;
    int64_t sum = 0;
    for (size_t i = 0; i < wish->windows_count; i++) {
        const struct interval *w = &wish->windows[i];
        int64_t opens = w->from_at_ms > from_ms ? w->from_at_ms : from_ms;
        int64_t closes = least(w->to_at_ms, d->end_ms);
        sum += closes > opens ? closes - opens : 0;
    }
    return sum;
}

/* The first moment of the day at or after at_ms that lies gap_ms from all others; -1 = none. */
static int64_t on_day(const struct slots *s, const struct slots_wish *wish,
                      const struct slots_day *d, int64_t gap_ms, int64_t at_ms)
{
    int64_t end_ms = least(d->end_ms, s->horizon_end_ms);
    if (s->last_call_ms && at_ms < s->last_call_ms + gap_ms)
        at_ms = s->last_call_ms + gap_ms;
    for (;;) {
        at_ms = into_window(wish->windows, wish->windows_count, at_ms);
        if (at_ms < 0 || at_ms >= end_ms)
            return -1;
        int64_t free_ms = into_gap(s, wish, gap_ms, at_ms);
        if (free_ms == at_ms)
            return at_ms;
        at_ms = free_ms; /* perhaps outside the window, or on another day */
    }
}

/* Nearer to others only when there is no room else. */
static int64_t spread_on_day(const struct slots *s, const struct slots_wish *wish,
                             const struct slots_day *d, int64_t at_ms)
{
    int64_t gap = s->limits.spread
                      ? policy_spread_ms(open_ms(s, wish, d), places(s, wish, d - s->days),
                                         wish->jitter_ms, s->limits.jitter_ms)
                      : 0;
    int64_t least_gap = s->limits.spacing_ms + wish->jitter_ms;
    if (gap > least_gap && d->end_ms > s->horizon_end_ms)
        return on_day(s, wish, d, gap, at_ms); /* there is more of the day: a later round sees it */
    for (; gap > least_gap; gap /= 2) {
        int64_t at = on_day(s, wish, d, gap, at_ms);
        if (at >= 0)
            return at;
    }
    return on_day(s, wish, d, 0, at_ms);
}

bool slots_take(struct slots *s, const struct slots_wish *wish, int64_t *ret_at_ms)
{
    int64_t at = wish->not_before_ms > s->first_free_ms ? wish->not_before_ms : s->first_free_ms;
    if (s->booked_count == SLOTS_BOOKED_MAX || week_is_full(s, wish))
        return false;
    if (wish->kind == CALL_INVITATION && at < s->invitations_from_ms)
        at = s->invitations_from_ms;
    for (struct slots_day *d = day_of(s, at); d && d < s->days + s->days_count; d++) {
        at = d->start_ms > at ? d->start_ms : at;
        int64_t free_at = day_refuses(s, d, wish) ? -1 : spread_on_day(s, wish, d, at);
        if (free_at < 0)
            continue;
        count(s, d, wish);
        book(s, wish, free_at);
        *ret_at_ms = free_at;
        return true;
    }
    return false;
}
