#include "common/model/fold.h"

#include <glib.h>
#include <stdlib.h>

#include "common/base/buf.h"

#include "common/base/banned.h"

char *fold_text(const char *text)
{
    struct buf out = BUF_INIT(1 << 20);
    char *folded = g_utf8_validate(text, -1, NULL) ? g_utf8_casefold(text, -1) : g_strdup("");
    char *apart = g_utf8_normalize(folded, -1, G_NORMALIZE_ALL);
    for (const char *p = apart ? apart : ""; *p; p = g_utf8_next_char(p)) {
        if (!g_unichar_ismark(g_utf8_get_char(p)))
            buf_add(&out, p, (size_t)(g_utf8_next_char(p) - p));
    }
    g_free(apart);
    g_free(folded);
    char *made = sam_xstrdup(buf_text(&out));
    buf_deinit(&out);
    return made;
}

char *fold_words(const char *text)
{
    struct buf out = BUF_INIT(1 << 20);
    char *folded = fold_text(text);
    bool blank = true;
    buf_addc(&out, ' ');
    for (const char *p = folded; *p; p = g_utf8_next_char(p)) {
        bool in_word = g_unichar_isalnum(g_utf8_get_char(p));
        if (in_word)
            buf_add(&out, p, (size_t)(g_utf8_next_char(p) - p));
        else if (!blank)
            buf_addc(&out, ' ');
        blank = !in_word;
    }
    if (!blank)
        buf_addc(&out, ' ');
    free(folded);
    char *made = sam_xstrdup(buf_text(&out));
    buf_deinit(&out);
    return made;
}
