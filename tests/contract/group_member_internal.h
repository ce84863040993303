/* tests/contract/group_member_internal.h - a consumer, alone in its group, on librdkafka's mock
 * broker. */
#ifndef SAM_TESTS_GROUP_MEMBER_H
#define SAM_TESTS_GROUP_MEMBER_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdbool.h>

#include "common/adapters/kafka.h"
#include "common/base/clock.h"
#include "tests/test.h"

#define DEADLINE_MS 30000
#define PARTITIONS  4
#define TOPIC       "records"

struct member {
    rd_kafka_t *writer; /* carries the cluster */
    rd_kafka_mock_cluster_t *cluster;
    struct log log;
    struct kafka_consumer *consumer; /* the test's to free */
    bool assigned;
    bool read;
};

static void on_record(void *ctx, const struct kafka_record *record SAM_UNUSED)
{
    struct member *m = ctx;
    m->read = true;
}

static void on_assigned(void *ctx, const struct kafka_part *parts, size_t count)
{
    struct member *m = ctx;
    kafka_consumer_assign(m->consumer, parts, count);
    m->assigned = count == PARTITIONS;
}

static void on_revoked(void *ctx, const struct kafka_part *parts SAM_UNUSED,
                       size_t count SAM_UNUSED, bool lost SAM_UNUSED)
{
    struct member *m = ctx;
    kafka_consumer_unassign(m->consumer);
}

static void on_error(void *ctx SAM_UNUSED, const char *text SAM_UNUSED, bool fatal SAM_UNUSED)
{
}

static inline void wait_until(struct member *m, const bool *condition)
{
    const int64_t until_ms = clock_boot_ms() + DEADLINE_MS;
    struct pollfd readable = {.fd = kafka_consumer_fd(m->consumer), .events = POLLIN};
    while (!*condition) {
        assert_true(clock_boot_ms() < until_ms);
        (void)poll(&readable, 1, 100);
        (void)kafka_consumer_poll(m->consumer, 100);
    }
}

/* It has all partitions of the topic when this returns. */
static inline void join(struct member *m)
{
    char why[256] = "";
    static const struct kafka_consumer_ops ops = {
        .record = on_record, .assigned = on_assigned, .revoked = on_revoked, .error = on_error};
    static const char *const topics[] = {TOPIC};
    log_init(&m->log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    m->writer = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    assert_non_null(m->writer);
    m->cluster = rd_kafka_mock_cluster_new(m->writer, 1);
    assert_non_null(m->cluster);
    assert_int_equal(rd_kafka_mock_topic_create(m->cluster, TOPIC, PARTITIONS, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    const char *bootstrap = rd_kafka_mock_cluster_bootstraps(m->cluster);
    assert_int_equal(rd_kafka_brokers_add(m->writer, bootstrap), 1);
    const struct kafka_options options = {
        .bootstrap_servers = bootstrap, .client_id = "test", .log = &m->log};
    const struct kafka_subscription subscription = {.group = "members",
                                                    .topics = topics,
                                                    .topics_count = 1,
                                                    .ahead_kb = 1024,
                                                    .ops = &ops,
                                                    .ctx = m};
    if (kafka_consumer_new(&options, &subscription, &m->consumer, why, sizeof(why)) != 0)
        fail_msg("%s", why);
    wait_until(m, &m->assigned);
}

static inline void cluster_gone(struct member *m)
{
    rd_kafka_mock_cluster_destroy(m->cluster);
    rd_kafka_destroy(m->writer);
}

#endif
