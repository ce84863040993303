#include "common/model/text_limit.h"

#include <glib.h>
#include <string.h>

#include "common/base/utf8.h"

#include "common/base/banned.h"

bool text_limit_note(const char *message_type)
{
    return strcmp(message_type, NOTE_MESSAGE_TYPE) == 0;
}

size_t text_limit_max(const char *message_type, enum account_plan plan)
{
    if (!text_limit_note(message_type))
        return MESSAGE_LENGTH_MAX;
    switch (plan) {
    case PLAN_PREMIUM:
    case PLAN_SALES_NAVIGATOR:
    case PLAN_RECRUITER:
        return NOTE_LENGTH_MAX_PAID;
    case PLAN_FREE:
    case ACCOUNT_PLAN_N:
        break;
    }
    return NOTE_LENGTH_MAX_FREE;
}

size_t text_limit_length(const char *text, size_t n)
{
    return utf8_utf16_units(text, n);
}

/* ---- the cut --------------------------------------------------------------------------------- */

/* What the walk over a text has seen just before. */
struct walk {
    gunichar before;
    size_t regions; /* letters of flags in a row: two of them are one */
};

static bool between(gunichar c, gunichar from, gunichar to)
{
    return c >= from && c <= to;
}

/* The rules of a grapheme cluster (UAX 29) that matter in notes; in doubt it is not cut there. */
static bool belongs_to_before(const struct walk *w, gunichar c)
{
    if (w->before == 0x200d || c == 0x200d || c == 0x200c) /* joiners: families, ZWNJ */
        return true;
    if (g_unichar_ismark(c) || between(c, 0x1f3fb, 0x1f3ff) || between(c, 0xe0020, 0xe007f))
        return true; /* accents, variation selectors; skins; the tags of a flag */
    if (between(c, 0x1160, 0x11ff) || between(c, 0xff9e, 0xff9f))
        return true; /* the rest of a Hangul syllable, marks of half-width kana */
    if (g_unichar_combining_class(w->before) == 9) /* a virama binds the next consonant */
        return true;
    return between(c, 0x1f1e6, 0x1f1ff) && w->regions % 2 == 1;
}

static void step_on(struct walk *w, gunichar c)
{
    w->regions = between(c, 0x1f1e6, 0x1f1ff) ? w->regions + 1 : 0;
    w->before = c;
}

static bool blank_at(const struct buf *text, size_t at)
{
    return at == text->len || strchr(" \n\t", text->data[at]);
}

/* The bytes of text to keep so that their length is at most room: up to the last word's end, or, if
 * that is less than half of it (a long word, a script without blanks), the last whole character. */
static size_t bytes_to_keep(const struct buf *text, size_t room)
{
    struct walk walk = {0};
    size_t length = 0;
    size_t whole = 0;
    size_t word = 0;
    size_t word_length = 0;
    for (size_t at = 0; at < text->len && length <= room;) {
        gunichar c = g_utf8_get_char(text->data + at);
        if (!belongs_to_before(&walk, c)) {
            whole = at;
            if (at > 0 && blank_at(text, at) && !blank_at(text, at - 1)) {
                word = at;
                word_length = length;
            }
        }
        step_on(&walk, c);
        size_t bytes = utf8_sequence_bytes(text->data + at, text->len - at);
        length += text_limit_length(text->data + at, bytes);
        at += bytes;
    }
    return 2 * word_length >= room ? word : whole;
}

void text_limit_cut(struct buf *text, size_t max)
{
    static const char dots[] = "\xe2\x80\xa6";
    if (text_limit_length(buf_text(text), text->len) <= max)
        return;
    size_t keep = max > 0 ? bytes_to_keep(text, max - 1) : 0;
    while (keep > 0 && strchr(" \n\t,;:", text->data[keep - 1]))
        keep--;
    text->len = keep;
    text->data[keep] = '\0';
    if (keep > 0)
        buf_adds(text, dots);
}
