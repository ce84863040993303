#include "common/base/utf8.h"

#include "common/base/banned.h"

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* The allowed range of the second byte depends on the first (RFC 3629, section 4). */
static bool second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return is_tail(second);
    }
}

size_t utf8_sequence_bytes(const char *s, size_t n)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t len = 0;
    if (u[0] < 0x80)
        return 1;
    if (u[0] >= 0xc2 && u[0] <= 0xdf)
        len = 2;
    else if (u[0] >= 0xe0 && u[0] <= 0xef)
        len = 3;
    else if (u[0] >= 0xf0 && u[0] <= 0xf4)
        len = 4;
    if (len == 0 || len > n || !second_fits(u[0], u[1]))
        return 0;
    for (size_t i = 2; i < len; i++) {
        if (!is_tail(u[i]))
            return 0;
    }
    return len;
}

bool utf8_valid(const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t step = utf8_sequence_bytes(s + i, n - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

size_t utf8_code_points(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_tail((unsigned char)s[i]))
            count++;
    }
    return count;
}

size_t utf8_utf16_units(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        count += is_tail(c) ? 0 : c >= 0xf0 ? 2 : 1;
    }
    return count;
}
