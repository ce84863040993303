/* common/model/calendar: which countries have one clock, so that a campaign needs no zone. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/model/calendar.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void test_one_clock_is_one_zone(void **state)
{
    (void)state;
    static const struct {
        const char *country;
        const char *zone;
    } rows[] = {
        {"DE", "Europe/Berlin"}, {"CH", "Europe/Zurich"},     {"GB", "Europe/London"},
        {"IN", "Asia/Kolkata"},  {"UZ", "Asia/Samarkand"},    {"CY", "Asia/Nicosia"},
        {"JP", "Asia/Tokyo"},    {"MY", "Asia/Kuala_Lumpur"},
    };
    char zones[2000];
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        size_t count = country_zones(rows[i].country, zones, sizeof(zones));
        if (count != 1 || strcmp(zones, rows[i].zone) != 0)
            fail_msg("%s: %zu zones: %s", rows[i].country, count, zones);
    }
}

/* Is it one of the names in the list? */
static bool listed(const char *zones, const char *name)
{
    const char *at = strstr(zones, name);
    size_t n = strlen(name);
    return at && (at == zones || at[-1] == ',') && (at[n] == ',' || at[n] == '\0');
}

static void test_several_clocks_are_told(void **state)
{
    (void)state;
    char zones[2000];
    assert_true(country_zones("US", zones, sizeof(zones)) >= 6);
    assert_int_equal(strncmp(zones, "America/New_York,", 17), 0);
    assert_true(listed(zones, "America/Chicago"));
    assert_true(listed(zones, "America/Phoenix"));
    assert_true(listed(zones, "Pacific/Honolulu"));
    /* New York's clock under another name */
    assert_false(listed(zones, "America/Detroit"));
    assert_int_equal(country_zones("PT", zones, sizeof(zones)), 2);
    assert_string_equal(zones, "Europe/Lisbon,Atlantic/Azores");
}

static void test_unknown_countries_have_none(void **state)
{
    (void)state;
    static const char *const names[] = {"", "X", "XX", "de", "DEU"};
    char zones[100] = "?";
    for (size_t i = 0; i < SAM_ARRAY_LEN(names); i++) {
        assert_int_equal(country_zones(names[i], zones, sizeof(zones)), 0);
        assert_string_equal(zones, "");
    }
}

static int forget_zones(void **state)
{
    (void)state;
    zone_cache_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_clock_is_one_zone),
        cmocka_unit_test(test_several_clocks_are_told),
        cmocka_unit_test(test_unknown_countries_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, forget_zones);
}
