/* worker/apply_account.h - how an account moves, rests and becomes due; pure, for apply.c. A change
 * that the transition table refuses changes nothing. */
#ifndef SAM_WORKER_APPLY_ACCOUNT_H
#define SAM_WORKER_APPLY_ACCOUNT_H

#include "worker/apply.h"

/* An attempt has ended: the account is free after its spacing, at once where nothing has left. */
void apply_account_free(struct apply_account *account, const struct event_attempt *a);
/* The planner has something to do at at_ms, if not before. */
void apply_account_plan(struct apply_account *account, int64_t at_ms);
/* Unipile asks for a rest of a->wait_ms, of its invitations alone for some error types; begins also
 * where an operator has paused it meanwhile. Returns the end of the rest. */
int64_t apply_account_throttled(struct apply_account *account, const struct event_attempt *a);
void apply_account_broken(struct apply_account *account, const struct event_attempt *a);
void apply_account_sent(struct apply_account *account, const struct event_attempt *a);
/* An operator's decision, or what a read has heard of Unipile (sam.account.v1). */
void apply_account_event(struct apply_account *account, const struct event *e);

/* first_ms, twice as long for each time before, max_ms at most. */
int64_t apply_doubled(int64_t first_ms, int64_t times, int64_t max_ms);

#endif
