#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

#include "common/adapters/metric_names.h"
#include "common/adapters/startup.h"
#include "worker/worker_main.h"

#include "common/base/banned.h"

static const char usage[] =
    "sam-worker: consumes sam.jobs, sam.sync and sam.events; claims, sends, records.\n"
    "usage: sam-worker [-c FILE] [--print-config] [--version] [--help]\n"
    "  -c, --config FILE   sam.cfg (default ./sam.cfg, then /etc/sam/sam.cfg)\n"
    "  --print-config      what is in force and where each value came from\n"
    "SIGTERM drains: no new claim, calls under way end; a second one leaves at once.\n";

static int start(const struct settings *settings, struct log *log, struct metrics *metrics,
                 struct admin *admin)
{
    struct loop *loop SAM_CLEANUP(loop_freep) = loop_new();
    struct startup s = {.settings = settings, .log = log, .admin = admin, .program = "sam-worker"};
    if (!loop)
        return 1;
    int r = startup_wait(&s);
    pg_free(s.pg); /* the worker's own sessions are asynchronous */
    if (r != 0) {
        kafka_producer_free(s.kafka);
        return r == -EINTR ? 0 : 1;
    }
    const struct worker_parts parts = {.settings = settings,
                                       .log = log,
                                       .metrics = metrics,
                                       .admin = admin,
                                       .loop = loop,
                                       .kafka = s.kafka,
                                       .partitions = s.partitions,
                                       .ledger_id = s.ledger_id};
    return worker_run(&parts);
}

/* A socket for each call in flight, beside those of Kafka and Postgres: more than the 1024 that a
 * process may have by default. */
static void raise_files_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    int code = 0;
    struct log log;
    char why[300] = "";
    struct settings *settings SAM_CLEANUP(settings_freep) = settings_main(argc, argv, usage, &code);
    if (!settings)
        return code;
    settings_log(settings, "sam-worker", &log);
    startup_block_signals();
    raise_files_limit();
    struct metrics *metrics SAM_CLEANUP(metrics_freep) = metrics_new(IN_WORKER, metric_names);
    metrics_watch_log(metrics, &log);
    struct admin *admin SAM_CLEANUP(admin_freep) = NULL;
    const struct admin_options options = {.listen = settings->worker.listen,
                                          .token_file = settings->admin.token_file,
                                          .metrics = metrics};
    if (admin_new(&options, &admin, why, sizeof(why)) != 0) {
        (void)fprintf(stderr, "%s\n", why);
        return 2;
    }
    log_info(&log, "started", LOG_STR("version", SAM_VERSION),
             LOG_STR("listen", admin_address(admin)));
    code = start(settings, &log, metrics, admin);
    log_info(&log, "stopped", LOG_INT("exit", code));
    return code;
}
