#include "producer/unclaimed.h"

#include "common/base/clock.h"

#include "common/base/banned.h"

#define MIN_MS (2 * MINUTE_MS)
#define MAX_MS HOUR_MS

int64_t unclaimed_ms(int64_t unclaimed)
{
    int64_t wait = MIN_MS;
    for (int64_t i = 0; i < unclaimed && wait < MAX_MS; i++)
        wait *= 2;
    return wait < MAX_MS ? wait : MAX_MS;
}

int64_t unclaimed_before_ms(int64_t unclaimed)
{
    int64_t sum = 0;
    int64_t i = 0;
    for (; i < unclaimed && unclaimed_ms(i) < MAX_MS; i++)
        sum += unclaimed_ms(i);
    return sum + (unclaimed - i) * MAX_MS;
}
