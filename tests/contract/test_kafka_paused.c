/* A consumer that was paused when its partitions went reads them when they come back. */
#include "tests/contract/group_member_internal.h"

#include "common/base/banned.h"

static void write_one(struct member *m)
{
    char value[] = "x";
    assert_int_equal(rd_kafka_producev(m->writer, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(0),
                                       RD_KAFKA_V_VALUE(value, 1), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(m->writer, DEADLINE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* As in a rebalance while Postgres is away: nothing was read, and so nothing is left to resume. */
static void test_partitions_that_went_while_paused_are_read_again(void **state SAM_UNUSED)
{
    struct member m = {.read = false};
    const struct kafka_part part = {.topic = 0, .partition = 0, .offset = 0};
    join(&m);
    kafka_consumer_pause(m.consumer, 0, true);
    kafka_consumer_unassign(m.consumer);
    kafka_consumer_assign(m.consumer, &part, 1);
    write_one(&m);
    wait_until(&m, &m.read);
    kafka_consumer_free(m.consumer);
    cluster_gone(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partitions_that_went_while_paused_are_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
