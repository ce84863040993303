/* common/model/calendar_age.h - what the calendar knows grows old: rules of time zones change with
 * months' notice, and the table of holidays has an end. Neither stops anything; both are told. */
#ifndef SAM_MODEL_CALENDAR_AGE_H
#define SAM_MODEL_CALENDAR_AGE_H

#include <stdint.h>

#define TZDATA_OLD_DAYS     365
#define HOLIDAYS_SHORT_DAYS 400

struct calendar_age {
    char tzdata[16];       /* "2025b"; "" = not known */
    int64_t tzdata_days;   /* since the earliest day it can be of; 0 = not known */
    int64_t holidays_days; /* until the table of holidays ends; below 0 = it has ended */
};

/* line: the first one of tzdata.zi, "# version 2025b". Of a year the a is of January at the
 * earliest, and each later letter of a month later. */
void calendar_age_of(struct calendar_age *ret, const char *line, int64_t today);
/* Of this machine. today: days since 1970-01-01. */
void calendar_age_read(struct calendar_age *ret, int64_t today);

#define CALENDAR_AGE_BYTES 200
/* What is to be done about it, one sentence; "" = nothing. */
void calendar_age_tzdata(const struct calendar_age *age, char out[CALENDAR_AGE_BYTES]);
void calendar_age_holidays(const struct calendar_age *age, char out[CALENDAR_AGE_BYTES]);

#endif
