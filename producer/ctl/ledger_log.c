#include "producer/ctl/ledger_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "producer/ctl/topics.h"

#include "common/base/banned.h"

void ledger_log_deinit(struct ledger_log *log)
{
    free(log->topic);
    free(log->ends);
}

void ledger_log_ask(const struct ctl *c, struct ledger_log *log)
{
    SAM_CLEANUP(kafka_admin_freep) struct kafka_admin *admin = NULL;
    *log = (struct ledger_log){.topic = settings_topic(c->settings, "sam.events")};
    if (topics_connect(c->settings, &admin) != CTL_DONE)
        (void)snprintf(log->why, sizeof(log->why), "a property was refused");
    else if (kafka_admin_ends(admin, log->topic, LEDGER_LOG_TIMEOUT_MS, &log->ends, &log->count,
                              log->why) == 0)
        log->asked = true;
}

enum ctl_exit ledger_log_tell(const struct ctl *c, const struct ledger_log *log, const char *then)
{
    if (!log->asked)
        return ctl_fail("Kafka at %s does not answer: %s (kafka.bootstrap_servers comes from %s); "
                        "%s",
                        c->settings->kafka.bootstrap_servers, log->why,
                        settings_source(c->settings, "kafka", "bootstrap_servers")->text, then);
    if (log->count == 0)
        return ctl_fail("Kafka has no topic %s: is this the right Kafka, and kafka.topic_prefix? "
                        "`samctl topics create` makes it",
                        log->topic);
    if (log->why[0])
        return ctl_fail("Kafka did not tell the ends of every partition of %s: %s", log->topic,
                        log->why);
    return CTL_DONE;
}
