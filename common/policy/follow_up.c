#include "common/policy/follow_up.h"

#include "common/base/banned.h"

bool policy_follows_acceptance(enum campaign_type type, int64_t step)
{
    return type == CAMPAIGN_CONNECTOR && step == 1;
}

int64_t policy_follow_up_ms(enum campaign_type type, int64_t step, int64_t after_ms,
                            int64_t connected_at_ms, int64_t last_sent_at_ms)
{
    int64_t from_ms = policy_follows_acceptance(type, step) ? connected_at_ms : last_sent_at_ms;
    return from_ms ? from_ms + after_ms : 0;
}
