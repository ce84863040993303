#include "common/model/placeholder.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "common/base/utf8.h"
#include "common/model/foreign_syntax.h"
#include "common/model/invisible.h"

#include "common/base/banned.h"

#define VALUE_MAX_BYTES 200 /* what is longer is a text */

static const char *const words[] = {
    "null",
    "(null)",
    "<null>",
    "[null]",
    "undefined",
    "[undefined]",
    "none",
    "n/a",
    "#n/a",
    "n.a.",
    "#nv",
    "<na>",
    "nan",
    "\\n",
    "(none)",
    "(blank)",
    "[object object]",
    "#n/d",
    "(empty)",
    "loading...",
};

static bool is_word(const char *s)
{
    if (strcmp(s, "Nan") == 0) /* Nan Goldin; a program writes nan or NaN */
        return false;
    for (size_t i = 0; i < SAM_ARRAY_LEN(words); i++) {
        if (strcasecmp(s, words[i]) == 0)
            return true;
    }
    return false;
}

/* #REF! #DIV/0! #NAME? and what they are called in other languages. */
static bool is_spreadsheet_error(const char *s, size_t n)
{
    if (n < 4 || s[0] != '#' || !strchr("!?", s[n - 1]))
        return false;
    for (size_t i = 1; i + 1 < n; i++) {
        if (!isupper((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) && !strchr("/_", s[i]) &&
            !(s[i] & 0x80))
            return false;
    }
    return true;
}

/* "-", "...", "?" and dashes of other lengths. */
static bool is_marks(const char *s)
{
    static const char *const marks[] = {"-", ".", "?", "_", "/", "\xe2\x80\x93", "\xe2\x80\x94"};
    while (*s) {
        size_t bytes = 0;
        for (size_t i = 0; !bytes && i < SAM_ARRAY_LEN(marks); i++)
            bytes = strncmp(s, marks[i], strlen(marks[i])) == 0 ? strlen(marks[i]) : 0;
        if (!bytes)
            return false;
        s += bytes;
    }
    return true;
}

/* The whole of it is a variable that somebody's tool has not filled in. */
static bool is_variable(const char *s, size_t n)
{
    enum people_column column;
    if (s[0] != '{')
        return foreign_variable(s, &column) == n;
    size_t braces = s[1] == '{' ? 2 : 1;
    return n > 2 * braces && s[n - 1] == '}' &&
           foreign_name(s + braces, n - 2 * braces) < PEOPLE_COLUMN_N;
}

/* A copy without what cannot be seen around it; 0: too long, or no text at all. */
static size_t trimmed(const char *text, char value[VALUE_MAX_BYTES])
{
    if (!utf8_valid(text, strlen(text)))
        return 0;
    size_t n = invisible_trim(&text);
    if (n >= VALUE_MAX_BYTES)
        return 0;
    memcpy(value, text, n);
    value[n] = '\0';
    return n;
}

bool placeholder_value(const char *text)
{
    char value[VALUE_MAX_BYTES];
    size_t n = trimmed(text, value);
    return n > 0 && (is_word(value) || is_marks(value) || is_spreadsheet_error(value, n) ||
                     is_variable(value, n));
}

static bool is_address(const char *s)
{
    const char *at = strchr(s, '@');
    return at && at > s && !strpbrk(s, " \t") && strchr(at + 1, '.');
}

static bool is_url(const char *s)
{
    return strstr(s, "://") || strncasecmp(s, "www.", 4) == 0 || strcasestr(s, "linkedin.com/");
}

bool placeholder_name(const char *text)
{
    char value[VALUE_MAX_BYTES];
    return placeholder_value(text) ||
           (trimmed(text, value) > 0 &&
            (is_address(value) || is_url(value) || strcasecmp(value, "LinkedIn Member") == 0));
}
