/* common/policy/kept_day.h - the local day of an account whose time zone has changed. Pure. */
#ifndef SAM_POLICY_KEPT_DAY_H
#define SAM_POLICY_KEPT_DAY_H

#include <stdint.h>

struct day_span {
    int64_t from_ms;
    int64_t until_ms; /* exclusive; 0 = no day */
};

/* The day that the caps are counted over: today by the zone in force, or, until the day that was
 * kept at the change is over, from the earlier of both beginnings to that day's end. So no day, by
 * the old zone or by the new one, has more calls than its caps. */
struct day_span policy_counted_day(struct day_span today, struct day_span kept, int64_t now_ms);

/* What is to be kept when the zone changes now; today: by the zone that goes. */
struct day_span policy_keep_day(struct day_span today, struct day_span kept, int64_t now_ms);

#endif
