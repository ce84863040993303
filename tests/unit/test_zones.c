/* common/model/calendar: zones, and where their days and months begin. */
#include "common/base/attr.h"
#include "tests/unit/zone_days.h"

#include "common/base/banned.h"

static void test_only_names_of_tzdata_are_zones(void **state)
{
    (void)state;
    static const char *const good[] = {"Europe/Berlin", "America/Argentina/Buenos_Aires",
                                       "UTC",           "Etc/GMT+5",
                                       "EST5EDT",       "America/Port-au-Prince"};
    static const char *const bad[] = {
        "", "Europe", "Europe/", "europe/berlin", "Europe/Nowhere", " Europe/Berlin",
        /* what GLib would take */
        "+02:00", "-05", "Z", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT4", ":Europe/Berlin",
        /* files of tzdata that are no zone, or not the same one everywhere */
        "leapseconds", "iso3166.tab", "zone.tab", "tzdata.zi", "localtime", "posixrules", "Factory",
        "right/Europe/Berlin", "posix/Europe/Berlin",
        /* ways around */
        "../zoneinfo/Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin", "Europe/../Europe/Berlin",
        "Europe//Berlin", "Europe/./Berlin", "./Europe/Berlin", "Europe/Berlin\n",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(good); i++)
        assert_ptr_equal(zone(good[i]), zone(good[i])); /* cached */
    for (size_t i = 0; i < SAM_ARRAY_LEN(bad); i++) {
        if (zone_find(bad[i]))
            fail_msg("\"%s\" is taken for a zone", bad[i]);
    }
}

static void test_the_first_moment_of_a_day(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *day;
        const char *want;
    } rows[] = {
        {"UTC", "1970-01-01", "1970-01-01T00:00"},
        {"Europe/Berlin", "2026-01-15", "2026-01-14T23:00"},
        {"Europe/Berlin", "2026-03-29", "2026-03-28T23:00"}, /* 23 hours long */
        {"Europe/Berlin", "2026-03-30", "2026-03-29T22:00"},
        {"Europe/Berlin", "2026-10-25", "2026-10-24T22:00"}, /* 25 hours long */
        {"Europe/Berlin", "2026-10-26", "2026-10-25T23:00"},
        {"America/New_York", "2026-03-08", "2026-03-08T05:00"},
        {"America/New_York", "2026-03-09", "2026-03-09T04:00"},
        {"America/New_York", "2026-11-01", "2026-11-01T04:00"},
        {"America/New_York", "2026-11-02", "2026-11-02T05:00"},
        {"Asia/Kolkata", "2026-07-01", "2026-06-30T18:30"},
        /* no midnight: the day begins at 01:00 */
        {"Africa/Cairo", "2026-04-24", "2026-04-23T22:00"},
        {"Asia/Beirut", "2026-03-29", "2026-03-28T22:00"},
        {"America/Santiago", "2026-09-06", "2026-09-06T04:00"},
        /* the hour before midnight twice */
        {"Africa/Cairo", "2026-10-30", "2026-10-29T22:00"},
        {"America/Santiago", "2026-04-05", "2026-04-05T04:00"},
        /* the hour after midnight twice: the day begins with the first */
        {"Atlantic/Azores", "2026-10-25", "2026-10-25T00:00"},
        {"Australia/Lord_Howe", "2026-10-05", "2026-10-04T13:00"},
        {"Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00"},
        {"Pacific/Pago_Pago", "2026-01-01", "2026-01-01T11:00"},
        /* a day that did not happen is over as it begins */
        {"Pacific/Apia", "2011-12-29", "2011-12-29T10:00"},
        {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00"},
        {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        int64_t got = zone_day_start_ms(zone(rows[i].zone), day_of(rows[i].day));
        if (got != at(rows[i].want))
            fail_msg("%s %s: %+lld min", rows[i].zone, rows[i].day,
                     (long long)((got - at(rows[i].want)) / MINUTE_MS));
    }
}

static void test_months_begin(void **state)
{
    (void)state;
    static const struct {
        const char *day;
        const char *first;
        const char *next;
    } rows[] = {
        {"2026-01-01", "2026-01-01", "2026-02-01"}, {"2026-01-31", "2026-01-01", "2026-02-01"},
        {"2026-02-28", "2026-02-01", "2026-03-01"}, {"2028-02-29", "2028-02-01", "2028-03-01"},
        {"2026-04-30", "2026-04-01", "2026-05-01"}, {"2026-12-01", "2026-12-01", "2027-01-01"},
        {"2026-12-31", "2026-12-01", "2027-01-01"}, {"1970-01-01", "1970-01-01", "1970-02-01"}};
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        assert_int_equal(month_first_day(day_of(rows[i].day)), day_of(rows[i].first));
        assert_int_equal(next_month_first_day(day_of(rows[i].day)), day_of(rows[i].next));
    }
    /* where it is January already, and where it is not */
    int64_t early = at("2026-12-31T11:00");
    int64_t kiritimati = zone_day(zone("Pacific/Kiritimati"), early);
    int64_t berlin = zone_day(zone("Europe/Berlin"), early);
    assert_int_equal(month_first_day(kiritimati), day_of("2027-01-01"));
    assert_int_equal(month_first_day(berlin), day_of("2026-12-01"));
    int64_t next = zone_day_start_ms(zone("Europe/Berlin"), next_month_first_day(berlin));
    assert_int_equal(next, at("2026-12-31T23:00"));
}

/* Each moment lies in its day, and its day is what another reader of tzdata says. */
static void test_each_moment_has_its_day(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Berlin",   "America/New_York",    "Asia/Kolkata",
                                        "Africa/Cairo",    "America/Santiago",    "Asia/Beirut",
                                        "Atlantic/Azores", "Australia/Lord_Howe", "Asia/Kathmandu",
                                        "Pacific/Apia"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(names); i++) {
        const struct zone *z = zone(names[i]);
        for (int64_t ms = at("2026-01-01T00:00"); ms < at("2027-01-02T00:00"); ms += HOUR_MS / 2) {
            struct tm local;
            char date[TIME_TEXT_BYTES];
            wall_clock(names[i], ms, &local);
            (void)strftime(date, sizeof(date), "%Y-%m-%d", &local);
            int64_t day = zone_day(z, ms);
            assert_int_equal(day, day_of(date));
            assert_true(zone_day_start_ms(z, day) <= ms && ms < zone_day_start_ms(z, day + 1));
        }
    }
}

static void test_days_before_the_epoch(void **state)
{
    (void)state;
    assert_int_equal(zone_day(zone("UTC"), -1), -1);
    assert_int_equal(zone_day(zone("UTC"), -DAY_MS), -1);
    assert_int_equal(zone_day(zone("UTC"), -DAY_MS - 1), -2);
    assert_int_equal(zone_day(zone("UTC"), 0), 0);
}

static int forget_zones(void **state)
{
    (void)state;
    zone_cache_clear();
    zone_cache_clear(); /* nothing is left to do */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_names_of_tzdata_are_zones),
        cmocka_unit_test(test_the_first_moment_of_a_day),
        cmocka_unit_test(test_months_begin),
        cmocka_unit_test(test_each_moment_has_its_day),
        cmocka_unit_test(test_days_before_the_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, forget_zones);
}
