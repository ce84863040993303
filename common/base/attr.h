/* common/base/attr.h - compiler attributes, by the names that the tree uses.
 *
 * Ownership rule of the tree: every owning local is declared with SAM_CLEANUP(x_freep) and NULL,
 * and is handed over by nulling it. `x_freep(struct x **)` comes from SAM_DEFINE_FREEP(x). */
#ifndef SAM_BASE_ATTR_H
#define SAM_BASE_ATTR_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define SAM_CLEANUP(fn)       __attribute__((cleanup(fn)))
#define SAM_MUSTCHECK         __attribute__((warn_unused_result))
#define SAM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define SAM_UNUSED            __attribute__((unused))
#define SAM_NORETURN          __attribute__((noreturn))

#define SAM_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A text into an array of a struct; what does not fit is cut off. */
#define SAM_COPY(array, text) ((void)snprintf(array, sizeof(array), "%s", text))

/* The value of a macro as a string literal. */
#define SAM_STRING(macro)    SAM_STRING_OF(macro)
#define SAM_STRING_OF(value) #value

/* Defines `static inline void TYPE_freep(struct TYPE **)` over `TYPE_free(struct TYPE *)`. */
#define SAM_DEFINE_FREEP(type)                                                                     \
    static inline void type##_freep(struct type **p)                                               \
    {                                                                                              \
        (void)type##_free(*p);                                                                     \
    }

/* For char * and other plain malloc'd locals: SAM_CLEANUP(freep). */
static inline void freep(void *p)
{
    free(*(void **)p);
}

/* Memory is exhausted: nothing sensible can be logged or sent any more, and every in-flight
 * decision is durable elsewhere by design, so the process ends here (abort) and is started anew. */
void *sam_xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *sam_xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *sam_xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
/* NULL gives NULL. */
char *sam_xstrdup(const char *s);
char *sam_xasprintf(const char *fmt, ...) SAM_PRINTF(1, 2) __attribute__((returns_nonnull));

#endif
