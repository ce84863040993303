#include <errno.h>
#include <stdio.h>

#include "common/adapters/metric_names.h"
#include "common/adapters/startup.h"
#include "producer/tick.h"

#include "common/base/banned.h"

static const char usage[] =
    "sam-producer: plans, publishes, sweeps; any number of them may run side by side.\n"
    "usage: sam-producer [-c FILE] [--print-config] [--version] [--help]\n"
    "  -c, --config FILE   sam.cfg (default ./sam.cfg, then /etc/sam/sam.cfg)\n"
    "  --print-config      what is in force and where each value came from\n"
    "SIGTERM ends it after the batch that is under way.\n";

static int start(const struct settings *settings, struct log *log, struct metrics *metrics,
                 struct admin *admin)
{
    struct startup s = {
        .settings = settings, .log = log, .admin = admin, .program = "sam-producer"};
    int r = startup_wait(&s);
    int code = r == 0 ? producer_run(&s, metrics) : r == -EINTR ? 0 : 1;
    pg_free(s.pg);
    kafka_producer_free(s.kafka);
    return code;
}

int main(int argc, char **argv)
{
    int code = 0;
    struct log log;
    char why[300] = "";
    struct settings *settings SAM_CLEANUP(settings_freep) = settings_main(argc, argv, usage, &code);
    if (!settings)
        return code;
    settings_log(settings, "sam-producer", &log);
    startup_block_signals();
    struct metrics *metrics SAM_CLEANUP(metrics_freep) = metrics_new(IN_PRODUCER, metric_names);
    metrics_watch_log(metrics, &log);
    struct admin *admin SAM_CLEANUP(admin_freep) = NULL;
    const struct admin_options options = {.listen = settings->producer.listen,
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
