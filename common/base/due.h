/* common/base/due.h - what is done every so often, and the first time at once.
 *
 * By CLOCK_BOOTTIME, which begins at zero with the machine: "the last time was at 0" would put off
 * what is done once an hour until the machine has been up for an hour. A due that is all zeros is
 * due. */
#ifndef SAM_BASE_DUE_H
#define SAM_BASE_DUE_H

#include <stdbool.h>
#include <stdint.h>

struct due {
    int64_t at_boot_ms;
};

static inline bool due_now(const struct due *d, int64_t now_boot_ms)
{
    return now_boot_ms >= d->at_boot_ms;
}

/* It is done: again after so long. */
static inline void due_after(struct due *d, int64_t now_boot_ms, int64_t every_ms)
{
    d->at_boot_ms = now_boot_ms + every_ms;
}

/* Again at once. */
static inline void due_at_once(struct due *d)
{
    d->at_boot_ms = 0;
}

#endif
