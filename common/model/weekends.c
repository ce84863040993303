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
    const char *country;
    unsigned mask;
    int64_t from_day; /* in force from here on; rows of a country ascend */
};

static const struct weekend weekends[] = {
    {"AE", FRI_SAT, 0}, {"AE", SAT_SUN, 18993}, /* 2022-01-01 */
    {"AF", FRI_SAT, 0}, {"BD", FRI_SAT, 0},     {"BH", FRI_SAT, 0}, {"BN", FRI | SUN, 0},
    {"DZ", FRI_SAT, 0}, {"EG", FRI_SAT, 0},     {"IL", FRI_SAT, 0}, {"IQ", FRI_SAT, 0},
    {"IR", FRI, 0},     {"JO", FRI_SAT, 0},     {"KW", FRI_SAT, 0}, {"LY", FRI_SAT, 0},
    {"MR", FRI_SAT, 0}, {"MR", SAT_SUN, 16344}, /* 2014-10-01 */
    {"MV", FRI_SAT, 0}, {"NP", SAT, 0},         {"OM", FRI_SAT, 0}, {"QA", FRI_SAT, 0},
    {"SA", THU_FRI, 0}, {"SA", FRI_SAT, 15884}, /* 2013-06-28 */
    {"SD", FRI_SAT, 0}, {"SY", FRI_SAT, 0},     {"YE", FRI_SAT, 0},
};

unsigned country_weekend(const char *country, int64_t day)
{
    unsigned mask = SAT_SUN;
    for (size_t i = 0; i < SAM_ARRAY_LEN(weekends); i++) {
        if (strcmp(weekends[i].country, country) == 0 && day >= weekends[i].from_day)
            mask = weekends[i].mask;
    }
    return mask;
}
