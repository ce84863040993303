/* common/base/murmur2: the vectors of Kafka's own UtilsTest. */
#include <string.h>

#include "common/base/attr.h"
#include "common/base/murmur2.h"
#include "tests/test.h"

#include "common/base/banned.h"

static const struct {
    const char *key;
    int32_t hash;
} rows[] = {
    {"21", -973932308},
    {"foobar", -790332482},
    {"a-little-bit-long-string", -985981536},
    {"a-little-bit-longer-string", -1486304829},
    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
    {"abc", 479470107},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        assert_int_equal((int32_t)murmur2(rows[i].key, strlen(rows[i].key)), rows[i].hash);
        assert_int_equal(murmur2_key_hash(rows[i].key), rows[i].hash & 0x7fffffff);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
