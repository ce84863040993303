/* What befalls an account from outside: outages, rests, what an operator decides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/virtual/world.h"

#include "common/base/banned.h"

/* As verdicts_move_sql does, of one campaign or of all. */
static void replan(struct world *w, int64_t campaign)
{
    for (size_t i = 0; i < w->people_count; i++) {
        struct world_person *p = &w->people[i];
        bool meant = campaign == WORLD_ALL || p->campaign == campaign;
        p->replan = p->replan || (meant && p->waits && reason_moves(p->reason));
    }
    w->plan_at_ms = w->now_ms;
}

/* As verdicts_let_go_sql does. */
static void let_go(struct world *w, const char *cause, int64_t campaign)
{
    for (size_t i = 0; i < w->people_count; i++) {
        struct world_person *p = &w->people[i];
        if (!p->waits || strncmp(reason_name(p->reason), cause, strlen(cause)) != 0 ||
            (campaign != WORLD_ALL && p->campaign != campaign))
            continue;
        if (!p->replan)
            p->scheduled_ms = w->now_ms;
        p->replan = true;
        p->reason = REASON_SCHEDULED;
    }
}

/* producer/ctl/account_status.c and campaign_status.c */
static void pause_or_resume(struct world *w, int64_t campaign, bool paused)
{
    if (campaign == WORLD_ALL)
        w->paused = paused;
    else
        w->campaigns[campaign].paused = paused;
    if (paused)
        return;
    let_go(w, campaign == WORLD_ALL ? "account_" : "campaign_", campaign);
    if (campaign == WORLD_ALL)
        w->plan_at_ms = w->now_ms;
    else
        replan(w, campaign);
}

static void rest(struct apply_rest *r, int64_t until_ms)
{
    r->until_ms = until_ms > r->until_ms ? until_ms : r->until_ms;
}

static void change_zone(struct world *w, const char *zone)
{
    w->kept = policy_keep_day(world_day(w, w->now_ms), w->kept, w->now_ms);
    (void)snprintf(w->zone, sizeof(w->zone), "%s", zone);
    replan(w, WORLD_ALL);
}

static void apply(struct world *w, const struct world_change *c)
{
    switch (c->kind) {
    case CHANGE_OUTAGE:
        w->now_ms = c->value_ms > w->now_ms ? c->value_ms : w->now_ms;
        break;
    case CHANGE_REST:
        rest(&w->rest, c->value_ms);
        break;
    case CHANGE_INVITATIONS_REST:
        rest(&w->invitations_rest, c->value_ms);
        break;
    case CHANGE_CALLS:
        w->limits.daily_cap = c->value_ms;
        replan(w, WORLD_ALL);
        break;
    case CHANGE_ZONE:
        change_zone(w, c->zone);
        break;
    case CHANGE_PAUSE:
    case CHANGE_RESUME:
        pause_or_resume(w, c->value_ms, c->kind == CHANGE_PAUSE);
        break;
    case CHANGES_N:
    default:
        abort();
    }
}

void world_change(struct world *w)
{
    while (w->changes_done < w->changes_count && w->changes[w->changes_done].at_ms <= w->now_ms)
        apply(w, &w->changes[w->changes_done++]);
}
