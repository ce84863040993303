/* A consumer leaves in bounded time, also when Kafka has gone before it. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "common/adapters/kafka.h"
#include "common/base/clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define DEADLINE_MS 30000
#define LEAVES_MS   8000
#define SLOW_MS     60000
#define PARTITIONS  4
#define TOPIC       "jobs"

/* Kafka's numbers of requests. */
enum { OFFSET_COMMIT = 8, LEAVE_GROUP = 13 };

struct member {
    rd_kafka_t *handle; /* carries the cluster */
    rd_kafka_mock_cluster_t *cluster;
    struct log log;
    struct kafka_consumer *consumer;
    bool assigned;
};

static void on_record(void *ctx SAM_UNUSED, const struct kafka_record *record SAM_UNUSED)
{
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

static void wait_until(struct member *m, const bool *condition)
{
    const int64_t until_ms = clock_boot_ms() + DEADLINE_MS;
    struct pollfd readable = {.fd = kafka_consumer_fd(m->consumer), .events = POLLIN};
    while (!*condition) {
        assert_true(clock_boot_ms() < until_ms);
        (void)poll(&readable, 1, 100);
        (void)kafka_consumer_poll(m->consumer, 100);
    }
}

static void set_up(struct member *m)
{
    char why[256] = "";
    static const struct kafka_consumer_ops ops = {
        .record = on_record, .assigned = on_assigned, .revoked = on_revoked, .error = on_error};
    static const char *const topics[] = {TOPIC};
    log_init(&m->log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    m->handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    assert_non_null(m->handle);
    m->cluster = rd_kafka_mock_cluster_new(m->handle, 1);
    assert_non_null(m->cluster);
    assert_int_equal(rd_kafka_mock_topic_create(m->cluster, TOPIC, PARTITIONS, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    const struct kafka_options options = {.bootstrap_servers =
                                              rd_kafka_mock_cluster_bootstraps(m->cluster),
                                          .client_id = "test",
                                          .log = &m->log};
    const struct kafka_subscription subscription = {
        .group = "workers", .topics = topics, .topics_count = 1, .ops = &ops, .ctx = m};
    if (kafka_consumer_new(&options, &subscription, &m->consumer, why, sizeof(why)) != 0)
        fail_msg("%s", why);
    wait_until(m, &m->assigned);
    kafka_consumer_store(m->consumer, 0, 1, 7);
}

static void cluster_gone(struct member *m)
{
    rd_kafka_mock_cluster_destroy(m->cluster);
    rd_kafka_destroy(m->handle);
}

/* SIGALRM ends a test that would hang for ever. */
static void leave(struct member *m)
{
    const int64_t from_ms = clock_boot_ms();
    (void)alarm(DEADLINE_MS / 1000);
    kafka_consumer_free(m->consumer);
    (void)alarm(0);
    assert_in_range(clock_boot_ms() - from_ms, 0, LEAVES_MS);
}

static void test_leaves(void **state SAM_UNUSED)
{
    struct member m = {0};
    set_up(&m);
    leave(&m);
    cluster_gone(&m);
}

/* Its last commit and its leaving are taken, but not answered in time. */
static void test_leaves_a_kafka_that_does_not_answer(void **state SAM_UNUSED)
{
    struct member m = {0};
    set_up(&m);
    (void)rd_kafka_mock_broker_push_request_error_rtts(m.cluster, 1, OFFSET_COMMIT, 1,
                                                       RD_KAFKA_RESP_ERR_NO_ERROR, SLOW_MS);
    (void)rd_kafka_mock_broker_push_request_error_rtts(m.cluster, 1, LEAVE_GROUP, 1,
                                                       RD_KAFKA_RESP_ERR_NO_ERROR, SLOW_MS);
    leave(&m);
    cluster_gone(&m);
}

static void test_leaves_after_kafka_went(void **state SAM_UNUSED)
{
    struct member m = {0};
    set_up(&m);
    cluster_gone(&m);
    leave(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaves),
        cmocka_unit_test(test_leaves_a_kafka_that_does_not_answer),
        cmocka_unit_test(test_leaves_after_kafka_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
