/* worker/gate_look.h - the worker's looks at the positions of the ledger, which open its gate:
 * often while something is shut, and then once a second, for positions may go back, or halt. */
#ifndef SAM_WORKER_GATE_LOOK_H
#define SAM_WORKER_GATE_LOOK_H

#include "worker/worker.h"

/* From now on; the gate is there. */
void gate_look_begin(struct worker *w);
/* At every turn: whoever has shut it, and whatever time the next look was set for, it is soon. */
void gate_look_hurry(struct worker *w);

#endif
