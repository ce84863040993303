/* A fatal error of the idempotent producer: it is known at once, and every message is reported. */
#include <errno.h>
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

static void test_a_fatal_error(void **state SAM_UNUSED)
{
    char why[256] = "";
    struct log log;
    struct kafka_producer *p = NULL;
    struct sent first;
    struct sent second;
    log_init(&log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    assert_non_null(handle);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(handle, 1);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, TOPIC, 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    const struct kafka_options options = {.bootstrap_servers =
                                              rd_kafka_mock_cluster_bootstraps(cluster),
                                          .client_id = "test",
                                          .log = &log};
    assert_int_equal(kafka_producer_new(&options, &p, why, sizeof(why)), 0);
    assert_int_equal(produce(p, &first), 0);
    wait_reported(p, &first);
    assert_int_equal(first.error, 0);
    assert_false(kafka_producer_broken(p));
    rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_int_equal(produce(p, &second), 0);
    wait_reported(p, &second);
    assert_int_not_equal(second.error, 0);
    assert_true(kafka_producer_broken(p));
    assert_int_equal(produce(p, &first), -EIO);
    kafka_producer_free(p);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_fatal_error)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
