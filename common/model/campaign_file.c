#include "common/model/campaign_file.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "common/model/calendar.h"
#include "common/model/campaign_keys.h"
#include "common/model/template.h"

#include "common/base/banned.h"

#define NAME_MAX_CODE_POINTS 200
#define AFTER_ACCEPTANCE_MS  DAY_MS
#define AFTER_SEND_MS        (3 * DAY_MS)
#define GIVE_UP_MS           (21 * DAY_MS)

static void bad(struct campaign_reader *r, const char *key, const char *what)
{
    problems_add(r->problems, "%s: %s: %s", r->label, key, what);
}

static const char *string_of(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_string)) {
        bad(r, key, "must be a text in quotes");
        return NULL;
    }
    const char *s = json_object_get_string(v);
    if (strlen(s) != (size_t)json_object_get_string_len(v)) {
        bad(r, key, "contains a NUL character");
        return NULL;
    }
    return s;
}

static void read_workspace(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = string_of(r, key, v);
    if (s && !*s)
        bad(r, key, "must not be empty; leave it out where there is only one");
    else if (s)
        r->f->workspace = sam_xstrdup(s);
}

static void read_name(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = string_of(r, key, v);
    if (!s)
        return;
    if (s[strspn(s, " \t\r\n")] == '\0' || utf8_code_points(s, strlen(s)) > NAME_MAX_CODE_POINTS)
        bad(r, key, "must have 1 to 200 characters");
    r->f->name = sam_xstrdup(s);
}

static void read_type(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = string_of(r, key, v);
    if (s && campaign_type_parse(s, &r->f->type) != 0)
        bad(r, key, "must be connector or messenger");
    else
        r->has_type = s != NULL;
}

static void read_accounts(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_array) || json_object_array_length(v) == 0 ||
        json_object_array_length(v) > CAMPAIGN_ACCOUNTS_MAX) {
        bad(r, key, "must be a list of 1 to 1000 account names");
        return;
    }
    size_t n = json_object_array_length(v);
    r->f->accounts = sam_xcalloc(n + 1, sizeof(char *));
    for (size_t i = 0; i < n; i++) {
        const char *s = string_of(r, key, json_object_array_get_idx(v, i));
        for (size_t j = 0; s && j < i; j++) {
            if (strcmp(r->f->accounts[j], s) == 0)
                problems_add(r->problems, "%s: %s: %s is listed twice", r->label, key, s);
        }
        if (s && !*s)
            bad(r, key, "holds an empty name");
        r->f->accounts[i] = sam_xstrdup(s ? s : "");
        r->f->accounts_count = i + 1;
    }
}

static void read_country(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = string_of(r, key, v);
    if (!s)
        return;
    if (strlen(s) != 2 || country_check(s) != 0)
        bad(r, key, "must be an ISO 3166 code like DE or US");
    else
        memcpy(r->f->country, s, 3);
}

static void read_subdivision(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = string_of(r, key, v);
    if (s && *s && strlen(s) < 10)
        r->f->subdivision = sam_xstrdup(s);
    else if (s)
        bad(r, key, "must be a code like BY or CA");
}

static void read_timezone(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = string_of(r, key, v);
    if (s && !zone_find(s))
        bad(r, key, "must be an IANA zone like Europe/Berlin");
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
        bad(r, key, "must be {\"from\":\"09:00\",\"to\":\"17:00\"}");
        return;
    }
    json_object_object_foreach(v, name, value)
    {
        char path[80];
        (void)snprintf(path, sizeof(path), "%s.%.40s", key, name);
        bool end = strcmp(name, "to") == 0;
        if (!end && strcmp(name, "from") != 0) {
            bad(r, path, "no such key");
            continue;
        }
        const char *s = string_of(r, path, value);
        int minute = s ? minute_of(s, end) : 0;
        if (minute < 0)
            bad(r, path, "must be a time like 09:00");
        else if (s)
            *(end ? &r->f->closes_minute : &r->f->opens_minute) = minute;
    }
    if (r->f->closes_minute <= r->f->opens_minute)
        bad(r, key, "must end later than they begin (on the same day)");
}

static void read_weekend(struct campaign_reader *r, const char *key, struct json_object *v)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    if (!json_object_is_type(v, json_type_array)) {
        bad(r, key, "must be a list of day names; [] = none");
        return;
    }
    r->f->weekend_mask = 0;
    for (size_t i = 0; i < json_object_array_length(v); i++) {
        const char *s = string_of(r, key, json_object_array_get_idx(v, i));
        int day = -1;
        for (int d = 0; s && d < 7; d++) {
            if (strcasecmp(s, days[d]) == 0)
                day = d;
        }
        if (day < 0)
            bad(r, key, "must hold day names like \"saturday\"");
        else
            r->f->weekend_mask |= 1 << day;
    }
    if (r->f->weekend_mask == 127)
        bad(r, key, "leaves no day to send on");
}

static void read_holidays(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_boolean))
        bad(r, key, "must be true or false");
    else
        r->f->holidays = json_object_get_boolean(v);
}

static void read_note_limit(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = string_of(r, key, v);
    if (s && note_limit_parse(s, &r->f->on_note_limit) != 0)
        bad(r, key, "must be hold, without_note or cut");
}

static bool duration_of(struct campaign_reader *r, const char *key, struct json_object *v,
                        int64_t *ret_ms)
{
    const char *s = string_of(r, key, v);
    if (s && duration_parse(s, ret_ms) == 0)
        return true;
    if (s)
        bad(r, key, "must be a duration like \"1d\" or \"12h\"");
    return false;
}

static void read_give_up(struct campaign_reader *r, const char *key, struct json_object *v)
{
    int64_t ms;
    if (duration_of(r, key, v, &ms)) {
        r->f->give_up_after_ms = ms;
        if (ms <= 0)
            bad(r, key, "must be longer than nothing");
    }
}

static void read_moment(struct campaign_reader *r, const char *key, struct json_object *v)
{
    const char *s = string_of(r, key, v);
    int64_t at_ms;
    if (s && time_parse(s, &at_ms) != 0)
        bad(r, key, "must be a time like 2027-01-15T09:00:00+01:00");
    else if (s)
        *(strcmp(key, "end_at") == 0 ? &r->f->end_at_ms : &r->f->start_at_ms) = at_ms;
}

static void read_daily_cap(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (!json_object_is_type(v, json_type_int) || json_object_get_int64(v) < 1 ||
        json_object_get_int64(v) > 100000)
        bad(r, key, "must be a whole number from 1");
    else
        r->f->daily_cap = json_object_get_int64(v);
}

static void read_templates(struct campaign_reader *r, const char *key, struct json_object *v)
{
    if (json_object_is_type(v, json_type_object))
        r->templates = v;
    else
        bad(r, key, "must be an object of message types");
}

/* The keys of interface.md section 3. */
static const struct campaign_key keys[] = {
    {"workspace", false, read_workspace},      {"name", true, read_name},
    {"campaign_type", true, read_type},        {"accounts", true, read_accounts},
    {"country", true, read_country},           {"subdivision", false, read_subdivision},
    {"timezone", false, read_timezone},        {"hours", false, read_hours},
    {"weekend", false, read_weekend},          {"holidays", false, read_holidays},
    {"on_note_limit", false, read_note_limit}, {"give_up_after", false, read_give_up},
    {"start_at", false, read_moment},          {"end_at", false, read_moment},
    {"daily_cap", false, read_daily_cap},      {"message_templates", true, read_templates},
};

/* ---- messages ------------------------------------------------------------------------------- */

static int64_t default_after(const struct campaign_file *f, size_t step)
{
    if (step == 0)
        return 0;
    return f->type == CAMPAIGN_CONNECTOR && step == 1 ? AFTER_ACCEPTANCE_MS : AFTER_SEND_MS;
}

static void read_step_object(struct campaign_reader *r, const char *path, struct json_object *v,
                             struct campaign_step *step)
{
    json_object_object_foreach(v, name, value)
    {
        char key[120];
        (void)snprintf(key, sizeof(key), "%s.%.30s", path, name);
        if (strcmp(name, "after") == 0 && r->f->steps_count > 0)
            (void)duration_of(r, key, value, &step->after_ms);
        else if (strcmp(name, "after") == 0)
            bad(r, key, "the first message has nothing to come after");
        else if (strcmp(name, "text") == 0) {
            const char *s = string_of(r, key, value);
            free(step->text);
            step->text = sam_xstrdup(s ? s : "");
        } else {
            bad(r, key, "no such key");
        }
    }
    if (!step->text)
        bad(r, path, "text is missing");
}

static void check_text(struct campaign_reader *r, const char *path,
                       const struct campaign_step *step)
{
    char label[240];
    bool note = strcmp(step->message_type, "connection_request") == 0;
    if (!note && step->text[strspn(step->text, " \t\r\n")] == '\0') {
        bad(r, path, "the text is empty");
        return;
    }
    (void)snprintf(label, sizeof(label), "%.150s: %s", r->label, path);
    template_free(template_compile(label, step->text, r->problems));
}

static void read_step(struct campaign_reader *r, const char *type, struct json_object *v)
{
    char path[80];
    struct campaign_step *step = &r->f->steps[r->f->steps_count];
    *step = (struct campaign_step){.after_ms = default_after(r->f, r->f->steps_count)};
    (void)snprintf(step->message_type, sizeof(step->message_type), "%s", type);
    (void)snprintf(path, sizeof(path), "message_templates.%s", type);
    if (json_object_is_type(v, json_type_string)) {
        const char *s = string_of(r, path, v);
        step->text = sam_xstrdup(s ? s : "");
    } else if (json_object_is_type(v, json_type_object)) {
        read_step_object(r, path, v, step);
    } else {
        bad(r, path, "must be a text, or {\"after\": …, \"text\": …}");
    }
    if (!step->text)
        step->text = sam_xstrdup("");
    else
        check_text(r, path, step);
    r->f->steps_count++;
}

/* The message type of a step: connection_request, follow_up_1 … | direct_message_1 … */
static void type_of_step(const struct campaign_file *f, size_t step, char out[32])
{
    if (f->type == CAMPAIGN_MESSENGER)
        (void)snprintf(out, 32, "direct_message_%zu", step + 1);
    else if (step == 0)
        (void)snprintf(out, 32, "connection_request");
    else
        (void)snprintf(out, 32, "follow_up_%zu", step);
}

static void read_steps(struct campaign_reader *r)
{
    char type[32];
    struct json_object *v = NULL;
    for (size_t i = 0; i < CAMPAIGN_STEPS_MAX; i++) {
        type_of_step(r->f, i, type);
        if (!json_object_object_get_ex(r->templates, type, &v))
            break;
        read_step(r, type, v);
    }
    if (r->f->steps_count == 0) {
        type_of_step(r->f, 0, type);
        problems_add(r->problems, "%s: message_templates.%s: missing", r->label, type);
    }
    json_object_object_foreach(r->templates, name, value)
    {
        bool known = false;
        (void)value;
        for (size_t i = 0; i < r->f->steps_count; i++)
            known = known || strcmp(r->f->steps[i].message_type, name) == 0;
        if (!known) {
            type_of_step(r->f, r->f->steps_count, type);
            problems_add(r->problems,
                         "%s: message_templates.%.60s: not a message of a %s campaign, or out of "
                         "turn (the next one is %s; 20 at most)",
                         r->label, name, campaign_type_name(r->f->type), type);
        }
    }
}

/* ---- the file ------------------------------------------------------------------------------- */

static void read_keys(struct campaign_reader *r, struct json_object *root)
{
    struct json_object *v = NULL;
    for (size_t i = 0; i < SAM_ARRAY_LEN(keys); i++) {
        if (json_object_object_get_ex(root, keys[i].name, &v) && v)
            keys[i].read(r, keys[i].name, v);
        else if (keys[i].required)
            bad(r, keys[i].name, "missing");
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

static void fill_timezone(struct campaign_reader *r)
{
    char zones[2000];
    struct campaign_file *f = r->f;
    if (f->timezone || !f->country[0])
        return;
    if (country_zones(f->country, zones, sizeof(zones)) == 1)
        f->timezone = sam_xstrdup(zones);
    else
        problems_add(r->problems, "%s: timezone: missing; %s has several: %s", r->label, f->country,
                     zones);
}

static void tell_syntax(const char *label, const char *json, size_t at, const char *what,
                        struct problems *problems)
{
    int line = 1;
    int column = 1;
    for (size_t i = 0; i < at; i++) {
        column = json[i] == '\n' ? 1 : column + 1;
        line += json[i] == '\n' ? 1 : 0;
    }
    problems_add(problems, "%s:%d:%d: not JSON: %s", label, line, column, what);
}

/* Also NULL when something follows the value; *ret_end says where, *ret_what says what. */
static struct json_object *parse_one(const char *json, size_t n, size_t *ret_end,
                                     const char **ret_what)
{
    struct json_tokener *tokener = json_tokener_new_ex(16);
    if (!tokener)
        abort();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *root = json_tokener_parse_ex(tokener, json, (int)n);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    *ret_end = end < n ? end : n;
    *ret_what = error == json_tokener_continue ? "unexpected end" : json_tokener_error_desc(error);
    while (end < n && isspace((unsigned char)json[end]))
        end++;
    if (root && end < n) {
        *ret_what = "something follows the closing brace";
        json_object_put(root);
        return NULL;
    }
    return root;
}

static struct json_object *parse(const char *label, const char *json, size_t n,
                                 struct problems *problems)
{
    size_t end;
    const char *what;
    struct json_object *root = parse_one(json, n, &end, &what);
    if (!root) {
        tell_syntax(label, json, end, what, problems);
    } else if (!json_object_is_type(root, json_type_object)) {
        problems_add(problems, "%s: must be one JSON object", label);
        json_object_put(root);
        root = NULL;
    }
    return root;
}

struct campaign_file *campaign_file_parse(const char *label, const char *json, size_t n,
                                          struct problems *problems)
{
    struct problems own = PROBLEMS_INIT;
    if (n > CAMPAIGN_FILE_MAX_BYTES) {
        problems_add(problems, "%s: larger than 1 MiB", label);
        return NULL;
    }
    struct json_object *root = parse(label, json, n, problems);
    if (!root)
        return NULL;
    struct campaign_file *f = sam_xcalloc(1, sizeof(*f));
    *f = (struct campaign_file){.opens_minute = 9 * 60,
                                .closes_minute = 17 * 60,
                                .weekend_mask = -1,
                                .holidays = true,
                                .on_note_limit = NOTE_HOLD,
                                .give_up_after_ms = GIVE_UP_MS,
                                .end_at_ms = TIME_NEVER_MS};
    struct campaign_reader r = {.label = label, .problems = &own, .f = f};
    read_keys(&r, root);
    if (r.has_type && r.templates)
        read_steps(&r);
    fill_timezone(&r);
    if (f->end_at_ms <= f->start_at_ms)
        bad(&r, "end_at", "must be later than start_at");
    json_object_put(root);
    for (size_t i = 0; i < own.count; i++)
        problems_add(problems, "%s", own.lines[i]);
    bool failed = problems_any(&own);
    problems_deinit(&own);
    if (failed) {
        campaign_file_free(f);
        return NULL;
    }
    return f;
}

void campaign_file_free(struct campaign_file *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->accounts_count; i++)
        free(f->accounts[i]);
    free(f->accounts);
    campaign_steps_deinit(f->steps, f->steps_count);
    free(f->workspace);
    free(f->name);
    free(f->subdivision);
    free(f->timezone);
    free(f);
}
