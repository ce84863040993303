/* worker/worker_main.h - the worker's life: built, run until it has drained, taken down. */
#ifndef SAM_WORKER_WORKER_MAIN_H
#define SAM_WORKER_WORKER_MAIN_H

#include "common/adapters/admin.h"
#include "common/adapters/kafka.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/metrics.h"
#include "common/base/settings.h"
#include "common/base/uuid.h"

/* Made by main; all borrowed but kafka, which is freed. */
struct worker_parts {
    const struct settings *settings;
    struct log *log;
    struct metrics *metrics;
    struct admin *admin;
    struct loop *loop;
    struct kafka_producer *kafka;
    int32_t partitions;
    struct uuid ledger_id;
};

/* Blocks until SIGTERM has been served. The exit code: 0 drained, 1 anything else. */
int worker_run(const struct worker_parts *parts);

#endif
