/* common/base/random.h - random bytes and numbers for ids and jitter. */
#ifndef SAM_BASE_RANDOM_H
#define SAM_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Cryptographic quality, from a buffer that getrandom(2) fills. Not for use after fork. */
void random_bytes(void *out, size_t n);
/* Uniform in 0 .. bound - 1; bound 0 gives 0. */
uint64_t random_below(uint64_t bound);

#endif
