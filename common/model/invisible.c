#include "common/model/invisible.h"

#include <glib.h>
#include <string.h>

#include "common/base/banned.h"

static bool invisible(gunichar c)
{
    return g_unichar_isspace(c) || g_unichar_iscntrl(c) ||
           (c < 0x10000 && g_unichar_type(c) == G_UNICODE_FORMAT);
}

size_t invisible_trim(const char **text)
{
    const char *s = *text;
    while (*s && invisible(g_utf8_get_char(s)))
        s = g_utf8_next_char(s);
    const char *end = s + strlen(s);
    while (end > s) {
        const char *last = g_utf8_prev_char(end);
        if (!invisible(g_utf8_get_char(last)))
            break;
        end = last;
    }
    *text = s;
    return (size_t)(end - s);
}

bool invisible_control(const char *s)
{
    return !strchr("\t\r\n", *s) && g_unichar_iscntrl(g_utf8_get_char(s));
}
