#include "common/policy/reconcile.h"

#include <string.h>

#include "common/base/banned.h"

/* Blanks as people and networks write them; the no-break space is two bytes. */
static const char *next_seen(const char *text)
{
    while (*text) {
        if (strchr(" \t\r\n", *text))
            text++;
        else if (strncmp(text, "\xc2\xa0", 2) == 0)
            text += 2;
        else
            break;
    }
    return text;
}

bool reconcile_same_text(const char *a, const char *b)
{
    for (;;) {
        a = next_seen(a);
        b = next_seen(b);
        if (*a != *b)
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

enum reconcile_match reconcile_match(const struct reconcile_sought *sought, const char *text,
                                     int64_t at_ms)
{
    if (at_ms && (at_ms < sought->first_started_ms - RECONCILE_CLOCKS_MS ||
                  at_ms > sought->over_ms + RECONCILE_CLOCKS_MS))
        return RECONCILE_OTHER_TIME;
    return !sought->text || reconcile_same_text(sought->text, text) ? RECONCILE_OURS
                                                                    : RECONCILE_OTHER_TEXT;
}

enum reconcile_verdict reconcile_judge(const struct reconcile_sought *sought,
                                       const struct reconcile_look *look)
{
    if (look->at_ms < sought->over_ms)
        return RECONCILE_WAIT;
    if (look->found > 0)
        return look->found == 1 ? RECONCILE_SEEN : RECONCILE_TWICE;
    if (look->at_ms < sought->over_ms + look->after_ms)
        return RECONCILE_WAIT;
    if (!sought->unseen_ms)
        return RECONCILE_UNSEEN;
    if (look->at_ms < sought->unseen_ms + look->after_ms)
        return RECONCILE_WAIT;
    return look->resend && look->others == 0 ? RECONCILE_NOT_SENT : RECONCILE_ASK;
}
