#include "producer/plan_batch.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/model/calendar.h"
#include "common/policy/follow_up.h"
#include "producer/plan_open.h"

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
    struct slots_wish wish = plan_wish(b, w);
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
    struct slots_wish wish = plan_wish(b, w);
    set_window(b, &b->campaigns[w->campaign], a, due_ms(b, w), &wish);
    if (!slots_take(&b->slots, &wish, &at_ms))
        return false;
    plan_count_note(b, w, at_ms);
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

static void gather(const struct plan_batch *b, struct plan_slice waiting, bool first,
                   struct kind *k)
{
    for (size_t i = waiting.from; i < waiting.from + waiting.count; i++) {
        const struct plan_waiting *w = &b->waiting[i];
        if ((w->step == 0) != first || !plan_holds_place(b, w))
            continue;
        k->here++;
        if (plan_moves(b, w))
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
static void place_account(struct plan_batch *b, struct plan_account *a, struct plan_slice waiting,
                          struct plan_slice people)
{
    const struct plan_person **order = sam_xcalloc(people.count + 1, sizeof(*order));
    const struct plan_waiting **moving = sam_xcalloc(2 * waiting.count + 1, sizeof(*moving));
    size_t follow_ups = arrange(&b->people[people.from], people.count, order);
    struct kind later = {.moving = moving, .people = order, .people_count = follow_ups};
    struct kind first = {.moving = moving + waiting.count,
                         .people = order + follow_ups,
                         .people_count = people.count - follow_ups};
    plan_open(b, a, waiting, people);
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
    struct plan_slice waiting = {0};
    struct plan_slice people = {0};
    for (size_t i = 0; i < b->accounts_count; i++) {
        waiting = (struct plan_slice){.from = waiting.from + waiting.count};
        people = (struct plan_slice){.from = people.from + people.count};
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
