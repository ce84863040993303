#include <errno.h>
#include <string.h>

#include "common/adapters/kafka_stats.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void test_brokers_that_are_up_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int result;
        size_t up;
    } rows[] = {
        {"{\"name\":\"rdkafka#producer-1\",\"brokers\":{\"b:1/1\":{\"state\":\"UP\"},"
         "\"b:2/2\":{\"state\":\"TRY_CONNECT\"},\"b:3/3\":{\"state\":\"UP\"}}}",
         0, 2},
        {"{\"brokers\":{\"b:1/bootstrap\":{\"state\":\"DOWN\"}}}", 0, 0},
        {"{\"brokers\":{\"b:1/1\":{\"nodeid\":1}}}", 0, 0},
        {"{\"brokers\":{\"a\":{\"state\":null},\"b\":null,\"c\":{\"state\":7}}}", 0, 0},
        {"{\"brokers\":{}}", 0, 0},
        {"{\"brokers\":[]}", -EINVAL, 0},
        {"{\"topics\":{}}", -EINVAL, 0},
        {"{\"brokers\":{\"b:1/1\":", -EINVAL, 0},
        {"", -EINVAL, 0},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        size_t up = 99;
        assert_int_equal(kafka_stats_brokers_up(rows[i].json, strlen(rows[i].json), &up),
                         rows[i].result);
        assert_int_equal(up, rows[i].result ? 99 : rows[i].up);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_brokers_that_are_up_are_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
