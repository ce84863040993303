/* What an operator gives in kafka.properties is taken as it stands. */
#include "common/adapters/kafka.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void expect_taken(const char *const *properties)
{
    char why[256] = "";
    struct kafka_producer *p = NULL;
    struct log log;
    log_init(&log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    const struct kafka_options options = {.bootstrap_servers = "127.0.0.1:1",
                                          .client_id = "test",
                                          .properties = properties,
                                          .log = &log};
    assert_int_equal(kafka_producer_new(&options, &p, why, sizeof(why)), 0);
    kafka_producer_free(p);
}

/* librdkafka refuses a pair that contradicts itself, so none of ours may stand beside one of
 * theirs. */
static void test_times_between_attempts_to_connect(void **state SAM_UNUSED)
{
    static const char *const none[] = {"security.protocol=plaintext", NULL};
    static const char *const least[] = {"reconnect.backoff.ms=5000", NULL};
    static const char *const most[] = {"reconnect.backoff.max.ms=7000", NULL};
    static const char *const both[] = {"reconnect.backoff.max.ms=7000", "reconnect.backoff.ms=7000",
                                       NULL};
    expect_taken(NULL);
    expect_taken(none);
    expect_taken(least);
    expect_taken(most);
    expect_taken(both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_times_between_attempts_to_connect)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
