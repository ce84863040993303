/* producer/plan_write.h - writes what the planner has decided for a batch, in its transaction. */
#ifndef SAM_PRODUCER_PLAN_WRITE_H
#define SAM_PRODUCER_PLAN_WRITE_H

#include "producer/plan_batch.h"
#include "producer/producer.h"

SAM_MUSTCHECK enum pg_failure plan_write(struct producer *p, const struct plan_batch *b);

#endif
