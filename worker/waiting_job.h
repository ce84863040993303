#ifndef SAM_WORKER_WAITING_JOB_H
#define SAM_WORKER_WAITING_JOB_H

/* What comes next for a job that waits in a worker: pure, by two readings of the boot clock. */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"

/* What was read for a job (a profile, whether a chat is there) holds so long, then it is read
 * again. Our choice: a read takes a second or two, and 10 s bound what can have changed. */
#define PREPARED_FOR_MS (10 * SECOND_MS)

enum waiting_step {
    WAITING_READ,  /* what must be known before its claim is read now */
    WAITING_LATER, /* laid by until waiting_next.at_boot_ms */
    WAITING_CLAIM, /* ready for its claim */
};

struct waiting_next {
    enum waiting_step step;
    int64_t at_boot_ms; /* of WAITING_LATER: always later than `now`; else 0 */
};

/* A job due at `due` (boot clock, ms) that is looked at `now`; `prepared`: nothing has to be read
 * for it any more. A read begins half of PREPARED_FOR_MS before it is due: earlier, and it would
 * be stale by then. What is laid by is laid by to a later moment: whoever looks again at every job
 * whose moment has come (works.c) would otherwise take up the same one for ever. */
struct waiting_next waiting_job_next(int64_t now, int64_t due, bool prepared);

#endif
