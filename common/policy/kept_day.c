#include "common/policy/kept_day.h"

#include "common/base/banned.h"

struct day_span policy_counted_day(struct day_span today, struct day_span kept, int64_t now_ms)
{
    if (kept.until_ms <= now_ms)
        return today;
    return (struct day_span){today.from_ms < kept.from_ms ? today.from_ms : kept.from_ms,
                             kept.until_ms};
}

/* Of a second change while the first one's day is kept the later end counts. */
struct day_span policy_keep_day(struct day_span today, struct day_span kept, int64_t now_ms)
{
    struct day_span counted = policy_counted_day(today, kept, now_ms);
    if (today.until_ms > counted.until_ms)
        counted.until_ms = today.until_ms;
    return counted;
}
