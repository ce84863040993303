/* A look at the topics never holds up the loop, however slow the broker is, and hears it still. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "common/adapters/topics_watch.h"
#include "common/base/clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define DEADLINE_MS     30000
#define SLOW_MS         1000 /* each answer of the broker */
#define LOOKS           10
#define LOOKS_BUDGET_MS 1500 /* of all together; a look that waits takes longer by itself */

/* At three topics, sam.jobs with a partition more than before, or at none; until it tells that. */
static void look_until(bool there, const char *trouble)
{
    char why[256] = "";
    char prefix[] = "";
    struct log log;
    struct kafka_producer *p = NULL;
    log_init(&log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    assert_non_null(handle);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(handle, 1);
    static const struct {
        const char *name;
        int partitions;
    } topics[] = {{"sam.jobs", 4}, {"sam.sync", 3}, {"sam.events", 3}};
    for (size_t i = 0; i < SAM_ARRAY_LEN(topics) && there; i++)
        assert_int_equal(
            rd_kafka_mock_topic_create(cluster, topics[i].name, topics[i].partitions, 1),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    const struct kafka_options options = {.bootstrap_servers =
                                              rd_kafka_mock_cluster_bootstraps(cluster),
                                          .client_id = "test",
                                          .log = &log};
    assert_int_equal(kafka_producer_new(&options, &p, why, sizeof(why)), 0);
    assert_int_equal(rd_kafka_mock_broker_set_rtt(cluster, 1, SLOW_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    const struct settings s = {.kafka = {.topic_prefix = prefix}};
    struct topics_watch *watch = topics_watch_new(&s, 3, &log, NULL);

    const int64_t begun_ms = clock_boot_ms();
    int64_t later_ms = begun_ms;
    for (int i = 0; i < LOOKS; i++)
        topics_watch_look(watch, p, later_ms += MINUTE_MS);
    assert_in_range(clock_boot_ms() - begun_ms, 0, LOOKS_BUDGET_MS);
    while (!topics_watch_trouble(watch)) {
        assert_true(clock_boot_ms() - begun_ms < DEADLINE_MS);
        (void)poll(NULL, 0, 20);
        topics_watch_look(watch, p, later_ms += MINUTE_MS);
    }
    assert_non_null(strstr(topics_watch_trouble(watch), trouble));
    topics_watch_free(watch);
    kafka_producer_free(p);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);
}

static void test_looks_at_a_slow_broker(void **state SAM_UNUSED)
{
    look_until(true, "sam.jobs has 4 partitions, it had 3");
}

static void test_topics_that_were_deleted(void **state SAM_UNUSED)
{
    look_until(false, " is gone: see samctl topics show");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_looks_at_a_slow_broker),
                                       cmocka_unit_test(test_topics_that_were_deleted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
