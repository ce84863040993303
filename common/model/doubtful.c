#include "common/model/doubtful.h"

#include <glib.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/utf8.h"
#include "common/model/placeholder.h"

#include "common/base/banned.h"

#define ENTITY_MAX_BYTES 10
#define WORD_MAX_BYTES   20
#define CAPITALS_MIN     3 /* AJ is a name */

/* "&#39;", "&amp;" */
static bool has_entity(const char *s)
{
    while ((s = strchr(s, '&'))) {
        size_t n = strspn(s + 1, "#abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        if (n >= 2 && n <= ENTITY_MAX_BYTES && s[1 + n] == ';')
            return true;
        s++;
    }
    return false;
}

/* What the second byte of a UTF-8 letter is, read as Windows-1252 or Latin-1. */
static bool is_second_byte(gunichar c)
{
    static const gunichar windows[] = {0x20AC, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                       0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x017D, 0x2018,
                                       0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC,
                                       0x2122, 0x0161, 0x203A, 0x0153, 0x017E, 0x0178};
    for (size_t i = 0; i < SAM_ARRAY_LEN(windows); i++) {
        if (windows[i] == c)
            return true;
    }
    return c >= 0x80 && c <= 0xBF;
}

/* "Ã©" for é, "â€™" for an apostrophe, U+FFFD for what could not be read at all. */
static bool is_mojibake(const char *s)
{
    for (; *s; s = g_utf8_next_char(s)) {
        gunichar c = g_utf8_get_char(s);
        gunichar next = g_utf8_get_char(g_utf8_next_char(s));
        bool first_byte = (c >= 0xC2 && c <= 0xC5) || c == 0xD0 || c == 0xD1;
        if (c == 0xFFFD || (first_byte && is_second_byte(next)) || (c == 0xE2 && next == 0x20AC))
            return true;
    }
    return false;
}

const char *doubtful_text(const char *text)
{
    if (!text || !*text)
        return NULL;
    if (!utf8_valid(text, strlen(text)))
        return "bytes that are not UTF-8";
    if (has_entity(text))
        return "an HTML entity";
    return is_mojibake(text) ? "broken characters" : NULL;
}

/* A word of the name is a form of address or a degree: "Dr.", "PhD". */
static bool has_title(const char *s)
{
    static const char *const titles[] = {"dr",  "prof", "mr",  "mrs", "ms", "herr", "frau", "dipl",
                                         "phd", "mba",  "msc", "bsc", "sr", "jr",   "drs",  "doc"};
    while (*s) {
        char word[WORD_MAX_BYTES];
        size_t used = 0;
        s += strspn(s, " ,-");
        for (; *s && !strchr(" ,-", *s); s++) {
            if (*s != '.' && used + 1 < sizeof(word))
                word[used++] = *s;
        }
        word[used] = '\0';
        for (size_t i = 0; i < SAM_ARRAY_LEN(titles); i++) {
            if (g_ascii_strcasecmp(word, titles[i]) == 0)
                return true;
        }
    }
    return false;
}

struct letters {
    size_t all;
    size_t upper;
    size_t lower;
    const char *odd; /* a character that is in no name */
};

static const char *odd_character(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    if (g_unichar_isdigit(c))
        return "a digit";
    if (c < 0x80 && !g_unichar_isalpha(c))
        return strchr(" -.'`", (int)c) ? NULL : "a character that is in no name";
    return type == G_UNICODE_OTHER_SYMBOL || type == G_UNICODE_MODIFIER_SYMBOL ||
                   type == G_UNICODE_PRIVATE_USE || type == G_UNICODE_UNASSIGNED ||
                   type == G_UNICODE_MATH_SYMBOL || c == 0xFE0F
               ? "an emoji or symbol"
               : NULL;
}

static struct letters count_letters(const char *s)
{
    struct letters l = {.all = 0};
    for (; *s; s = g_utf8_next_char(s)) {
        gunichar c = g_utf8_get_char(s);
        l.all += g_unichar_isalpha(c) ? 1 : 0;
        l.upper += g_unichar_isupper(c) ? 1 : 0;
        l.lower += g_unichar_islower(c) ? 1 : 0;
        if (!l.odd)
            l.odd = odd_character(c);
    }
    return l;
}

const char *doubtful_name(const char *name)
{
    const char *broken = doubtful_text(name);
    if (broken || !name || !*name)
        return broken;
    if (placeholder_name(name))
        return "a value that no human has: it counts as empty";
    if (has_title(name))
        return "a title";
    struct letters l = count_letters(name);
    if (l.odd)
        return l.odd;
    if (l.upper >= CAPITALS_MIN && l.lower == 0)
        return "only capitals";
    if (l.lower > 0 && l.upper == 0)
        return "no capital";
    return l.all == 1 && l.upper == 1 ? "only an initial" : NULL;
}
