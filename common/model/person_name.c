#include "common/model/person_name.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/model/fold.h"
#include "common/model/nickname.h"

#include "common/base/banned.h"

#define WORDS_MAX      24
#define WORD_MAX_BYTES 64
#define PART_LETTERS   3

/* Of a first or a last name. */
struct words {
    char text[WORDS_MAX][WORD_MAX_BYTES];
    size_t count;
    char alone[WORD_MAX_BYTES];  /* the last particle */
    char initials[WORDS_MAX][8]; /* letters that stand alone */
    size_t initials_count;
    bool comparable; /* all letters are of script, which is one that has first letters and parts */
    GUnicodeScript script;
};

/* Many people have them, so they say nothing of who it is. */
static const char *const honorifics[] = {
    "dr",  "prof", "mr",  "mrs", "ms", "herr", "frau", "ing", "dipl",
    "phd", "mba",  "msc", "bsc", "jr", "sr",   "ii",   "iii",
};
/* Beside another word they say as little; alone they are a name (Ben Miller, Minh Le). */
static const char *const particles[] = {
    "mag", "md", "von", "van", "der", "den", "de", "del", "della",
    "di",  "da", "dos", "la",  "le",  "al",  "el", "bin", "ben",
};

/* Letters that are another one with a stroke, which normalization does not take apart. */
static const char *plain(gunichar c)
{
    switch (c) {
    case 0xf8: /* ø */
        return "o";
    case 0x142: /* ł */
        return "l";
    case 0x111: /* đ */
        return "d";
    case 0x131: /* ı */
        return "i";
    case 0xe6: /* æ */
        return "a";
    case 0x153: /* œ */
        return "o";
    default:
        return NULL;
    }
}

static void add_letter(struct words *w, size_t *bytes, gunichar c)
{
    char letter[8];
    const char *text = plain(c);
    if (!text) {
        letter[g_unichar_to_utf8(c, letter)] = '\0';
        text = letter;
    }
    char *word = w->text[w->count];
    /* Müller, Mueller: an e behind a, o or u is an umlaut as often as not */
    if (strcmp(text, "e") == 0 && *bytes > 0 && strchr("aou", word[*bytes - 1]))
        return;
    size_t n = strlen(text);
    if (*bytes + n >= WORD_MAX_BYTES)
        return;
    memcpy(word + *bytes, text, n + 1);
    *bytes += n;
}

static bool is_among(const char *const *list, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, list[i]) == 0)
            return true;
    }
    return false;
}

static void end_word(struct words *w, size_t *bytes)
{
    char *word = w->text[w->count];
    if (g_utf8_strlen(word, -1) == 1 && w->initials_count < WORDS_MAX)
        memcpy(w->initials[w->initials_count++], word, *bytes + 1);
    else if (is_among(particles, SAM_ARRAY_LEN(particles), word))
        memcpy(w->alone, word, *bytes + 1);
    else if (*bytes > 0 && !is_among(honorifics, SAM_ARRAY_LEN(honorifics), word) &&
             w->count < WORDS_MAX - 1)
        w->count++;
    *bytes = 0;
    w->text[w->count][0] = '\0';
}

static void see_script(struct words *w, gunichar c)
{
    GUnicodeScript script = g_unichar_get_script(c);
    if (script == G_UNICODE_SCRIPT_INHERITED || script == G_UNICODE_SCRIPT_COMMON)
        return;
    if (w->script == G_UNICODE_SCRIPT_UNKNOWN)
        w->script = script;
    w->comparable = w->comparable && w->script == script &&
                    (script == G_UNICODE_SCRIPT_LATIN || script == G_UNICODE_SCRIPT_CYRILLIC ||
                     script == G_UNICODE_SCRIPT_GREEK);
}

/* The words of a name: folded, without accents; hyphens and dots part words. */
static void parse(struct words *w, const char *name)
{
    *w = (struct words){.comparable = true, .script = G_UNICODE_SCRIPT_UNKNOWN};
    char *folded = fold_text(name);
    size_t bytes = 0;
    for (const char *p = folded; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c == '\'' || c == 0x2019)
            continue;
        if (!g_unichar_isalpha(c)) {
            end_word(w, &bytes);
            continue;
        }
        see_script(w, c);
        add_letter(w, &bytes, c);
    }
    end_word(w, &bytes);
    if (w->count == 0 && w->alone[0])
        memcpy(w->text[w->count++], w->alone, sizeof(w->alone));
    free(folded);
}

static bool has_letters(const char *word)
{
    return g_utf8_strlen(word, -1) >= PART_LETTERS;
}

static bool begins(const char *text, const char *word)
{
    return has_letters(word) && strncmp(text, word, strlen(word)) == 0;
}

static bool contains(const char *text, const char *word)
{
    return has_letters(word) && strstr(text, word);
}

static bool has_word(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(w->text[i], word) == 0)
            return true;
    }
    return strcmp(w->alone, word) == 0;
}

/* The groups, parsed at first use so that their words are written as those of the names are, and
 * kept: a worker asks for every pair of words between two rounds of its loop. */
static const struct words *nickname_words(size_t *ret_count)
{
    static struct words groups[NICKNAME_GROUPS_MAX];
    static size_t count;
    const char *names;
    while ((names = nickname_group(count)))
        parse(&groups[count++], names);
    *ret_count = count;
    return groups;
}

static bool nicknames(const char *a, const char *b)
{
    size_t count;
    const struct words *groups = nickname_words(&count);
    for (size_t i = 0; i < count; i++) {
        if (has_word(&groups[i], a) && has_word(&groups[i], b))
            return true;
    }
    return false;
}

static bool alike(const char *a, const char *b)
{
    return strcmp(a, b) == 0 || begins(a, b) || begins(b, a);
}

/* What may be a form of the other name. */
static bool related(const char *a, const char *b)
{
    return alike(a, b) || contains(a, b) || contains(b, a) || nicknames(a, b);
}

typedef bool same_fn(const char *a, const char *b);

static bool share(const struct words *x, const struct words *y, same_fn *same)
{
    for (size_t i = 0; i < x->count; i++) {
        for (size_t j = 0; j < y->count; j++) {
            if (same(x->text[i], y->text[j]))
                return true;
        }
    }
    return false;
}

/* Of letters that one language writes for another one's (Yuri, Juri, Iouri). */
static gunichar first_sound(const char *word)
{
    static const char *const sounds[] = {"ckq", "ijygx", "vw", "ou", "sz"};
    gunichar c = g_utf8_get_char(word);
    for (size_t i = 0; i < SAM_ARRAY_LEN(sounds); i++) {
        if (c < 0x80 && c && strchr(sounds[i], (int)c))
            return (gunichar)sounds[i][0];
    }
    return c;
}

/* Letters to be changed, put in or left out to make one word of the other. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX_BYTES + 1];
    size_t columns = 0;
    for (const char *y = b; *y && columns < WORD_MAX_BYTES; y = g_utf8_next_char(y))
        columns++;
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (const char *x = a; *x; x = g_utf8_next_char(x)) {
        size_t before = row[0]++;
        const char *y = b;
        for (size_t j = 1; j <= columns; j++, y = g_utf8_next_char(y)) {
            size_t changed = before + (g_utf8_get_char(x) != g_utf8_get_char(y) ? 1 : 0);
            before = row[j];
            row[j] = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = changed < row[j] ? changed : row[j];
        }
    }
    return row[columns];
}

/* One name by the spelling of two languages: at most a third of the letters differs. */
static bool spelled(const char *a, const char *b)
{
    glong m = g_utf8_strlen(a, -1);
    glong n = g_utf8_strlen(b, -1);
    return first_sound(a) == first_sound(b) && distance(a, b) * 3 <= (size_t)(m > n ? m : n);
}

static bool has_initial(const struct words *w, const struct words *of)
{
    for (size_t i = 0; i < w->initials_count; i++) {
        for (size_t j = 0; j < of->count + of->initials_count; j++) {
            const char *word = j < of->count ? of->text[j] : of->initials[j - of->count];
            if (first_sound(w->initials[i]) == first_sound(word))
                return true;
        }
    }
    return false;
}

/* The same name, or nothing speaks against it. */
static bool may_be(const struct words *x, const struct words *y)
{
    return share(x, y, related) || share(x, y, spelled) || has_initial(x, y) || has_initial(y, x);
}

struct name {
    struct words first;
    struct words last;
};

/* Is what one says as the first name in the other's last name, and its own last name there too?
 * (The last name was written first, or the names are parted at another place.) */
static bool moved(const struct name *one, const struct name *other)
{
    return share(&one->first, &other->last, related) &&
           (share(&one->last, &other->first, alike) || share(&one->last, &other->last, alike));
}

/* Both first names are given and have nothing to do with each other: of a family, or by chance. */
static bool first_differs(const struct name *meant, const struct name *found)
{
    return meant->first.count > 0 && found->first.count > 0 && found->last.count > 0 &&
           !may_be(&meant->first, &found->first) && !moved(meant, found) && !moved(found, meant);
}

/* Only a first name is known: the profile has it nowhere. */
static bool first_is_missing(const struct name *meant, const struct name *found)
{
    return found->first.count > 0 && found->last.count > 0 &&
           !may_be(&meant->first, &found->first) && !may_be(&meant->first, &found->last);
}

static bool nothing_shared(const struct name *meant, const struct name *found)
{
    return !share(&meant->first, &found->first, alike) &&
           !share(&meant->first, &found->last, alike) &&
           !share(&meant->last, &found->first, alike) && !share(&meant->last, &found->last, alike);
}

static bool one_script(const struct name *n, GUnicodeScript *ret_script)
{
    bool parts = n->first.script == n->last.script || !n->first.count || !n->last.count;
    *ret_script = n->first.count ? n->first.script : n->last.script;
    return parts && n->first.comparable && n->last.comparable;
}

bool person_name_differs(const char *first, const char *last, const char *profile_first,
                         const char *profile_last)
{
    struct name meant;
    struct name found;
    GUnicodeScript meant_script;
    GUnicodeScript found_script;
    parse(&meant.first, first);
    parse(&meant.last, last);
    parse(&found.first, profile_first);
    parse(&found.last, profile_last);
    if (meant.first.count == 0 || found.first.count + found.last.count == 0 ||
        !one_script(&meant, &meant_script) || !one_script(&found, &found_script) ||
        meant_script != found_script)
        return false;
    if (meant.last.count == 0)
        return g_utf8_validate(last, -1, NULL) && first_is_missing(&meant, &found);
    return nothing_shared(&meant, &found) || first_differs(&meant, &found);
}
