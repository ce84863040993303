/* common/model/holiday_table.h - public holidays by country and subdivision, from the table that
 * schemas/calendar/generate.py makes of the Python package `holidays`. */
#ifndef SAM_MODEL_HOLIDAY_TABLE_H
#define SAM_MODEL_HOLIDAY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Days since 1970-01-01: the table ends with 2035-12-31. */
#define HOLIDAY_TABLE_LAST_DAY INT64_C(24105)

enum day_kind {
    DAY_USUAL,
    DAY_HOLIDAY,
    DAY_WORKED /* made up for another day: worked though on a weekend */
};

struct holiday {
    const char *name; /* English where the source has it; valid as long as its table */
    bool estimated;   /* by the moon: sighting may move it */
};

struct holiday_table; /* of one country or subdivision, cached; opaque */

/* subdivision: the part of ISO 3166-2 after the country ("BY", also "DE-BY"); "" = none. NULL when
 * the country has no such subdivision. Of a country that the table does not know: without days.
 * Valid until holiday_tables_clear(). */
const struct holiday_table *holiday_table_find(const char *country, const char *subdivision);
void holiday_tables_clear(void);

/* Has the table holidays of the country? */
bool holiday_country_known(const char *country);

/* ret: of a holiday, may be NULL. */
enum day_kind holiday_table_day(const struct holiday_table *t, int64_t day, struct holiday *ret);

/* The subdivisions that the table knows, "BB, BE, …"; "" = none. Valid until the tables are
 * cleared. */
const char *holiday_subdivisions(const char *country);

#endif
