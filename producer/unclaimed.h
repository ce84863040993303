/* producer/unclaimed.h - how long a published item waits for a claim until the sweep takes it back,
 * and for how long one that was taken back has waited. Pure. */
#ifndef SAM_PRODUCER_UNCLAIMED_H
#define SAM_PRODUCER_UNCLAIMED_H

#include <stdint.h>

/* unclaimed: publishes in a row that nobody has claimed (send_queue.unclaimed), before this one.
 * From two minutes, doubled each time, up to an hour. */
int64_t unclaimed_ms(int64_t unclaimed);
/* What all of these publishes have waited together. */
int64_t unclaimed_before_ms(int64_t unclaimed);

#endif
