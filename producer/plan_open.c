#include "producer/plan_open.h"

#include <string.h>

#include "common/base/banned.h"

/* The campaigns' own counts begin with what the account has sent for them today. */
static void open_campaigns(struct plan_batch *b, const struct plan_account *a)
{
    for (size_t i = 0; i < b->campaigns_count; i++) {
        memset(b->campaigns[i].slots.days, 0, sizeof(b->campaigns[i].slots.days));
        b->campaigns[i].slots.sent_today = 0;
        b->campaigns[i].slots.new_people = false;
        b->campaigns[i].slots.invites = b->campaigns[i].type == CAMPAIGN_CONNECTOR;
    }
    for (size_t i = 0; i < b->spent_count; i++) {
        const struct plan_spent *s = &b->spent[i];
        if (&b->accounts[s->account] != a)
            continue;
        b->campaigns[s->campaign].slots.days[0].calls = s->calls;
        b->campaigns[s->campaign].slots.sent_today = s->calls;
    }
}

struct slots_wish plan_wish(struct plan_batch *b, const struct plan_waiting *w)
{
    struct plan_campaign *c = &b->campaigns[w->campaign];
    return (struct slots_wish){.kind = w->invitation ? CALL_INVITATION : CALL_MESSAGE,
                               .first = w->step == 0,
                               .costs_profile_view = w->step == 0 || !w->last_sent_at_ms,
                               .noted = w->noted && c->on_limit == NOTE_HOLD,
                               .campaign = &c->slots};
}

void plan_count_note(struct plan_batch *b, const struct plan_waiting *w, int64_t at_ms)
{
    if (w->noted && b->campaigns[w->campaign].on_limit != NOTE_HOLD)
        (void)slots_take_note(&b->slots, at_ms);
}

bool plan_holds_place(const struct plan_batch *b, const struct plan_waiting *w)
{
    return w->outstanding || (b->campaigns[w->campaign].running && !reason_holds_back(w->reason));
}

bool plan_moves(const struct plan_batch *b, const struct plan_waiting *w)
{
    const struct plan_campaign *c = &b->campaigns[w->campaign];
    bool overdue = w->scheduled_ms < b->accounts[w->account].overdue_ms;
    return (w->replan || overdue) && !w->outstanding && plan_holds_place(b, w) && !c->unknown;
}

static void add_new(struct slots_start *start, struct plan_campaign *c, bool invitation)
{
    start->new_invitations |= invitation;
    start->new_messages |= !invitation;
    c->slots.new_people = true;
}

/* Whom the account has yet to write to for the first time, and could. Not who is being written to:
 * that call is counted, and a place kept for them beside it would be kept for nobody. */
static void new_people(const struct plan_batch *b, struct plan_slice waiting,
                       struct plan_slice people, struct slots_start *start)
{
    for (size_t i = waiting.from; i < waiting.from + waiting.count; i++) {
        const struct plan_waiting *w = &b->waiting[i];
        if (w->step == 0 && plan_holds_place(b, w) && !w->sending)
            add_new(start, &b->campaigns[w->campaign], w->invitation);
    }
    for (size_t i = people.from; i < people.from + people.count; i++) {
        struct plan_campaign *c = &b->campaigns[b->people[i].campaign];
        if (b->people[i].step == 0)
            add_new(start, c, c->type == CAMPAIGN_CONNECTOR);
    }
}

/* Is a campaign of this type that has new people open on the day, from now on? */
static bool new_people_could_come(const struct plan_batch *b, const struct slots_day *d,
                                  enum campaign_type type)
{
    int64_t now_ms = b->now_ms > d->start_ms ? b->now_ms : d->start_ms;
    for (size_t i = 0; i < b->campaigns_count; i++) {
        const struct plan_campaign *c = &b->campaigns[i];
        struct slots_wish wish = {.windows = c->windows, .windows_count = c->windows_count};
        int64_t from_ms = c->start_at_ms > now_ms ? c->start_at_ms : now_ms;
        if (c->type == type && c->slots.new_people && slots_opens(&wish, from_ms, &from_ms) &&
            from_ms < d->end_ms)
            return true;
    }
    return false;
}

/* After an outage those that are a little late only would go together with the first that was
 * moved.
 */
static void find_overdue(const struct plan_batch *b, struct plan_account *a,
                         struct plan_slice waiting)
{
    a->overdue_ms = 0;
    for (size_t i = waiting.from; i < waiting.from + waiting.count; i++) {
        const struct plan_waiting *w = &b->waiting[i];
        if (!w->outstanding && plan_holds_place(b, w) && policy_is_late(w->scheduled_ms, b->now_ms))
            a->overdue_ms = b->now_ms;
    }
}

/* When what waits goes out, for all that is known: whom a rest or a try again has put off may be
 * waiting for a moment at which the campaign is closed, or at which the account still rests, and
 * would hold a place of a day on which they cannot come. */
static int64_t comes_at(const struct plan_batch *b, const struct plan_waiting *w)
{
    const struct plan_campaign *c = &b->campaigns[w->campaign];
    const struct slots_wish wish = {.windows = c->windows, .windows_count = c->windows_count};
    const struct facts_frame *frame = &b->accounts[w->account].frame;
    int64_t at_ms = w->scheduled_ms;
    if (w->outstanding || c->unknown || at_ms >= b->horizon_ms)
        return at_ms;
    if (at_ms < frame->rest_until_ms)
        at_ms = frame->rest_until_ms;
    if (w->invitation && at_ms < frame->invitations_rest_until_ms)
        at_ms = frame->invitations_rest_until_ms;
    return slots_opens(&wish, at_ms, &at_ms) ? at_ms : b->horizon_ms;
}

/* What waits already, in its place. A first contact for which a follow-up, or its own campaign, has
 * left no room on its day comes on another one, and keeps nobody from this one. */
static void count_waiting(struct plan_batch *b, struct plan_slice waiting, bool first)
{
    for (size_t i = waiting.from; i < waiting.from + waiting.count; i++) {
        const struct plan_waiting *w = &b->waiting[i];
        struct slots_wish wish = plan_wish(b, w);
        bool may_go = w->step > 0 || w->outstanding;
        int64_t at_ms = comes_at(b, w);
        if (may_go == first || !plan_holds_place(b, w) || plan_moves(b, w) || w->sending)
            continue;
        if (!may_go && !slots_has_room(&b->slots, &wish, at_ms))
            continue;
        slots_waiting(&b->slots, &wish, at_ms);
        plan_count_note(b, w, at_ms);
    }
}

void plan_open(struct plan_batch *b, struct plan_account *a, struct plan_slice waiting,
               struct plan_slice people)
{
    struct slots_start start = {.limits = &a->frame.limits,
                                .days = a->days,
                                .days_count = a->days_count,
                                .invitations_week = a->invitations_week,
                                .invitations_tonight = a->invitations_tonight,
                                .notes_month = a->notes_month,
                                .next_month_ms = a->frame.next_month_start_ms,
                                .first_free_ms = b->now_ms,
                                .last_call_ms = a->last_call_end_ms,
                                .invitations_from_ms = a->frame.invitations_rest_until_ms,
                                .horizon_end_ms = b->horizon_ms};
    open_campaigns(b, a);
    if (a->last_call_end_ms && a->last_call_end_ms + a->frame.limits.spacing_ms > b->now_ms)
        start.first_free_ms = a->last_call_end_ms + a->frame.limits.spacing_ms;
    if (a->frame.rest_until_ms > start.first_free_ms)
        start.first_free_ms = a->frame.rest_until_ms;
    new_people(b, waiting, people, &start);
    for (size_t i = 0; i < a->days_count; i++) {
        struct slots_day *d = &a->days[i];
        d->no_new_invitations = !new_people_could_come(b, d, CAMPAIGN_CONNECTOR);
        d->no_new_messages = !new_people_could_come(b, d, CAMPAIGN_MESSENGER);
    }
    find_overdue(b, a, waiting);
    slots_init(&b->slots, &start);
    count_waiting(b, waiting, false);
    count_waiting(b, waiting, true);
}
