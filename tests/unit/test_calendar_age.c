/* How old tzdata and the table of holidays are, and what is said of it. */
#include <string.h>

#include "common/base/attr.h"
#include "common/base/clock.h"
#include "common/model/calendar.h"
#include "common/model/calendar_age.h"
#include "tests/test.h"

#include "common/base/banned.h"

static int64_t day(const char *date)
{
    int64_t day = 0;
    assert_int_equal(day_parse(date, &day), 0);
    return day;
}

static void test_tzdata(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *today;
        const char *version;
        int64_t days;
        const char *said; /* NULL = nothing */
    } rows[] = {
        {"# version 2025b\n", "2025-03-01", "2025b", 28, NULL},
        {"# version 2025b", "2026-02-01", "2025b", 365, NULL},
        {"# version 2025b\n", "2026-02-02", "2025b", 366, "tzdata 2025b is older than a year"},
        {"# version 2025z\n", "2026-12-02", "2025z", 366, "tzdata 2025z is older than a year"},
        {"# version 2026a\n", "2025-12-31", "2026a", 0, NULL}, /* a clock that is behind */
        {"", "2026-01-01", "", 0, "is not known"},
        {"# version unknown\n", "2026-01-01", "", 0, "is not known"},
        {"# version 2025\n", "2026-01-01", "", 0, "is not known"},
        {"# version 2025bc\n", "2026-01-01", "", 0, "is not known"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct calendar_age age;
        char said[CALENDAR_AGE_BYTES];
        calendar_age_of(&age, rows[i].line, day(rows[i].today));
        calendar_age_tzdata(&age, said);
        assert_string_equal(age.tzdata, rows[i].version);
        assert_int_equal(age.tzdata_days, rows[i].days);
        if (rows[i].said)
            assert_non_null(strstr(said, rows[i].said));
        else
            assert_string_equal(said, "");
    }
}

static void test_holidays(void **state)
{
    static const struct {
        const char *today;
        int64_t days;
        const char *said;
    } rows[] = {
        {"2034-11-26", 400, NULL},
        {"2034-11-27", 399, "ends in 399 days"},
        {"2035-12-31", 0, "ends in 0 days"},
        {"2036-01-01", -1, "has ended"},
    };
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct calendar_age age;
        char said[CALENDAR_AGE_BYTES];
        calendar_age_of(&age, "", day(rows[i].today));
        calendar_age_holidays(&age, said);
        assert_int_equal(age.holidays_days, rows[i].days);
        if (rows[i].said)
            assert_non_null(strstr(said, rows[i].said));
        else
            assert_string_equal(said, "");
    }
}

static void test_this_machine(void **state)
{
    struct calendar_age age;
    (void)state;
    calendar_age_read(&age, day("2026-01-01"));
    assert_int_equal(strlen(age.tzdata), 5);
}

static void test_dates(void **state)
{
    static const char *const good[] = {"1970-01-01", "2024-02-29", "2199-12-31"};
    static const char *const bad[] = {"",           "2026-1-1",    "2026-02-29", "2026-13-01",
                                      "2026-00-10", "2026-01-00",  "1969-12-31", "2200-01-01",
                                      "20260101",   "2026-01-011", "2026/01/01", "-026-01-01",
                                      "2026-01--1"};
    char text[DAY_TEXT_BYTES];
    int64_t got = 0;
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(good); i++) {
        day_format(day(good[i]), text);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < SAM_ARRAY_LEN(bad); i++)
        assert_int_not_equal(day_parse(bad[i], &got), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tzdata),
        cmocka_unit_test(test_holidays),
        cmocka_unit_test(test_this_machine),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
