#include "common/base/murmur2.h"

#include <string.h>

#include "common/base/banned.h"

#define SEED       UINT32_C(0x9747b28c)
#define MULTIPLIER UINT32_C(0x5bd1e995)
#define SHIFT      24

uint32_t murmur2(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    uint32_t h = SEED ^ (uint32_t)n;
    for (; n >= 4; p += 4, n -= 4) {
        uint32_t k =
            (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= MULTIPLIER;
        k ^= k >> SHIFT;
        k *= MULTIPLIER;
        h = h * MULTIPLIER ^ k;
    }
    if (n >= 3)
        h ^= (uint32_t)p[2] << 16;
    if (n >= 2)
        h ^= (uint32_t)p[1] << 8;
    if (n >= 1)
        h = (h ^ p[0]) * MULTIPLIER;
    h ^= h >> 13;
    h *= MULTIPLIER;
    return h ^ h >> 15;
}

int32_t murmur2_key_hash(const char *key)
{
    return (int32_t)(murmur2(key, strlen(key)) & UINT32_C(0x7fffffff));
}
