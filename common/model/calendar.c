#include "common/model/calendar.h"

#include <ctype.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define TZDATA          "/usr/share/zoneinfo"
#define ZONE_NAME_BYTES 64
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/"
#define EPOCH_JULIAN    719163         /* 1970-01-01 as GLib counts days */
#define SPAN_MS         (36 * HOUR_MS) /* farther from a local time than any offset */
#define NAMED_MAX       3              /* holidays in a row: a sentence, not a list */

struct zone {
    char name[ZONE_NAME_BYTES];
    GTimeZone *tz;
};

static GHashTable *zones; /* name -> struct zone; only ever grows, see zone_cache_clear */

static void zone_free(gpointer p)
{
    struct zone *z = p;
    g_time_zone_unref(z->tz);
    free(z);
}

/* Not the name of one zone: whatever this machine has set, and tzdata in other editions (right/
 * counts leap seconds). */
static bool is_no_place(const char *name)
{
    static const char *const others[] = {"localtime", "posixrules", "Factory", "posix/", "right/"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(others); i++) {
        if (strncmp(name, others[i], strlen(others[i])) == 0)
            return true;
    }
    return false;
}

/* GLib also takes "+02" and POSIX rules, and complains about files that hold no zone; only names of
 * tzdata's compiled files are zones here. */
static bool is_zone_file(const char *name)
{
    static const char magic[] = "TZif";
    char path[sizeof(TZDATA) + 1 + ZONE_NAME_BYTES];
    char head[sizeof(magic)] = "";
    size_t n = strlen(name);
    if (n >= ZONE_NAME_BYTES || !isalpha((unsigned char)name[0]) || strstr(name, "//") ||
        n != strspn(name, NAME_CHARACTERS) || is_no_place(name))
        return false;
    (void)snprintf(path, sizeof(path), "%s/%s", TZDATA, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    n = fread(head, 1, sizeof(magic) - 1, f);
    (void)fclose(f);
    return n == sizeof(magic) - 1 && strcmp(head, magic) == 0;
}

const struct zone *zone_find(const char *name)
{
    if (!zones)
        zones = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, zone_free);
    struct zone *z = g_hash_table_lookup(zones, name);
    if (z || !is_zone_file(name))
        return z;
    GTimeZone *tz = g_time_zone_new_identifier(name);
    if (!tz)
        return NULL;
    z = sam_xcalloc(1, sizeof(*z));
    memcpy(z->name, name, strlen(name));
    z->tz = tz;
    (void)g_hash_table_insert(zones, z->name, z);
    return z;
}

void zone_cache_clear(void)
{
    if (zones)
        g_hash_table_destroy(zones);
    zones = NULL;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static int64_t offset_ms(const struct zone *z, int64_t at_ms)
{
    gint i = g_time_zone_find_interval(z->tz, G_TIME_TYPE_UNIVERSAL, floor_div(at_ms, 1000));
    return i < 0 ? 0 : g_time_zone_get_offset(z->tz, i) * SECOND_MS;
}

/* The moment within (low, high] at which the offset changes from what it is at low. */
static int64_t transition(const struct zone *z, int64_t low, int64_t high)
{
    int64_t before = offset_ms(z, low);
    while (high - low > SECOND_MS) {
        int64_t middle = low + (high - low) / 2 / SECOND_MS * SECOND_MS;
        if (offset_ms(z, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* A wall-clock time (given as if it were UTC) as a moment. Gap: the first valid moment after it.
 * Overlap: the first or the second occurrence. */
static int64_t moment(const struct zone *z, int64_t wall_ms, bool second)
{
    int64_t before = offset_ms(z, wall_ms - SPAN_MS);
    int64_t after = offset_ms(z, wall_ms + SPAN_MS);
    int64_t early = wall_ms - (before > after ? before : after);
    int64_t late = wall_ms - (before > after ? after : before);
    bool early_valid = early + offset_ms(z, early) == wall_ms;
    bool late_valid = late + offset_ms(z, late) == wall_ms;
    if (early_valid && late_valid)
        return second ? late : early;
    if (early_valid || late_valid)
        return early_valid ? early : late;
    return transition(z, wall_ms - SPAN_MS, wall_ms + SPAN_MS);
}

int64_t zone_day(const struct zone *zone, int64_t at_ms)
{
    return floor_div(at_ms + offset_ms(zone, at_ms), DAY_MS);
}

int64_t zone_day_start_ms(const struct zone *zone, int64_t day)
{
    return moment(zone, day * DAY_MS, false);
}

/* ---- dates ----------------------------------------------------------------------------------- */

int day_parse(const char *text, int64_t *ret_day)
{
    char same[DAY_TEXT_BYTES];
    GDate date;
    if (strlen(text) != DAY_TEXT_BYTES - 1 || strspn(text, "0123456789-") != DAY_TEXT_BYTES - 1)
        return -EINVAL;
    unsigned long year = strtoul(text, NULL, 10);
    unsigned long month = strtoul(text + 5, NULL, 10);
    unsigned long day = strtoul(text + 8, NULL, 10);
    if (year < 1970 || year > 2199 || month > 12 || day > 31 ||
        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
        return -EINVAL;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    *ret_day = (int64_t)g_date_get_julian(&date) - EPOCH_JULIAN;
    day_format(*ret_day, same);
    return strcmp(text, same) == 0 ? 0 : -EINVAL;
}

void day_format(int64_t day, char out[DAY_TEXT_BYTES])
{
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(day + EPOCH_JULIAN));
    (void)g_date_strftime(out, DAY_TEXT_BYTES, "%Y-%m-%d", &date);
}

/* ---- months --------------------------------------------------------------------------------- */

static int64_t first_day(int64_t day, guint months_later)
{
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(day + EPOCH_JULIAN));
    g_date_set_day(&date, 1);
    g_date_add_months(&date, months_later);
    return (int64_t)g_date_get_julian(&date) - EPOCH_JULIAN;
}

int64_t month_first_day(int64_t day)
{
    return first_day(day, 0);
}

int64_t next_month_first_day(int64_t day)
{
    return first_day(day, 1);
}

/* ---- countries ------------------------------------------------------------------------------ */

/* Calls fn with each line of a file of tzdata; stops when it returns true. */
static bool each_line(const char *path, bool (*fn)(void *ctx, char *line), void *ctx)
{
    char line[512];
    bool stopped = false;
    FILE *f = fopen(path, "re");
    while (f && !stopped && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        stopped = line[0] != '#' && fn(ctx, line);
    }
    if (f)
        (void)fclose(f);
    return stopped;
}

static bool is_country(void *ctx, char *line)
{
    return strncmp(line, ctx, 2) == 0 && line[2] == '\t';
}

int country_check(const char *country)
{
    char code[3] = "";
    if (strlen(country) != 2)
        return -EINVAL;
    memcpy(code, country, 2);
    if (each_line(TZDATA "/iso3166.tab", is_country, code))
        return 0;
    return holiday_country_known(country) ? 0 : -EINVAL;
}

#define ZONES_DISTINCT_MAX 64
#define CLOCKS_FROM_MS     (INT64_C(20089) * DAY_MS) /* 2025-01-01 */
#define CLOCKS_UNTIL_MS    (INT64_C(24106) * DAY_MS) /* 2036-01-01 */

/* tzdata keeps zones apart whose clocks differed decades ago (Berlin and Busingen). */
static bool same_clock(const struct zone *a, const struct zone *b)
{
    for (int64_t at_ms = CLOCKS_FROM_MS; at_ms < CLOCKS_UNTIL_MS; at_ms += DAY_MS) {
        if (offset_ms(a, at_ms) != offset_ms(b, at_ms))
            return false;
    }
    return true;
}

struct zone_list {
    const char *country;
    char *out;
    size_t bytes;
    size_t length;
    size_t count;
    const struct zone *distinct[ZONES_DISTINCT_MAX];
};

static bool is_listed(const struct zone_list *list, const struct zone *zone)
{
    for (size_t i = 0; i < list->count && i < ZONES_DISTINCT_MAX; i++) {
        if (same_clock(list->distinct[i], zone))
            return true;
    }
    return false;
}

/* "DE	+5230+01322	Europe/Berlin	most of Germany" */
static bool add_zone(void *ctx, char *line)
{
    struct zone_list *list = ctx;
    if (strncmp(line, list->country, 2) != 0 || line[2] != '\t')
        return false;
    char *name = strchr(line + 3, '\t');
    if (!name)
        return false;
    name++;
    name[strcspn(name, "\t")] = '\0';
    const struct zone *zone = zone_find(name);
    if (!zone || is_listed(list, zone))
        return false;
    size_t need = strlen(name) + (list->count ? 1 : 0);
    if (list->length + need < list->bytes) {
        (void)snprintf(list->out + list->length, list->bytes - list->length, "%s%s",
                       list->count ? "," : "", name);
        list->length += need;
    }
    if (list->count < ZONES_DISTINCT_MAX)
        list->distinct[list->count] = zone;
    list->count++;
    return false;
}

size_t country_zones(const char *country, char *out, size_t out_bytes)
{
    struct zone_list list = {.country = country, .out = out, .bytes = out_bytes};
    out[0] = '\0';
    if (strlen(country) == 2)
        (void)each_line(TZDATA "/zone.tab", add_zone, &list);
    return list.count;
}

/* ---- windows -------------------------------------------------------------------------------- */

enum day_kind own_day(const char *own_days, int64_t day)
{
    char text[DAY_TEXT_BYTES];
    if (!own_days || !*own_days)
        return DAY_USUAL;
    day_format(day, text);
    const char *at = strstr(own_days, text);
    if (!at)
        return DAY_USUAL;
    return at > own_days && at[-1] == '+' ? DAY_WORKED : DAY_HOLIDAY;
}

static const struct holiday_table *public_holidays(const struct calendar *c)
{
    const struct holiday_table *table = holiday_table_find(c->country, c->subdivision);
    return table ? table : holiday_table_find(c->country, "");
}

/* ret: of a holiday; may be NULL. */
static enum day_kind kind_of(const struct calendar *c, const struct holiday_table *table,
                             int64_t day, struct holiday *ret)
{
    if (!c->holidays)
        return DAY_USUAL;
    enum day_kind own = own_day(c->own_days, day);
    if (own == DAY_USUAL)
        return holiday_table_day(table, day, ret);
    if (ret)
        *ret = (struct holiday){.name = "own date of the workspace"};
    return own;
}

/* Why a day is closed all day; REASON_NONE when it is not. */
static enum reason day_closed(const struct calendar *c, const struct holiday_table *table,
                              int64_t day)
{
    enum day_kind kind = kind_of(c, table, day, NULL);
    if (kind == DAY_HOLIDAY)
        return REASON_HOLIDAY;
    if (kind == DAY_WORKED && c->weekend_mask < 0)
        return REASON_NONE;
    unsigned weekend = c->weekend_mask < 0 ? country_weekend(c->country, c->subdivision, day)
                                           : (unsigned)c->weekend_mask;
    unsigned weekday = (unsigned)((day % 7 + 10) % 7); /* 1970-01-01 was a Thursday */
    return weekend & WEEKDAY_MASK(weekday) ? REASON_WEEKEND : REASON_NONE;
}

/* No day reaches into the next one: where the hour after midnight comes twice, a day that is open
 * until 24:00 ends before the first. */
static struct interval day_window(const struct calendar *c, int64_t day)
{
    int64_t closes = moment(c->zone, day * DAY_MS + c->closes_minute * MINUTE_MS, true);
    int64_t next_day = zone_day_start_ms(c->zone, day + 1);
    return (struct interval){.from_at_ms =
                                 moment(c->zone, day * DAY_MS + c->opens_minute * MINUTE_MS, false),
                             .to_at_ms = closes < next_day ? closes : next_day};
}

size_t calendar_windows(const struct calendar *c, int64_t from_at_ms, int64_t until_at_ms,
                        struct interval *out, size_t max)
{
    size_t count = 0;
    enum reason closed = REASON_HOURS;
    const struct holiday_table *table = public_holidays(c);
    int64_t last = zone_day(c->zone, until_at_ms);
    for (int64_t day = zone_day(c->zone, from_at_ms) - 1; day <= last; day++) {
        enum reason why = day_closed(c, table, day);
        if (why != REASON_NONE) {
            closed = why;
            continue;
        }
        struct interval w = day_window(c, day);
        if (w.from_at_ms >= until_at_ms)
            break;
        if (w.to_at_ms <= from_at_ms || w.to_at_ms <= w.from_at_ms) {
            closed = REASON_HOURS;
            continue;
        }
        if (count > 0 && w.from_at_ms <= out[count - 1].to_at_ms) {
            out[count - 1].to_at_ms = w.to_at_ms; /* open around midnight */
            continue;
        }
        if (count == max)
            break;
        w.closed_before = closed;
        out[count++] = w;
        closed = REASON_HOURS;
    }
    return count;
}

void calendar_holiday_names(const struct calendar *c, int64_t from_at_ms, int64_t until_at_ms,
                            struct buf *out)
{
    const struct holiday_table *table = public_holidays(c);
    const char *last = "";
    int named = 0;
    int64_t until = zone_day(c->zone, until_at_ms);
    for (int64_t day = zone_day(c->zone, from_at_ms); day < until; day++) {
        struct holiday h;
        if (kind_of(c, table, day, &h) != DAY_HOLIDAY || strcmp(h.name, last) == 0)
            continue;
        if (named == NAMED_MAX) {
            buf_adds(out, " and others");
            return;
        }
        buf_addf(out, "%s%s%s", named ? ", " : "", h.name, h.estimated ? " (date estimated)" : "");
        last = h.name;
        named++;
    }
}
