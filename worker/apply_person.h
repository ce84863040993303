/* worker/apply_person.h - how a person of a campaign moves; pure, for apply.c. A person never moves
 * backwards: a change that the transition table refuses changes nothing. */
#ifndef SAM_WORKER_APPLY_PERSON_H
#define SAM_WORKER_APPLY_PERSON_H

#include "worker/apply.h"

/* The step was sent; a first contact sets contacted_at (its start), the last step completes. */
void apply_person_sent(struct apply_person *p, int64_t step, const struct event_attempt *a);
void apply_person_connected(struct apply_person *p, int64_t at_ms);
/* reason: a code of common/model/reason.h. */
void apply_person_fail(struct apply_person *p, const char *reason);
void apply_person_hold(struct apply_person *p, const char *reason);
/* A finding or an operator's decision (sam.person.v1). */
void apply_person_event(struct apply_person *p, const struct event *e);
/* The public name of who was known by the provider id alone; "" = not told. */
void apply_person_name(struct apply_person *p, const char *vanity);

#endif
