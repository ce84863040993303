/* How many replicas a topic has, as a cluster of three brokers tells it: to those that start, and
 * to samctl. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "common/adapters/kafka.h"
#include "common/adapters/kafka_admin.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define BROKERS_MAX 3
#define TIMEOUT_MS  30000

static void expect_replicas(const struct kafka_options *options, const char *topic,
                            int32_t partitions, int32_t replicas)
{
    char why[KAFKA_ADMIN_WHY_BYTES] = "";
    struct kafka_producer *p = NULL;
    struct kafka_admin *admin = NULL;
    struct kafka_topic_state state;
    int32_t count = 0;
    int32_t found = 0;
    assert_int_equal(kafka_producer_new(options, &p, why, sizeof(why)), 0);
    assert_int_equal(kafka_topic_partitions(p, topic, TIMEOUT_MS, &count, &found), 0);
    kafka_producer_free(p);
    assert_int_equal(count, partitions);
    assert_int_equal(found, replicas);
    assert_int_equal(kafka_admin_new(options, &admin, why, sizeof(why)), 0);
    assert_int_equal(kafka_admin_topic(admin, topic, TIMEOUT_MS, &state, why), 0);
    kafka_admin_free(admin);
    assert_int_equal(state.partitions, partitions);
    assert_int_equal(state.replicas, replicas);
}

/* librdkafka's own broker gives a topic as many replicas as there are brokers, whatever is asked.
 */
static void look_at_cluster_of(int brokers)
{
    char why[256] = "";
    struct log log;
    log_init(&log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    assert_non_null(handle);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(handle, brokers);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "sam.events", 4, brokers),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    const struct kafka_options options = {.bootstrap_servers =
                                              rd_kafka_mock_cluster_bootstraps(cluster),
                                          .client_id = "test",
                                          .log = &log};
    expect_replicas(&options, "sam.events", 4, brokers);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);
}

static void test_each_number_of_replicas(void **state SAM_UNUSED)
{
    for (int brokers = 1; brokers <= BROKERS_MAX; brokers++)
        look_at_cluster_of(brokers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_number_of_replicas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
