/* The limits of sam.cfg were changed since what waits was planned: the planner gives it other
 * moments. Looked at until two looks have left nothing behind, the first as the program starts, the
 * second a minute later: meanwhile a producer with the old ones may have gone on. A look that has
 * left accounts, for somebody had them locked, does not count, and is repeated soon: a lock is held
 * for a moment. Not for ever: two that run side by side by mistake with different limits would undo
 * each other's plans all day. */
#include <inttypes.h>
#include <stdio.h>

#include "common/adapters/verdicts.h"
#include "common/base/clock.h"
#include "common/base/murmur2.h"
#include "producer/producer.h"

#include "common/base/banned.h"

#define LOOKS        2 /* that have left nothing */
#define AGAIN_MS     (2 * SECOND_MS)
#define ACCOUNTS_MAX 500

/* What a worker has locked just now is left for the next look. $1 int hash, $2 bigint accounts at
 * most on either side. */
static const char find_sql[] =
    "SELECT account_id FROM (SELECT account_id FROM account_schedule WHERE planned_with < $1 "
    "LIMIT $2 FOR UPDATE SKIP LOCKED) a UNION ALL SELECT account_id FROM (SELECT account_id "
    "FROM account_schedule WHERE planned_with > $1 LIMIT $2 FOR UPDATE SKIP LOCKED) b";
/* $1 uuid[] accounts, $2 uuid[] those of them that have something to be moved, $3 int hash. */
static const char planned_sql[] =
    "UPDATE account_schedule SET planned_with = $3, plan_at = CASE WHEN account_id = ANY ($2) "
    "THEN least(plan_at, sam_now()) ELSE plan_at END WHERE account_id = ANY ($1)";

/* $1 int hash. */
static const char left_sql[] =
    "SELECT EXISTS (SELECT FROM account_schedule WHERE planned_with < $1) "
    "OR EXISTS (SELECT FROM account_schedule WHERE planned_with > $1)";

static int32_t hash_of(const struct settings *s)
{
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
                   " %" PRId64 " %" PRId64 " %s",
                   s->limits.spacing_ms, s->limits.jitter_ms, s->limits.daily_cap,
                   s->limits.daily_invitations, s->limits.weekly_invitations,
                   s->limits.daily_messages, s->limits.daily_profile_views, s->limits.monthly_notes,
                   s->limits.pace);
    return murmur2_key_hash(text);
}

static enum pg_failure move(struct producer *p, const struct pg_result *accounts)
{
    struct pg_result *moved SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    producer_add_uuids(p, accounts, 0);
    pg_add_uuid(&p->params, NULL);
    verdicts_add_moving(&p->params);
    enum pg_failure failure = pg_exec(p->pg, verdicts_move_sql, &p->params, &moved);
    if (failure)
        return failure;
    pg_params_reset(&p->params);
    producer_add_uuids(p, accounts, 0);
    producer_add_uuids(p, moved, 0);
    pg_add_i32(&p->params, hash_of(p->settings));
    return pg_exec(p->pg, planned_sql, &p->params, NULL);
}

static enum pg_failure any_left(struct producer *p, bool *ret)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    pg_add_i32(&p->params, hash_of(p->settings));
    enum pg_failure failure = pg_exec(p->pg, left_sql, &p->params, &r);
    if (!failure)
        *ret = pg_bool(r, 0, 0);
    return failure;
}

struct batch producer_limits(struct producer *p)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    struct batch result = {0};
    bool left = false;
    if (p->limits_looks == LOOKS)
        return result;
    pg_params_reset(&p->params);
    pg_add_i32(&p->params, hash_of(p->settings));
    pg_add_i64(&p->params, ACCOUNTS_MAX);
    enum pg_failure failure = pg_begin(p->pg);
    if (!failure)
        failure = pg_exec(p->pg, find_sql, &p->params, &r);
    if (!failure && pg_rows(r) > 0)
        failure = move(p, r);
    if (!failure)
        failure = any_left(p, &left);
    if (!failure)
        failure = pg_commit(p->pg);
    if (failure)
        return producer_failed(p, "limits", failure);
    result.rows = pg_rows(r);
    result.more = result.rows >= ACCOUNTS_MAX;
    result.again_ms = left ? AGAIN_MS : 0;
    p->limits_looks += left ? 0 : 1;
    return result;
}
