/* A producer that is broken, by a fatal error or because another cluster answers: it is known at
 * once, and every message is reported and counted. */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "common/adapters/kafka.h"
#include "common/adapters/metric_names.h"
#include "common/base/clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define DEADLINE_MS 30000
#define TOPIC       "events"

enum { PRODUCE = 0 }; /* Kafka's number of the request */

struct sent {
    struct kafka_delivery delivery;
    bool reported;
    int error;
};

static void on_delivery(struct kafka_delivery *d, int error, int32_t partition SAM_UNUSED,
                        int64_t offset SAM_UNUSED)
{
    struct sent *sent = (struct sent *)d;
    sent->reported = true;
    sent->error = error;
}

static int produce(struct kafka_producer *p, struct sent *sent)
{
    *sent = (struct sent){.delivery = {.fn = on_delivery}};
    const struct kafka_message m = {.topic = TOPIC,
                                    .partition = -1,
                                    .value = "{}",
                                    .value_bytes = 2,
                                    .delivery = &sent->delivery};
    return kafka_produce(p, &m);
}

static void wait_reported(struct kafka_producer *p, const struct sent *sent)
{
    const int64_t until_ms = clock_boot_ms() + DEADLINE_MS;
    struct pollfd readable = {.fd = kafka_producer_fd(p), .events = POLLIN};
    while (!sent->reported) {
        assert_true(clock_boot_ms() < until_ms);
        (void)poll(&readable, 1, 100);
        kafka_producer_poll(p);
    }
}

struct clusters {
    struct log log;
    struct metrics *metrics;
    rd_kafka_t *handle;
    rd_kafka_mock_cluster_t *ours;
    rd_kafka_mock_cluster_t *other;
    char addresses[256]; /* of both */
    struct kafka_producer *producer;
};

static rd_kafka_mock_cluster_t *cluster(rd_kafka_t *handle)
{
    rd_kafka_mock_cluster_t *made = rd_kafka_mock_cluster_new(handle, 1);
    assert_int_equal(rd_kafka_mock_topic_create(made, TOPIC, 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    return made;
}

/* The other cluster is down. */
static void set_up(struct clusters *c)
{
    char why[256] = "";
    log_init(&c->log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    c->metrics = metrics_new(IN_WORKER, metric_names);
    c->handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    assert_non_null(c->handle);
    c->ours = cluster(c->handle);
    c->other = cluster(c->handle);
    assert_int_equal(rd_kafka_mock_broker_set_down(c->other, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    (void)snprintf(c->addresses, sizeof(c->addresses), "%s,%s",
                   rd_kafka_mock_cluster_bootstraps(c->ours),
                   rd_kafka_mock_cluster_bootstraps(c->other));
    const struct kafka_options options = {.bootstrap_servers = c->addresses,
                                          .client_id = "test",
                                          .log = &c->log,
                                          .metrics = c->metrics};
    assert_int_equal(kafka_producer_new(&options, &c->producer, why, sizeof(why)), 0);
}

static void tear_down(struct clusters *c)
{
    kafka_producer_free(c->producer);
    rd_kafka_mock_cluster_destroy(c->ours);
    rd_kafka_mock_cluster_destroy(c->other);
    rd_kafka_destroy(c->handle);
    metrics_free(c->metrics);
}

static void takes_one(const struct clusters *c)
{
    struct sent sent;
    assert_int_equal(produce(c->producer, &sent), 0);
    wait_reported(c->producer, &sent);
    assert_int_equal(sent.error, 0);
    assert_false(kafka_producer_broken(c->producer));
}

static void takes_nothing_more(const struct clusters *c)
{
    struct sent sent;
    int64_t failed = metrics_get(c->metrics, METRIC_KAFKA_FAILED);
    assert_true(kafka_producer_broken(c->producer));
    assert_int_equal(produce(c->producer, &sent), -EIO);
    assert_string_equal(kafka_error_text(-EIO), "the producer is broken");
    assert_int_equal(metrics_get(c->metrics, METRIC_KAFKA_FAILED), failed + 1);
}

static void test_a_fatal_error(void **state SAM_UNUSED)
{
    struct clusters c = {.producer = NULL};
    struct sent sent;
    set_up(&c);
    takes_one(&c);
    rd_kafka_mock_push_request_errors(c.ours, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_int_equal(produce(c.producer, &sent), 0);
    wait_reported(c.producer, &sent);
    assert_int_not_equal(sent.error, 0);
    takes_nothing_more(&c);
    tear_down(&c);
}

/* What the other one has acknowledged is not in our log. */
static void test_another_cluster_acknowledges(void **state SAM_UNUSED)
{
    struct clusters c = {.producer = NULL};
    struct sent sent;
    set_up(&c);
    takes_one(&c);
    assert_int_equal(rd_kafka_mock_broker_set_down(c.ours, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_mock_broker_set_up(c.other, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(produce(c.producer, &sent), 0);
    wait_reported(c.producer, &sent);
    assert_int_equal(sent.error, -EIO);
    takes_nothing_more(&c);
    tear_down(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_fatal_error),
                                       cmocka_unit_test(test_another_cluster_acknowledges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
