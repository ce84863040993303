/* common/model/topic: the table, and what is written from it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/model/topic.h"
#include "tests/test.h"

#include "common/base/banned.h"

static struct settings with(int64_t partitions, int64_t replicas, int64_t ledger_retention_ms)
{
    return (struct settings){.kafka = {.partitions = partitions,
                                       .replication_factor = replicas,
                                       .ledger_retention_ms = ledger_retention_ms}};
}

/* As a cluster of three zones has them: deploy/kubernetes/base/sam.cfg, and the defaults. */
static const struct settings usual = {
    .kafka = {.partitions = 48, .replication_factor = 3, .ledger_retention_ms = CONFIG_FOREVER}};

static const char *value_of(enum topic t, enum topic_config c, const struct settings *s)
{
    static char text[TOPIC_CONFIG_BYTES];
    topic_config_value(t, c, s, text);
    return text;
}

static void test_names(void **state SAM_UNUSED)
{
    for (size_t i = 0; i < TOPIC_N; i++)
        assert_int_equal(topic_by_name(topic_row((enum topic)i)->name), i);
    assert_int_equal(topic_by_name("sam.event"), TOPIC_N);
    assert_int_equal(topic_by_name(""), TOPIC_N);
}

/* The owner of an account's jobs, its looks and its events is found by one hash. */
static void test_partitions(void **state SAM_UNUSED)
{
    const struct settings s = with(7, 1, CONFIG_FOREVER);
    assert_int_equal(topic_partitions(TOPIC_JOBS, &s), 7);
    assert_int_equal(topic_partitions(TOPIC_SYNC, &s), 7);
    assert_int_equal(topic_partitions(TOPIC_EVENTS, &s), 7);
    assert_int_equal(topic_partitions(TOPIC_ACCOUNTS, &s), 7);
    assert_int_equal(topic_partitions(TOPIC_DEAD_JOBS, &s), 1);
}

/* One replica may be away where there are three; where there are two, none could. */
static void test_values(void **state SAM_UNUSED)
{
    const struct settings two = with(4, 2, 400 * DAY_MS);
    assert_string_equal(value_of(TOPIC_EVENTS, TOPIC_RETENTION_MS, &usual), "-1");
    assert_string_equal(value_of(TOPIC_EVENTS, TOPIC_RETENTION_MS, &two), "34560000000");
    assert_string_equal(value_of(TOPIC_JOBS, TOPIC_RETENTION_MS, &two), "604800000");
    assert_string_equal(value_of(TOPIC_EVENTS, TOPIC_MIN_INSYNC_REPLICAS, &usual), "2");
    assert_string_equal(value_of(TOPIC_EVENTS, TOPIC_MIN_INSYNC_REPLICAS, &two), "1");
    for (size_t i = 0; i < TOPIC_N; i++) {
        assert_string_equal(value_of((enum topic)i, TOPIC_CLEANUP_POLICY, &usual),
                            i == TOPIC_ACCOUNTS ? "compact" : "delete");
        assert_string_equal(value_of((enum topic)i, TOPIC_SEGMENT_MS, &usual),
                            i == TOPIC_ACCOUNTS ? "3600000" : "");
        assert_string_equal(value_of((enum topic)i, TOPIC_UNCLEAN_LEADERS, &usual), "false");
    }
}

/* SAM_WRITE_DOCS=1 writes the file anew instead of comparing it. */
static void hold_equal(const char *path, const struct buf *want)
{
    bool write = getenv("SAM_WRITE_DOCS") != NULL;
    FILE *file = fopen(path, write ? "we" : "re");
    assert_non_null(file);
    if (write) {
        assert_int_equal(fwrite(want->data, 1, want->len, file), want->len);
    } else {
        char *have SAM_CLEANUP(freep) = sam_xcalloc(1, want->len + 2);
        size_t n = fread(have, 1, want->len + 1, file);
        if (n != want->len || memcmp(have, want->data, n) != 0)
            fail_msg("%s is not what common/model/topic.h says; write it anew: SAM_WRITE_DOCS=1 "
                     "build/dev/tests/unit_test_topic",
                     path);
    }
    assert_int_equal(fclose(file), 0);
}

static void test_document_is_up_to_date(void **state SAM_UNUSED)
{
    struct buf want = BUF_INIT(1 << 16);
    topic_document(&usual, &want);
    hold_equal("common/model/TOPICS.md", &want);
    buf_deinit(&want);
}

static void test_strimzi_is_up_to_date(void **state SAM_UNUSED)
{
    struct buf want = BUF_INIT(1 << 16);
    topic_strimzi(&usual, &want);
    hold_equal("deploy/kubernetes/components/strimzi/topics.yaml", &want);
    buf_deinit(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_partitions),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_document_is_up_to_date),
        cmocka_unit_test(test_strimzi_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
