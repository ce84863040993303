/* common/policy/follow_up.h - when a message may follow what came before it. Pure. */
#ifndef SAM_POLICY_FOLLOW_UP_H
#define SAM_POLICY_FOLLOW_UP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/model/status.h"

/* Does the delay of a step after the first count from the moment at which the invitation was
 * accepted (the first message of a connector campaign), or from the last send to the person? */
bool policy_follows_acceptance(enum campaign_type type, int64_t step);

/* Of a step after the first: after_ms after what its delay counts from. 0 = it is not known when
 * that was. */
int64_t policy_follow_up_ms(enum campaign_type type, int64_t step, int64_t after_ms,
                            int64_t connected_at_ms, int64_t last_sent_at_ms);

#endif
