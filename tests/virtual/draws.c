/* The program's own random bytes, in place of common/base/random.c: the same each time, so that
 * what one run finds the next one finds too. */
#include "common/base/random.h"
#include "tests/virtual/world.h"

#include "common/base/banned.h"

static uint64_t state;

void draws_begin(uint64_t seed)
{
    state = seed;
}

/* splitmix64 */
static uint64_t draw(void)
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void random_bytes(void *out, size_t n)
{
    unsigned char *bytes = out;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)draw();
}

uint64_t random_below(uint64_t bound)
{
    return bound ? draw() % bound : 0;
}
