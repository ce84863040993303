#include "producer/plan_batch.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/model/calendar.h"
#include "common/policy/follow_up.h"

#include "common/base/banned.h"

#define LOOK_AGAIN_MS (30 * MINUTE_MS) /* at the latest, while somebody found no slot */

void plan_batch_init(struct plan_batch *b, int64_t now_ms, int64_t horizon_ms)
{
    memset(b, 0, sizeof(*b));
    b->now_ms = now_ms;
    b->horizon_ms = horizon_ms;
    buf_init(&b->text, 4 * (size_t)TEMPLATE_MAX_BYTES);
}

void plan_batch_deinit(struct plan_batch *b)
{
    for (size_t i = 0; i < b->items_count; i++)
        free(b->items[i].message);
    free(b->items);
    free(b->moves);
    free(b->holds);
    free(b->waiting);
    free(b->spent);
    free(b->people);
    free(b->campaigns);
    buf_deinit(&b->text);
}

void plan_account_days(struct plan_account *a, const char *timezone, int64_t horizon_ms)
{
    const struct zone *zone = zone_find(timezone);
    int64_t start = a->frame.day_start_ms;
    int64_t end = a->frame.next_day_start_ms;
    for (a->days_count = 0; a->days_count < SLOTS_DAYS_MAX && start <= horizon_ms;) {
        a->days[a->days_count++] = (struct slots_day){.start_ms = start, .end_ms = end};
        start = end;
        end = zone ? zone_day_start_ms(zone, zone_day(zone, start) + 1) : start + DAY_MS;
    }
}

/* In the last seconds of a window the claim refuses, and the planner would place anew what it has
 * just placed, with another look at the profile each time. */
void plan_campaign_windows(struct plan_campaign *c, const struct interval *windows, size_t count)
{
    c->windows_count = 0;
    for (size_t i = 0; i < count && c->windows_count < PLAN_WINDOWS_MAX; i++) {
        struct interval w = windows[i];
        w.to_at_ms = (w.to_at_ms < c->end_at_ms ? w.to_at_ms : c->end_at_ms) - POLICY_START_BY_MS;
        if (w.from_at_ms < w.to_at_ms)
            c->windows[c->windows_count++] = w;
    }
}

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

/* As take_slot() wishes: a note that may be left out asks for no month that has one. */
static struct slots_wish wish_of(struct plan_batch *b, const struct plan_waiting *w)
{
    struct plan_campaign *c = &b->campaigns[w->campaign];
    return (struct slots_wish){.kind = w->invitation ? CALL_INVITATION : CALL_MESSAGE,
                               .first = w->step == 0,
                               .costs_profile_view = w->step == 0 || !w->last_sent_at_ms,
                               .noted = w->noted && c->on_limit == NOTE_HOLD,
                               .campaign = &c->slots};
}

/* The note of what waits for this moment; where none is left the claim leaves it out. */
static void count_note(struct plan_batch *b, const struct plan_waiting *w, int64_t at_ms)
{
    if (w->noted && b->campaigns[w->campaign].on_limit != NOTE_HOLD)
        (void)slots_take_note(&b->slots, at_ms);
}

/* Else a paused campaign, or people whom somebody is to look at, would hold places of the account
 * while others wait for them. Let go too early for all of them, the claim puts off what the caps do
 * not allow. */
static bool holds_place(const struct plan_batch *b, const struct plan_waiting *w)
{
    return w->outstanding || (b->campaigns[w->campaign].running && !reason_holds_back(w->reason));
}

static bool moves(const struct plan_batch *b, const struct plan_waiting *w)
{
    const struct plan_campaign *c = &b->campaigns[w->campaign];
    bool overdue = w->scheduled_ms < b->accounts[w->account].overdue_ms;
    return (w->replan || overdue) && !w->outstanding && holds_place(b, w) && !c->unknown;
}

/* The slice of an account: people or items that wait, both ordered by account. */
struct slice {
    size_t from;
    size_t count;
};

static void add_new(struct slots_start *start, struct plan_campaign *c, bool invitation)
{
    start->new_invitations |= invitation;
    start->new_messages |= !invitation;
    c->slots.new_people = true;
}

/* Whom the account has yet to write to for the first time, and could. Not who is being written to:
 * that call is counted, and a place kept for them beside it would be kept for nobody. */
static void new_people(const struct plan_batch *b, struct slice waiting, struct slice people,
                       struct slots_start *start)
{
    for (size_t i = waiting.from; i < waiting.from + waiting.count; i++) {
        const struct plan_waiting *w = &b->waiting[i];
        if (w->step == 0 && holds_place(b, w) && !w->sending)
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
static void find_overdue(const struct plan_batch *b, struct plan_account *a, struct slice waiting)
{
    a->overdue_ms = 0;
    for (size_t i = waiting.from; i < waiting.from + waiting.count; i++) {
        const struct plan_waiting *w = &b->waiting[i];
        if (!w->outstanding && holds_place(b, w) && policy_is_late(w->scheduled_ms, b->now_ms))
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
static void count_waiting(struct plan_batch *b, struct slice waiting, bool first)
{
    for (size_t i = waiting.from; i < waiting.from + waiting.count; i++) {
        const struct plan_waiting *w = &b->waiting[i];
        struct slots_wish wish = wish_of(b, w);
        bool may_go = w->step > 0 || w->outstanding;
        int64_t at_ms = comes_at(b, w);
        if (may_go == first || !holds_place(b, w) || moves(b, w) || w->sending)
            continue;
        if (!may_go && !slots_has_room(&b->slots, &wish, at_ms))
            continue;
        slots_waiting(&b->slots, &wish, at_ms);
        count_note(b, w, at_ms);
    }
}

/* The account's free moments, with what waits already in its place. */
static void open_slots(struct plan_batch *b, struct plan_account *a, struct slice waiting,
                       struct slice people)
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

static void hold(struct plan_batch *b, const struct plan_person *p, const char *reason)
{
    b->holds = sam_xrealloc(b->holds, (b->holds_count + 1) * sizeof(*b->holds));
    b->holds[b->holds_count++] = (struct plan_hold){p->id, reason};
}

/* With the text that was rendered last. */
static void keep(struct plan_batch *b, struct plan_account *a, const struct plan_person *p,
                 int64_t at_ms, enum note_done note)
{
    if (b->items_count % 64 == 0)
        b->items = sam_xrealloc(b->items, (b->items_count + 64) * sizeof(*b->items));
    b->items[b->items_count++] =
        (struct plan_item){p, at_ms, sam_xstrdup(buf_text(&b->text)), note};
    if (!a->first_at_ms || at_ms < a->first_at_ms)
        a->first_at_ms = at_ms;
    a->planned++;
    a->middle_at_ms = a->first_at_ms + (at_ms - a->first_at_ms) / 2;
}

/* The slot of the text that was rendered last. By the campaign's choice an invitation waits for a
 * month that has a note left, or goes without one. false: there is none. */
static bool take_slot(struct plan_batch *b, const struct plan_campaign *c, struct slots_wish *wish,
                      enum note_done *note, int64_t *ret_at_ms)
{
    bool noted = wish->kind == CALL_INVITATION && b->text.len > 0;
    wish->noted = noted && c->on_limit == NOTE_HOLD;
    if (!slots_take(&b->slots, wish, ret_at_ms))
        return false;
    if (noted && !wish->noted && !slots_take_note(&b->slots, *ret_at_ms)) {
        buf_reset(&b->text);
        *note = NOTE_LEFT_OUT_MONTHLY;
    }
    return true;
}

static void set_window(const struct plan_batch *b, const struct plan_campaign *c,
                       const struct plan_account *a, int64_t not_before_ms, struct slots_wish *wish)
{
    wish->not_before_ms = not_before_ms > b->now_ms ? not_before_ms : b->now_ms;
    if (c->start_at_ms > wish->not_before_ms)
        wish->not_before_ms = c->start_at_ms;
    wish->windows = c->windows;
    wish->windows_count = c->windows_count;
    wish->jitter_ms = (int64_t)random_below((uint64_t)a->frame.limits.jitter_ms + 1);
}

static void keep_move(struct plan_batch *b, const struct plan_move *move)
{
    if (b->moves_count % 64 == 0)
        b->moves = sam_xrealloc(b->moves, (b->moves_count + 64) * sizeof(*b->moves));
    b->moves[b->moves_count++] = *move;
}

/* A follow-up's delay; 0 = at once. Where it is not known the moment that it had stands. */
static int64_t due_ms(const struct plan_batch *b, const struct plan_waiting *w)
{
    const struct plan_campaign *c = &b->campaigns[w->campaign];
    size_t step = (size_t)w->step;
    int64_t due = 0;
    if (step == 0)
        return 0;
    if (c->texts && step < texts_steps(c->texts))
        due = policy_follow_up_ms(c->type, w->step, texts_step(c->texts, step)->after_ms,
                                  w->connected_at_ms, w->last_sent_at_ms);
    return due ? due : w->scheduled_ms;
}

/* When the last one goes out of those who have a moment. */
static int64_t last_booked_ms(const struct plan_batch *b)
{
    const struct slots *s = &b->slots;
    return s->booked_count ? s->booked[s->booked_count - 1].from_ms : 0;
}

/* It found no slot in the horizon. The moment that it had may be one at which its calendar has
 * closed since, and no operator should read that; or come before those who got one, and take their
 * place. What was put off keeps the time at which that is asked again. */
static void leave(struct plan_batch *b, struct plan_account *a, const struct plan_waiting *w)
{
    int64_t at_ms = w->scheduled_ms;
    struct slots_wish wish = wish_of(b, w);
    a->unplaced = true;
    if (!reason_moves(w->reason))
        return;
    set_window(b, &b->campaigns[w->campaign], a, due_ms(b, w), &wish);
    enum reason reason = slots_refusal(&b->slots, &wish);
    /* The look at a profile for the item that is in Kafka may be counted twice, as one that was
     * made and as one to come: the claim knows. */
    if (reason == REASON_DAILY_PROFILE_VIEWS && a->outstanding)
        return;
    if (at_ms < due_ms(b, w))
        at_ms = due_ms(b, w);
    (void)slots_opens(&wish, at_ms, &at_ms);
    if (at_ms <= last_booked_ms(b)) {
        at_ms = b->horizon_ms;
        (void)slots_opens(&wish, at_ms, &at_ms);
    }
    if (reason == REASON_MONTHLY_NOTES && a->frame.next_month_start_ms > at_ms)
        at_ms = a->frame.next_month_start_ms;
    if (at_ms != w->scheduled_ms || reason != w->reason)
        keep_move(b, &(struct plan_move){.item_id = w->id, .at_ms = at_ms, .reason = reason});
}

/* false: there is no slot for it. */
static bool move(struct plan_batch *b, struct plan_account *a, const struct plan_waiting *w)
{
    int64_t at_ms;
    struct slots_wish wish = wish_of(b, w);
    set_window(b, &b->campaigns[w->campaign], a, due_ms(b, w), &wish);
    if (!slots_take(&b->slots, &wish, &at_ms))
        return false;
    count_note(b, w, at_ms);
    keep_move(b, &(struct plan_move){.item_id = w->id, .at_ms = at_ms, .placed = true});
    if (!a->first_at_ms || at_ms < a->first_at_ms)
        a->first_at_ms = at_ms;
    return true;
}

/* false: the account has no slot left for this kind of call. */
static bool place_one(struct plan_batch *b, struct plan_account *a, const struct plan_person *p)
{
    struct plan_campaign *c = &b->campaigns[p->campaign];
    struct texts_result result;
    if (c->unknown) {
        a->left_out = true;
        return true;
    }
    if (c->first_left >= 0 && c->planned >= c->first_left)
        return true; /* waits for an OK, not for a slot */
    if (!c->texts || (size_t)p->step >= texts_steps(c->texts)) {
        hold(b, p, c->texts ? "step_gone" : "text_invalid");
        return true;
    }
    struct texts_person person = p->texts;
    person.plan = a->plan;
    person.on_limit = c->on_limit;
    if (texts_render(c->texts, (size_t)p->step, &person, &b->text, &result) != TEMPLATE_OK) {
        hold(b, p, "text_invalid");
        return true;
    }
    bool invitation = p->step == 0 && c->type == CAMPAIGN_CONNECTOR;
    struct slots_wish wish = {
        .kind = invitation ? CALL_INVITATION : CALL_MESSAGE,
        .first = p->step == 0,
        .costs_profile_view = p->first_contact,
        .campaign = &c->slots,
    };
    int64_t at_ms;
    set_window(b, c, a, p->next_at_ms, &wish);
    if (!take_slot(b, c, &wish, &result.note, &at_ms))
        return false;
    c->planned++;
    keep(b, a, p, at_ms, result.note);
    return true;
}

static int by_next_at(const void *x, const void *y)
{
    const struct plan_person *a = *(const struct plan_person *const *)x;
    const struct plan_person *b = *(const struct plan_person *const *)y;
    if (a->next_at_ms != b->next_at_ms)
        return a->next_at_ms < b->next_at_ms ? -1 : 1;
    return uuid_compare(&a->id, &b->id);
}

/* The turn-th new person of each campaign, campaigns in their order; how many there were. */
static size_t take_turn(const struct plan_person *people, size_t count, size_t turn,
                        const struct plan_person **order)
{
    size_t n = 0;
    size_t seen = 0; /* new people of the current campaign */
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || people[i].campaign != people[i - 1].campaign)
            seen = 0;
        if (people[i].step == 0 && seen++ == turn)
            order[n++] = &people[i];
    }
    return n;
}

/* People of one account in the order in which they get slots: follow-ups by their time, then new
 * people, one of each campaign in turn. Returns how many of them are follow-ups. */
static size_t arrange(const struct plan_person *people, size_t count,
                      const struct plan_person **order)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (people[i].step > 0)
            order[n++] = &people[i];
    }
    qsort(order, n, sizeof(*order), by_next_at);
    size_t follow_ups = n;
    size_t taken = 1;
    for (size_t turn = 0; taken > 0; turn++) {
        taken = take_turn(people, count, turn, order + n);
        n += taken;
    }
    return follow_ups;
}

/* Those who wait for a first contact, or for a follow-up. */
struct kind {
    const struct plan_waiting **moving; /* for another moment, in the queue's order */
    size_t moving_count;
    const struct plan_person **people;
    size_t people_count;
    size_t here; /* of the kind, with a place in the queue */
};

static void gather(const struct plan_batch *b, struct slice waiting, bool first, struct kind *k)
{
    for (size_t i = waiting.from; i < waiting.from + waiting.count; i++) {
        const struct plan_waiting *w = &b->waiting[i];
        if ((w->step == 0) != first || !holds_place(b, w))
            continue;
        k->here++;
        if (moves(b, w))
            k->moving[k->moving_count++] = w;
    }
}

/* Leaves in order those who found no slot. */
static void place_people(struct plan_batch *b, struct plan_account *a, struct kind *k)
{
    size_t left = 0;
    bool spent = false;
    size_t count = k->people_count;
    for (size_t i = 0; i < count && k->here < PLAN_ITEMS_MAX; i++) {
        size_t before = a->planned;
        if (spent || !place_one(b, a, k->people[i])) {
            k->people[left++] = k->people[i];
            /* the next ones of the only campaign would fare no better, but who costs no view */
            spent = b->campaigns_count == 1 &&
                    (k->people[i]->step == 0 || !k->people[i]->first_contact);
        }
        k->here += a->planned - before;
    }
    a->full = a->full || k->here >= PLAN_ITEMS_MAX;
    k->people_count = left;
}

/* What waits for another moment goes first. */
static void place_kind(struct plan_batch *b, struct plan_account *a, struct kind *k)
{
    size_t left = 0;
    for (size_t i = 0; i < k->moving_count; i++) {
        if (!move(b, a, k->moving[i]))
            k->moving[left++] = k->moving[i];
    }
    k->moving_count = left;
    place_people(b, a, k);
}

static void leave_kind(struct plan_batch *b, struct plan_account *a, const struct kind *k)
{
    for (size_t i = 0; i < k->moving_count; i++)
        leave(b, a, k->moving[i]);
    a->unplaced = a->unplaced || k->people_count > 0;
}

/* Follow-ups first, but for what they leave to new people; what those leave is theirs again. */
static void place_account(struct plan_batch *b, struct plan_account *a, struct slice waiting,
                          struct slice people)
{
    const struct plan_person **order = sam_xcalloc(people.count + 1, sizeof(*order));
    const struct plan_waiting **moving = sam_xcalloc(2 * waiting.count + 1, sizeof(*moving));
    size_t follow_ups = arrange(&b->people[people.from], people.count, order);
    struct kind later = {.moving = moving, .people = order, .people_count = follow_ups};
    struct kind first = {.moving = moving + waiting.count,
                         .people = order + follow_ups,
                         .people_count = people.count - follow_ups};
    open_slots(b, a, waiting, people);
    gather(b, waiting, false, &later);
    gather(b, waiting, true, &first);
    place_kind(b, a, &later);
    place_kind(b, a, &first);
    if (later.moving_count + later.people_count > 0 && slots_no_new_people(&b->slots)) {
        for (size_t i = 0; i < b->campaigns_count; i++)
            b->campaigns[i].slots.new_people = false;
        place_kind(b, a, &later);
    }
    leave_kind(b, a, &later);
    leave_kind(b, a, &first);
    a->week_full = b->slots.invitations_week >= b->slots.limits.weekly_invitations;
    free(order);
    free(moving);
}

void plan_batch_place(struct plan_batch *b)
{
    struct slice waiting = {0};
    struct slice people = {0};
    for (size_t i = 0; i < b->accounts_count; i++) {
        waiting = (struct slice){.from = waiting.from + waiting.count};
        people = (struct slice){.from = people.from + people.count};
        while (waiting.from + waiting.count < b->waiting_count &&
               b->waiting[waiting.from + waiting.count].account == i)
            waiting.count++;
        while (people.from + people.count < b->people_count &&
               b->people[people.from + people.count].account == i)
            people.count++;
        place_account(b, &b->accounts[i], waiting, people);
    }
}

static int64_t sooner(int64_t at_ms, int64_t than_ms, int64_t now_ms)
{
    return at_ms > now_ms && at_ms < than_ms ? at_ms : than_ms;
}

/* While somebody found no slot: as soon as there are other ones. Half an hour after an invitation
 * of last week has made room the day's window may have closed. */
static int64_t look_again_ms(const struct plan_account *a, int64_t now_ms)
{
    int64_t at_ms = sooner(a->frame.next_day_start_ms + 1, now_ms + LOOK_AGAIN_MS, now_ms);
    return a->week_full ? sooner(a->week_frees_ms + 1, at_ms, now_ms) : at_ms;
}

int64_t plan_account_next_ms(const struct plan_account *a, int64_t now_ms)
{
    if (a->left_out) /* due again, so that it stays told of, but behind those who are due already */
        return now_ms;
    if (a->full) {
        int64_t at = a->planned ? a->middle_at_ms : now_ms + LOOK_AGAIN_MS;
        return at > now_ms + SECOND_MS ? at : now_ms + SECOND_MS;
    }
    return a->unplaced ? look_again_ms(a, now_ms) : 0;
}
