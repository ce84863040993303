/* The table of public holidays: tests/cases/holidays.csv holds dates that were checked by hand.
 * (That the table is what its source says is test_holidays.py's to prove.) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/clock.h"
#include "common/model/holiday_table.h"
#include "tests/test.h"
#include "tests/unit/case_file.h"

#include "common/base/banned.h"

#define CASES "tests/cases/holidays.csv"

static int64_t day_of(const char *date)
{
    char text[TIME_TEXT_BYTES];
    int64_t ms = 0;
    (void)snprintf(text, sizeof(text), "%.10sT00:00:00Z", date);
    if (time_parse(text, &ms) != 0)
        fail_msg("%s is no date", date);
    return ms / DAY_MS;
}

static const char *kind_name(enum day_kind kind)
{
    static const char *const names[] = {"usual", "holiday", "worked"};
    return names[kind];
}

/* "DE,BY,2027-01-06,holiday,why" */
static size_t check_line(char *line)
{
    const char *fields[5];
    case_fields(line, fields, SAM_ARRAY_LEN(fields));
    const char *country = fields[0];
    const char *subdivision = fields[1];
    const char *date = fields[2];
    const char *want = fields[3];
    const struct holiday_table *t = holiday_table_find(country, subdivision);
    if (!t)
        fail_msg("%s has no %s", country, subdivision);
    const char *got = kind_name(holiday_table_day(t, day_of(date), NULL));
    if (strcmp(got, want) == 0)
        return 0;
    print_error("%s %s %s is %s, not %s: %s\n", country, subdivision, date, got, want, fields[4]);
    return 1;
}

static void test_dates_that_were_checked_by_hand(void **state)
{
    (void)state;
    assert_true(case_file(CASES, check_line) > 50);
}

static void test_names_and_estimates(void **state)
{
    struct holiday h;
    (void)state;
    const struct holiday_table *t = holiday_table_find("AE", "");
    assert_int_equal(holiday_table_day(t, day_of("2027-05-16"), &h), DAY_HOLIDAY);
    assert_string_equal(h.name, "Eid al-Adha");
    assert_true(h.estimated); /* by the moon */
    assert_int_equal(holiday_table_day(t, day_of("2027-01-01"), &h), DAY_HOLIDAY);
    assert_string_equal(h.name, "New Year's Day");
    assert_false(h.estimated);
}

static void test_subdivisions(void **state)
{
    (void)state;
    assert_null(holiday_table_find("DE", "CA"));
    assert_null(holiday_table_find("DE", "B"));
    assert_null(holiday_table_find("DE", "DE"));
    assert_null(holiday_table_find("DE", "DE-"));
    assert_null(holiday_table_find("DE", "BB,BE"));
    assert_null(holiday_table_find("DE", "US-BY"));
    assert_non_null(strstr(holiday_subdivisions("DE"), "BB, BE, BW, BY"));
    assert_string_equal(holiday_subdivisions("SE"), "");
    assert_string_equal(holiday_subdivisions("??"), "");
}

/* What the table does not know has no holidays, and the table has an end. */
static void test_outside(void **state)
{
    (void)state;
    const struct holiday_table *t = holiday_table_find("??", "");
    assert_int_equal(holiday_table_day(t, day_of("2026-12-25"), NULL), DAY_USUAL);
    t = holiday_table_find("DE", "");
    assert_int_equal(holiday_table_day(t, day_of("2025-01-01"), NULL), DAY_HOLIDAY);
    assert_int_equal(holiday_table_day(t, day_of("2024-12-26"), NULL), DAY_USUAL);
    assert_int_equal(holiday_table_day(t, day_of("2035-12-26"), NULL), DAY_HOLIDAY);
    assert_int_equal(holiday_table_day(t, day_of("2036-01-01"), NULL), DAY_USUAL);
    assert_int_equal(day_of("2035-12-31"), HOLIDAY_TABLE_LAST_DAY);
}

static int forget(void **state)
{
    (void)state;
    holiday_tables_clear();
    holiday_tables_clear(); /* nothing is left to do */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_that_were_checked_by_hand),
        cmocka_unit_test(test_names_and_estimates),
        cmocka_unit_test(test_subdivisions),
        cmocka_unit_test(test_outside),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
