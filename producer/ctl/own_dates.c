#include "producer/ctl/own_dates.h"

#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/model/calendar.h"
#include "producer/ctl/text_lines.h"

#include "common/base/banned.h"

#define SPAN_DAYS_MAX 366
#define RANGE         ".."

struct reading {
    struct own_dates *dates;
    struct problems *problems;
    bool working;
    const char *name;
};

static void bad(const struct reading *r, const char *where, const char *text, const char *why)
{
    bool shown = utf8_valid(text, strlen(text));
    problems_add(r->problems, "%s\"%.60s\": %s", where, shown ? text : "?", why);
}

static void add_days(const struct reading *r, int64_t first, int64_t last, const char *name,
                     bool working)
{
    struct own_dates *d = r->dates;
    for (int64_t day = first; day <= last; day++) {
        if (d->count % 64 == 0)
            d->rows = sam_xrealloc(d->rows, (d->count + 64) * sizeof(*d->rows));
        struct own_date *row = &d->rows[d->count++];
        *row = (struct own_date){.day = day, .working = working};
        (void)snprintf(row->name, sizeof(row->name), "%s", name);
    }
}

/* "2026-12-24" or "2026-12-24..2027-01-03" */
static bool read_span(const struct reading *r, const char *where, const char *text,
                      int64_t *ret_first, int64_t *ret_last)
{
    char first[DAY_TEXT_BYTES];
    const char *range = strstr(text, RANGE);
    size_t n = range ? (size_t)(range - text) : strlen(text);
    (void)snprintf(first, sizeof(first), "%.*s", n < sizeof(first) ? (int)n : 0, text);
    if (day_parse(first, ret_first) != 0) {
        bad(r, where, text, "is no date like 2026-12-24, nor a span like 2026-12-24..2027-01-03");
        return false;
    }
    *ret_last = *ret_first;
    if (!range)
        return true;
    if (day_parse(range + strlen(RANGE), ret_last) != 0) {
        bad(r, where, text, "what follows the dots is no date like 2027-01-03");
        return false;
    }
    if (*ret_last < *ret_first || *ret_last - *ret_first >= SPAN_DAYS_MAX) {
        bad(r, where, text, "must be a span forwards, of a year at most");
        return false;
    }
    return true;
}

static bool check_name(const struct reading *r, const char *where, const char *name)
{
    if (!utf8_valid(name, strlen(name)))
        bad(r, where, name, "is not UTF-8");
    else if (strlen(name) >= OWN_DATE_NAME_BYTES)
        bad(r, where, name, "is too long for a name (100 bytes)");
    else
        return true;
    return false;
}

/* A line of the file: the day, then its name. */
static void read_line(void *ctx, const char *where, const char *line)
{
    const struct reading *r = ctx;
    bool working = *line == '+' || r->working;
    char text[2 * DAY_TEXT_BYTES + 8];
    int64_t first;
    int64_t last;
    line += *line == '+';
    size_t n = strcspn(line, " \t");
    const char *name = line + n + strspn(line + n, " \t");
    if (n >= sizeof(text)) {
        bad(r, where, line, "does not begin with a date");
        return;
    }
    (void)snprintf(text, sizeof(text), "%.*s", (int)n, line);
    if (read_span(r, where, text, &first, &last) && check_name(r, where, name))
        add_days(r, first, last, *name ? name : r->name, working);
}

static void read_word(const struct reading *r, const char *word)
{
    int64_t first;
    int64_t last;
    if (read_span(r, "", word, &first, &last))
        add_days(r, first, last, r->name, r->working);
}

enum ctl_exit own_dates_read(struct own_dates *d, struct ctl *c)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    const char *path = args_get(&c->args, "file");
    const char *name = args_get(&c->args, "name");
    struct reading r = {.dates = d,
                        .problems = &problems,
                        .working = args_has(&c->args, "working"),
                        .name = name ? name : ""};
    *d = (struct own_dates){.count = 0};
    if (c->args.words_count == 0 && !path)
        return ctl_wrong_use("a DATE is missing, like 2026-12-24, or --file FILE with one a line");
    if (name)
        (void)check_name(&r, "--name: ", name);
    for (size_t i = 0; i < c->args.words_count; i++)
        read_word(&r, c->args.words[i]);
    enum ctl_exit e = path ? text_lines_read(path, "date", read_line, &r) : CTL_DONE;
    if (!e && d->count > OWN_DATES_MAX)
        problems_add(&problems, "%zu dates: a workspace has room for %d", d->count, OWN_DATES_MAX);
    return e ? e : ctl_problems(&problems);
}

void own_dates_deinit(struct own_dates *d)
{
    free(d->rows);
    *d = (struct own_dates){.count = 0};
}

void own_dates_add_days(const struct own_dates *d, struct pg_params *params)
{
    char text[DAY_TEXT_BYTES];
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < d->count; i++) {
        day_format(d->rows[i].day, text);
        pg_item_text(params, text);
    }
    pg_array_close(params);
}
