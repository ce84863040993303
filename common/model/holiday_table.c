#include "common/model/holiday_table.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/embed.h"

#include "common/base/banned.h"

#define EPOCH_JULIAN 719163 /* 1970-01-01 as GLib counts days */
#define FIRST_YEAR   2025
#define LAST_YEAR    2035
#define NOWHERE      "-" /* the country, where no subdivision is named */

extern const struct embedded_file holiday_files[];

enum column { COL_COUNTRY, COL_WHERE, COL_KIND, COL_DAYS, COL_NAME, COLUMNS };

struct entry {
    int64_t day;
    enum day_kind kind;
    struct holiday holiday;
};

struct holiday_table {
    GArray *entries;     /* struct entry, by day */
    GStringChunk *names; /* of the holidays */
};

struct country {
    GPtrArray *lines;   /* char **, COLUMNS columns each */
    char *subdivisions; /* "BB,BE"; owned */
    char *shown;        /* "BB, BE"; owned */
};

static GHashTable *countries; /* code -> struct country */
static GHashTable *tables;    /* "DE" or "DE-BY" -> struct holiday_table */

static void country_free(gpointer p)
{
    struct country *c = p;
    g_ptr_array_unref(c->lines);
    g_free(c->subdivisions);
    g_free(c->shown);
    free(c);
}

static void table_free(gpointer p)
{
    struct holiday_table *t = p;
    g_array_unref(t->entries);
    g_string_chunk_free(t->names);
    free(t);
}

static void strings_free(gpointer p)
{
    g_strfreev(p);
}

static struct country *country_of(const char *code)
{
    struct country *c = g_hash_table_lookup(countries, code);
    if (c)
        return c;
    c = sam_xcalloc(1, sizeof(*c));
    c->lines = g_ptr_array_new_with_free_func(strings_free);
    c->subdivisions = g_strdup("");
    c->shown = g_strdup("");
    (void)g_hash_table_insert(countries, g_strdup(code), c);
    return c;
}

static void read_subdivisions(struct country *c, const char *list)
{
    char **codes = g_strsplit(list, ",", -1);
    g_free(c->subdivisions);
    g_free(c->shown);
    c->subdivisions = g_strdup(list);
    c->shown = g_strjoinv(", ", codes);
    g_strfreev(codes);
}

static void read_line(const char *text, size_t bytes)
{
    char *line = g_strndup(text, bytes);
    char **columns = g_strsplit(line, "\t", COLUMNS);
    g_free(line);
    if (text[0] == '#' || g_strv_length(columns) != COLUMNS) {
        g_strfreev(columns);
        return;
    }
    struct country *c = country_of(columns[COL_COUNTRY]);
    if (columns[COL_KIND][0] == 's')
        read_subdivisions(c, columns[COL_WHERE]);
    g_ptr_array_add(c->lines, columns);
}

/* Read once: which countries a SAM writes to is not known before. (Not g_strsplit() of all of it:
 * with a sanitizer its strstr() looks at the rest of the text for each line, a quarter of a second
 * of every samctl in the tests.) */
static void load(void)
{
    if (countries)
        return;
    countries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, country_free);
    tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, table_free);
    for (const char *at = (const char *)holiday_files[0].bytes; *at;) {
        size_t bytes = strcspn(at, "\n");
        read_line(at, bytes);
        at += bytes + (at[bytes] == '\n');
    }
}

void holiday_tables_clear(void)
{
    if (!countries)
        return;
    g_hash_table_destroy(countries);
    g_hash_table_destroy(tables);
    countries = NULL;
    tables = NULL;
}

/* ---- one table ------------------------------------------------------------------------------ */

static bool has(const char *list, const char *code)
{
    size_t n = strlen(code);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, code, n) == 0 && (at[n] == ',' || at[n] == '\0'))
            return true;
    }
    return false;
}

static int64_t day_of(long year, const char *month_day)
{
    GDate date;
    unsigned long month = strtoul(month_day, NULL, 10);
    unsigned long day = strtoul(month_day + 3, NULL, 10);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    return (int64_t)g_date_get_julian(&date) - EPOCH_JULIAN;
}

static void add(struct holiday_table *t, const char *const *columns, int64_t day)
{
    const char *kind = columns[COL_KIND];
    struct entry e = {.day = day,
                      .kind = kind[0] == 'w' ? DAY_WORKED : DAY_HOLIDAY,
                      .holiday = {.name = g_string_chunk_insert_const(t->names, columns[COL_NAME]),
                                  .estimated = kind[0] == 'e'}};
    g_array_append_val(t->entries, e);
}

/* "MM-DD" of every year, or "YYYY-MM-DD YYYY-MM-DD …". */
static void add_days(struct holiday_table *t, const char *const *columns)
{
    const char *text = columns[COL_DAYS];
    if (strlen(text) == strlen("MM-DD")) {
        for (long year = FIRST_YEAR; year <= LAST_YEAR; year++)
            add(t, columns, day_of(year, text));
        return;
    }
    char **dates = g_strsplit(text, " ", -1);
    for (size_t i = 0; dates[i]; i++)
        add(t, columns, day_of(strtol(dates[i], NULL, 10), dates[i] + strlen("YYYY-")));
    g_strfreev(dates);
}

/* Of two on one day a holiday goes before a day that is worked: in doubt nothing is sent. */
static int by_day(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

static struct holiday_table *make(const struct country *c, const char *subdivision)
{
    struct holiday_table *t = sam_xcalloc(1, sizeof(*t));
    t->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    t->names = g_string_chunk_new(1024);
    for (guint i = 0; c && i < c->lines->len; i++) {
        const char *const *columns = g_ptr_array_index(c->lines, i);
        const char *where = columns[COL_WHERE];
        if (columns[COL_KIND][0] != 's' &&
            (strcmp(where, "*") == 0 || has(where, *subdivision ? subdivision : NOWHERE)))
            add_days(t, columns);
    }
    g_array_sort(t->entries, by_day);
    return t;
}

const struct holiday_table *holiday_table_find(const char *country, const char *subdivision)
{
    size_t n = strlen(country);
    if (strncmp(subdivision, country, n) == 0 && subdivision[n] == '-' && subdivision[n + 1])
        subdivision += n + 1;
    load();
    char *key = g_strdup_printf("%s-%s", country, subdivision);
    struct holiday_table *t = g_hash_table_lookup(tables, key);
    const struct country *c = g_hash_table_lookup(countries, country);
    bool known =
        !*subdivision || (c && !strchr(subdivision, ',') && has(c->subdivisions, subdivision));
    if (t || !known) {
        g_free(key);
        return t;
    }
    t = make(c, subdivision);
    (void)g_hash_table_insert(tables, key, t);
    return t;
}

enum day_kind holiday_table_day(const struct holiday_table *t, int64_t day, struct holiday *ret)
{
    guint low = 0;
    guint high = t->entries->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(t->entries, struct entry, middle).day < day)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == t->entries->len || g_array_index(t->entries, struct entry, low).day != day)
        return DAY_USUAL;
    const struct entry *e = &g_array_index(t->entries, struct entry, low);
    if (ret)
        *ret = e->holiday;
    return e->kind;
}

bool holiday_country_known(const char *country)
{
    load();
    return g_hash_table_contains(countries, country);
}

const char *holiday_subdivisions(const char *country)
{
    load();
    const struct country *c = g_hash_table_lookup(countries, country);
    return c ? c->shown : "";
}
