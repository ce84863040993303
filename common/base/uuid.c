#include "common/base/uuid.h"

#include <errno.h>

#include "common/base/clock.h"
#include "common/base/random.h"

#include "common/base/banned.h"

struct uuid uuid_v7(void)
{
    struct uuid u;
    uint64_t ms = (uint64_t)clock_wall_ms();
    random_bytes(u.b, sizeof(u.b));
    for (int i = 0; i < 6; i++)
        u.b[i] = (uint8_t)(ms >> (40 - 8 * i));
    u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x70);
    u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
    return u;
}

/* The 48 bits of the clock and the 12 bits that follow them, as one number. */
static uint64_t order_of(const struct uuid *u)
{
    uint64_t order = 0;
    for (int i = 0; i < 6; i++)
        order = order << 8 | u->b[i];
    return order << 12 | (uint64_t)(u->b[6] & 0x0f) << 8 | u->b[7];
}

struct uuid uuid_v7_after(const struct uuid *previous)
{
    struct uuid u = uuid_v7();
    uint64_t order = order_of(previous) + 1;
    if (order_of(&u) >> 12 > order >> 12)
        return u; /* a later millisecond */
    u.b[7] = (uint8_t)order;
    u.b[6] = (uint8_t)(0x70 | (order >> 8 & 0x0f));
    order >>= 12;
    for (int i = 5; i >= 0; i--, order >>= 8)
        u.b[i] = (uint8_t)order;
    return u;
}

void uuid_format(const struct uuid *u, char out[UUID_TEXT_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    char *p = out;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = hex[u->b[i] >> 4];
        *p++ = hex[u->b[i] & 15];
    }
    *p = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int uuid_parse(const char *text, struct uuid *ret)
{
    struct uuid u;
    const char *p = text;
    for (int i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-')
            return -EINVAL;
        int hi = hex_value(p[0]);
        int lo = hi < 0 ? -1 : hex_value(p[1]);
        if (lo < 0)
            return -EINVAL;
        u.b[i] = (uint8_t)(hi << 4 | lo);
        p += 2;
    }
    if (*p)
        return -EINVAL;
    *ret = u;
    return 0;
}
