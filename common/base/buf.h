/* common/base/buf.h - a growing byte buffer with a stated maximum.
 *
 * Always NUL-terminated after `len` bytes (the NUL is not counted). Once an append would pass the
 * maximum, nothing is added, `overflow` is set and stays set: check it once, at the end. */
#ifndef SAM_BASE_BUF_H
#define SAM_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"

struct buf {
    char *data; /* owned; NULL until the first append: use buf_text() */
    size_t len;
    size_t cap;
    size_t max_bytes;
    bool overflow;
};

#define BUF_INIT(max)                                                                              \
    {                                                                                              \
        .max_bytes = (max)                                                                         \
    }

void buf_init(struct buf *b, size_t max_bytes);
void buf_deinit(struct buf *b);
/* Forgets the content, keeps the memory. */
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) SAM_PRINTF(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) SAM_PRINTF(2, 0);
/* Decimal integer, faster than buf_addf. */
void buf_add_i64(struct buf *b, int64_t v);
/* A JSON string with its quotes; invalid UTF-8 bytes become U+FFFD. NULL gives `null`. */
void buf_add_json(struct buf *b, const char *s);
void buf_add_json_n(struct buf *b, const char *s, size_t n);
/* The content as a C string, never NULL; valid until the next change of the buffer. */
const char *buf_text(const struct buf *b);
/* Hands the memory over as a malloc'd string; the buffer is empty afterwards. */
char *buf_take(struct buf *b);

#endif
