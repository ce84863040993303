/* A call, how it ends, and what comes of it: worker/send.c and worker/apply.c with memory in place
 * of Unipile, Kafka and Postgres. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "tests/virtual/world.h"
#include "worker/apply_account.h"

#include "common/base/banned.h"

#define CALL_MS    (5 * SECOND_MS) /* at most */
#define TIMEOUT_MS (60 * SECOND_MS)
#define UNENDED_MS (POLICY_START_BY_MS + TIMEOUT_MS)

static const char *const ends[WORLD_ENDS_N] = {WORLD_ENDS_MAP(WORLD_NAME)};

struct world_call *world_add_call(struct world *w, enum call_kind kind, int64_t campaign,
                                  int64_t took_ms)
{
    if (w->calls_count % 1024 == 0)
        w->calls = sam_xrealloc(w->calls, (w->calls_count + 1024) * sizeof(*w->calls));
    struct world_call *call = &w->calls[w->calls_count++];
    *call = (struct world_call){
        .kind = kind, .campaign = campaign, .start_ms = w->now_ms, .end_ms = w->now_ms + took_ms};
    random_bytes(&call->id, sizeof(call->id));
    return call;
}

static void next_step(struct world *w, struct world_person *p)
{
    const struct world_campaign *c = &w->campaigns[p->campaign];
    bool invited = world_invites(w, p);
    p->waits = false;
    p->failures = 0;
    p->last_sent_ms = w->now_ms;
    p->status = invited ? PERSON_CONNECTION_REQUEST_SENT : PERSON_MESSAGING;
    p->step++;
    if (p->step >= c->steps) {
        p->status = PERSON_COMPLETED;
    } else if (invited) {
        p->accepts_at_ms = p->accepts_after_ms < 0 ? 0 : w->now_ms + p->accepts_after_ms;
    } else {
        p->next_at_ms = world_due_ms(w, p);
        w->plan_at_ms = p->next_at_ms < w->plan_at_ms ? p->next_at_ms : w->plan_at_ms;
    }
}

/* To the schedule, as back() in worker/apply.c. */
static void back(struct world_person *p, int64_t at_ms, enum reason reason)
{
    p->scheduled_ms = at_ms;
    p->reason = reason;
}

static void not_executed(struct world_person *p, const struct world_call *call)
{
    if (++p->failures >= APPLY_FAILURES_MAX) {
        p->waits = false;
        p->status = PERSON_FAILED;
        return;
    }
    int64_t wait = apply_doubled(APPLY_BACKOFF_MIN_MS, p->failures - 1, APPLY_BACKOFF_MAX_MS);
    back(p, call->end_ms + wait + policy_jitter_ms(&call->id, wait / 2), REASON_NOT_EXECUTED);
}

static void settle(struct world *w, struct world_person *p, const struct world_call *call,
                   enum world_end end)
{
    switch (end) {
    case END_SENT:
        world_sent(w, call);
        next_step(w, p);
        break;
    case END_NOT_EXECUTED:
        not_executed(p, call);
        break;
    case END_REFUSED:
        p->waits = false;
        p->status = PERSON_FAILED;
        break;
    case END_UNKNOWN: /* it waits for somebody who looks: nobody does */
        p->waits = false;
        break;
    case END_UNTRIED:
        back(p, call->end_ms, REASON_NOT_EXECUTED);
        break;
    case END_THROTTLED:
    case END_INVITATIONS:
        back(p, world_rest(w, call, end == END_INVITATIONS), REASON_THROTTLED);
        break;
    case WORLD_ENDS_N:
    default:
        abort();
    }
}

static enum world_end draw_end(const struct world *w, enum call_kind kind)
{
    int64_t drawn = (int64_t)random_below(1000);
    for (size_t i = END_SENT + 1; i < WORLD_ENDS_N; i++) {
        if (drawn < w->odds[i])
            return i == END_INVITATIONS && kind != CALL_INVITATION ? END_SENT : (enum world_end)i;
        drawn -= w->odds[i];
    }
    return END_SENT;
}

/* Of a worker that was killed no end is known: the call counts until it must have ended. */
static int64_t draw_length(const struct world *w, enum world_end end)
{
    if (end == END_UNKNOWN && random_below(2) == 0)
        return UNENDED_MS;
    bool is_long = end != END_UNTRIED && random_below(1000) < (uint64_t)w->odds_long;
    return 1 + (int64_t)random_below(is_long ? TIMEOUT_MS : CALL_MS);
}

/* A round of the planner while the call is under way: its end is not known yet. */
static void plan_meanwhile(struct world *w, struct world_person *p, struct world_call *call)
{
    int64_t end_ms = call->end_ms;
    if (end_ms <= call->start_ms + CALL_MS || random_below(2))
        return;
    w->now_ms = call->start_ms + CALL_MS;
    call->end_ms = call->start_ms + UNENDED_MS;
    p->sending = true;
    world_plan(w);
    p->sending = false;
    call->end_ms = end_ms;
}

void world_call(struct world *w, struct world_person *p)
{
    enum call_kind kind = world_invites(w, p) ? CALL_INVITATION : CALL_MESSAGE;
    enum world_end end = draw_end(w, kind);
    struct world_call *call = world_add_call(w, kind, p->campaign, draw_length(w, end));
    call->noted = kind == CALL_INVITATION && p->noted && !w->leave_note_out;
    (void)printf("send %s %" PRId64 " %" PRId64 " %" PRId64 " %s %" PRId64 " %" PRId64 " %s %d\n",
                 w->account, p->campaign, p->id, p->step, call_kind_name(kind), call->start_ms,
                 call->end_ms, ends[end], call->noted);
    plan_meanwhile(w, p, call);
    w->now_ms = call->end_ms;
    settle(w, p, call, end);
    if (end == END_UNTRIED)
        w->calls_count--;     /* nothing has left: it counts for nothing */
    else if (random_below(8)) /* else only the policy knows that it is too soon */
        w->free_at_ms =
            w->now_ms + w->limits.spacing_ms + policy_jitter_ms(&call->id, w->limits.jitter_ms);
}
