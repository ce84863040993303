#include "common/adapters/pg_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/banned.h"

#define KEY_COLUMNS_MAX 4
#define ARRAY_HEAD      20 /* dimensions, has-nulls, element type, length, lower bound */

/* The arrays that are compared: $1 of unnest is 0. */
struct keys {
    int columns[KEY_COLUMNS_MAX];
    int count;
};

/* Number of the column `name` in the list behind "AS x(", -1 when it is not there. */
static int column_number(const char *list, const char *name, size_t name_bytes)
{
    for (int n = 0; *list && *list != ')'; n++) {
        list += strspn(list, ", ");
        size_t bytes = strcspn(list, ",) ");
        if (bytes == name_bytes && strncmp(list, name, bytes) == 0)
            return n;
        list += bytes;
        list += strspn(list, " ");
    }
    return -1;
}

/* "… FROM unnest($1::uuid[], $2::text[]) AS x(id, status) WHERE c.id = x.id AND …" */
static bool find_keys(const char *sql, struct keys *ret)
{
    const char *from = strstr(sql, "FROM unnest($1");
    const char *as = from ? strstr(from, " AS ") : NULL;
    const char *list = as ? strchr(as, '(') : NULL;
    const char *where = list ? strstr(list, "WHERE ") : NULL;
    if (!where || !strstr(sql, "UPDATE ") || strstr(sql, "UPDATE ") > from)
        return false;
    char equals[16];
    size_t alias = strcspn(as + 4, "(");
    if (alias + 5 > sizeof(equals))
        return false;
    (void)snprintf(equals, sizeof(equals), "= %.*s.", (int)alias, as + 4);
    ret->count = 0;
    for (const char *at = where; (at = strstr(at, equals)) && ret->count < KEY_COLUMNS_MAX;) {
        at += strlen(equals);
        size_t bytes = 0;
        while (isalnum((unsigned char)at[bytes]) || at[bytes] == '_')
            bytes++;
        int n = column_number(list + 1, at, bytes);
        if (n >= 0)
            ret->columns[ret->count++] = n;
    }
    return ret->count > 0;
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
    if (!params || params->data.overflow || !find_keys(sql, &keys))
        return true;
    int32_t rows = 0;
    for (int k = 0; k < keys.count; k++) {
        int n = keys.columns[k];
        if (n >= params->count || params->lengths[n] < ARRAY_HEAD)
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
    (void)fprintf(stderr, "BUG: a row is named twice, Postgres takes either: %s\n", sql);
    abort();
}
