/* Publish and claim of the account's best due item: producer/publish.c and worker/claim_batch.c
 * with memory in place of Postgres and Kafka. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/policy/follow_up.h"
#include "tests/virtual/world.h"

#include "common/base/banned.h"

#define ASK_AGAIN_MS HOUR_MS
#define AHEAD_MS     (5 * SECOND_MS)
#define PREPARE_MS   (2 * SECOND_MS) /* at most, from publish to claim */

bool world_invites(const struct world *w, const struct world_person *p)
{
    return p->step == 0 && w->campaigns[p->campaign].type == CAMPAIGN_CONNECTOR;
}

int64_t world_due_ms(const struct world *w, const struct world_person *p)
{
    const struct world_campaign *c = &w->campaigns[p->campaign];
    if (p->step == 0)
        return p->arrives_at_ms;
    return policy_follow_up_ms(c->type, p->step, c->after_ms[p->step], p->accepts_at_ms,
                               p->last_sent_ms);
}

static bool before(const struct world_person *a, const struct world_person *b)
{
    if ((a->step > 0) != (b->step > 0))
        return a->step > 0;
    return a->scheduled_ms < b->scheduled_ms;
}

/* best_sql. */
static struct world_person *best_due(struct world *w)
{
    struct world_person *best = NULL;
    for (size_t i = 0; i < w->people_count; i++) {
        struct world_person *p = &w->people[i];
        if (p->waits && p->scheduled_ms <= w->now_ms + AHEAD_MS && (!best || before(p, best)))
            best = p;
    }
    return best;
}

static struct verdict decide(struct world *w, const struct world_person *p, int64_t at_ms,
                             bool published)
{
    struct world_campaign *c = &w->campaigns[p->campaign];
    struct facts_frame frame;
    struct policy_usage usage;
    world_frame(w, at_ms, &frame);
    world_count(w, at_ms, &frame, p->campaign, &usage);
    world_windows(c, at_ms);
    bool has_moment = published || p->step > 0 || !p->replan;
    struct policy_facts f = {
        .now_ms = at_ms,
        .item = {.kind = world_invites(w, p) ? CALL_INVITATION : CALL_MESSAGE,
                 .handed_out = published,
                 .first_step = p->step == 0,
                 .noted = p->noted && p->step == 0,
                 .first_contact = p->step == 0,
                 .requires_connection = c->type == CAMPAIGN_CONNECTOR && p->step > 0,
                 .costs_profile_view = p->step == 0 && !published,
                 .scheduled_at_ms = has_moment ? p->scheduled_ms : 0},
        .campaign = {.status = c->paused ? CAMPAIGN_PAUSED : CAMPAIGN_RUNNING,
                     .type = c->type,
                     .on_note_limit = c->on_note_limit,
                     .start_at_ms = c->start_at_ms,
                     .end_at_ms = c->end_at_ms,
                     .daily_cap = c->daily_cap},
        .account = {.status = w->paused ? ACCOUNT_PAUSED : ACCOUNT_ACTIVE,
                    .rest_until_ms = w->rest.until_ms,
                    .invitations_rest_until_ms = w->invitations_rest.until_ms,
                    .limits = frame.limits},
        .person = {.status = p->status, .contacted = p->step > 0},
        .usage = published || p->step == 0 ? &usage : NULL,
        .day_start_ms = frame.day_start_ms,
        .next_day_start_ms = frame.next_day_start_ms,
        .next_month_start_ms = frame.next_month_start_ms,
        .windows = c->windows,
        .windows_count = c->windows_count,
    };
    w->decisions++;
    w->leave_note_out = policy_leave_note_out(&f);
    return published ? policy_decide_until(&f, at_ms + POLICY_START_BY_MS) : policy_decide(&f);
}

/* As verdicts_items_sql writes it. */
static void put_off(struct world *w, struct world_person *p, const struct verdict *v)
{
    if (v->kind == VERDICT_CANCEL) {
        p->waits = false;
        p->status = PERSON_FAILED;
        return;
    }
    p->reason = v->reason;
    p->scheduled_ms = v->next_at_ms >= TIME_NEVER_MS ? w->now_ms + ASK_AGAIN_MS : v->next_at_ms;
    p->replan = policy_replans(v);
    if (p->replan)
        w->plan_at_ms = w->now_ms;
}

static void claim(struct world *w, struct world_person *p)
{
    w->now_ms += (int64_t)random_below(PREPARE_MS);
    if (w->now_ms < p->scheduled_ms)
        w->now_ms = p->scheduled_ms; /* the worker keeps an early job */
    struct verdict v = decide(w, p, w->now_ms, true);
    if (v.kind == VERDICT_GO)
        world_call(w, p);
    else
        put_off(w, p, &v);
}

void world_publish(struct world *w)
{
    struct world_person *p = best_due(w);
    if (!p)
        return;
    struct verdict v =
        decide(w, p, p->scheduled_ms > w->now_ms ? p->scheduled_ms : w->now_ms, false);
    if (v.kind != VERDICT_GO) {
        put_off(w, p, &v);
        return;
    }
    p->replan = false;
    if (p->step == 0) {
        (void)world_add_call(w, CALL_PROFILE_VIEW, p->campaign, 0);
        (void)printf("view %s %" PRId64 "\n", w->account, w->now_ms);
    }
    claim(w, p);
}
