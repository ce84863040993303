#include <errno.h>

#include "common/adapters/daemon.h"
#include "common/adapters/startup.h"
#include "producer/tick.h"

#include "common/base/banned.h"

static const char usage[] =
    "sam-producer: plans, publishes, sweeps; any number of them may run side by side.\n"
    "usage: sam-producer [-c FILE] [--print-config] [--version] [--help]\n"
    "  -c, --config FILE   sam.cfg (default ./sam.cfg, then /etc/sam/sam.cfg)\n"
    "  --print-config      what is in force and where each value came from\n"
    "SIGTERM ends it after the batch that is under way.\n";

static const char *listen_address(const struct settings *settings)
{
    return settings->producer.listen;
}

static int run(const struct daemon_parts *parts)
{
    struct startup s = {.settings = parts->settings,
                        .log = parts->log,
                        .admin = parts->admin,
                        .program = parts->program,
                        .metrics = parts->metrics};
    int r = startup_wait(&s);
    int code = r == 0 ? producer_run(&s, parts->metrics) : r == -EINTR ? 0 : 1;
    pg_free(s.pg);
    kafka_producer_free(s.kafka);
    return code;
}

int main(int argc, char **argv)
{
    static const struct daemon producer = {.program = "sam-producer",
                                           .usage = usage,
                                           .metrics = IN_PRODUCER,
                                           .listen = listen_address,
                                           .run = run};
    return daemon_main(argc, argv, &producer);
}
