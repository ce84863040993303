/* A consumer leaves in bounded time, also when Kafka has gone before it. */
#include <unistd.h>

#include "tests/contract/group_member_internal.h"

#include "common/base/banned.h"

#define LEAVES_MS 8000
#define SLOW_MS   60000

/* Kafka's numbers of requests. */
enum { OFFSET_COMMIT = 8, LEAVE_GROUP = 13 };

/* It has a position to commit. */
static void set_up(struct member *m)
{
    join(m);
    kafka_consumer_store(m->consumer, 0, 1, 7);
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
