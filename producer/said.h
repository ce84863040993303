/* producer/said.h - what each step has said last of its failures, so that it says each once a
 * minute.
 *
 * A full disk fails each step in each tick, and names another file each time. Pure. */
#ifndef SAM_PRODUCER_SAID_H
#define SAM_PRODUCER_SAID_H

#include <stdbool.h>
#include <stdint.h>

#include "common/adapters/pg.h"

#define SAID_STEPS_MAX 16 /* the steps beyond share the last place */

/* All zero: nothing was said. */
struct said {
    struct {
        const char *step; /* NULL = free */
        int64_t at_boot_ms;
        enum pg_failure failure;
        char state[6];
    } steps[SAID_STEPS_MAX];
};

/* To be said: it is another failure of this step than the last one, or that was a minute ago. Then
 * it is the last one. step: a literal; state: its SQLSTATE, "" = none. */
SAM_MUSTCHECK bool said_news(struct said *s, const char *step, enum pg_failure failure,
                             const char *state, int64_t now_boot_ms);

#endif
