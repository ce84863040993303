/* common/policy/spread.h - how far apart the calls of a day are planned: limits.pace. Pure.
 *
 * A person does not send forty messages as the office opens. With "spread" the planner leaves
 * between two calls what remains of the day's window, divided by the calls that the day may still
 * have. Spacing stays the least; the claim knows nothing of it. */
#ifndef SAM_POLICY_SPREAD_H
#define SAM_POLICY_SPREAD_H

#include <stdint.h>

/* open_ms: what remains of the day's windows; places: calls it may still have, by its caps. The
 * draw (0 .. draw_most, the jitter of the call) makes the gap up to a quarter shorter, never
 * longer, so that all places find room. 0 = no gap beyond the spacing. */
int64_t policy_spread_ms(int64_t open_ms, int64_t places, int64_t draw, int64_t draw_most);

#endif
