#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/attr.h"

#include "common/base/banned.h"

static void *checked(void *p)
{
    if (!p) {
        (void)fputs("sam: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *sam_xmalloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *sam_xcalloc(size_t n, size_t size)
{
    return checked(calloc(n ? n : 1, size ? size : 1));
}

void *sam_xrealloc(void *p, size_t size)
{
    return checked(realloc(p, size ? size : 1));
}

char *sam_xstrdup(const char *s)
{
    return s ? checked(strdup(s)) : NULL;
}

char *sam_xasprintf(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    return checked(n < 0 ? NULL : text);
}
