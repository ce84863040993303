#include "common/policy/spread.h"

#include "common/base/banned.h"

#define SHORTER 4 /* by up to a fourth: a gap that is always the same is no person's */

int64_t policy_spread_ms(int64_t open_ms, int64_t places, int64_t draw, int64_t draw_most)
{
    if (open_ms <= 0 || places <= 0)
        return 0;
    int64_t gap = open_ms / places;
    return draw_most > 0 ? gap - gap / SHORTER * draw / draw_most : gap;
}
