/* A consumer that was paused when its partitions went reads them when they come back. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdbool.h>

#include "common/adapters/kafka.h"
#include "common/base/clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define DEADLINE_MS 30000
#define TOPIC       "events"

struct member {
    rd_kafka_t *writer; /* carries the cluster */
    struct log log;
    struct kafka_consumer *consumer;
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
    m->assigned = true;
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

static void write_one(struct member *m)
{
    char value[] = "x";
    assert_int_equal(rd_kafka_producev(m->writer, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(0),
                                       RD_KAFKA_V_VALUE(value, 1), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(m->writer, DEADLINE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void set_up(struct member *m)
{
    char why[256] = "";
    static const struct kafka_consumer_ops ops = {
        .record = on_record, .assigned = on_assigned, .revoked = on_revoked, .error = on_error};
    static const char *const topics[] = {TOPIC};
    log_init(&m->log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof(why)),
                     RD_KAFKA_CONF_OK);
    m->writer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    assert_non_null(m->writer);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_handle_mock_cluster(m->writer);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, TOPIC, 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    const struct kafka_options options = {.bootstrap_servers =
                                              rd_kafka_mock_cluster_bootstraps(cluster),
                                          .client_id = "test",
                                          .log = &m->log};
    const struct kafka_subscription subscription = {
        .group = "ledger", .topics = topics, .topics_count = 1, .ops = &ops, .ctx = m};
    if (kafka_consumer_new(&options, &subscription, &m->consumer, why, sizeof(why)) != 0)
        fail_msg("%s", why);
    wait_until(m, &m->assigned);
}

/* As in a rebalance while Postgres is away: nothing was read, and so nothing is left to resume. */
static void test_partitions_that_went_while_paused_are_read_again(void **state SAM_UNUSED)
{
    struct member m = {.read = false};
    const struct kafka_part part = {.topic = 0, .partition = 0, .offset = 0};
    set_up(&m);
    kafka_consumer_pause(m.consumer, 0, true);
    kafka_consumer_unassign(m.consumer);
    kafka_consumer_assign(m.consumer, &part, 1);
    write_one(&m);
    wait_until(&m, &m.read);
    kafka_consumer_free(m.consumer);
    rd_kafka_destroy(m.writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partitions_that_went_while_paused_are_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
