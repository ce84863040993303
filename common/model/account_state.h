/* common/model/account_state.h - the record of sam.accounts: what waits for one account, and why.
 *
 * The topic is compacted: the newest record of a key is how the account stands, as of its at. For
 * people and their tools; no program decides by it. Type: sam.account_state.v1 (the ledger's
 * sam.account.v1 is an event: what has happened to an account); key = account id as text. */
#ifndef SAM_MODEL_ACCOUNT_STATE_H
#define SAM_MODEL_ACCOUNT_STATE_H

#include "common/model/reason.h"
#include "common/model/record.h"
#include "common/model/status.h"

#define ACCOUNT_STATE_TYPE "sam.account_state.v1"

/* Items and calls are counted so far; one more stands for more. */
#define ACCOUNT_STATE_ITEMS_MAX 1000

struct account_used {
    int64_t used;
    int64_t limit; /* in force today, ramp and rests included */
};

struct account_state {
    struct uuid id; /* of the record */
    struct uuid workspace_id;
    struct uuid account_id;
    int64_t at_ms; /* when this was so, by the database's clock */
    enum account_status status;
    bool blocked;             /* an event of the account was set aside */
    int64_t resting_until_ms; /* 0 = it does not rest */
    int64_t invitations_resting_until_ms;
    int64_t waiting;   /* items that wait for their time */
    int64_t in_flight; /* items whose job is with a worker, or whose call is under way */
    int64_t unknown;   /* items of which nobody knows whether the call happened */
    /* Why the first of them does not go now, by the policy that `samctl why` asks; nothing waits:
     * what stands in the way of the account, or that the planner has yet to come. */
    enum reason reason;
    int64_t next_at_ms; /* when that may be over; 0 = nothing waits, TIME_NEVER_MS = not by itself,
                         * which a record leaves out like 0 */
    int64_t plan_at_ms; /* when the planner looks again; 0 = when something happens */
    struct account_used calls, invitations, messages; /* of the account's local day */
    struct account_used week_invitations;             /* of the last 7 days */
};

void account_state_encode(const struct account_state *state, struct buf *out);
/* 0 done; -EBADMSG: why says what is wrong with the record. */
SAM_MUSTCHECK int account_state_decode(const char *value, size_t bytes, struct account_state *ret,
                                       char why[RECORD_WHY_BYTES]);
/* Of all but the record's id and time: where it is the one of before, there is nothing to tell.
 * Never 0. */
uint64_t account_state_digest(const struct account_state *state);

#endif
