#include "common/base/problems.h"

#include <stdarg.h>

#include "common/base/banned.h"

void problems_add(struct problems *p, const char *fmt, ...)
{
    if (p->count == PROBLEMS_MAX) {
        p->dropped++;
        return;
    }
    if (!p->lines)
        p->lines = sam_xcalloc(PROBLEMS_MAX, sizeof(*p->lines));
    va_list ap;
    va_start(ap, fmt);
    char *line = NULL;
    if (vasprintf(&line, fmt, ap) < 0)
        line = NULL;
    va_end(ap);
    p->lines[p->count++] = line ? line : sam_xstrdup("out of memory");
}

bool problems_any(const struct problems *p)
{
    return p->count > 0;
}

void problems_print(const struct problems *p, FILE *out)
{
    for (size_t i = 0; i < p->count; i++)
        (void)fprintf(out, "%s\n", p->lines[i]);
    if (p->dropped)
        (void)fprintf(out, "and %zu more\n", p->dropped);
}

void problems_deinit(struct problems *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->lines[i]);
    free(p->lines);
    *p = (struct problems)PROBLEMS_INIT;
}
