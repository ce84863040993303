/* common/model/calendar: open hours over gaps and overlaps of the clock, holidays and weekends, by
 * the lists tests/cases/calendar.csv and weekends.csv. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/model/calendar_age.h"
#include "tests/unit/case_file.h"
#include "tests/unit/zone_days.h"

#include "common/base/banned.h"

#define CASES       "tests/cases/calendar.csv"
#define WEEKENDS    "tests/cases/weekends.csv"
#define WINDOWS_MAX 16

/* "from/to reason" of each, in UTC to the minute. */
static void show(const struct interval *w, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        char from[TIME_TEXT_BYTES];
        char to[TIME_TEXT_BYTES];
        time_format_utc(w[i].from_at_ms, from);
        time_format_utc(w[i].to_at_ms, to);
        buf_addf(out, "%s%.11s%.5s/%.16s %s", i ? "; " : "", from, from + 11, to,
                 reason_name(w[i].closed_before));
    }
}

/* One row of tests/cases/calendar.csv. */
struct row {
    const char *id;
    const char *zone;
    const char *tzdata;
    const char *country;
    const char *subdivision;
    const char *hours;
    const char *weekend;
    const char *holidays;
    const char *from, *until;
    const char *windows;
};

/* "Fr+Sa" as a mask, "none" as 0. */
static int days_mask(const char *where, const char *text)
{
    static const char names[7][3] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
    const char *rest = text;
    int mask = 0;
    for (int day = 0; day < 7; day++) {
        if (strncmp(rest, names[day], 2) != 0)
            continue;
        mask |= 1 << day;
        rest += rest[2] == '+' ? 3 : 2;
    }
    if (strcmp(rest, mask ? "" : "none") != 0)
        fail_msg("%s: \"%s\" are no days", where, text);
    return mask;
}

static bool is_first_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    return strncmp(text, word, n) == 0 && (text[n] == ' ' || text[n] == '\0');
}

static struct calendar calendar_of(const struct row *r)
{
    int h1, m1, h2, m2;
    struct calendar c = {.zone = zone(r->zone)};
    if (sscanf(r->hours, "%2d:%2d-%2d:%2d", &h1, &m1, &h2, &m2) != 4)
        fail_msg("%s: %s: no hours", r->id, r->hours);
    c.opens_minute = h1 * 60 + m1;
    c.closes_minute = h2 * 60 + m2;
    c.weekend_mask = strcmp(r->weekend, "country") == 0 ? -1 : days_mask(r->id, r->weekend);
    (void)snprintf(c.country, sizeof(c.country), "%s", r->country);
    (void)snprintf(c.subdivision, sizeof(c.subdivision), "%s", r->subdivision);
    c.holidays = is_first_word(r->holidays, "on");
    if (!c.holidays && !is_first_word(r->holidays, "off"))
        fail_msg("%s: holidays \"%s\"", r->id, r->holidays);
    c.own_days = strchr(r->holidays, ' ');
    return c;
}

/* "before 2026b", "from 2026b": of the installed tzdata; "" = of any. */
static bool is_for_this_tzdata(const struct row *r)
{
    struct calendar_age age;
    const char *blank = strchr(r->tzdata, ' ');
    const char *release = blank ? blank + 1 : "";
    bool before = is_first_word(r->tzdata, "before");
    if (!r->tzdata[0])
        return true;
    if (!*release || (!before && !is_first_word(r->tzdata, "from")))
        fail_msg("%s: tzdata \"%s\"", r->id, r->tzdata);
    calendar_age_read(&age, 0);
    if (!age.tzdata[0])
        fail_msg("%s: the installed release of tzdata is not known", r->id);
    return before == (strcmp(age.tzdata, release) < 0);
}

static size_t check_windows(char *line)
{
    const char *fields[12];
    case_fields(line, fields, SAM_ARRAY_LEN(fields));
    const struct row r = {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5],
                          fields[6], fields[7], fields[8], fields[9], fields[10]};
    struct interval w[WINDOWS_MAX];
    struct buf got SAM_CLEANUP(buf_deinit) = BUF_INIT(4000);
    if (!is_for_this_tzdata(&r))
        return 0;
    struct calendar c = calendar_of(&r);
    show(w, calendar_windows(&c, at(r.from), at(r.until), w, WINDOWS_MAX), &got);
    if (strcmp(got.len ? buf_text(&got) : "none", r.windows) == 0)
        return 0;
    print_error("%s:\n  %s, not\n  %s\n", r.id, got.len ? buf_text(&got) : "none", r.windows);
    return 1;
}

static void test_open_hours_are_those_of_the_list(void **state)
{
    (void)state;
    (void)case_file(CASES, check_windows);
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
    struct calendar c = {.zone = zone("Europe/Berlin"),
                         .country = "DE",
                         .closes_minute = 24 * 60,
                         .weekend_mask = WEEKDAY_MASK(6)};
    int64_t from_ms = at("2026-01-05T12:00");
    int64_t until_ms = at("2026-03-01T00:00");
    struct interval w[3] = {{1, 1, REASON_NONE}, {1, 1, REASON_NONE}, {1, 1, REASON_NONE}};
    struct buf got SAM_CLEANUP(buf_deinit) = BUF_INIT(4000);
    assert_int_equal(calendar_windows(&c, from_ms, until_ms, w, 0), 0);
    assert_int_equal(calendar_windows(&c, from_ms, until_ms, w, 2), 2);
    assert_int_equal(w[2].to_at_ms, 1);
    show(w, 2, &got); /* the last one has its whole length */
    assert_string_equal(buf_text(&got), "2026-01-04T23:00/2026-01-10T23:00 weekend; "
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
            fail_msg("%s: %s at %lld", r->id, open ? "open" : "closed", (long long)ms);
    }
}

static void test_the_wall_clock_agrees(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Berlin, spring", "Europe/Berlin", "", "DE", "", "01:30-02:45", "country", "off",
         "2026-03-20T00:00", "2026-04-10T00:00", NULL},
        {"Berlin, autumn", "Europe/Berlin", "", "DE", "", "09:00-17:00", "country", "off",
         "2026-10-16T00:00", "2026-11-06T00:00", NULL},
        {"New York, spring", "America/New_York", "", "US", "", "00:00-24:00", "country", "off",
         "2026-03-01T00:00", "2026-03-22T00:00", NULL},
        {"New York, autumn", "America/New_York", "", "US", "", "08:30-23:59", "country", "off",
         "2026-10-25T00:00", "2026-11-15T00:00", NULL},
        {"Kolkata", "Asia/Kolkata", "", "IN", "", "09:15-17:45", "country", "off",
         "2026-06-01T00:00", "2026-06-15T00:00", NULL},
        {"Cairo, spring", "Africa/Cairo", "", "EG", "", "00:00-24:00", "country", "off",
         "2026-04-16T00:00", "2026-05-07T00:00", NULL},
        {"Cairo, autumn", "Africa/Cairo", "", "EG", "", "12:00-23:45", "country", "off",
         "2026-10-20T00:00", "2026-11-10T00:00", NULL},
        {"Azores, autumn", "Atlantic/Azores", "", "PT", "", "00:00-24:00", "country", "off",
         "2026-10-16T00:00", "2026-11-06T00:00", NULL},
        {"Lord Howe, spring", "Australia/Lord_Howe", "", "AU", "", "00:00-12:00", "country", "off",
         "2026-09-25T00:00", "2026-10-12T00:00", NULL},
        {"Santiago, spring", "America/Santiago", "", "CL", "", "00:00-09:00", "country", "off",
         "2026-08-30T00:00", "2026-09-15T00:00", NULL},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++)
        check_against_wall_clock(&rows[i]);
}

/* ---- countries ------------------------------------------------------------------------------ */

static size_t check_weekend(char *line)
{
    const char *fields[5];
    case_fields(line, fields, SAM_ARRAY_LEN(fields));
    const char *country = fields[0];
    const char *part = fields[1];
    const char *day = fields[2];
    int want = days_mask(country, fields[3]);
    unsigned got = country_weekend(country, part, day_of(day));
    if (got == (unsigned)want)
        return 0;
    print_error("%s,%s,%s: mask %u, not %d\n", country, part, day, got, want);
    return 1;
}

static void test_weekends_of_countries(void **state)
{
    (void)state;
    (void)case_file(WEEKENDS, check_weekend);
}

static void test_countries_are_iso_3166(void **state)
{
    (void)state;
    static const char *const good[] = {"DE", "US", "GB", "AE", "NP", "ZW", "AD", "BV", "XK"};
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
        cmocka_unit_test(test_open_hours_are_those_of_the_list),
        cmocka_unit_test(test_names_of_holidays),
        cmocka_unit_test(test_no_more_than_asked_for),
        cmocka_unit_test(test_the_wall_clock_agrees),
        cmocka_unit_test(test_weekends_of_countries),
        cmocka_unit_test(test_countries_are_iso_3166),
    };
    return cmocka_run_group_tests(tests, NULL, forget_zones);
}
