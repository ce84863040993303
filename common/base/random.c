#include "common/base/random.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/attr.h"

#include "common/base/banned.h"

/* One system call per id would be the dearest part of making an id: 4 KiB are fetched at once.
 * The buffer is per thread, so no lock is needed. */
static _Thread_local unsigned char pool[4096];
static _Thread_local size_t pool_left;

static void fill(void *out, size_t n)
{
    unsigned char *p = out;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            abort(); /* no kernel that Debian 12 runs on lacks it */
        p += got;
        n -= (size_t)got;
    }
}

void random_bytes(void *out, size_t n)
{
    if (n > sizeof(pool)) {
        fill(out, n);
        return;
    }
    if (pool_left < n) {
        fill(pool, sizeof(pool));
        pool_left = sizeof(pool);
    }
    memcpy(out, pool + sizeof(pool) - pool_left, n);
    pool_left -= n;
}

uint64_t random_below(uint64_t bound)
{
    uint64_t v = 0;
    if (bound == 0)
        return 0;
    random_bytes(&v, sizeof(v));
    return v % bound; /* the bias is below 2^-40 for every bound used here (spans in ms) */
}
