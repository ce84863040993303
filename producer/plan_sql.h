/* producer/plan_sql.h - the statements of the planner; see the tests of their query plans. */
#ifndef SAM_PRODUCER_PLAN_SQL_H
#define SAM_PRODUCER_PLAN_SQL_H

#include "producer/plan_batch.h"

/* The batch's accounts as one parameter, in their order. */
void plan_add_accounts(struct pg_params *params, const struct plan_batch *b);

/* Locks accounts that are due: their ids. $1 timestamptz now, $2 int partitions, $3 int[] open
 * ones, $4 bigint accounts at most, $5 text[] values that are not known. */
extern const char plan_lock_sql[];
/* $1 uuid[] accounts that are locked. */
extern const char plan_accounts_sql[];
/* $1 uuid[] accounts, $2 timestamptz[] day starts, $3 bigint rows of a day, $4 bigint rows of a
 * week, $5 bigint call timeout ms, $6 timestamptz week start, $7 bigint profile views of a day. */
extern const char plan_usage_sql[];
/* $1 uuid[] accounts: what waits already. */
extern const char plan_waiting_sql[];
/* $1 uuid[] accounts, $2 timestamptz horizon, $3 bigint people of a kind and campaign at most. */
extern const char plan_people_sql[];
/* $1 uuid[] campaigns. */
extern const char plan_campaigns_sql[];
/* Calls of today. $1 uuid[] accounts, $2 timestamptz[] day starts, $3 uuid[] campaigns,
 * $4 bigint[] their caps. */
extern const char plan_spent_sql[];
/* $1 uuid[] campaigns: locks those that may plan only so many messages. */
extern const char plan_first_left_sql[];
/* $1 uuid[] campaigns, $2 int[] messages planned. */
extern const char plan_first_taken_sql[];
/* $1 .. $11: the items, see plan_write.c. Returns the people whose item was written. */
extern const char plan_insert_sql[];
/* $1 uuid[] items that wait, $2 timestamptz[] their new moments, $3 bool[] from a slot, $4 text[]
 * the reason that it has none (NULL = as before). */
extern const char plan_move_sql[];
/* $1 uuid[] people: in the queue now. */
extern const char plan_queued_sql[];
/* $1 uuid[] people whose item was not written. */
extern const char plan_conflict_sql[];
/* $1 uuid[] people, $2 text[] reasons. */
extern const char plan_hold_sql[];
/* $1 uuid[] accounts, $2 timestamptz[] plan_at (NULL = when something happens), $3 timestamptz[]
 * earliest new item. plan_at is set to the next person's time when $4 bool[] is true. */
extern const char plan_schedule_sql[];

#endif
