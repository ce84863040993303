/* tests/virtual/world.h - one account, its campaigns and people in virtual time.
 *
 * Only the rules are SAM's own: the planner's placing, the policy, the calendar, the ramp. What
 * the database, Kafka and Unipile would do stands here in memory, one item per person. */
#ifndef SAM_TESTS_VIRTUAL_WORLD_H
#define SAM_TESTS_VIRTUAL_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/model/calendar.h"
#include "common/model/campaign_keys.h"
#include "common/policy/decide.h"
#include "common/policy/kept_day.h"
#include "producer/plan_batch.h"
#include "worker/apply.h"

#define WORLD_CAMPAIGNS_MAX 8
#define WORLD_STEPS_MAX     4
#define WORLD_NAME_BYTES    64
#define WORLD_WINDOWS_MAX   64
#define WORLD_OWN_BYTES     512

struct world_campaign {
    enum campaign_type type;
    struct calendar calendar;
    int64_t daily_cap;
    int64_t start_at_ms;
    int64_t end_at_ms;
    int64_t after_ms[WORLD_STEPS_MAX];
    int64_t steps;
    bool noted; /* its invitations have a note */
    enum note_limit on_note_limit;
    bool paused;
    struct texts_campaign *texts;
    struct interval windows[WORLD_WINDOWS_MAX];
    size_t windows_count;
    int64_t windows_until_ms;
};

struct world_person {
    int64_t id;
    int64_t campaign;
    int64_t arrives_at_ms;
    int64_t accepts_after_ms; /* -1 = never */
    bool here;                /* has arrived */
    enum person_status status;
    int64_t step;       /* the next one */
    int64_t next_at_ms; /* when it is due; 0 = it waits for something else */
    int64_t accepts_at_ms;
    int64_t last_sent_ms;
    bool waits; /* the step's item is pending, or: */
    bool sending;
    bool noted;
    int64_t scheduled_ms;
    int64_t failures; /* tries in a row that were not executed */
    enum reason reason;
    bool replan;
};

/* What counts, as send_attempts does. */
struct world_call {
    struct uuid id;
    enum call_kind kind;
    int64_t campaign;
    bool noted;
    int64_t start_ms;
    int64_t end_ms;
};

/* How a call ends. Untried: nothing of it has left, for certain. */
#define WORLD_ENDS_MAP(X)                                                                          \
    X(END_SENT, "sent")                                                                            \
    X(END_NOT_EXECUTED, "not_executed")                                                            \
    X(END_REFUSED, "refused")                                                                      \
    X(END_UNKNOWN, "unknown")                                                                      \
    X(END_UNTRIED, "untried")                                                                      \
    X(END_THROTTLED, "throttled")               /* the account is to rest */                       \
    X(END_INVITATIONS, "invitations_throttled") /* or its invitations */
#define WORLD_ID(id, name)   id,
#define WORLD_NAME(id, name) name,
enum world_end { WORLD_ENDS_MAP(WORLD_ID) WORLD_ENDS_N };

#define WORLD_ALL (-1) /* in place of a campaign: the account */
#define WORLD_CHANGES_MAP(X)                                                                       \
    X(CHANGE_OUTAGE, "outage")                     /* until value_ms nothing runs */               \
    X(CHANGE_REST, "rest")                         /* the account rests until value_ms */          \
    X(CHANGE_INVITATIONS_REST, "invitations_rest") /* only its invitations do */                   \
    X(CHANGE_CALLS, "calls")                       /* its daily cap becomes value_ms */            \
    X(CHANGE_ZONE, "zone")                         /* it moves to another zone */                  \
    X(CHANGE_PAUSE, "pause")                       /* value_ms: a campaign, or WORLD_ALL */        \
    X(CHANGE_RESUME, "resume")
enum change_kind { WORLD_CHANGES_MAP(WORLD_ID) CHANGES_N };

/* Something that happens from outside. */
struct world_change {
    int64_t at_ms;
    enum change_kind kind;
    int64_t value_ms;
    char zone[WORLD_NAME_BYTES];
};

struct world {
    char account[WORLD_NAME_BYTES];
    char zone[WORLD_NAME_BYTES];
    struct day_span kept;           /* the local day in which the zone was changed */
    char own_days[WORLD_OWN_BYTES]; /* of the workspace (calendar.h) */
    struct policy_limits limits;    /* as they are set */
    int64_t odds[WORLD_ENDS_N];     /* of a thousand calls so many end so, */
    int64_t odds_long;              /* and so many last up to a minute */
    bool leave_note_out;            /* of the item that was judged last */
    int64_t ramp_days;
    int64_t ramp_from_ms;
    bool paused;
    struct apply_rest rest; /* of the account */
    struct apply_rest invitations_rest;
    int64_t now_ms;
    int64_t end_ms;
    int64_t plan_at_ms;
    int64_t free_at_ms; /* the spacing after the last call is over */
    struct world_campaign campaigns[WORLD_CAMPAIGNS_MAX];
    size_t campaigns_count;
    struct world_person *people; /* by campaign; owned, as the arrays below */
    size_t people_count;
    struct world_call *calls; /* ascending by start_ms */
    size_t calls_count;
    struct world_change *changes; /* ascending by at_ms */
    size_t changes_count;
    size_t changes_done;
    struct texts *texts;
    struct plan_batch *batch;
    int64_t decisions;
    int64_t plans;
};

/* draws.c */
void draws_begin(uint64_t seed);

/* scenario.c: reads the next account from stdin; false: there is none. Exits on a line that it does
 * not know. */
bool scenario_read(struct world *w);
void world_deinit(struct world *w);

/* changes.c: whatever is due. */
void world_change(struct world *w);

/* rests.c: Unipile asks for a rest; returns its end. Or a send says that all is well again. */
int64_t world_rest(struct world *w, const struct world_call *call, bool invitations);
void world_sent(struct world *w, const struct world_call *call);

/* facts.c */
void world_frame(const struct world *w, int64_t at_ms, struct facts_frame *ret);
/* The account's day as its clocks show it. */
struct day_span world_day(const struct world *w, int64_t at_ms);
void world_windows(struct world_campaign *c, int64_t at_ms);
void world_count(const struct world *w, int64_t at_ms, const struct facts_frame *frame,
                 int64_t campaign, struct policy_usage *ret);

/* plan.c: a round of the planner. */
void world_plan(struct world *w);

/* send.c: the best due item is published, and claimed a moment later. */
void world_publish(struct world *w);
bool world_invites(const struct world *w, const struct world_person *p);
/* When the person's next step may go by its delay. */
int64_t world_due_ms(const struct world *w, const struct world_person *p);

/* calls.c: the call begins now; now is its end afterwards. */
void world_call(struct world *w, struct world_person *p);
struct world_call *world_add_call(struct world *w, enum call_kind kind, int64_t campaign,
                                  int64_t took_ms);

#endif
