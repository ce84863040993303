/* common/policy/follow_up.h - when a message may follow what came before it. Pure. */
#ifndef SAM_POLICY_FOLLOW_UP_H
#define SAM_POLICY_FOLLOW_UP_H

#include <stdint.h>

#include "common/model/status.h"

/* Of a step after the first: after_ms after the invitation was accepted, where that is what came
 * before (the first message of a connector campaign), else after the last send to the person. 0 =
 * it is not known when that was. */
int64_t policy_follow_up_ms(enum campaign_type type, int64_t step, int64_t after_ms,
                            int64_t connected_at_ms, int64_t last_sent_at_ms);

#endif
