/* Rest days of the office week by country (facts: python-holidays, CLDR where it is right; checked
 * by hand). Not listed = Saturday and Sunday. */
#include <string.h>

#include "common/model/calendar.h"

#include "common/base/banned.h"

#define THU     WEEKDAY_MASK(3)
#define FRI     WEEKDAY_MASK(4)
#define SAT     WEEKDAY_MASK(5)
#define SUN     WEEKDAY_MASK(6)
#define THU_FRI (THU | FRI)
#define FRI_SAT (FRI | SAT)
#define SAT_SUN (SAT | SUN)

struct weekend {
    const char *country; /* or "MY-02": of one subdivision, after its country's */
    unsigned mask;
    int64_t from_day; /* in force from here on; rows of a country ascend */
};

static const struct weekend weekends[] = {
    {"AE", FRI_SAT, 0},
    {"AE", SAT_SUN, 18993},          /* 2022-01-01 */
    {"AE-SH", FRI | SAT_SUN, 18993}, /* Sharjah */
    {"AF", FRI_SAT, 0},
    {"BD", FRI_SAT, 0},
    {"BH", FRI_SAT, 0},
    {"BN", FRI | SUN, 0},
    {"DZ", FRI_SAT, 0},
    {"EG", FRI_SAT, 0},
    {"IL", FRI_SAT, 0},
    {"IQ", FRI_SAT, 0},
    {"IR", FRI, 0},
    {"JO", FRI_SAT, 0},
    {"KW", FRI_SAT, 0},
    {"LY", FRI_SAT, 0},
    {"MR", FRI_SAT, 0},
    {"MR", SAT_SUN, 16344}, /* 2014-10-01 */
    {"MV", FRI_SAT, 0},
    {"MY-01", FRI_SAT, 16071},
    {"MY-01", SAT_SUN, 20089}, /* Johor: 2014-01-01 to 2024 */
    {"MY-02", FRI_SAT, 0},
    {"MY-03", FRI_SAT, 0},
    {"MY-11", FRI_SAT, 0}, /* Kedah, Kelantan, Terengganu */
    {"NP", SAT, 0},
    {"OM", FRI_SAT, 0},
    {"QA", FRI_SAT, 0},
    {"SA", THU_FRI, 0},
    {"SA", FRI_SAT, 15884}, /* 2013-06-28 */
    {"SD", FRI_SAT, 0},
    {"SY", FRI_SAT, 0},
    {"YE", FRI_SAT, 0},
};

/* "SH" of "AE-SH" and of "SH". */
static const char *part_of(const char *country, const char *subdivision)
{
    size_t n = strlen(country);
    return strncmp(subdivision, country, n) == 0 && subdivision[n] == '-' ? subdivision + n + 1
                                                                          : subdivision;
}

/* The subdivision of a row, when it is one of the country's; else "". */
static const char *row_part(const struct weekend *row, const char *country)
{
    size_t n = strlen(country);
    return strncmp(row->country, country, n) == 0 && row->country[n] == '-' ? row->country + n + 1
                                                                            : "";
}

bool weekend_of_its_own(const char *country, const char *subdivision)
{
    const char *part = part_of(country, subdivision);
    for (size_t i = 0; *part && i < SAM_ARRAY_LEN(weekends); i++) {
        if (strcmp(row_part(&weekends[i], country), part) == 0)
            return true;
    }
    return false;
}

const char *weekend_subdivision(const char *country)
{
    const char *part = "";
    for (size_t i = 0; !*part && i < SAM_ARRAY_LEN(weekends); i++)
        part = row_part(&weekends[i], country);
    return part;
}

unsigned country_weekend(const char *country, const char *subdivision, int64_t day)
{
    unsigned mask = SAT_SUN;
    size_t n = strlen(country);
    const char *part = part_of(country, subdivision);
    for (size_t i = 0; i < SAM_ARRAY_LEN(weekends); i++) {
        const char *where = weekends[i].country;
        bool here = strncmp(where, country, n) == 0 &&
                    (where[n] == '\0' || (where[n] == '-' && strcmp(where + n + 1, part) == 0));
        if (here && day >= weekends[i].from_day)
            mask = weekends[i].mask;
    }
    return mask;
}
