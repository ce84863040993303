/* librdkafka's statistics over any bytes: a count of brokers that is no more than they can be, or
 * nothing. */
#include <string.h>

#include "common/adapters/kafka_stats.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

#define UNTOUCHED SIZE_MAX

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t up = UNTOUCHED;
    if (kafka_stats_brokers_up((const char *)data, size, &up) == 0)
        FUZZ_CHECK(up <= size / strlen("\"\":{\"state\":\"UP\"}"));
    else
        FUZZ_CHECK(up == UNTOUCHED);
    return 0;
}
