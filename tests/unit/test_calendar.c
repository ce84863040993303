/* common/model/calendar: open hours over gaps and overlaps of the clock, holidays and weekends. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "tests/unit/zone_days.h"

#include "common/base/banned.h"

#define WINDOWS_MAX 16
#define SUNDAY      (1 << 6)

/* "from/to reason" of each, in UTC to the minute. */
static void show(const struct interval *w, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        char from[TIME_TEXT_BYTES];
        char to[TIME_TEXT_BYTES];
        time_format_utc(w[i].from_at_ms, from);
        time_format_utc(w[i].to_at_ms, to);
        buf_addf(out, "%s%.11s%.5s/%.16s %s", i ? ", " : "", from, from + 11, to,
                 reason_name(w[i].closed_before));
    }
}

struct row {
    const char *name;
    const char *zone;
    const char *country;
    int opens, closes; /* hours and minutes as 930 */
    int weekend;       /* -1 = the country's */
    const char *from, *until;
    const char *want;
};

static int minute(int hhmm)
{
    return hhmm / 100 * 60 + hhmm % 100;
}

static struct calendar calendar_of(const struct row *r)
{
    struct calendar c = {.zone = zone(r->zone),
                         .opens_minute = minute(r->opens),
                         .closes_minute = minute(r->closes),
                         .weekend_mask = r->weekend};
    memcpy(c.country, r->country, 3);
    return c;
}

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct calendar c = calendar_of(&rows[i]);
        struct interval w[WINDOWS_MAX];
        struct buf got SAM_CLEANUP(buf_deinit) = BUF_INIT(4000);
        show(w, calendar_windows(&c, at(rows[i].from), at(rows[i].until), w, WINDOWS_MAX), &got);
        if (strcmp(buf_text(&got), rows[i].want) != 0)
            fail_msg("%s:\n  %s, not\n  %s", rows[i].name, buf_text(&got), rows[i].want);
    }
}

static const struct row office[] = {
    {"over a weekend and the spring gap", "Europe/Berlin", "DE", 900, 1700, -1, "2026-03-27T12:00",
     "2026-04-01T12:00",
     "2026-03-27T08:00/2026-03-27T16:00 hours, 2026-03-30T07:00/2026-03-30T15:00 weekend, "
     "2026-03-31T07:00/2026-03-31T15:00 hours, 2026-04-01T07:00/2026-04-01T15:00 hours"},
    {"as it closes", "Europe/Berlin", "DE", 900, 1700, -1, "2026-03-27T16:00", "2026-03-31T00:00",
     "2026-03-30T07:00/2026-03-30T15:00 weekend"},
    {"from a Sunday", "Europe/Berlin", "DE", 900, 1700, -1, "2026-03-29T12:00", "2026-03-31T00:00",
     "2026-03-30T07:00/2026-03-30T15:00 weekend"},
    {"by night", "Europe/Berlin", "DE", 900, 1700, -1, "2026-03-30T22:00", "2026-04-01T00:00",
     "2026-03-31T07:00/2026-03-31T15:00 hours"},
    {"until an opening", "Europe/Berlin", "DE", 900, 1700, -1, "2026-03-30T22:00",
     "2026-03-31T07:00", ""},
    {"no time at all", "Europe/Berlin", "DE", 900, 1700, -1, "2026-03-27T12:00", "2026-03-27T12:00",
     "2026-03-27T08:00/2026-03-27T16:00 hours"},
    {"half an hour off", "Asia/Kolkata", "IN", 900, 1700, -1, "2026-07-03T00:00",
     "2026-07-07T00:00",
     "2026-07-03T03:30/2026-07-03T11:30 hours, 2026-07-06T03:30/2026-07-06T11:30 weekend"},
    {"Friday and Saturday", "Africa/Cairo", "EG", 900, 1700, -1, "2026-01-08T00:00",
     "2026-01-12T00:00",
     "2026-01-08T07:00/2026-01-08T15:00 hours, 2026-01-11T07:00/2026-01-11T15:00 weekend"},
    {"own weekend", "Europe/Berlin", "DE", 900, 1700, SUNDAY, "2026-01-10T00:00",
     "2026-01-13T00:00",
     "2026-01-10T08:00/2026-01-10T16:00 hours, 2026-01-12T08:00/2026-01-12T16:00 weekend"},
    {"no weekend", "Europe/Berlin", "DE", 900, 1700, 0, "2026-01-10T00:00", "2026-01-12T00:00",
     "2026-01-10T08:00/2026-01-10T16:00 hours, 2026-01-11T08:00/2026-01-11T16:00 hours"},
    {"never", "Europe/Berlin", "DE", 900, 1700, 127, "2026-01-01T00:00", "2027-01-01T00:00", ""},
    {"a local day ahead of UTC", "Pacific/Kiritimati", "KI", 900, 1000, 0, "2026-01-01T00:00",
     "2026-01-02T00:00", "2026-01-01T19:00/2026-01-01T20:00 hours"},
};

static const struct row clock_changes[] = {
    {"opens in the gap: as it ends", "Europe/Berlin", "DE", 230, 1200, 0, "2026-03-29T00:00",
     "2026-03-29T20:00", "2026-03-29T01:00/2026-03-29T10:00 hours"},
    {"closes in the gap: as it begins", "Europe/Berlin", "DE", 0, 230, 0, "2026-03-29T00:00",
     "2026-03-29T20:00", "2026-03-28T23:00/2026-03-29T01:00 hours"},
    {"all of it in the gap", "Europe/Berlin", "DE", 210, 250, 0, "2026-03-28T00:00",
     "2026-03-30T12:00",
     "2026-03-28T01:10/2026-03-28T01:50 hours, 2026-03-30T00:10/2026-03-30T00:50 hours"},
    {"opens in the overlap: the first time", "Europe/Berlin", "DE", 230, 1200, 0,
     "2026-10-25T00:00", "2026-10-25T20:00", "2026-10-25T00:30/2026-10-25T11:00 hours"},
    {"closes in the overlap: the second time", "Europe/Berlin", "DE", 0, 230, 0, "2026-10-25T00:00",
     "2026-10-25T20:00", "2026-10-24T22:00/2026-10-25T01:30 hours"},
    {"opens in the gap", "America/New_York", "US", 230, 1000, 0, "2026-03-08T06:00",
     "2026-03-08T20:00", "2026-03-08T07:00/2026-03-08T14:00 hours"},
    {"opens in the overlap", "America/New_York", "US", 130, 1000, 0, "2026-11-01T04:00",
     "2026-11-01T20:00", "2026-11-01T05:30/2026-11-01T15:00 hours"},
    {"closes in the overlap", "America/New_York", "US", 0, 130, 0, "2026-11-01T04:30",
     "2026-11-01T20:00", "2026-11-01T04:00/2026-11-01T06:30 hours"},
    {"opens at a midnight that is not", "Africa/Cairo", "EG", 0, 600, 0, "2026-04-23T12:00",
     "2026-04-24T12:00", "2026-04-23T22:00/2026-04-24T03:00 hours"},
    {"closes before a midnight that comes late", "Africa/Cairo", "EG", 900, 2330, 0,
     "2026-10-29T12:00", "2026-10-29T23:00", "2026-10-29T06:00/2026-10-29T21:30 hours"},
    {"opens in the hour that comes twice", "Africa/Cairo", "EG", 2315, 2345, 0, "2026-10-29T12:00",
     "2026-10-29T23:00", "2026-10-29T20:15/2026-10-29T21:45 hours"},
};

/* Days from 00:00 to 24:00 are one span, except over closed days. */
static const struct row whole_days[] = {
    {"all the time", "Europe/Berlin", "DE", 0, 2400, 0, "2026-03-28T12:00", "2026-03-31T00:00",
     "2026-03-27T23:00/2026-03-31T22:00 hours"},
    {"before a gap at midnight", "Africa/Cairo", "EG", 0, 2400, -1, "2026-04-23T12:00",
     "2026-04-26T22:00",
     "2026-04-22T22:00/2026-04-23T22:00 hours, 2026-04-25T21:00/2026-04-27T21:00 weekend"},
    {"a Thursday of 25 hours", "Africa/Cairo", "EG", 0, 2400, -1, "2026-10-29T12:00",
     "2026-10-30T12:00", "2026-10-28T21:00/2026-10-29T22:00 hours"},
    /* closing at 24:00 is the beginning of the next day, not the second time of its first hour */
    {"not into a Sunday whose first hour comes twice", "Atlantic/Azores", "PT", 0, 2400, SUNDAY,
     "2026-10-24T12:00", "2026-10-27T00:00",
     "2026-10-24T00:00/2026-10-25T00:00 hours, 2026-10-26T01:00/2026-10-27T01:00 weekend"},
    {"over that hour", "Atlantic/Azores", "PT", 0, 2400, 0, "2026-10-24T12:00", "2026-10-25T12:00",
     "2026-10-24T00:00/2026-10-26T01:00 hours"},
    {"evenings", "Europe/Berlin", "DE", 1800, 2400, 0, "2026-01-10T12:00", "2026-01-12T00:00",
     "2026-01-10T17:00/2026-01-10T23:00 hours, 2026-01-11T17:00/2026-01-11T23:00 hours"},
};

static void test_office_hours(void **state)
{
    (void)state;
    check(office, SAM_ARRAY_LEN(office));
}

static void test_hours_while_the_clock_changes(void **state)
{
    (void)state;
    check(clock_changes, SAM_ARRAY_LEN(clock_changes));
}

static void test_days_until_midnight(void **state)
{
    (void)state;
    check(whole_days, SAM_ARRAY_LEN(whole_days));
}

static void test_holidays_are_closed(void **state)
{
    (void)state;
    static const struct row r = {
        "", "Europe/Berlin", "DE", 900, 1700, -1, "2026-12-23T12:00", "2026-12-30T00:00", ""};
    struct calendar c = calendar_of(&r);
    struct interval w[WINDOWS_MAX];
    struct buf got SAM_CLEANUP(buf_deinit) = BUF_INIT(4000);
    c.holidays = true;
    c.own_days = "2026-12-24 2026-12-28"; /* Christmas Day is the country's */
    show(w, calendar_windows(&c, at(r.from), at(r.until), w, WINDOWS_MAX), &got);
    assert_string_equal(buf_text(&got), "2026-12-23T08:00/2026-12-23T16:00 hours, "
                                        "2026-12-29T08:00/2026-12-29T16:00 holiday");
    buf_reset(&got);
    c.holidays = false;
    show(w, calendar_windows(&c, at("2026-12-24T00:00"), at("2026-12-25T00:00"), w, 1), &got);
    assert_string_equal(buf_text(&got), "2026-12-24T08:00/2026-12-24T16:00 hours");
}

/* Public holidays of a subdivision, days that are made up for, own dates that go before both. */
static void test_days_of_other_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *country;
        const char *subdivision;
        const char *own_days;
        const char *day;
        int weekend;
        enum reason want; /* REASON_NONE = open */
    } rows[] = {
        {"DE", "", NULL, "2027-01-06", -1, REASON_NONE},
        {"DE", "BY", NULL, "2027-01-06", -1, REASON_HOLIDAY},
        {"DE", "DE-BY", NULL, "2027-01-06", -1, REASON_HOLIDAY},
        {"DE", "of old", NULL, "2028-12-25", -1, REASON_HOLIDAY}, /* counts as none */
        {"DE", "", "+2026-12-25", "2026-12-25", -1, REASON_NONE},
        {"DE", "", "2026-12-24 +2026-12-25 2026-12-28", "2026-12-25", -1, REASON_NONE},
        {"DE", "", "2026-12-22", "2026-12-22", -1, REASON_HOLIDAY},
        {"DE", "", "+2026-05-02", "2026-05-02", -1, REASON_NONE}, /* a Saturday */
        {"DE", "", NULL, "2026-05-02", -1, REASON_WEEKEND},
        {"CN", "", NULL, "2025-10-11", -1, REASON_NONE}, /* a Saturday, for National Day */
        {"CN", "", NULL, "2025-10-18", -1, REASON_WEEKEND},
        {"CN", "", NULL, "2025-10-11", WEEKDAY_MASK(5), REASON_WEEKEND}, /* the campaign says so */
        {"CN", "", NULL, "2025-10-01", 0, REASON_HOLIDAY},
        {"MY", "03", NULL, "2026-07-03", -1, REASON_WEEKEND}, /* a Friday, in Kelantan */
        {"MY", "14", NULL, "2026-07-03", -1, REASON_NONE},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct calendar c = {.zone = zone("UTC"),
                             .opens_minute = 600,
                             .closes_minute = 660,
                             .weekend_mask = rows[i].weekend,
                             .holidays = true,
                             .own_days = rows[i].own_days};
        (void)snprintf(c.country, sizeof(c.country), "%s", rows[i].country);
        (void)snprintf(c.subdivision, sizeof(c.subdivision), "%s", rows[i].subdivision);
        struct interval w;
        int64_t from_ms = day_of(rows[i].day) * DAY_MS;
        assert_int_equal(calendar_windows(&c, from_ms, from_ms + 9 * DAY_MS, &w, 1), 1);
        bool open = w.from_at_ms < from_ms + DAY_MS;
        if (open != (rows[i].want == REASON_NONE) || (!open && w.closed_before != rows[i].want))
            fail_msg("%s %s %s: %s", rows[i].country, rows[i].subdivision, rows[i].day,
                     open ? "open" : reason_name(w.closed_before));
    }
}

static void test_names_of_holidays(void **state)
{
    (void)state;
    static const struct {
        const char *country;
        const char *own_days;
        const char *from, *until;
        const char *want;
    } rows[] = {
        {"DE", NULL, "2026-12-24T17:00", "2026-12-28T08:00",
         "Christmas Day, Second Day of Christmas"},
        {"DE", NULL, "2026-12-25T09:00", "2026-12-26T08:00", "Christmas Day"},
        {"DE", NULL, "2026-12-24T17:00", "2026-12-25T08:00", ""}, /* the day that opens is none */
        {"DE", NULL, "2026-12-24T23:30", "2026-12-26T08:00", "Christmas Day"}, /* in Berlin */
        {"DE", "2026-12-24 +2026-12-25", "2026-12-24T09:00", "2026-12-28T08:00",
         "own date of the workspace, Second Day of Christmas"},
        {"AE", NULL, "2027-03-08T17:00", "2027-03-12T08:00",
         "Eid al-Fitr (date estimated), Eid al-Fitr Holiday (date estimated)"},
        {"AE", NULL, "2026-03-19T17:00", "2026-03-21T08:00", "Eid al-Fitr Holiday, Eid al-Fitr"},
        {"DE", NULL, "2026-12-01T00:00", "2027-12-01T00:00",
         "Christmas Day, Second Day of Christmas, New Year's Day and others"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct buf got SAM_CLEANUP(buf_deinit) = BUF_INIT(4000);
        struct calendar c = {
            .zone = zone("Europe/Berlin"), .holidays = true, .own_days = rows[i].own_days};
        memcpy(c.country, rows[i].country, 3);
        calendar_holiday_names(&c, at(rows[i].from), at(rows[i].until), &got);
        assert_string_equal(buf_text(&got), rows[i].want);
        c.holidays = false;
        buf_reset(&got);
        calendar_holiday_names(&c, at(rows[i].from), at(rows[i].until), &got);
        assert_int_equal(got.len, 0);
    }
}

static void test_no_more_than_asked_for(void **state)
{
    (void)state;
    static const struct row r = {
        "", "Europe/Berlin", "DE", 0, 2400, SUNDAY, "2026-01-05T12:00", "2026-03-01T00:00", ""};
    struct calendar c = calendar_of(&r);
    struct interval w[3] = {{1, 1, REASON_NONE}, {1, 1, REASON_NONE}, {1, 1, REASON_NONE}};
    struct buf got SAM_CLEANUP(buf_deinit) = BUF_INIT(4000);
    assert_int_equal(calendar_windows(&c, at(r.from), at(r.until), w, 0), 0);
    assert_int_equal(calendar_windows(&c, at(r.from), at(r.until), w, 2), 2);
    assert_int_equal(w[2].to_at_ms, 1);
    show(w, 2, &got); /* the last one has its whole length */
    assert_string_equal(buf_text(&got), "2026-01-04T23:00/2026-01-10T23:00 weekend, "
                                        "2026-01-11T23:00/2026-01-17T23:00 weekend");
}

static int wall_minute(const char *zone_name, int64_t at_ms)
{
    struct tm local;
    wall_clock(zone_name, at_ms, &local);
    return local.tm_hour * 60 + local.tm_min;
}

/* Does the wall clock show this time at another moment near by too? */
static bool comes_twice(const char *zone_name, int64_t at_ms)
{
    int wall = wall_minute(zone_name, at_ms);
    for (int64_t ms = at_ms - 2 * HOUR_MS; ms <= at_ms + 2 * HOUR_MS; ms += 15 * MINUTE_MS) {
        if (ms != at_ms && wall_minute(zone_name, ms) == wall)
            return true;
    }
    return false;
}

/* By the wall clock of the moment alone. */
static bool should_be_open(const struct row *r, const struct calendar *c, int64_t at_ms)
{
    struct tm local;
    wall_clock(r->zone, at_ms, &local);
    unsigned weekday = (unsigned)(local.tm_wday + 6) % 7; /* Sunday is 0 there */
    unsigned rest = country_weekend(r->country, "", zone_day(c->zone, at_ms));
    int wall = local.tm_hour * 60 + local.tm_min;
    return !(rest & WEEKDAY_MASK(weekday)) && wall >= c->opens_minute && wall < c->closes_minute;
}

/* Open when the wall clock says so, at every quarter of an hour that does not come twice. */
static void check_against_wall_clock(const struct row *r)
{
    struct calendar c = calendar_of(r);
    struct interval w[WINDOWS_MAX * 2];
    size_t count = calendar_windows(&c, at(r->from), at(r->until), w, SAM_ARRAY_LEN(w));
    size_t next = 0;
    assert_true(count > 0 && count < SAM_ARRAY_LEN(w));
    for (int64_t ms = at(r->from); ms < at(r->until); ms += 15 * MINUTE_MS) {
        while (next < count && w[next].to_at_ms <= ms)
            next++;
        bool open = next < count && w[next].from_at_ms <= ms;
        if (open != should_be_open(r, &c, ms) && !comes_twice(r->zone, ms))
            fail_msg("%s: %s at %lld", r->name, open ? "open" : "closed", (long long)ms);
    }
}

static void test_the_wall_clock_agrees(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Berlin, spring", "Europe/Berlin", "DE", 130, 245, -1, "2026-03-20T00:00",
         "2026-04-10T00:00", NULL},
        {"Berlin, autumn", "Europe/Berlin", "DE", 900, 1700, -1, "2026-10-16T00:00",
         "2026-11-06T00:00", NULL},
        {"New York, spring", "America/New_York", "US", 0, 2400, -1, "2026-03-01T00:00",
         "2026-03-22T00:00", NULL},
        {"New York, autumn", "America/New_York", "US", 830, 2359, -1, "2026-10-25T00:00",
         "2026-11-15T00:00", NULL},
        {"Kolkata", "Asia/Kolkata", "IN", 915, 1745, -1, "2026-06-01T00:00", "2026-06-15T00:00",
         NULL},
        {"Cairo, spring", "Africa/Cairo", "EG", 0, 2400, -1, "2026-04-16T00:00", "2026-05-07T00:00",
         NULL},
        {"Cairo, autumn", "Africa/Cairo", "EG", 1200, 2345, -1, "2026-10-20T00:00",
         "2026-11-10T00:00", NULL},
        {"Azores, autumn", "Atlantic/Azores", "PT", 0, 2400, -1, "2026-10-16T00:00",
         "2026-11-06T00:00", NULL},
        {"Lord Howe, spring", "Australia/Lord_Howe", "AU", 0, 1200, -1, "2026-09-25T00:00",
         "2026-10-12T00:00", NULL},
        {"Santiago, spring", "America/Santiago", "CL", 0, 900, -1, "2026-08-30T00:00",
         "2026-09-15T00:00", NULL},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++)
        check_against_wall_clock(&rows[i]);
}

/* ---- countries ------------------------------------------------------------------------------ */

static void test_weekends_of_countries(void **state)
{
    (void)state;
    enum { THU = 1 << 3, FRI = 1 << 4, SAT = 1 << 5, SUN = 1 << 6 };
    static const struct {
        const char *country;
        const char *day;
        int want;
    } rows[] = {
        {"DE", "2026-01-01", SAT | SUN}, {"US", "2026-01-01", SAT | SUN},
        {"IN", "2026-01-01", SAT | SUN}, {"HK", "2026-01-01", SAT | SUN},
        {"MY", "2026-01-01", SAT | SUN}, {"SA", "2026-01-01", FRI | SAT},
        {"QA", "2026-01-01", FRI | SAT}, {"KW", "2026-01-01", FRI | SAT},
        {"OM", "2026-01-01", FRI | SAT}, {"BH", "2026-01-01", FRI | SAT},
        {"JO", "2026-01-01", FRI | SAT}, {"DZ", "2026-01-01", FRI | SAT},
        {"EG", "2026-01-01", FRI | SAT}, {"IQ", "2026-01-01", FRI | SAT},
        {"IL", "2026-01-01", FRI | SAT}, {"SY", "2026-01-01", FRI | SAT},
        {"SD", "2026-01-01", FRI | SAT}, {"YE", "2026-01-01", FRI | SAT},
        {"BD", "2026-01-01", FRI | SAT}, {"MV", "2026-01-01", FRI | SAT},
        {"LY", "2026-01-01", FRI | SAT}, {"BN", "2026-01-01", FRI | SUN},
        {"AF", "2026-01-01", FRI | SAT}, {"DJ", "2026-01-01", SAT | SUN},
        {"PS", "2026-01-01", SAT | SUN}, {"IR", "2026-01-01", FRI},
        {"NP", "2026-01-01", SAT},       {"SA", "2013-06-27", THU | FRI},
        {"SA", "2013-06-28", FRI | SAT}, {"AE", "2021-12-31", FRI | SAT},
        {"AE", "2022-01-01", SAT | SUN}, {"AE", "2026-01-01", SAT | SUN},
        {"MR", "2014-09-30", FRI | SAT}, {"MR", "2014-10-01", SAT | SUN},
        {"MR", "2026-01-01", SAT | SUN},
    };
    static const struct {
        const char *country;
        const char *subdivision;
        const char *day;
        int want;
    } parts[] = {
        {"MY", "02", "2026-01-01", FRI | SAT},       {"MY", "MY-11", "2026-01-01", FRI | SAT},
        {"MY", "01", "2024-12-31", FRI | SAT},       {"MY", "01", "2025-01-01", SAT | SUN},
        {"AE", "SH", "2026-01-01", FRI | SAT | SUN}, {"AE", "DU", "2026-01-01", SAT | SUN},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        unsigned got = country_weekend(rows[i].country, "", day_of(rows[i].day));
        if (got != (unsigned)rows[i].want)
            fail_msg("%s %s: mask %u, not %d", rows[i].country, rows[i].day, got, rows[i].want);
    }
    for (size_t i = 0; i < SAM_ARRAY_LEN(parts); i++)
        assert_int_equal(
            country_weekend(parts[i].country, parts[i].subdivision, day_of(parts[i].day)),
            parts[i].want);
}

static void test_countries_are_iso_3166(void **state)
{
    (void)state;
    static const char *const good[] = {"DE", "US", "GB", "AE", "NP", "ZW", "AD", "BV"};
    static const char *const bad[] = {"",   "D",  "de",  "DEU", "UK", "EU",
                                      "XX", "#c", "D\t", "  ",  "12", "D\xc3"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(good); i++)
        assert_int_equal(country_check(good[i]), 0);
    for (size_t i = 0; i < SAM_ARRAY_LEN(bad); i++)
        assert_int_equal(country_check(bad[i]), -EINVAL);
}

static int forget_zones(void **state)
{
    (void)state;
    zone_cache_clear();
    zone_cache_clear(); /* nothing is left to do */
    holiday_tables_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_office_hours),
        cmocka_unit_test(test_hours_while_the_clock_changes),
        cmocka_unit_test(test_days_until_midnight),
        cmocka_unit_test(test_holidays_are_closed),
        cmocka_unit_test(test_days_of_other_kinds),
        cmocka_unit_test(test_names_of_holidays),
        cmocka_unit_test(test_no_more_than_asked_for),
        cmocka_unit_test(test_the_wall_clock_agrees),
        cmocka_unit_test(test_weekends_of_countries),
        cmocka_unit_test(test_countries_are_iso_3166),
    };
    return cmocka_run_group_tests(tests, NULL, forget_zones);
}
