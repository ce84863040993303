#include <errno.h>
#include <sys/resource.h>

#include "common/adapters/daemon.h"
#include "common/adapters/startup.h"
#include "worker/worker_main.h"

#include "common/base/banned.h"

static const char usage[] =
    "sam-worker: consumes sam.jobs, sam.sync and sam.events; claims, sends, records.\n"
    "usage: sam-worker [-c FILE] [--print-config] [--version] [--help]\n"
    "  -c, --config FILE   sam.cfg (default ./sam.cfg, then /etc/sam/sam.cfg)\n"
    "  --print-config      what is in force and where each value came from\n"
    "SIGTERM drains: no new claim, calls under way end; a second one leaves at once.\n";

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

static const char *listen_address(const struct settings *settings)
{
    return settings->worker.listen;
}

static int run(const struct daemon_parts *parts)
{
    struct loop *loop SAM_CLEANUP(loop_freep) = loop_new();
    struct startup s = {.settings = parts->settings,
                        .log = parts->log,
                        .admin = parts->admin,
                        .program = parts->program,
                        .metrics = parts->metrics};
    if (!loop)
        return 1;
    raise_files_limit();
    int r = startup_wait(&s);
    pg_free(s.pg); /* the worker's own sessions are asynchronous */
    if (r != 0) {
        kafka_producer_free(s.kafka);
        return r == -EINTR ? 0 : 1;
    }
    const struct worker_parts worker = {.settings = parts->settings,
                                        .log = parts->log,
                                        .metrics = parts->metrics,
                                        .admin = parts->admin,
                                        .loop = loop,
                                        .kafka = s.kafka,
                                        .partitions = s.partitions,
                                        .ledger_id = s.ledger_id};
    return worker_run(&worker);
}

int main(int argc, char **argv)
{
    static const struct daemon worker = {.program = "sam-worker",
                                         .usage = usage,
                                         .metrics = IN_WORKER,
                                         .listen = listen_address,
                                         .run = run};
    return daemon_main(argc, argv, &worker);
}
