#include "common/model/campaign_keys.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "common/model/calendar.h"

#include "common/base/banned.h"

#define NAME_MAX_CODE_POINTS 200

void campaign_bad(struct campaign_reader *r, const char *key, const char *what)
{
    problems_add(r->problems, "%s: %s: %s", r->label, key, what);
}

const char *campaign_string(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_string)) {
        campaign_bad(r, key, "must be a text in quotes");
        return NULL;
    }
    const char *s = json_object_get_string(v);
    if (strlen(s) != (size_t)json_object_get_string_len(v)) {
        campaign_bad(r, key, "contains a NUL character");
        return NULL;
    }
    return s;
}

static void read_workspace(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = campaign_string(r, key, v);
    if (s && !*s)
        campaign_bad(r, key, "must not be empty; leave it out where there is only one");
    else if (s)
        r->f->workspace = sam_xstrdup(s);
}

static void read_name(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = campaign_string(r, key, v);
    if (!s)
        return;
    if (s[strspn(s, " \t\r\n")] == '\0' || utf8_code_points(s, strlen(s)) > NAME_MAX_CODE_POINTS)
        campaign_bad(r, key, "must have 1 to 200 characters");
    r->f->name = sam_xstrdup(s);
}

static void read_type(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = campaign_string(r, key, v);
    if (s && campaign_type_parse(s, &r->f->type) != 0)
        campaign_bad(r, key, "must be connector or messenger");
    else
        r->has_type = s != NULL;
}

static void read_accounts(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_array) || json_object_array_length(v) == 0 ||
        json_object_array_length(v) > CAMPAIGN_ACCOUNTS_MAX) {
        campaign_bad(r, key, "must be a list of 1 to 1000 account names");
        return;
    }
    size_t n = json_object_array_length(v);
    r->f->accounts = sam_xcalloc(n + 1, sizeof(char *));
    for (size_t i = 0; i < n; i++) {
        const char *s = campaign_string(r, key, json_object_array_get_idx(v, i));
        for (size_t j = 0; s && j < i; j++) {
            if (strcmp(r->f->accounts[j], s) == 0)
                problems_add(r->problems, "%s: %s: %s is listed twice", r->label, key, s);
        }
        if (s && !*s)
            campaign_bad(r, key, "holds an empty name");
        r->f->accounts[i] = sam_xstrdup(s ? s : "");
        r->f->accounts_count = i + 1;
    }
}

static void read_country(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = campaign_string(r, key, v);
    if (!s)
        return;
    if (strlen(s) != 2 || country_check(s) != 0)
        campaign_bad(r, key, "must be an ISO 3166 code like DE or US, or XK (Kosovo)");
    else
        memcpy(r->f->country, s, 3);
}

/* Which there are, the tables know: campaign_file.c. */
static void read_subdivision(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = campaign_string(r, key, v);
    if (s && *s)
        r->f->subdivision = sam_xstrdup(s);
    else if (s)
        campaign_bad(r, key, "must be a code like BY or CA");
}

static void read_timezone(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = campaign_string(r, key, v);
    if (s && !zone_find(s))
        campaign_bad(r, key, "must be an IANA zone like Europe/Berlin");
    else if (s)
        r->f->timezone = sam_xstrdup(s);
}

/* "HH:MM" as minutes of the day; -1 = not one. 24:00 only as an end. */
static int minute_of(const char *s, bool end)
{
    if (strlen(s) != 5 || s[2] != ':' || !isdigit((unsigned char)s[0]) ||
        !isdigit((unsigned char)s[1]) || !isdigit((unsigned char)s[3]) ||
        !isdigit((unsigned char)s[4]))
        return -1;
    int hour = (s[0] - '0') * 10 + s[1] - '0';
    int minute = (s[3] - '0') * 10 + s[4] - '0';
    int m = hour * 60 + minute;
    return minute > 59 || m > (end ? 1440 : 1439) ? -1 : m;
}

static void read_hours(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_object)) {
        campaign_bad(r, key, "must be {\"from\":\"09:00\",\"to\":\"17:00\"}");
        return;
    }
    bool good = true;
    json_object_object_foreach(v, name, value)
    {
        char path[80];
        (void)snprintf(path, sizeof(path), "%s.%.40s", key, name);
        bool end = strcmp(name, "to") == 0;
        if (!end && strcmp(name, "from") != 0) {
            campaign_bad(r, path, "no such key");
            continue;
        }
        const char *s = campaign_string(r, path, value);
        int minute = s ? minute_of(s, end) : -1;
        if (s && minute < 0)
            campaign_bad(r, path, "must be a time like 09:00");
        if (minute < 0)
            good = false;
        else
            *(end ? &r->f->closes_minute : &r->f->opens_minute) = minute;
    }
    if (good && r->f->closes_minute <= r->f->opens_minute)
        campaign_bad(r, key, "must end later than they begin (on the same day)");
}

const char *const campaign_days[7] = {"monday", "tuesday",  "wednesday", "thursday",
                                      "friday", "saturday", "sunday"};

static void read_weekend(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_array)) {
        campaign_bad(r, key, "must be a list of day names; [] = none");
        return;
    }
    r->f->weekend_mask = 0;
    for (size_t i = 0; i < json_object_array_length(v); i++) {
        const char *s = campaign_string(r, key, json_object_array_get_idx(v, i));
        int day = -1;
        for (int d = 0; s && d < 7; d++) {
            if (strcasecmp(s, campaign_days[d]) == 0)
                day = d;
        }
        if (day < 0)
            campaign_bad(r, key, "must hold day names like \"saturday\"");
        else
            r->f->weekend_mask |= 1 << day;
    }
    if (r->f->weekend_mask == 127)
        campaign_bad(r, key, "leaves no day to send on");
}

static void read_holidays(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_boolean))
        campaign_bad(r, key, "must be true or false");
    else
        r->f->holidays = json_object_get_boolean(v);
}

static void read_note_limit(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = campaign_string(r, key, v);
    if (s && note_limit_parse(s, &r->f->on_note_limit) != 0)
        campaign_bad(r, key, "must be hold, without_note or cut");
}

bool campaign_duration(struct campaign_reader *r, const char *key, struct json_object *v,
                       int64_t *ret_ms)
{
    const char *s = campaign_string(r, key, v);
    if (s && duration_parse(s, ret_ms) == 0)
        return true;
    if (s)
        campaign_bad(r, key, "must be a duration like \"1d\" or \"12h\"");
    return false;
}

static void read_give_up(struct campaign_reader *r, const char *key, struct json_object *v)
{
    int64_t ms;
    if (campaign_duration(r, key, v, &ms)) {
        r->f->give_up_after_ms = ms;
        if (ms <= 0)
            campaign_bad(r, key, "must be longer than nothing");
    }
}

static void read_contact_again(struct campaign_reader *r, const char *key, struct json_object *v)
{
    int64_t ms;
    if (!campaign_duration(r, key, v, &ms))
        return;
    r->f->contact_again_after_ms = ms;
    if (ms < CONTACT_AGAIN_MIN_MS)
        campaign_bad(r, key, "must be at least 30d");
}

static void read_moment(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = campaign_string(r, key, v);
    int64_t at_ms;
    if (s && time_parse(s, &at_ms) != 0)
        campaign_bad(r, key, "must be a time like 2027-01-15T09:00:00+01:00");
    else if (s)
        *(strcmp(key, "end_at") == 0 ? &r->f->end_at_ms : &r->f->start_at_ms) = at_ms;
}

static void read_daily_cap(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_int) || json_object_get_int64(v) < 1 ||
        json_object_get_int64(v) > 100000)
        campaign_bad(r, key, "must be a whole number from 1");
    else
        r->f->daily_cap = json_object_get_int64(v);
}

static void read_templates(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (json_object_is_type(v, json_type_object))
        r->templates = v;
    else
        campaign_bad(r, key, "must be an object of message types");
}

/* The keys of interface.md section 3. */
static const struct campaign_key keys[] = {
    {"workspace", false, read_workspace},
    {"name", true, read_name},
    {"campaign_type", true, read_type},
    {"accounts", true, read_accounts},
    {"country", true, read_country},
    {"subdivision", false, read_subdivision},
    {"timezone", false, read_timezone},
    {"hours", false, read_hours},
    {"weekend", false, read_weekend},
    {"holidays", false, read_holidays},
    {"on_note_limit", false, read_note_limit},
    {"give_up_after", false, read_give_up},
    {"start_at", false, read_moment},
    {"end_at", false, read_moment},
    {"daily_cap", false, read_daily_cap},
    {"message_templates", true, read_templates},
    {"contact_again_after", false, read_contact_again},
};

void campaign_keys_read(struct campaign_reader *r, struct json_object *root)
{
    struct json_object *v = NULL;
    for (size_t i = 0; i < SAM_ARRAY_LEN(keys); i++) {
        if (json_object_object_get_ex(root, keys[i].name, &v) && v)
            keys[i].read(r, keys[i].name, v);
        else if (keys[i].required)
            campaign_bad(r, keys[i].name, "missing");
    }
    json_object_object_foreach(root, name, value)
    {
        bool known = false;
        (void)value;
        for (size_t i = 0; i < SAM_ARRAY_LEN(keys); i++)
            known = known || strcmp(keys[i].name, name) == 0;
        if (!known)
            problems_add(r->problems, "%s: %.60s: no such key", r->label, name);
    }
}
