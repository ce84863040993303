/* A reader waits for what passes, for a leader that moves, and gives up at once on what does not.
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "common/adapters/kafka_reader.h"
#include "common/base/clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define TIMEOUT_MS 20000
#define RECORDS    3
#define TOPIC      "records"

enum { FETCH = 1 }; /* Kafka's number of the request */
struct fixture {
    struct log log;
    rd_kafka_t *handle;
    rd_kafka_mock_cluster_t *cluster;
    struct kafka_options options;
    struct kafka_reader *reader;
    int read;
};

static void write_records(const struct fixture *f)
{
    char why[256] = "";
    struct kafka_producer *p = NULL;
    const struct kafka_message m = {
        .topic = TOPIC, .partition = 0, .value = "{}", .value_bytes = 2};
    assert_int_equal(kafka_producer_new(&f->options, &p, why, sizeof(why)), 0);
    for (int i = 0; i < RECORDS; i++)
        assert_int_equal(kafka_produce(p, &m), 0);
    assert_int_equal(kafka_producer_flush(p, TIMEOUT_MS), 0);
    kafka_producer_free(p);
}

static void set_up(struct fixture *f)
{
    char why[KAFKA_ADMIN_WHY_BYTES] = "";
    *f = (struct fixture){.read = 0};
    log_init(&f->log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    f->handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    assert_non_null(f->handle);
    f->cluster = rd_kafka_mock_cluster_new(f->handle, 1);
    assert_int_equal(rd_kafka_mock_topic_create(f->cluster, TOPIC, 1, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    f->options =
        (struct kafka_options){.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(f->cluster),
                               .client_id = "test",
                               .log = &f->log};
    write_records(f);
    assert_int_equal(kafka_reader_new(&f->options, TOPIC, &f->reader, why), 0);
}

static void tear_down(struct fixture *f)
{
    kafka_reader_free(f->reader);
    rd_kafka_mock_cluster_destroy(f->cluster);
    rd_kafka_destroy(f->handle);
}

static void on_record(void *ctx, const struct kafka_record *record SAM_UNUSED)
{
    struct fixture *f = ctx;
    f->read++;
}

static int read_all(struct fixture *f, char why[KAFKA_ADMIN_WHY_BYTES])
{
    const struct kafka_range range = {
        .ends = {.first = 0, .end = RECORDS}, .fn = on_record, .ctx = f};
    f->read = 0;
    return kafka_reader_read(f->reader, &range, TIMEOUT_MS, why);
}

static void test_what_may_pass(void **state SAM_UNUSED)
{
    static const rd_kafka_resp_err_t passing[] = {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                                                  RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                                  RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT};
    char why[KAFKA_ADMIN_WHY_BYTES] = "";
    struct fixture f;
    set_up(&f);
    for (size_t i = 0; i < SAM_ARRAY_LEN(passing); i++) {
        rd_kafka_mock_push_request_errors(f.cluster, FETCH, 2, passing[i], passing[i]);
        assert_int_equal(read_all(&f, why), 0);
        assert_int_equal(f.read, RECORDS);
    }
    tear_down(&f);
}

/* Told as such, and long before the time is over. */
static void test_what_does_not_pass(void **state SAM_UNUSED)
{
    char why[KAFKA_ADMIN_WHY_BYTES] = "";
    const int64_t from_ms = clock_boot_ms();
    struct fixture f;
    set_up(&f);
    rd_kafka_mock_push_request_errors(f.cluster, FETCH, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(read_all(&f, why), -EACCES);
    assert_non_null(strstr(why, "authorization"));
    assert_in_range(clock_boot_ms() - from_ms, 0, TIMEOUT_MS / 2);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_may_pass),
                                       cmocka_unit_test(test_what_does_not_pass)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
