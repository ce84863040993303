/* worker/queues.h - how much waits in the worker's memory, and from where on it takes no more.
 *
 * Nothing here decides: each queue keeps its own bound. jobs and dead letters pause the partitions
 * of sam.jobs and sam.sync, the ledger those of sam.events; both stay in their group. A full
 * outgoing list lets no call begin; its calls under way may still end. A look for which there is no
 * place comes again by its schedule. What is read in one turn may go beyond the bound. */
#ifndef SAM_WORKER_QUEUES_H
#define SAM_WORKER_QUEUES_H

struct worker;

/* METRIC_QUEUE and METRIC_QUEUE_MAX, as they are now. Call it every second or so. */
void queues_show(const struct worker *w);

#endif
