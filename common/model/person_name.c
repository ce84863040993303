#include "common/model/person_name.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/model/fold.h"

#include "common/base/banned.h"

#define WORDS_MAX      12
#define WORD_MAX_BYTES 64
#define PREFIX_LETTERS 3

struct words {
    char text[WORDS_MAX][WORD_MAX_BYTES];
    size_t count;
    bool latin; /* all letters are */
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

static void end_word(struct words *w, size_t *bytes)
{
    if (*bytes > 1 && w->count < WORDS_MAX - 1) /* an initial says nothing */
        w->count++;
    *bytes = 0;
    w->text[w->count][0] = '\0';
}

/* Adds the words of a name: folded, without accents; hyphens and dots part words. */
static void add_words(struct words *w, const char *name)
{
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
        w->latin = w->latin && g_unichar_get_script(c) == G_UNICODE_SCRIPT_LATIN;
        add_letter(w, &bytes, c);
    }
    end_word(w, &bytes);
    free(folded);
}

static bool begins(const char *text, const char *word)
{
    return strlen(word) >= PREFIX_LETTERS && strncmp(text, word, strlen(word)) == 0;
}

static bool share(const struct words *x, const struct words *y)
{
    for (size_t i = 0; i < x->count; i++) {
        for (size_t j = 0; j < y->count; j++) {
            if (strcmp(x->text[i], y->text[j]) == 0 || begins(x->text[i], y->text[j]) ||
                begins(y->text[j], x->text[i]))
                return true;
        }
    }
    return false;
}

bool person_name_differs(const char *first, const char *last, const char *profile_first,
                         const char *profile_last)
{
    struct words meant = {.latin = true};
    struct words found = {.latin = true};
    add_words(&meant, first);
    bool has_first = meant.count > 0;
    add_words(&meant, last);
    bool has_last = has_first && meant.count > 1;
    add_words(&found, profile_first);
    add_words(&found, profile_last);
    return has_last && found.count > 0 && meant.latin && found.latin && !share(&meant, &found);
}
