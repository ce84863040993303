/* What common/adapters/facts.c reads from Postgres, counted in memory. */
#include "common/base/clock.h"
#include "common/policy/ramp.h"
#include "tests/virtual/world.h"

#include "common/base/banned.h"

#define CALENDAR_SPAN_MS (35 * DAY_MS)

static int64_t day_of(const struct zone *zone, int64_t at_ms)
{
    return at_ms ? zone_day(zone, at_ms) : POLICY_NO_DAY;
}

struct day_span world_day(const struct world *w, int64_t at_ms)
{
    const struct zone *zone = zone_find(w->zone);
    int64_t day = zone_day(zone, at_ms);
    return (struct day_span){zone_day_start_ms(zone, day), zone_day_start_ms(zone, day + 1)};
}

void world_frame(const struct world *w, int64_t at_ms, struct facts_frame *ret)
{
    const struct zone *zone = zone_find(w->zone);
    int64_t day = zone_day(zone, at_ms);
    struct policy_slow_days slow = {.today = day,
                                    .ramp_days = w->ramp_days,
                                    .ramp_from = day_of(zone, w->ramp_from_ms),
                                    .rest_ends = day_of(zone, w->rest.until_ms),
                                    .invitations_rest_ends =
                                        day_of(zone, w->invitations_rest.until_ms)};
    *ret = (struct facts_frame){.limits = w->limits,
                                .rest_until_ms = w->rest.until_ms,
                                .invitations_rest_until_ms = w->invitations_rest.until_ms};
    policy_limits_on(&ret->limits, &slow);
    struct day_span counted = policy_counted_day(world_day(w, at_ms), w->kept, at_ms);
    ret->day_start_ms = counted.from_ms;
    ret->next_day_start_ms = counted.until_ms;
    ret->month_start_ms = zone_day_start_ms(zone, month_first_day(day));
    ret->next_month_start_ms = zone_day_start_ms(zone, next_month_first_day(day));
}

void world_windows(struct world_campaign *c, int64_t at_ms)
{
    size_t over = 0;
    while (over < c->windows_count && c->windows[over].to_at_ms <= at_ms)
        over++;
    if (over == 0 && c->windows_until_ms > at_ms + CALENDAR_SPAN_MS / 2)
        return;
    c->windows_until_ms = at_ms + CALENDAR_SPAN_MS;
    c->windows_count =
        calendar_windows(&c->calendar, at_ms, c->windows_until_ms, c->windows, WORLD_WINDOWS_MAX);
}

static void count_day(const struct world_call *call, int64_t campaign, struct policy_usage *u)
{
    if (call->kind == CALL_PROFILE_VIEW) {
        u->profile_views_today++;
        return;
    }
    u->calls_today++;
    u->invitations_today += call->kind == CALL_INVITATION ? 1 : 0;
    u->messages_today += call->kind == CALL_MESSAGE ? 1 : 0;
    u->campaign_today += call->campaign == campaign ? 1 : 0;
}

/* It counts for no day, week or month any more, nor does what came before it. */
static bool is_over(const struct world *w, const struct world_call *call, int64_t at_ms,
                    const struct facts_frame *frame)
{
    bool of_month =
        w->limits.monthly_notes != MONTHLY_NOTES_ANY && call->start_ms >= frame->month_start_ms;
    return call->start_ms <= at_ms - WEEK_MS && call->start_ms < frame->day_start_ms && !of_month;
}

void world_count(const struct world *w, int64_t at_ms, const struct facts_frame *frame,
                 int64_t campaign, struct policy_usage *ret)
{
    *ret = (struct policy_usage){.notes_month = 0};
    for (size_t i = w->calls_count; i > 0; i--) {
        const struct world_call *call = &w->calls[i - 1];
        if (is_over(w, call, at_ms, frame) && ret->last_call_end_ms)
            break;
        ret->notes_month += call->noted && call->start_ms >= frame->month_start_ms ? 1 : 0;
        if (call->kind != CALL_PROFILE_VIEW && !ret->last_call_end_ms) {
            ret->last_call_end_ms = call->end_ms;
            ret->jitter_ms = policy_jitter_ms(&call->id, w->limits.jitter_ms);
        }
        if (call->start_ms >= frame->day_start_ms)
            count_day(call, campaign, ret);
        if (call->kind == CALL_INVITATION && call->start_ms > at_ms - WEEK_MS) {
            ret->invitations_week++;
            ret->oldest_invitation_ms = call->start_ms;
        }
    }
}
