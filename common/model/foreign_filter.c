#include "common/model/foreign_filter.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/base/attr.h"

#include "common/base/banned.h"

static const char *const quotes[] = {
    "\"", "'", "`", "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x98", "\xe2\x80\x99"};

/* with_value: a filter only when a value follows, as in `first: 1`; without one it is a word. */
static const struct {
    const char *name;
    bool with_value;
} filters[] = {
    {"default", true},     {"fallback", true},   {"truncate", true},        {"append", true},
    {"prepend", true},     {"replace", true},    {"default_if_none", true}, {"capitalize", false},
    {"capitalise", false}, {"capfirst", false},  {"upcase", false},         {"downcase", false},
    {"uppercase", false},  {"lowercase", false}, {"upper", false},          {"lower", false},
    {"titlecase", false},  {"titleize", false},  {"trim", false},           {"strip", false},
    {"escape", false},     {"ucfirst", false},   {"propercase", false},
};

static size_t quote_at(const char *s)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(quotes); i++) {
        size_t n = strlen(quotes[i]);
        if (strncmp(s, quotes[i], n) == 0)
            return n;
    }
    return 0;
}

/* What stands between the first quote and the next one, which must be there. */
static bool quoted(const char *s, struct buf *ret_meant)
{
    size_t open = quote_at(s);
    if (!open)
        return false;
    for (const char *p = s + open; *p; p++) {
        size_t close = quote_at(p);
        if (!close || (p[close] && isalpha((unsigned char)p[close]))) /* the team's lead */
            continue;
        buf_add(ret_meant, s + open, (size_t)(p - s) - open);
        return true;
    }
    return false;
}

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, " \t");
}

/* One filter; what it says as a fallback goes to ret_meant. */
static bool is_filter(const char *s, struct buf *ret_meant)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    for (size_t i = 0; i < SAM_ARRAY_LEN(filters); i++) {
        if (strlen(filters[i].name) != n || strncasecmp(s, filters[i].name, n) != 0)
            continue;
        const char *rest = skip_blanks(s + n);
        bool value = *rest == ':' || *rest == '(' || *rest == '=';
        if (value)
            (void)quoted(skip_blanks(rest + 1), ret_meant);
        return value || (!filters[i].with_value && (*rest == '\0' || *rest == '|'));
    }
    return false;
}

bool foreign_filter(const char *fallback, struct buf *ret_meant)
{
    buf_reset(ret_meant);
    const char *s = skip_blanks(fallback);
    const char *bar = strchr(s, '|');
    if (quoted(s, ret_meant) || is_filter(s, ret_meant))
        return true;
    if (!bar)
        return false;
    /* "||there", "there|capitalize": one bar is a fallback, a second one is another tool's */
    const char *meant = bar == s ? skip_blanks(bar + 1) : s;
    buf_add(ret_meant, meant, strcspn(meant, "|"));
    return true;
}
