/* common/adapters/kafka_topic_configs.h - how a topic is kept, as the broker tells it: what SAM has
 * rules about (topic_rules.h), whether set for the topic or the broker's default. Blocking. */
#ifndef SAM_ADAPTERS_KAFKA_TOPIC_CONFIGS_H
#define SAM_ADAPTERS_KAFKA_TOPIC_CONFIGS_H

#include "common/adapters/kafka.h"
#include "common/adapters/kafka_admin.h"

#define KAFKA_TOPIC_CONFIG_MAP(X)                                                                  \
    X(CLEANUP_POLICY, "cleanup.policy")                                                            \
    X(RETENTION_MS, "retention.ms")                                                                \
    X(RETENTION_BYTES, "retention.bytes")                                                          \
    X(MAX_MESSAGE_BYTES, "max.message.bytes")                                                      \
    X(MIN_INSYNC_REPLICAS, "min.insync.replicas")

enum kafka_topic_config_key {
#define X(id, name) KAFKA_TOPIC_##id,
    KAFKA_TOPIC_CONFIG_MAP(X)
#undef X
        KAFKA_TOPIC_CONFIGS_N
};

/* Kafka's names of them. */
extern const char *const kafka_topic_config_names[];

struct kafka_topic_configs {
    struct {
        bool told; /* false: the broker keeps it to itself */
        char text[64];
    } values[KAFKA_TOPIC_CONFIGS_N];
    char refused[KAFKA_ADMIN_WHY_BYTES]; /* why nothing was told at all, by the broker; or "" */
};

/* 0 the broker has answered, and be it that it does not tell (an ACL, a provider's broker);
 * -ENOENT no such topic; -ENOTCONN no answer yet: why. */
SAM_MUSTCHECK int kafka_topic_configs(struct kafka_producer *p, const char *topic,
                                      int64_t timeout_ms, struct kafka_topic_configs *ret,
                                      char why[KAFKA_ADMIN_WHY_BYTES]);
SAM_MUSTCHECK int kafka_admin_configs(struct kafka_admin *a, const char *topic, int64_t timeout_ms,
                                      struct kafka_topic_configs *ret,
                                      char why[KAFKA_ADMIN_WHY_BYTES]);

#endif
