#include "common/base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/banned.h"

#define DURATION_MAX_MS (INT64_C(36525) * DAY_MS)

static int64_t read_ms(clockid_t id)
{
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_boot_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}

int64_t clock_monotonic_us(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"w", 7 * DAY_MS}, {"d", DAY_MS},    {"h", HOUR_MS},
             {"m", MINUTE_MS},  {"s", SECOND_MS}, {"ms", 1}};

/* The unit that stands at `text`, letters only; -1 when there is none of that name. */
static int unit_at(const char *text, size_t *ret_len)
{
    size_t len = 0;
    while (isalpha((unsigned char)text[len]))
        len++;
    for (size_t i = 0; i < SAM_ARRAY_LEN(units); i++) {
        if (strlen(units[i].name) == len && strncmp(units[i].name, text, len) == 0) {
            *ret_len = len;
            return (int)i;
        }
    }
    return -1;
}

int duration_parse(const char *text, int64_t *ret_ms)
{
    int64_t total = 0;
    int last_unit = -1;
    if (!*text)
        return -EINVAL;
    while (*text) {
        int64_t n = 0;
        if (!isdigit((unsigned char)*text))
            return -EINVAL;
        for (; isdigit((unsigned char)*text); text++) {
            n = n * 10 + (*text - '0');
            if (n > DURATION_MAX_MS)
                return -ERANGE;
        }
        size_t len = 0;
        int unit = unit_at(text, &len);
        if (unit <= last_unit)
            return -EINVAL;
        last_unit = unit;
        text += len;
        if (n > DURATION_MAX_MS / units[unit].ms)
            return -ERANGE;
        total += n * units[unit].ms;
        if (total > DURATION_MAX_MS)
            return -ERANGE;
    }
    *ret_ms = total;
    return 0;
}

void duration_format(int64_t ms, char out[DURATION_TEXT_BYTES])
{
    size_t used = 0;
    out[0] = '\0';
    if (ms <= 0) {
        (void)snprintf(out, DURATION_TEXT_BYTES, "0s");
        return;
    }
    for (size_t i = 1; i < SAM_ARRAY_LEN(units) && used < DURATION_TEXT_BYTES; i++) {
        int64_t n = ms / units[i].ms;
        ms %= units[i].ms;
        if (n == 0)
            continue;
        int w = snprintf(out + used, DURATION_TEXT_BYTES - used, "%" PRId64 "%s", n, units[i].name);
        if (w > 0)
            used += (size_t)w;
    }
}

void time_format_utc(int64_t at_ms, char out[TIME_TEXT_BYTES])
{
    int64_t sec = at_ms / 1000;
    int64_t ms = at_ms % 1000;
    if (ms < 0) {
        ms += 1000;
        sec -= 1;
    }
    time_t t = (time_t)sec;
    struct tm tm;
    if (!gmtime_r(&t, &tm)) {
        (void)snprintf(out, TIME_TEXT_BYTES, "invalid time");
        return;
    }
    size_t n = strftime(out, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(out + n, TIME_TEXT_BYTES - n, ".%03dZ", (int)ms);
}

/* Exactly `n` digits at *p; advances *p. */
static bool take_digits(const char **p, int n, int *ret)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)(*p)[i]))
            return false;
        v = v * 10 + ((*p)[i] - '0');
    }
    *p += n;
    *ret = v;
    return true;
}

static bool take_char(const char **p, const char *any_of)
{
    if (!**p || !strchr(any_of, **p))
        return false;
    (*p)++;
    return true;
}

/* "Z", "+01:00", "-0330"; the offset in minutes. */
static bool take_zone(const char **p, int *ret_minutes)
{
    if (take_char(p, "Zz")) {
        *ret_minutes = 0;
        return true;
    }
    int sign = **p == '-' ? -1 : 1;
    int h = 0;
    int m = 0;
    if (!take_char(p, "+-") || !take_digits(p, 2, &h))
        return false;
    (void)take_char(p, ":");
    if (!take_digits(p, 2, &m) || h > 23 || m > 59)
        return false;
    *ret_minutes = sign * (h * 60 + m);
    return true;
}

int time_parse(const char *text, int64_t *ret_at_ms)
{
    const char *p = text;
    struct tm tm = {0};
    int ms = 0;
    int zone = 0;
    if (!take_digits(&p, 4, &tm.tm_year) || !take_char(&p, "-") ||
        !take_digits(&p, 2, &tm.tm_mon) || !take_char(&p, "-") ||
        !take_digits(&p, 2, &tm.tm_mday) || !take_char(&p, "Tt ") ||
        !take_digits(&p, 2, &tm.tm_hour) || !take_char(&p, ":") ||
        !take_digits(&p, 2, &tm.tm_min) || !take_char(&p, ":") || !take_digits(&p, 2, &tm.tm_sec))
        return -EINVAL;
    if (take_char(&p, ".")) {
        int scale = 100;
        if (!isdigit((unsigned char)*p))
            return -EINVAL;
        for (; isdigit((unsigned char)*p); p++, scale /= 10)
            ms += (*p - '0') * scale;
    }
    if (!take_zone(&p, &zone) || *p)
        return -EINVAL;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 60)
        return -EINVAL;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    /* timegm would turn the 30th of February into the 2nd of March. */
    struct tm date = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
    (void)timegm(&date);
    if (date.tm_mday != tm.tm_mday)
        return -EINVAL;
    *ret_at_ms = ((int64_t)timegm(&tm) - (int64_t)zone * 60) * 1000 + ms;
    return 0;
}
