#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/config.h"
#include "common/model/calendar.h"
#include "producer/ctl/accounts.h"

#include "common/base/banned.h"

const char *const account_limit_columns[ACCOUNT_LIMITS] = {
    "spacing_ms",         "jitter_ms",      "daily_cap",           "daily_invitations",
    "weekly_invitations", "daily_messages", "daily_profile_views", "monthly_notes"};

/* The option, the name in sam.cfg (also in the hard bounds), and whether it is a duration. */
static const struct limit {
    const char *option;
    const char *name;
    bool duration;
} limits[ACCOUNT_LIMITS] = {{"spacing", "spacing", true},
                            {"jitter", "jitter", true},
                            {"daily-cap", "daily_cap", false},
                            {"daily-invitations", "daily_invitations", false},
                            {"weekly-invitations", "weekly_invitations", false},
                            {"daily-messages", "daily_messages", false},
                            {"daily-profile-views", "daily_profile_views", false},
                            {"monthly-notes", "monthly_notes", false}};

static void read_limit(const struct ctl *c, const struct limit *l, int64_t *ret,
                       struct problems *problems)
{
    char why[ARGS_WHY_BYTES];
    const char *text = args_get(&c->args, l->option);
    *ret = ACCOUNT_KEEP;
    if (!text)
        return;
    if (strcmp(text, "default") == 0) {
        *ret = ACCOUNT_DEFAULT;
        return;
    }
    int64_t value = 0;
    int bad = l->duration ? args_duration(&c->args, l->option, &value, why)
                          : args_number(&c->args, l->option, 0, CONFIG_MANY, &value, why);
    if (bad)
        problems_add(problems, "%s", why);
    else if (!settings_limit_ok(c->settings, l->name, value, why, sizeof(why)))
        problems_add(problems, "--%s %s: %s", l->option, text, why);
    else
        *ret = value;
}

static void read_zone(const struct ctl *c, struct account_options *o, struct problems *problems)
{
    const char *zone = args_get(&c->args, "timezone");
    char zones[2000];
    if (zone && (strlen(zone) >= sizeof(o->timezone) || !zone_find(zone))) {
        problems_add(problems, "--timezone %.60s: no such IANA time zone, e.g. Europe/Berlin",
                     zone);
    } else if (zone) {
        (void)snprintf(o->timezone, sizeof(o->timezone), "%s", zone);
    } else if (o->country[0]) {
        size_t count = country_zones(o->country, zones, sizeof(zones));
        if (count == 1)
            (void)snprintf(o->timezone, sizeof(o->timezone), "%.63s", zones);
        else
            problems_add(problems, "--timezone: %s has %zu time zones, say which%s%.300s",
                         o->country, count, count ? ": " : "", count ? zones : "");
    }
}

size_t account_options_beyond(const struct settings *s, const struct pg_result *r, int row,
                              int first_col, char *why, size_t why_bytes)
{
    size_t beyond = 0;
    char bound[120];
    for (int i = 0; i < ACCOUNT_LIMITS; i++) {
        if (pg_null(r, row, first_col + i) ||
            settings_limit_ok(s, limits[i].name, pg_i64(r, row, first_col + i), bound,
                              sizeof(bound)))
            continue;
        if (beyond++ == 0)
            (void)snprintf(why, why_bytes, "%s %s", limits[i].name, bound);
    }
    return beyond;
}

void account_options_read(const struct ctl *c, struct account_options *ret,
                          struct problems *problems)
{
    char why[ARGS_WHY_BYTES];
    const char *country = args_get(&c->args, "country");
    enum account_plan plan;
    *ret = (struct account_options){.plan = args_get(&c->args, "plan"), .ramp_days = ACCOUNT_KEEP};
    if (country && (strlen(country) != 2 || country_check(country) != 0))
        problems_add(problems, "--country %.20s: no ISO 3166 country, e.g. DE, US; or XK", country);
    else if (country)
        (void)snprintf(ret->country, sizeof(ret->country), "%s", country);
    read_zone(c, ret, problems);
    if (ret->plan && account_plan_parse(ret->plan, &plan) != 0)
        problems_add(problems, "--plan %.40s: must be free, premium, sales_navigator or recruiter",
                     ret->plan);
    for (size_t i = 0; i < ACCOUNT_LIMITS; i++)
        read_limit(c, &limits[i], &ret->limits[i], problems);
    if (args_number(&c->args, "ramp", 0, ACCOUNT_RAMP_DAYS, &ret->ramp_days, why) != 0)
        problems_add(problems, "%s", why);
}
