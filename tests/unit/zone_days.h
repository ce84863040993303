/* tests/unit/zone_days.h - moments, days and zones by their names, for the tests of the calendar.
 */
#ifndef SAM_TESTS_ZONE_DAYS_H
#define SAM_TESTS_ZONE_DAYS_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/model/calendar.h"
#include "tests/test.h"

static inline int64_t at(const char *text)
{
    char full[80]; /* larger than any caller's text: an optimising compiler asks for it */
    int64_t ms = 0;
    (void)snprintf(full, sizeof(full), "%s:00Z", text);
    assert_int_equal(time_parse(full, &ms), 0);
    return ms;
}

static inline int64_t day_of(const char *date)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%sT00:00", date);
    return at(text) / DAY_MS;
}

static inline const struct zone *zone(const char *name)
{
    const struct zone *z = zone_find(name);
    if (!z)
        fail_msg("%s: no such zone", name);
    return z;
}

/* The C library's reading of tzdata, which shares nothing with the one that is tested. */
static inline void wall_clock(const char *zone_name, int64_t at_ms, struct tm *ret)
{
    time_t seconds = (time_t)(at_ms / 1000);
    assert_int_equal(setenv("TZ", zone_name, 1), 0);
    tzset();
    assert_non_null(localtime_r(&seconds, ret));
}

#endif
