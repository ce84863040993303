/* common/base/clock.h - readings of the machine's clocks, and durations as people write them.
 *
 * Time is one type end to end: int64_t milliseconds. `_at_ms` = since the Unix epoch, `_ms` = a
 * span, `_boot_ms` = CLOCK_BOOTTIME (counts suspend; for leases and deadlines of this process).
 * The truth for schedules is the database's sam_now(); these readings never decide a send. */
#ifndef SAM_BASE_CLOCK_H
#define SAM_BASE_CLOCK_H

#include <stdint.h>

#include "common/base/attr.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define WEEK_MS   (7 * DAY_MS)

/* "Never": later than every real time, safe to add a span of 100 years to. */
#define TIME_NEVER_MS (INT64_MAX / 4)

int64_t clock_wall_ms(void);
int64_t clock_boot_ms(void);
/* CLOCK_MONOTONIC in microseconds, for measuring durations only. */
int64_t clock_monotonic_us(void);

/* Reads "90s", "2m", "1h30m", "500ms", "21d", "0s"; units ms s m h d w, largest first, no blanks,
 * no sign. 0 done; -EINVAL not a duration; -ERANGE more than 100 years. */
SAM_MUSTCHECK int duration_parse(const char *text, int64_t *ret_ms);

/* Writes the shortest exact form that duration_parse reads ("2m", "1h30m", "0s"). */
#define DURATION_TEXT_BYTES 40
void duration_format(int64_t ms, char out[DURATION_TEXT_BYTES]);

/* RFC 3339 in UTC with milliseconds, "2026-11-23T09:00:00.000Z". */
#define TIME_TEXT_BYTES 32
void time_format_utc(int64_t at_ms, char out[TIME_TEXT_BYTES]);
/* Reads RFC 3339 with any offset, fraction optional. 0 done, -EINVAL. */
SAM_MUSTCHECK int time_parse(const char *text, int64_t *ret_at_ms);

#endif
