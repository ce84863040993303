/* common/adapters/leaving.h - a process that leaves ends in bounded time, whatever its libraries
 * wait for.
 *
 * librdkafka destroys a handle only when each of its threads has ended, and one can wait without an
 * end: seen where another cluster had come to the address of the lost one. All that is to be kept
 * is in Kafka or Postgres before a process begins to leave. */
#ifndef SAM_ADAPTERS_LEAVING_H
#define SAM_ADAPTERS_LEAVING_H

#include <stdint.h>

#include "common/base/log.h"

/* Two consumers that Kafka does not answer need 8 s each. Less than what an orchestrator waits
 * beyond the drain (deploy/kubernetes). */
#define LEAVING_MS INT64_C(25000)

/* So many ms from now on the process ends with 1, having logged it, if it is still there. Call it
 * once; log is borrowed until the end. */
void leaving_within(struct log *log, int64_t ms);

#endif
