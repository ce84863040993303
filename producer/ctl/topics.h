/* producer/ctl/topics.h - the topics of SAM, as they should be. */
#ifndef SAM_CTL_TOPICS_H
#define SAM_CTL_TOPICS_H

#include "common/adapters/kafka_admin.h"
#include "producer/ctl/ctl.h"

#define TOPICS_COUNT      4
#define TOPICS_TIMEOUT_MS 10000

/* sam.jobs, sam.sync, sam.events: the first TOPICS_EQUAL must have equally many partitions; then
 * the dead letters. */
#define TOPICS_EQUAL 3

struct topics {
    struct kafka_topic_wish wishes[TOPICS_COUNT];
    const char *plain[TOPICS_COUNT]; /* "sam.events" */
    char *names[TOPICS_COUNT];       /* owned; with the prefix */
    char ledger_retention[24];
};

void topics_init(struct topics *t, const struct settings *s);
void topics_deinit(struct topics *t);

/* A client of the config's Kafka; told when a property is refused. */
SAM_MUSTCHECK enum ctl_exit topics_connect(const struct settings *s, struct kafka_admin **ret);

#endif
