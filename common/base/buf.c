#include "common/base/buf.h"

#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"

#include "common/base/banned.h"

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf)BUF_INIT(max_bytes);
}

void buf_deinit(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT(b->max_bytes);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data)
        b->data[0] = '\0';
}

/* Room for n more bytes and the NUL; false (and overflow) past the maximum. */
static bool reserve(struct buf *b, size_t n)
{
    if (b->overflow || n > b->max_bytes - b->len) {
        b->overflow = true;
        return false;
    }
    size_t need = b->len + n + 1;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 128;
        if (cap < need)
            cap = need;
        b->data = sam_xrealloc(b->data, cap);
        b->cap = cap;
    }
    return true;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (!reserve(b, n))
        return;
    if (n)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n >= 0 && reserve(b, (size_t)n)) {
        (void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(b, fmt, ap);
    va_end(ap);
}

void buf_add_i64(struct buf *b, int64_t v)
{
    char digits[24];
    size_t i = sizeof(digits);
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        digits[--i] = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (v < 0)
        digits[--i] = '-';
    buf_add(b, digits + i, sizeof(digits) - i);
}

static void add_json_byte(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"':
        buf_add(b, "\\\"", 2);
        return;
    case '\\':
        buf_add(b, "\\\\", 2);
        return;
    case '\n':
        buf_add(b, "\\n", 2);
        return;
    case '\r':
        buf_add(b, "\\r", 2);
        return;
    case '\t':
        buf_add(b, "\\t", 2);
        return;
    default:
        buf_addf(b, "\\u%04x", c);
    }
}

void buf_add_json_n(struct buf *b, const char *s, size_t n)
{
    size_t plain = 0; /* start of the run that needs no escape */
    buf_addc(b, '"');
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)s[i];
        size_t step = c < 0x80 ? 1 : utf8_sequence_bytes(s + i, n - i);
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && step > 0) {
            i += step;
            continue;
        }
        buf_add(b, s + plain, i - plain);
        if (step == 0)
            buf_add(b, "\xef\xbf\xbd", 3);
        else
            add_json_byte(b, c);
        plain = ++i;
    }
    buf_add(b, s + plain, n - plain);
    buf_addc(b, '"');
}

void buf_add_json(struct buf *b, const char *s)
{
    if (s)
        buf_add_json_n(b, s, strlen(s));
    else
        buf_add(b, "null", 4);
}

const char *buf_text(const struct buf *b)
{
    return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
    char *data = b->data ? b->data : sam_xstrdup("");
    size_t max_bytes = b->max_bytes;
    *b = (struct buf)BUF_INIT(max_bytes);
    return data;
}
