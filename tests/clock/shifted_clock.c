/* tests/clock/shifted_clock.c - a preload that moves the wall clock by SAM_TEST_CLOCK seconds, for
 * `tests/run moments`: Postgres, SAM and the tests live in a Saturday night, or over a clock
 * change.
 *
 * Only CLOCK_REALTIME moves. The clocks by which programs wait stay as they are, so nothing hangs
 * or hurries. (Debian's libfaketime turns waits on a condition variable by CLOCK_MONOTONIC into
 * ones by the wall clock: librdkafka never wakes, a JVM spins, Python's sleep answers EINVAL.) Who
 * waits by the wall clock would wait too long; none of the programs here does. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/base/banned.h"

#define SEEN __attribute__((visibility("default")))

static time_t shift_seconds(void)
{
    static const char *text;
    if (!text)
        text = getenv("SAM_TEST_CLOCK");
    return text ? (time_t)strtoll(text, NULL, 10) : 0;
}

SEEN int clock_gettime(clockid_t clock, struct timespec *now)
{
    int r = (int)syscall(SYS_clock_gettime, clock, now);
    if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += shift_seconds();
    return r;
}

SEEN int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec t = {0};
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &t) != 0)
        return -1;
    *now = (struct timeval){.tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000};
    return 0;
}

SEEN time_t time(time_t *ret)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_REALTIME, &t);
    if (ret)
        *ret = t.tv_sec;
    return t.tv_sec;
}
