/* common/model/calendar.h - open hours of a campaign and local days of an account, in ms.
 *
 * The only place that knows time zones (IANA, through GLib's GTimeZone and the system's tzdata).
 * Policy gets intervals and day starts. Gap (spring): the first valid instant after it; overlap
 * (autumn): first occurrence for an opening, second for a closing time, but 24:00 is where the next
 * day begins. */
#ifndef SAM_MODEL_CALENDAR_H
#define SAM_MODEL_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/model/holiday_table.h"
#include "common/model/interval.h"

#define SUBDIVISION_BYTES 24
#define WEEKDAY_MASK(day) (1u << (day)) /* 0 = Monday … 6 = Sunday */

struct zone; /* an IANA zone, cached; opaque */

/* NULL when tzdata has no such zone (also for "", absolute offsets, POSIX strings, "localtime" and
 * the other editions under right/ and posix/). Owned by the cache, valid until zone_cache_clear().
 */
const struct zone *zone_find(const char *name);
void zone_cache_clear(void);

/* The day (days since 1970-01-01, civil) of a moment in the zone, and the first instant of it. */
int64_t zone_day(const struct zone *zone, int64_t at_ms);
int64_t zone_day_start_ms(const struct zone *zone, int64_t day);

/* "2026-12-24" as a day, and back. 0 done; -EINVAL no date of the years 1970 to 2199. */
#define DAY_TEXT_BYTES 11
SAM_MUSTCHECK int day_parse(const char *text, int64_t *ret_day);
void day_format(int64_t day, char out[DAY_TEXT_BYTES]);

/* The first day of the calendar month that a day lies in, and of the one after it. */
int64_t month_first_day(int64_t day);
int64_t next_month_first_day(int64_t day);

/* Country (ISO 3166 alpha-2, upper case). 0 done; -EINVAL unknown country. Kosovo's XK is taken
 * too: ISO 3166 leaves it to its users, and the table has its holidays. zone.tab has no zone for
 * it: the clocks are those of Europe/Belgrade. */
SAM_MUSTCHECK int country_check(const char *country);
/* The zones of a country from zone.tab, comma-separated into out; count returned; 0 = unknown.
 * Zones whose clocks agree in the years 2025 to 2035 count as one, by the first one's name.
 * "zone" of a country is defined only when the count is 1. */
size_t country_zones(const char *country, char *out, size_t out_bytes);
/* Rest days of the office week on a day as a mask; subdivision: "" = none (holiday_table.h). */
unsigned country_weekend(const char *country, const char *subdivision, int64_t day);
/* Has the subdivision ("SH", also "AE-SH") a row of its own? */
bool weekend_of_its_own(const char *country, const char *subdivision);
/* One such subdivision of a country that has no more of them; "" = it has none. */
const char *weekend_subdivision(const char *country);

/* Own dates of a workspace: "2026-12-24 +2026-05-02", + = worked. What else stands there is
 * skipped. */
enum day_kind own_day(const char *own_days, int64_t day);

struct calendar {
    const struct zone *zone;
    char country[3];
    char subdivision[SUBDIVISION_BYTES]; /* "" = none */
    int opens_minute;                    /* minute of the local day, 0 .. 1439 */
    int closes_minute;                   /* 1 .. 1440, later than opens_minute */
    int weekend_mask;                    /* -1 = the country's */
    bool holidays;                       /* are they observed? */
    const char *own_days;                /* of the workspace; NULL = none; they go before */
};

/* Open intervals that end after from_at_ms, ascending, up to `max` of them or until until_at_ms.
 * Returns how many were written. Touching intervals (00:00-24:00 days) are joined. A weekend of the
 * country that is worked for another day is open; one that the campaign has named never is. A
 * subdivision that the table does not have counts as none. */
size_t calendar_windows(const struct calendar *c, int64_t from_at_ms, int64_t until_at_ms,
                        struct interval *out, size_t max);

/* Which holidays close the days from that of from_at_ms until the one before until_at_ms's, for
 * people: "Christmas Day, Second Day of Christmas", "Eid al-Fitr (date estimated)". The names of
 * the first few; adds nothing where there are none. */
void calendar_holiday_names(const struct calendar *c, int64_t from_at_ms, int64_t until_at_ms,
                            struct buf *out);

#endif
