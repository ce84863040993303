/* common/adapters/kafka_admin.h - Kafka's topics: make them, and look at them. Blocking; for
 * samctl.
 *
 * Nothing here changes or deletes a topic that exists: the number of partitions decides who owns an
 * account, and sam.events is what a restored database learns from. */
#ifndef SAM_ADAPTERS_KAFKA_ADMIN_H
#define SAM_ADAPTERS_KAFKA_ADMIN_H

#include "common/adapters/kafka.h"

#define KAFKA_ADMIN_TOPICS_MAX  16
#define KAFKA_ADMIN_CONFIGS_MAX 8
#define KAFKA_ADMIN_WHY_BYTES   240

struct kafka_admin;

struct kafka_topic_config {
    const char *name;
    const char *value;
};

struct kafka_topic_wish {
    const char *name;
    int32_t partitions;
    int32_t replication_factor;
    struct kafka_topic_config configs[KAFKA_ADMIN_CONFIGS_MAX]; /* ends with a NULL name */
};

enum kafka_topic_made { KAFKA_TOPIC_MADE, KAFKA_TOPIC_EXISTED, KAFKA_TOPIC_REFUSED };

struct kafka_topic_result {
    enum kafka_topic_made made;
    char why[KAFKA_ADMIN_WHY_BYTES]; /* of REFUSED */
};

struct kafka_topic_state {
    bool exists;
    int32_t partitions;
    int32_t replicas; /* of the partition that has fewest, as below */
    int32_t in_sync;  /* replicas that are up to date */
    int32_t leaderless;
    int64_t records; /* that can be read; -1 = not known */
};

/* 0 done; -EINVAL a property was refused: why says which. Connects when it is first used. */
SAM_MUSTCHECK int kafka_admin_new(const struct kafka_options *options, struct kafka_admin **ret,
                                  char *why, size_t why_bytes);
void kafka_admin_free(struct kafka_admin *a);
SAM_DEFINE_FREEP(kafka_admin)

/* Where the log of a partition begins, and where its next record will stand; -1 = not known. */
struct kafka_ends {
    int64_t first;
    int64_t end;
};

/* Brokers of the cluster. 0 done; -ENOTCONN no answer: why says what the last attempt met. */
SAM_MUSTCHECK int kafka_admin_brokers(struct kafka_admin *a, int64_t timeout_ms, int32_t *ret_count,
                                      char why[KAFKA_ADMIN_WHY_BYTES]);
/* Makes the topics that are not there; one result each. 0 done (look at the results); -ENOTCONN no
 * answer: why. count: at most KAFKA_ADMIN_TOPICS_MAX. */
SAM_MUSTCHECK int kafka_admin_create(struct kafka_admin *a, const struct kafka_topic_wish *wishes,
                                     size_t count, int64_t timeout_ms,
                                     struct kafka_topic_result *results,
                                     char why[KAFKA_ADMIN_WHY_BYTES]);
/* 0 done (ret->exists may be false); -ENOTCONN: why. */
SAM_MUSTCHECK int kafka_admin_topic(struct kafka_admin *a, const char *name, int64_t timeout_ms,
                                    struct kafka_topic_state *ret, char why[KAFKA_ADMIN_WHY_BYTES]);
/* The ends of each partition, one after the other, all of them within the timeout. 0 done: *ret is
 * the caller's to free; no such topic: *ret_count is 0. why is "", or what stood in the way of
 * those that are not known. -ENOTCONN: why. */
SAM_MUSTCHECK int kafka_admin_ends(struct kafka_admin *a, const char *name, int64_t timeout_ms,
                                   struct kafka_ends **ret, int32_t *ret_count,
                                   char why[KAFKA_ADMIN_WHY_BYTES]);
/* Of each partition 0 .. count - 1 of a topic that is there: the first record that is not older
 * than at_ms (by Kafka's time of it); -1 = there is none. Waits up to 5 s. 0 done; -ENOTCONN: why.
 */
SAM_MUSTCHECK int kafka_admin_offsets_at(struct kafka_admin *a, const char *name, int32_t count,
                                         int64_t at_ms, int64_t *ret_offsets,
                                         char why[KAFKA_ADMIN_WHY_BYTES]);

#endif
