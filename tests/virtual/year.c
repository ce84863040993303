/* Reads scenarios (scenario.c) and lets each one's time pass. Prints a line for each thing done:
 *   send ACCOUNT CAMPAIGN PERSON STEP KIND START END ENDED NOTED
 *   view ACCOUNT AT
 *   done ACCOUNT DECISIONS PLANS WAITING
 * WAITING: people who have arrived and are neither done nor wait for an acceptance. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "tests/virtual/world.h"

#include "common/base/banned.h"

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When this person arrives or accepts, or their item is due. */
static int64_t person_ms(const struct world *w, const struct world_person *p)
{
    if (!p->here)
        return p->arrives_at_ms;
    if (p->waits)
        return p->scheduled_ms > w->free_at_ms ? p->scheduled_ms : w->free_at_ms;
    return p->status == PERSON_CONNECTION_REQUEST_SENT && p->accepts_at_ms ? p->accepts_at_ms
                                                                           : TIME_NEVER_MS;
}

static int64_t next_ms(const struct world *w)
{
    int64_t next = w->plan_at_ms;
    if (w->changes_done < w->changes_count)
        next = sooner(next, w->changes[w->changes_done].at_ms);
    for (size_t i = 0; i < w->people_count; i++)
        next = sooner(next, person_ms(w, &w->people[i]));
    return next;
}

static void due(struct world *w, struct world_person *p, int64_t at_ms)
{
    p->next_at_ms = at_ms;
    w->plan_at_ms = sooner(w->plan_at_ms, at_ms);
}

static void events(struct world *w)
{
    for (size_t i = 0; i < w->people_count; i++) {
        struct world_person *p = &w->people[i];
        if (!p->here && p->arrives_at_ms <= w->now_ms) {
            p->here = true;
            due(w, p, p->arrives_at_ms);
        } else if (p->status == PERSON_CONNECTION_REQUEST_SENT && p->accepts_at_ms &&
                   p->accepts_at_ms <= w->now_ms) {
            p->status = PERSON_CONNECTED;
            due(w, p, world_due_ms(w, p));
        }
    }
}

/* As producer/ended.c does. */
static void end_campaigns(struct world *w)
{
    for (size_t i = 0; i < w->people_count; i++) {
        struct world_person *p = &w->people[i];
        if (!p->here || w->campaigns[p->campaign].end_at_ms > w->now_ms ||
            !person_status_open(p->status))
            continue;
        p->status = PERSON_COMPLETED;
        p->waits = false;
        p->next_at_ms = 0;
    }
}

static bool is_due(const struct world *w)
{
    for (size_t i = 0; i < w->people_count; i++) {
        if (w->people[i].here && w->people[i].waits && person_ms(w, &w->people[i]) <= w->now_ms)
            return true;
    }
    return false;
}

static void run(struct world *w)
{
    w->plan_at_ms = TIME_NEVER_MS;
    for (int64_t at = next_ms(w); at < w->end_ms; at = next_ms(w)) {
        w->now_ms = at > w->now_ms ? at : w->now_ms;
        world_change(w);
        events(w);
        end_campaigns(w);
        if (w->plan_at_ms <= w->now_ms)
            world_plan(w);
        if (is_due(w))
            world_publish(w);
    }
}

static void report(const struct world *w)
{
    int64_t waiting = 0;
    for (size_t i = 0; i < w->people_count; i++)
        waiting += w->people[i].here && (w->people[i].waits || w->people[i].next_at_ms) ? 1 : 0;
    (void)printf("done %s %" PRId64 " %" PRId64 " %" PRId64 "\n", w->account, w->decisions,
                 w->plans, waiting);
}

int main(void)
{
    struct world w;
    while (scenario_read(&w)) {
        run(&w);
        report(&w);
        world_deinit(&w);
    }
    world_deinit(&w);
    zone_cache_clear();
    holiday_tables_clear();
    return 0;
}
