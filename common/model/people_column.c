#include "common/model/people_column.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/utf8.h"

#include "common/base/banned.h"

#define NAME_ROW(id, name, others) {name, others},
static const struct {
    const char *name;
    const char *others;
} known[] = {PEOPLE_COLUMN_MAP(NAME_ROW)};
#undef NAME_ROW

const char *people_column_name(enum people_column column)
{
    return column < PEOPLE_COLUMN_N ? known[column].name : "?";
}

/* What separates the words of a name, and what nobody sees in it. */
static bool no_part_of_a_name(gunichar c)
{
    return c == '_' || c == '-' || c == '.' || g_unichar_isspace(c) || g_unichar_iscntrl(c) ||
           g_unichar_type(c) == G_UNICODE_FORMAT;
}

char *people_column_normal(const char *name)
{
    size_t n = strlen(name);
    if (!utf8_valid(name, n))
        return sam_xstrdup(name);
    struct buf kept SAM_CLEANUP(buf_deinit) = BUF_INIT(n + 1);
    for (const char *p = name; *p; p = g_utf8_next_char(p)) {
        if (!no_part_of_a_name(g_utf8_get_char(p)))
            buf_add(&kept, p, (size_t)(g_utf8_next_char(p) - p));
    }
    char *lower = g_utf8_strdown(buf_text(&kept), -1);
    char *composed = g_utf8_normalize(lower, -1, G_NORMALIZE_NFC);
    char *normal = sam_xstrdup(composed ? composed : lower);
    g_free(composed);
    g_free(lower);
    return normal;
}

bool people_column_same(const char *a, const char *b)
{
    SAM_CLEANUP(freep) char *normal_a = people_column_normal(a);
    SAM_CLEANUP(freep) char *normal_b = people_column_normal(b);
    return strcmp(normal_a, normal_b) == 0;
}

enum people_column people_column_find(const char *name, bool *ret_own_name)
{
    SAM_CLEANUP(freep) char *normal = people_column_normal(name);
    SAM_CLEANUP(freep) char *word = sam_xasprintf(" %s ", normal);
    for (size_t i = 0; *normal && i < PEOPLE_COLUMN_N; i++) {
        bool own_name = people_column_same(known[i].name, normal);
        if (!own_name && !strstr(known[i].others, word))
            continue;
        if (ret_own_name)
            *ret_own_name = own_name;
        return (enum people_column)i;
    }
    return PEOPLE_COLUMN_N;
}
