#include "common/model/subdivision.h"

#include "common/model/calendar.h"
#include "common/model/holiday_table.h"

#include "common/base/banned.h"

bool subdivision_known(const char *country, const char *subdivision)
{
    return holiday_table_find(country, subdivision) || weekend_of_its_own(country, subdivision);
}

void subdivision_unknown(const char *country, const char *subdivision, struct buf *out)
{
    const char *with_holidays = holiday_subdivisions(country);
    const char *with_weekend = *with_holidays ? "" : weekend_subdivision(country);
    buf_addf(out, "%s has ", country);
    if (*with_holidays)
        buf_addf(out, "no %.60s; there are %s", subdivision, with_holidays);
    else if (*with_weekend)
        buf_addf(out, "no %.60s; there is %s, leave it out elsewhere", subdivision, with_weekend);
    else if (holiday_country_known(country))
        buf_adds(out, "the same holidays everywhere: leave it out");
    else
        buf_adds(out, "no public holidays in the table: leave it out");
}
