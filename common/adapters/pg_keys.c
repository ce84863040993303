#include "common/adapters/pg_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/banned.h"

#define KEY_COLUMNS_MAX 4
#define ARRAYS_MAX      20
#define ALIAS_MAX_BYTES 8
#define ARRAY_HEAD      20 /* dimensions, has-nulls, element type, length, lower bound */

/* The parameters that are compared: $1 is 0. */
struct keys {
    int columns[KEY_COLUMNS_MAX];
    int count;
    bool numbered; /* the number of the row is one of them: it never comes twice */
};

/* What may stand before an unnest within an UPDATE that is not read: it only asks whether there is
 * such a row, so it writes none twice. */
static const char *const only_asked[] = {"EXISTS (SELECT FROM ", "IN (SELECT * FROM "};

/* One unnest(…) AS alias(list). */
struct source {
    int params[ARRAYS_MAX];
    int params_count;
    char alias[ALIAS_MAX_BYTES];
    const char *list; /* behind its ( */
};

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static size_t name_bytes(const char *at)
{
    size_t n = 0;
    while (in_name(at[n]))
        n++;
    return n;
}

static bool begins(const char *at, const char *text)
{
    return strncmp(at, text, strlen(text)) == 0;
}

/* Number of the column `name` in the list behind "AS x(", -1 when it is not there. */
static int column_number(const char *list, const char *name, size_t bytes)
{
    for (int n = 0; *list && *list != ')'; n++) {
        list += strspn(list, ", ");
        size_t own = name_bytes(list);
        if (own == bytes && strncmp(list, name, bytes) == 0)
            return n;
        list += strcspn(list, ",)");
    }
    return -1;
}

/* Behind a name and its space; the end of the text where there is none. */
static const char *next_word(const char *at)
{
    at += name_bytes(at);
    return *at == ' ' ? at + 1 : at + strlen(at);
}

/* The next "UPDATE table [alias] SET", behind its UPDATE; "FOR UPDATE" and "DO UPDATE" are none. */
static const char *find_update(const char *sql)
{
    for (const char *at = sql; (at = strstr(at, "UPDATE "));) {
        at += strlen("UPDATE ");
        const char *word = next_word(at);
        if (begins(word, "SET ") || begins(next_word(word), "SET "))
            return at;
    }
    return NULL;
}

/* "$1::uuid[], $2::text[]) [WITH ORDINALITY ]AS x(", from behind the first ( on. */
static bool read_source(const char *at, struct source *ret)
{
    ret->params_count = 0;
    do {
        at += strspn(at, ", ");
        if (*at != '$' || ret->params_count == ARRAYS_MAX)
            return false;
        int number = 0;
        for (at++; isdigit((unsigned char)*at) && number < 1000; at++)
            number = number * 10 + (*at - '0');
        ret->params[ret->params_count++] = number - 1;
        at += strcspn(at, ",)");
    } while (*at == ',');
    if (!begins(at, ") "))
        return false;
    at += 2;
    if (begins(at, "WITH ORDINALITY "))
        at += strlen("WITH ORDINALITY ");
    if (!begins(at, "AS "))
        return false;
    at += strlen("AS ");
    size_t bytes = name_bytes(at);
    if (at[bytes] != '(' || bytes == 0 || bytes >= sizeof(ret->alias))
        return false;
    (void)snprintf(ret->alias, sizeof(ret->alias), "%.*s", (int)bytes, at);
    ret->list = at + bytes + 1;
    return true;
}

static bool is_only_asked(const char *sql, const char *unnest)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(only_asked); i++) {
        size_t bytes = strlen(only_asked[i]);
        if ((size_t)(unnest - sql) >= bytes && begins(unnest - bytes, only_asked[i]))
            return true;
    }
    return false;
}

/* The column of "x.id" at `at`, -1 = no column of the source. */
static int source_column(const struct source *s, const char *at)
{
    size_t alias = strlen(s->alias);
    if (strncmp(at, s->alias, alias) != 0 || at[alias] != '.')
        return -1;
    return column_number(s->list, at + alias + 1, name_bytes(at + alias + 1));
}

/* "table.column" of another table. */
static bool is_other_column(const struct source *s, const char *at)
{
    size_t table = name_bytes(at);
    return table > 0 && at[table] == '.' && name_bytes(at + table + 1) > 0 &&
           !(table == strlen(s->alias) && strncmp(at, s->alias, table) == 0);
}

/* Adds what the comparison around the " = " at `equals` says of the key. */
static void read_comparison(const struct source *s, const char *begin, const char *equals,
                            struct keys *ret)
{
    const char *left = equals;
    const char *right = equals + strlen(" = ");
    while (left > begin && (in_name(left[-1]) || left[-1] == '.'))
        left--;
    int n = is_other_column(s, left) ? source_column(s, right) : -1;
    if (n < 0 && is_other_column(s, right))
        n = source_column(s, left);
    if (n >= s->params_count)
        ret->numbered = true;
    else if (n >= 0 && ret->count < KEY_COLUMNS_MAX)
        ret->columns[ret->count++] = s->params[n];
}

/* The comparisons of the UPDATE's own WHERE, not of a sub-select's. */
static void read_where(const struct source *s, struct keys *ret)
{
    int depth = 1; /* within the list of columns */
    const char *where = NULL;
    for (const char *at = s->list; *at && depth >= 0; at++) {
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if (depth != 0)
            continue;
        if (begins(at, "WHERE "))
            where = at;
        else if (where && begins(at, " = "))
            read_comparison(s, where, at, ret);
    }
}

enum found { FOUND_NONE, FOUND_KEYS, FOUND_UNREAD };

/* The unnest behind `update` whose rows are written; two of them: *ret_two. */
static const char *find_unnest(const char *sql, const char *update, bool *ret_two)
{
    const char *own = NULL;
    for (const char *at = update; at && (at = strstr(at, "unnest(")); at++) {
        if (is_only_asked(sql, at))
            continue;
        *ret_two = *ret_two || own != NULL;
        own = at;
    }
    return own;
}

/* How many parentheses are open between two places. */
static int depth_of(const char *from, const char *to)
{
    int depth = 0;
    for (; from < to; from++)
        depth += *from == '(' ? 1 : *from == ')' ? -1 : 0;
    return depth;
}

/* "UPDATE … FROM unnest($1::uuid[], $2::text[]) AS x(id, status) WHERE c.id = x.id AND …" */
static enum found find_keys(const char *sql, struct keys *ret)
{
    bool two = false;
    const char *update = find_update(sql);
    const char *own = find_unnest(sql, update, &two);
    struct source source;
    *ret = (struct keys){.count = 0};
    if (!own)
        return FOUND_NONE;
    if (two || depth_of(update, own) != 0 || !begins(own - strlen("FROM "), "FROM ") ||
        !read_source(own + strlen("unnest("), &source))
        return FOUND_UNREAD;
    read_where(&source, ret);
    return ret->count > 0 || ret->numbered ? FOUND_KEYS : FOUND_UNREAD;
}

static int32_t get_i32(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (int32_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(char *const *)x, *(char *const *)y);
}

/* Each row's key as hexadecimal text, one after another; the array is the caller's. */
static char **make_keys(const struct keys *keys, const struct pg_params *params, int32_t rows)
{
    const char *at[KEY_COLUMNS_MAX];
    char **made = sam_xcalloc((size_t)rows + 1, sizeof(*made));
    for (int k = 0; k < keys->count; k++)
        at[k] = params->data.data + params->offsets[keys->columns[k]] + ARRAY_HEAD;
    for (int32_t row = 0; row < rows; row++) {
        struct buf text = BUF_INIT(1 << 16);
        for (int k = 0; k < keys->count; k++) {
            int32_t bytes = get_i32(at[k]);
            at[k] += 4;
            for (int32_t i = 0; i < bytes; i++)
                buf_addf(&text, "%02x", (unsigned char)at[k][i]);
            at[k] += bytes > 0 ? bytes : 0;
            buf_addc(&text, bytes < 0 ? '-' : '.');
        }
        made[row] = sam_xstrdup(buf_text(&text));
        buf_deinit(&text);
    }
    return made;
}

bool pg_keys_unique(const char *sql, const struct pg_params *params)
{
    struct keys keys;
    enum found found = find_keys(sql, &keys);
    if (found != FOUND_KEYS)
        return found == FOUND_NONE;
    if (!params || params->data.overflow || keys.numbered)
        return true;
    int32_t rows = 0;
    for (int k = 0; k < keys.count; k++) {
        int n = keys.columns[k];
        if (n < 0 || n >= params->count || params->lengths[n] < ARRAY_HEAD)
            return true; /* no array: Postgres will say what it thinks of it */
        rows = get_i32(params->data.data + params->offsets[n] + 12);
    }
    char **made = make_keys(&keys, params, rows);
    bool unique = true;
    if (rows > 1)
        qsort(made, (size_t)rows, sizeof(*made), by_text);
    for (int32_t i = 1; i < rows; i++)
        unique = unique && strcmp(made[i], made[i - 1]) != 0;
    for (int32_t i = 0; i < rows; i++)
        free(made[i]);
    free(made);
    return unique;
}

void pg_keys_check(const char *sql, const struct pg_params *params)
{
    if (pg_keys_unique(sql, params))
        return;
    (void)fprintf(stderr,
                  "BUG: a row is named twice, and Postgres takes either, or the key is not "
                  "understood (common/adapters/pg_keys.h): %s\n",
                  sql);
    abort();
}
