#include "producer/ctl/names.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/utf8.h"

#include "common/base/banned.h"

/* C0, DEL and C1. */
static bool has_control(const char *text)
{
    for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
        if (*s < 0x20 || *s == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0))
            return true;
    }
    return false;
}

void names_check(const char *what, const char *name, struct problems *problems)
{
    size_t n = strlen(name);
    if (name[strspn(name, " ")] == '\0')
        problems_add(problems, "%s: must not be empty", what);
    else if (!utf8_valid(name, n))
        problems_add(problems, "%s: is not UTF-8", what);
    else if (has_control(name))
        problems_add(problems, "%s: holds a line break or another control character", what);
    else if (utf8_code_points(name, n) > NAMES_MAX)
        problems_add(problems, "%s: has %zu characters (%d at most)", what,
                     utf8_code_points(name, n), NAMES_MAX);
}

void names_check_id(const char *what, const char *id, size_t max, struct problems *problems)
{
    size_t n = strlen(id);
    bool good = n > 0;
    for (size_t i = 0; i < n; i++)
        good = good && id[i] > ' ' && id[i] < 0x7f;
    if (!good)
        problems_add(problems, "%s: must be letters, digits and signs without blanks", what);
    else if (n > max)
        problems_add(problems, "%s: has %zu characters (%zu at most)", what, n, max);
}
