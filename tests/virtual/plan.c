/* A round of the planner for the account: producer/plan.c with memory in place of Postgres. */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/virtual/world.h"

#include "common/base/banned.h"

#define HORIZON_MS (24 * HOUR_MS)

static struct uuid numbered(int64_t n)
{
    struct uuid u = {{0}};
    for (size_t i = 0; i < sizeof(n); i++)
        u.b[sizeof(u.b) - 1 - i] = (unsigned char)(n >> (8 * i));
    return u;
}

static int64_t number_of(const struct uuid *u)
{
    int64_t n = 0;
    for (size_t i = 0; i < sizeof(n); i++)
        n = n << 8 | u->b[sizeof(u->b) - sizeof(n) + i];
    return n;
}

/* Of this week's invitations those that count until the account's day is over. */
static int64_t until_tonight(const struct world *w, int64_t next_day_start_ms)
{
    int64_t n = 0;
    for (size_t i = w->calls_count; i > 0; i--) {
        const struct world_call *call = &w->calls[i - 1];
        if (call->start_ms <= next_day_start_ms - WEEK_MS)
            break;
        n += call->kind == CALL_INVITATION ? 1 : 0;
    }
    return n;
}

static void load_account(const struct world *w, struct plan_batch *b)
{
    struct plan_account *a = &b->accounts[0];
    struct policy_usage usage;
    *a = (struct plan_account){.plan = w->limits.monthly_notes == MONTHLY_NOTES_ANY ? PLAN_PREMIUM
                                                                                    : PLAN_FREE};
    b->accounts_count = 1;
    world_frame(w, b->now_ms, &a->frame);
    world_count(w, b->now_ms, &a->frame, 0, &usage);
    plan_account_days(a, w->zone, b->horizon_ms);
    a->last_call_end_ms = usage.last_call_end_ms;
    a->days[0].calls = usage.calls_today;
    a->days[0].invitations = usage.invitations_today;
    a->days[0].messages = usage.messages_today;
    a->days[0].profile_views = usage.profile_views_today;
    a->notes_month = usage.notes_month;
    a->invitations_week = usage.invitations_week;
    a->invitations_tonight = until_tonight(w, a->frame.next_day_start_ms);
    a->week_frees_ms = usage.oldest_invitation_ms + WEEK_MS;
}

static void load_campaigns(struct world *w, struct plan_batch *b)
{
    b->campaigns = sam_xcalloc(w->campaigns_count + 1, sizeof(*b->campaigns));
    b->spent = sam_xcalloc(w->campaigns_count + 1, sizeof(*b->spent));
    b->campaigns_count = w->campaigns_count;
    for (size_t i = 0; i < w->campaigns_count; i++) {
        struct world_campaign *from = &w->campaigns[i];
        struct plan_campaign *c = &b->campaigns[i];
        struct policy_usage usage;
        *c = (struct plan_campaign){.id = numbered((int64_t)i),
                                    .running = !from->paused,
                                    .type = from->type,
                                    .on_limit = from->on_note_limit,
                                    .start_at_ms = from->start_at_ms,
                                    .end_at_ms = from->end_at_ms,
                                    .texts = from->texts,
                                    .first_left = -1};
        c->slots.daily_cap = from->daily_cap;
        world_windows(from, b->now_ms);
        plan_campaign_windows(c, from->windows, from->windows_count);
        world_count(w, b->now_ms, &b->accounts[0].frame, (int64_t)i, &usage);
        if (from->daily_cap && usage.campaign_today)
            b->spent[b->spent_count++] =
                (struct plan_spent){.campaign = i, .calls = usage.campaign_today};
    }
}

static int by_scheduled(const void *x, const void *y)
{
    const struct plan_waiting *a = x;
    const struct plan_waiting *b = y;
    if (a->scheduled_ms != b->scheduled_ms)
        return a->scheduled_ms < b->scheduled_ms ? -1 : 1;
    return uuid_compare(&a->id, &b->id);
}

static void load_waiting(const struct world *w, struct plan_batch *b)
{
    b->waiting = sam_xcalloc(w->people_count + 1, sizeof(*b->waiting));
    for (size_t i = 0; i < w->people_count; i++) {
        const struct world_person *p = &w->people[i];
        if (!p->waits)
            continue;
        b->waiting[b->waiting_count++] = (struct plan_waiting){
            .id = numbered((int64_t)i),
            .campaign = (size_t)p->campaign,
            .scheduled_ms = p->scheduled_ms,
            .invitation = world_invites(w, p),
            .noted = p->noted,
            .step = p->step,
            .connected_at_ms = p->accepts_at_ms,
            .last_sent_at_ms = p->last_sent_ms,
            .reason = p->reason,
            .outstanding = p->sending,
            .sending = p->sending,
            .replan = p->replan,
        };
        b->accounts[0].outstanding |= p->sending;
    }
    qsort(b->waiting, b->waiting_count, sizeof(*b->waiting), by_scheduled);
}

static int by_campaign_and_time(const void *x, const void *y)
{
    const struct plan_person *a = x;
    const struct plan_person *b = y;
    if (a->campaign != b->campaign)
        return a->campaign < b->campaign ? -1 : 1;
    if (a->next_at_ms != b->next_at_ms)
        return a->next_at_ms < b->next_at_ms ? -1 : 1;
    return uuid_compare(&a->id, &b->id);
}

/* Of each campaign no more follow-ups, and no more new people, than the statement returns. */
static void keep_first(struct plan_batch *b)
{
    size_t counts[WORLD_CAMPAIGNS_MAX][2] = {{0}};
    size_t kept = 0;
    for (size_t i = 0; i < b->people_count; i++) {
        struct plan_person *p = &b->people[i];
        if (counts[p->campaign][p->step > 0 ? 1 : 0]++ < PLAN_ITEMS_MAX)
            b->people[kept++] = *p;
    }
    b->people_count = kept;
}

static void load_people(const struct world *w, struct plan_batch *b)
{
    b->people = sam_xcalloc(w->people_count + 1, sizeof(*b->people));
    for (size_t i = 0; i < w->people_count; i++) {
        const struct world_person *p = &w->people[i];
        if (!p->next_at_ms || p->next_at_ms > b->horizon_ms || w->campaigns[p->campaign].paused)
            continue;
        b->people[b->people_count++] = (struct plan_person){.campaign = (size_t)p->campaign,
                                                            .id = numbered((int64_t)i),
                                                            .step = p->step,
                                                            .next_at_ms = p->next_at_ms,
                                                            .first_contact = p->step == 0};
    }
    qsort(b->people, b->people_count, sizeof(*b->people), by_campaign_and_time);
    keep_first(b);
}

/* As plan_move_sql and plan_insert_sql write it. */
static void write(struct world *w, const struct plan_batch *b)
{
    for (size_t i = 0; i < b->moves_count; i++) {
        const struct plan_move *m = &b->moves[i];
        struct world_person *p = &w->people[number_of(&m->item_id)];
        if (m->reason)
            p->reason = m->reason;
        else if (m->at_ms < p->scheduled_ms || p->reason == REASON_LATE)
            p->reason = REASON_SCHEDULED;
        p->scheduled_ms = m->at_ms;
        p->replan = !m->placed;
    }
    for (size_t i = 0; i < b->items_count; i++) {
        struct world_person *p = &w->people[number_of(&b->items[i].person->id)];
        p->waits = true;
        p->noted = world_invites(w, p) && *b->items[i].message;
        p->replan = false;
        p->reason = REASON_SCHEDULED;
        p->scheduled_ms = b->items[i].scheduled_ms;
        p->next_at_ms = 0;
    }
}

static int64_t next_person_ms(const struct world *w)
{
    int64_t next = TIME_NEVER_MS;
    for (size_t i = 0; i < w->people_count; i++) {
        int64_t at = w->people[i].next_at_ms;
        bool paused = w->campaigns[w->people[i].campaign].paused;
        next = at && !paused && at < next ? at : next;
    }
    return next;
}

void world_plan(struct world *w)
{
    struct plan_batch *b = w->batch;
    plan_batch_init(b, w->now_ms, w->now_ms + HORIZON_MS);
    load_account(w, b);
    load_campaigns(w, b);
    load_waiting(w, b);
    load_people(w, b);
    plan_batch_place(b);
    w->plans++;
    write(w, b);
    w->plan_at_ms = plan_account_next_ms(&b->accounts[0], w->now_ms);
    if (w->plan_at_ms == 0)
        w->plan_at_ms = next_person_ms(w);
    plan_batch_deinit(b);
}
