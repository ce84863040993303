/* common/adapters/daemon.h - what both daemons do around their work: options and settings, log,
 * metrics, the admin port, signals, the exit code. */
#ifndef SAM_ADAPTERS_DAEMON_H
#define SAM_ADAPTERS_DAEMON_H

#include "common/adapters/admin.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/settings.h"

/* All borrowed; they live until run() has returned. */
struct daemon_parts {
    const char *program;
    const struct settings *settings;
    struct log *log;
    struct metrics *metrics;
    struct admin *admin;
};

struct daemon {
    const char *program; /* as it calls itself in logs and sessions */
    const char *usage;
    enum metric_program metrics;
    const char *(*listen)(const struct settings *settings);
    /* Blocks until SIGTERM has been served; SIGTERM and SIGINT are blocked for signalfd. Returns
     * the exit code. */
    int (*run)(const struct daemon_parts *parts);
};

/* The exit code: 2 wrong use or config (told on stderr), else what run() says. */
int daemon_main(int argc, char **argv, const struct daemon *daemon);

#endif
