/* producer/tick.h - the producer's loop: one tick after the other until SIGTERM. */
#ifndef SAM_PRODUCER_TICK_H
#define SAM_PRODUCER_TICK_H

#include "common/adapters/startup.h"
#include "common/base/metrics.h"

/* s: as startup_wait() has filled it; its connections are used, and replaced when they are lost.
 * Blocks. The exit code: 0 after SIGTERM, 1 when this process must be started anew. */
int producer_run(struct startup *s, struct metrics *metrics);

#endif
