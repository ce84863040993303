/* tests/devbroker/topics.h - "sam.jobs:8,sam.events:8" as a list of topics. */
#ifndef SAM_DEVBROKER_TOPICS_H
#define SAM_DEVBROKER_TOPICS_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/problems.h"

#define TOPICS_MAX           64
#define TOPIC_PARTITIONS_MAX 1024
#define TOPIC_NAME_MAX       249 /* Kafka's own bound */

struct topic {
    char name[TOPIC_NAME_MAX + 1];
    int partitions;
};

struct topics {
    struct topic items[TOPICS_MAX];
    size_t count;
};

/* Adds the topics of the text. Each entry that is no topic becomes a problem; the others stay. */
void topics_parse(const char *text, struct topics *topics, struct problems *problems);

#endif
