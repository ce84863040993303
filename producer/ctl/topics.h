/* producer/ctl/topics.h - the topics of SAM, as they should be. */
#ifndef SAM_CTL_TOPICS_H
#define SAM_CTL_TOPICS_H

#include "common/adapters/kafka_admin.h"
#include "common/model/topic.h"
#include "producer/ctl/ctl.h"

#define TOPICS_TIMEOUT_MS 10000

struct topics {
    struct kafka_topic_wish wishes[TOPIC_N];
    char *names[TOPIC_N]; /* owned; with the prefix */
    char values[TOPIC_N][TOPIC_CONFIG_N][TOPIC_CONFIG_BYTES];
};

/* By model/topic.h and these settings. */
void topics_init(struct topics *t, const struct settings *s);
void topics_deinit(struct topics *t);

/* How samctl connects; borrows from the settings. */
struct kafka_options topics_kafka(const struct settings *s);
/* A client of the config's Kafka; told when a property is refused. */
SAM_MUSTCHECK enum ctl_exit topics_connect(const struct settings *s, struct kafka_admin **ret);
/* Tells that Kafka does not answer, and from where its address comes. */
enum ctl_exit topics_no_answer(const struct ctl *c, const char *why);

#endif
