/* common/adapters/verdicts.h - writes what the policy has refused: back to the schedule, or ended.
 *
 * Used by publish (items that are pending) and by the claim (items that are published). The
 * account's schedule row is locked by the caller. Nothing here decides. */
#ifndef SAM_ADAPTERS_VERDICTS_H
#define SAM_ADAPTERS_VERDICTS_H

#include "common/adapters/facts.h"

struct verdict_row {
    struct uuid item_id;
    struct uuid account_id;
    struct uuid person_id;
    int64_t dispatch;
    enum reason reason;
    bool cancelled;
    bool replan; /* the planner is to give it another moment; until then it has next_at_ms */
    int64_t next_at_ms;
};

struct verdicts {
    struct verdict_row *rows; /* owned */
    size_t count;
    bool any_cancelled;
    bool any_replan;
};

/* A WAIT that only an event can end is asked again in an hour. */
#define VERDICTS_ASK_AGAIN_MS INT64_C(3600000)

void verdicts_add(struct verdicts *v, const struct facts_item *item, const struct verdict *verdict);
void verdicts_reset(struct verdicts *v);
void verdicts_deinit(struct verdicts *v);

/* $1 uuid[] items, $2 int[] dispatch, $3 text[] reasons, $4 timestamptz[] next (NULL = cancelled),
 * $5 bool[] replan. */
extern const char verdicts_items_sql[];
/* $1 uuid[] people, $2 text[] reasons: people whose cancelled item ends their campaign. */
extern const char verdicts_people_sql[];
/* $1 uuid[] cancelled items: gives their identities free, unless one of their calls may have
 * happened. */
extern const char verdicts_contacted_sql[];
/* $1 uuid[] accounts: the planner looks at them at once. */
extern const char verdicts_replan_sql[];
/* $1 uuid[] accounts: due_at from what is pending now, NULL while something is outstanding. */
extern const char verdicts_due_sql[];
/* One text[] parameter more: the reasons of the items that the planner may move (reason.h). */
void verdicts_add_moving(struct pg_params *params);
/* What waits of these accounts may be given another moment. $1 uuid[] accounts, $2 uuid campaign
 * (NULL = of any), $3 text[] the reasons below. Returns the items' accounts. */
extern const char verdicts_move_sql[];
/* What waits is due again, for the planner to give it a moment; what the planner has parked already
 * keeps its time, which for a follow-up may be before its delay is over: of $1 uuid[] accounts,
 * each with $2 text[] how the reason begins that is over, and $3 uuid[] campaign (NULL = any). $4
 * uuid person (NULL = anybody). The pairs may repeat. */
extern const char verdicts_let_go_sql[];
void verdicts_items_params(const struct verdicts *v, struct pg_params *params);
void verdicts_people_params(const struct verdicts *v, struct pg_params *params);
void verdicts_contacted_params(const struct verdicts *v, struct pg_params *params);
void verdicts_replan_params(const struct verdicts *v, struct pg_params *params);

/* All of them but the accounts' due_at, in the caller's transaction. */
SAM_MUSTCHECK enum pg_failure verdicts_write(const struct verdicts *v, struct pg *pg,
                                             struct pg_params *params);

#endif
