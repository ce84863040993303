/* common/adapters/leaving.h - a process that leaves ends in bounded time, whatever its libraries
 * wait for.
 *
 * librdkafka destroys a handle only when each of its threads has ended, and one can wait without an
 * end: seen where another cluster had come to the address of the lost one. What is not in Kafka or
 * Postgres by then is lost: ends of calls that the drain did not wait for, which are looked for. */
#ifndef SAM_ADAPTERS_LEAVING_H
#define SAM_ADAPTERS_LEAVING_H

#include <stdint.h>

#include "common/base/log.h"

/* Enough for two consumers and two producers that Kafka does not answer (14 s), and no more than an
 * orchestrator waits beyond drain and calls (deploy/kubernetes/base). */
#define LEAVING_MS INT64_C(25000)

/* So many ms from now on the process ends with 1, having logged it, if it is still there. log is
 * borrowed until the end. */
void leaving_within(struct log *log, int64_t ms);

#endif
