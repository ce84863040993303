#include "common/model/calendar_age.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/model/calendar.h"

#include "common/base/banned.h"

#define TZDATA_FILE "/usr/share/zoneinfo/tzdata.zi"
#define MARK        "# version "

static bool is_version(const char *text)
{
    for (int i = 0; i < 4; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
    }
    return islower((unsigned char)text[4]) && !isalnum((unsigned char)text[5]);
}

void calendar_age_of(struct calendar_age *ret, const char *line, int64_t today)
{
    char first[32];
    int64_t released;
    *ret = (struct calendar_age){.holidays_days = HOLIDAY_TABLE_LAST_DAY - today};
    if (strncmp(line, MARK, strlen(MARK)) != 0 || !is_version(line + strlen(MARK)))
        return;
    (void)snprintf(ret->tzdata, sizeof(ret->tzdata), "%.5s", line + strlen(MARK));
    int month = ret->tzdata[4] - 'a' + 1;
    (void)snprintf(first, sizeof(first), "%.4s-%02d-01", ret->tzdata, month > 12 ? 12 : month);
    if (day_parse(first, &released) == 0 && today > released)
        ret->tzdata_days = today - released;
}

void calendar_age_read(struct calendar_age *ret, int64_t today)
{
    char line[80] = "";
    FILE *f = fopen(TZDATA_FILE, "re");
    if (f && !fgets(line, sizeof(line), f))
        line[0] = '\0';
    if (f)
        (void)fclose(f);
    calendar_age_of(ret, line, today);
}

void calendar_age_tzdata(const struct calendar_age *age, char out[CALENDAR_AGE_BYTES])
{
    out[0] = '\0';
    if (!age->tzdata[0])
        (void)snprintf(out, CALENDAR_AGE_BYTES,
                       "the release of tzdata is not known: there is no " TZDATA_FILE);
    else if (age->tzdata_days > TZDATA_OLD_DAYS)
        (void)snprintf(out, CALENDAR_AGE_BYTES,
                       "tzdata %s is older than a year: zones have changed their rules since; "
                       "install the present one",
                       age->tzdata);
}

void calendar_age_holidays(const struct calendar_age *age, char out[CALENDAR_AGE_BYTES])
{
    out[0] = '\0';
    if (age->holidays_days < 0)
        (void)snprintf(out, CALENDAR_AGE_BYTES,
                       "the table of public holidays has ended: no holiday is known; install a "
                       "newer SAM");
    else if (age->holidays_days < HOLIDAYS_SHORT_DAYS)
        (void)snprintf(out, CALENDAR_AGE_BYTES,
                       "the table of public holidays ends in %" PRId64
                       " days: install a newer SAM before",
                       age->holidays_days);
}
