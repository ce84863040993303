#include "common/model/foreign_syntax.h"

#include <string.h>

#include "common/base/banned.h"

#define NAME_MAX_BYTES 60

static const struct {
    const char *open;
    const char *close;
    bool any_name; /* nobody writes these marks for another purpose */
    bool tight;    /* no blank inside the marks: they stand in ordinary texts too */
} forms[] = {
    {"*|", "|*", true, false},
    {"${{", "}}", false, false},
    {"${", "}", false, false},
    {"[", "]", false, false},
    {"<", ">", false, false},
    {"%", "%", false, true},
    {"\xc2\xab", "\xc2\xbb", false, false},
    {"#", "#", false, true},
    {"__", "__", false, true},
};

/* Names in normal form that are nobody's column in people_column.h. */
static const struct {
    const char *name;
    enum people_column column;
} other_names[] = {
    {"fname", PEOPLE_FIRST_NAME},     {"forename", PEOPLE_FIRST_NAME},
    {"givenname", PEOPLE_FIRST_NAME}, {"name", PEOPLE_FIRST_NAME},
    {"fullname", PEOPLE_FIRST_NAME},  {"vorname", PEOPLE_FIRST_NAME},
    {"lname", PEOPLE_LAST_NAME},      {"surname", PEOPLE_LAST_NAME},
    {"nachname", PEOPLE_LAST_NAME},   {"familyname", PEOPLE_LAST_NAME},
    {"organization", PEOPLE_COMPANY}, {"firma", PEOPLE_COMPANY},
};

static bool is_variable(enum people_column column)
{
    return column == PEOPLE_FIRST_NAME || column == PEOPLE_LAST_NAME || column == PEOPLE_COMPANY ||
           column == PEOPLE_TITLE;
}

enum people_column foreign_name(const char *name, size_t n)
{
    if (n > NAME_MAX_BYTES)
        return PEOPLE_COLUMN_N;
    SAM_CLEANUP(freep) char *whole = sam_xcalloc(n + 1, 1);
    memcpy(whole, name, n);
    const char *dot = strrchr(whole, '.'); /* contact.first_name */
    SAM_CLEANUP(freep) char *normal = people_column_normal(dot ? dot + 1 : whole);
    enum people_column column = people_column_find(normal, NULL);
    if (is_variable(column))
        return column;
    for (size_t i = 0; i < SAM_ARRAY_LEN(other_names); i++) {
        if (strcmp(other_names[i].name, normal) == 0)
            return other_names[i].column;
    }
    return PEOPLE_COLUMN_N;
}

static bool tight(const char *s, size_t n)
{
    return n > 0 && !strchr(" \t", s[0]) && !strchr(" \t", s[n - 1]);
}

size_t foreign_variable(const char *s, enum people_column *ret_column)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(forms); i++) {
        size_t open = strlen(forms[i].open);
        if (strncmp(s, forms[i].open, open) != 0)
            continue;
        const char *inside = s + open;
        const char *end = memmem(inside, strnlen(inside, NAME_MAX_BYTES + 2), forms[i].close,
                                 strlen(forms[i].close)); /* near: long texts are read once */
        size_t n = end ? (size_t)(end - inside) : 0;
        if (n == 0 || memchr(inside, '\n', n))
            continue;
        const char *bar = memchr(inside, '|', n); /* a fallback may follow */
        enum people_column column = foreign_name(inside, bar ? (size_t)(bar - inside) : n);
        if (!forms[i].any_name &&
            (column == PEOPLE_COLUMN_N || (forms[i].tight && !tight(inside, n))))
            continue;
        *ret_column = column;
        return open + n + strlen(forms[i].close);
    }
    return 0;
}
