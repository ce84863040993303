/* Whether the calendar's sources are old, once an hour: gauges, and once a day a warning. */
#include "common/model/calendar_age.h"

#include "common/base/clock.h"
#include "producer/producer.h"

#include "common/base/banned.h"

static void warn(struct producer *p, const char *sentence)
{
    if (*sentence)
        log_warn(p->log, "calendar_old", LOG_MSG(sentence));
}

struct batch producer_calendar_age(struct producer *p)
{
    struct calendar_age age;
    char sentence[CALENDAR_AGE_BYTES];
    int64_t today = p->now_ms / DAY_MS;
    calendar_age_read(&age, today);
    metrics_set(p->metrics, METRIC_TZDATA_AGE, age.tzdata_days * DAY_MS);
    metrics_set(p->metrics, METRIC_HOLIDAYS_LEFT, age.holidays_days * DAY_MS);
    if (p->calendar_warned_day == today)
        return (struct batch){0};
    p->calendar_warned_day = today;
    calendar_age_tzdata(&age, sentence);
    warn(p, sentence);
    calendar_age_holidays(&age, sentence);
    warn(p, sentence);
    return (struct batch){0};
}
