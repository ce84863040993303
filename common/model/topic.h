/* common/model/topic.h - the topics of SAM and how each is kept, in one place.
 *
 * `samctl topics create` makes them so, start-up and doctor hold what they find against it, and the
 * document (TOPICS.md) and the Strimzi component are written from it; a test holds both equal. What
 * must be so, and not only should, is in adapters/topic_rules.h. */
#ifndef SAM_MODEL_TOPIC_H
#define SAM_MODEL_TOPIC_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/settings.h"

/* id, name, how many partitions, milliseconds that a record is kept, what it holds.
 * KEYED topics have kafka.partitions, all of them alike: who owns an account's jobs and its events
 * is found by the same hash. They stand first. A VIEW has as many; no program reads it or waits for
 * it, and it keeps the newest record of each key alone. */
#define TOPIC_MAP(X)                                                                               \
    X(TOPIC_JOBS, "sam.jobs", TOPIC_KEYED, 7 * DAY_MS, "what is to be sent: ids and times")        \
    X(TOPIC_SYNC, "sam.sync", TOPIC_KEYED, DAY_MS, "which accounts are to be looked through")      \
    X(TOPIC_EVENTS, "sam.events", TOPIC_KEYED, TOPIC_KEPT_AS_LEDGER,                               \
      "the ledger: attempts, outcomes, what was learned; a restored database catches up from it")  \
    X(TOPIC_DEAD_JOBS, "dlq.sam.jobs", TOPIC_SINGLE, 30 * DAY_MS, "records that cannot be read")   \
    X(TOPIC_ACCOUNTS, "sam.accounts", TOPIC_VIEW, CONFIG_FOREVER,                                  \
      "what waits for each account, and why, for people and their tools")

enum topic {
#define X(id, name, partitions, kept_ms, holds) id,
    TOPIC_MAP(X)
#undef X
        TOPIC_N
};

enum topic_partitions {
    TOPIC_KEYED,
    TOPIC_SINGLE,
    TOPIC_VIEW,
};

/* As long as kafka.ledger_retention says: farther back than the oldest backup of Postgres. */
#define TOPIC_KEPT_AS_LEDGER (-1)

/* What a topic is made with, by Kafka's names of it. */
#define TOPIC_CONFIG_MAP(X)                                                                        \
    X(TOPIC_RETENTION_MS, "retention.ms")                                                          \
    X(TOPIC_CLEANUP_POLICY, "cleanup.policy")                                                      \
    X(TOPIC_MIN_INSYNC_REPLICAS, "min.insync.replicas")                                            \
    X(TOPIC_UNCLEAN_LEADERS, "unclean.leader.election.enable")                                     \
    X(TOPIC_SEGMENT_MS, "segment.ms")

enum topic_config {
#define X(id, name) id,
    TOPIC_CONFIG_MAP(X)
#undef X
        TOPIC_CONFIG_N
};

#define TOPIC_CONFIG_BYTES 24

struct topic_row {
    const char *name; /* without kafka.topic_prefix, see settings_topic() */
    enum topic_partitions partitions;
    int64_t kept_ms;
    const char *holds;
};

/* The row of a topic; never NULL. */
const struct topic_row *topic_row(enum topic t);
/* By its plain name, "sam.events"; TOPIC_N = none of ours. */
enum topic topic_by_name(const char *name);
/* By these settings. */
int32_t topic_partitions(enum topic t, const struct settings *s);
const char *topic_config_name(enum topic_config c);
/* As Kafka writes the value: retention.ms -1 is for ever; "" = as the broker has it. */
void topic_config_value(enum topic t, enum topic_config c, const struct settings *s,
                        char out[TOPIC_CONFIG_BYTES]);
/* The least replicas that must have an event before it counts as written: one may be away. */
int64_t topic_min_insync_replicas(const struct settings *s);

/* TOPICS.md, and deploy/kubernetes/components/strimzi/topics.yaml. */
void topic_document(const struct settings *s, struct buf *out);
void topic_strimzi(const struct settings *s, struct buf *out);

#endif
