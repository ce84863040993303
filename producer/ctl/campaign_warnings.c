#include "producer/ctl/campaign_warnings.h"

#include <inttypes.h>

#include "common/base/settings.h"
#include "common/model/calendar.h"

#include "common/base/banned.h"

void campaign_warnings_no_holidays(const char *country, const struct ctl *c)
{
    if (!holiday_country_known(country))
        ctl_say(c,
                "warning: the table has no public holidays of %s, none is observed there: `samctl "
                "holiday add` writes those that you keep",
                country);
}

/* A file is checked without a config too: then the bound is in force. */
static void tell_cap(const struct campaign_file *f, const struct ctl *c)
{
    static const struct settings none;
    int64_t bound =
        settings_limit_within(c->settings ? c->settings : &none, "daily_cap", f->daily_cap);
    if (f->daily_cap > bound)
        ctl_say(c,
                "warning: daily_cap: no account may send more than %" PRId64
                " a day, whatever the campaign says",
                bound);
}

void campaign_warnings_tell(const struct campaign_file *f, const struct ctl *c)
{
    const struct zone *zone = zone_find(f->timezone);
    if (f->holidays)
        campaign_warnings_no_holidays(f->country, c);
    if (f->holidays && holiday_country_known(f->country) && zone &&
        zone_day(zone, f->start_at_ms) > HOLIDAY_TABLE_LAST_DAY)
        ctl_say(c, "warning: start_at: the table of public holidays ends with 2035, none is "
                   "observed after it: `samctl holiday add` writes those that you keep");
    tell_cap(f, c);
}
