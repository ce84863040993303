/* common/adapters/topic_rules: what a topic's config must be, and what is said of one that is not.
 */
#include <stdio.h>
#include <string.h>

#include "common/adapters/topic_rules.h"
#include "common/base/clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

static char brokers[] = "b:9092";
static char prefix[] = "t.";

static struct settings settings_of(int64_t ledger_retention_ms)
{
    return (struct settings){.kafka = {.bootstrap_servers = brokers,
                                       .topic_prefix = prefix,
                                       .replication_factor = 3,
                                       .ledger_retention_ms = ledger_retention_ms}};
}

static struct kafka_topic_configs told(enum kafka_topic_config_key key, const char *value)
{
    struct kafka_topic_configs configs = {.refused = ""};
    configs.values[key].told = true;
    (void)snprintf(configs.values[key].text, sizeof(configs.values[key].text), "%s", value);
    return configs;
}

static void test_each_rule(void **state SAM_UNUSED)
{
    static const struct {
        const char *topic;
        enum kafka_topic_config_key key;
        const char *value;
        int64_t ledger_retention_ms;
        const char *said; /* NULL = kept */
    } rows[] = {
        {"sam.events", KAFKA_TOPIC_CLEANUP_POLICY, "delete", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_CLEANUP_POLICY, "", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_CLEANUP_POLICY, "compact", CONFIG_FOREVER, "must be delete: "},
        {"sam.jobs", KAFKA_TOPIC_CLEANUP_POLICY, "compact,delete", CONFIG_FOREVER,
         "must be delete"},
        {"sam.sync", KAFKA_TOPIC_CLEANUP_POLICY, "delete,compact", CONFIG_FOREVER,
         "must be delete"},
        {"dlq.sam.jobs", KAFKA_TOPIC_CLEANUP_POLICY, "compact", CONFIG_FOREVER,
         "--entity-name dlq.t.sam.jobs --add-config cleanup.policy=delete"},
        {"sam.accounts", KAFKA_TOPIC_CLEANUP_POLICY, "compact", CONFIG_FOREVER, NULL},
        {"sam.accounts", KAFKA_TOPIC_CLEANUP_POLICY, "delete", CONFIG_FOREVER,
         "must be compact: else it loses the accounts that do not change; "},
        {"sam.accounts", KAFKA_TOPIC_MAX_MESSAGE_BYTES, "1000", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_RETENTION_MS, "-1", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_RETENTION_MS, "9223372036854775807", CONFIG_FOREVER,
         "it must be -1 (for ever): "},
        {"sam.events", KAFKA_TOPIC_RETENTION_MS, "-1", DAY_MS, NULL},
        {"sam.events", KAFKA_TOPIC_RETENTION_MS, "86400000", DAY_MS, NULL},
        {"sam.events", KAFKA_TOPIC_RETENTION_MS, "86399999", DAY_MS,
         "it must be 86400000 (1d) or more: "},
        {"sam.jobs", KAFKA_TOPIC_RETENTION_MS, "1000", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_RETENTION_BYTES, "-1", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_RETENTION_BYTES, "9223372036854775807", DAY_MS,
         "it must be -1:"},
        {"sam.sync", KAFKA_TOPIC_RETENTION_BYTES, "1000", CONFIG_FOREVER, NULL},
        {"sam.jobs", KAFKA_TOPIC_MAX_MESSAGE_BYTES, "32767", CONFIG_FOREVER, "32768 or more"},
        {"sam.jobs", KAFKA_TOPIC_MAX_MESSAGE_BYTES, "32768", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_MAX_MESSAGE_BYTES, "many", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_MIN_INSYNC_REPLICAS, "3", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_MIN_INSYNC_REPLICAS, "2", CONFIG_FOREVER, NULL},
        {"sam.events", KAFKA_TOPIC_MIN_INSYNC_REPLICAS, "1", CONFIG_FOREVER,
         "it must be 2 or more: else one broker"},
        {"sam.events", KAFKA_TOPIC_MIN_INSYNC_REPLICAS, "1", DAY_MS,
         "--entity-name t.sam.events --add-config min.insync.replicas=2"},
        {"sam.jobs", KAFKA_TOPIC_MIN_INSYNC_REPLICAS, "1", CONFIG_FOREVER, NULL},
        {"sam.sync", KAFKA_TOPIC_MIN_INSYNC_REPLICAS, "1", CONFIG_FOREVER, NULL},
        {"dlq.sam.jobs", KAFKA_TOPIC_MIN_INSYNC_REPLICAS, "1", CONFIG_FOREVER, NULL},
        {"sam.accounts", KAFKA_TOPIC_MIN_INSYNC_REPLICAS, "1", CONFIG_FOREVER, NULL},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        const struct settings s = settings_of(rows[i].ledger_retention_ms);
        const struct kafka_topic_configs configs = told(rows[i].key, rows[i].value);
        char text[TOPIC_RULES_TEXT_BYTES] = "";
        bool kept = topic_rules_kept(&s, rows[i].topic, &configs, rows[i].key, text);
        if (kept != !rows[i].said || (rows[i].said && !strstr(text, rows[i].said)))
            fail_msg("row %zu: kept %d, \"%s\"", i, kept, text);
    }
}

/* Where two replicas are meant, both may not be asked for: the loss of one would stop all. */
static void test_fewer_replicas_need_no_more_in_sync(void **state SAM_UNUSED)
{
    char text[TOPIC_RULES_TEXT_BYTES] = "";
    const struct kafka_topic_configs configs = told(KAFKA_TOPIC_MIN_INSYNC_REPLICAS, "1");
    for (int64_t factor = 1; factor <= 4; factor++) {
        struct settings s = settings_of(CONFIG_FOREVER);
        s.kafka.replication_factor = factor;
        bool kept =
            topic_rules_kept(&s, "sam.events", &configs, KAFKA_TOPIC_MIN_INSYNC_REPLICAS, text);
        assert_int_equal(kept, factor < 3);
    }
}

static void test_replicas(void **state SAM_UNUSED)
{
    const struct settings s = settings_of(CONFIG_FOREVER);
    char text[TOPIC_RULES_TEXT_BYTES] = "";
    assert_true(topic_rules_replicas(&s, 4, text));
    assert_true(topic_rules_replicas(&s, 3, text));
    assert_string_equal(text, "");
    assert_false(topic_rules_replicas(&s, 2, text));
    assert_non_null(strstr(text, "has 2 replicas, kafka.replication_factor says 3: "));
    assert_false(topic_rules_replicas(&s, 1, text));
    assert_string_equal(text, "has 1 replica, kafka.replication_factor says 3: set the config to "
                              "what is there, or reassign its partitions with "
                              "kafka-reassign-partitions.sh");
}

static void test_what_was_not_told_is_named(void **state SAM_UNUSED)
{
    const struct settings s = settings_of(CONFIG_FOREVER);
    struct kafka_topic_configs configs = {.refused = "Topic authorization failed."};
    char text[TOPIC_RULES_TEXT_BYTES];
    for (int key = 0; key < KAFKA_TOPIC_CONFIGS_N; key++)
        assert_true(
            topic_rules_kept(&s, "sam.events", &configs, (enum kafka_topic_config_key)key, text));
    assert_true(topic_rules_unchecked("sam.events", &configs, text));
    assert_non_null(strstr(text, "cleanup.policy, retention.ms, retention.bytes, "
                                 "max.message.bytes, min.insync.replicas"));
    assert_non_null(strstr(text, "it says: Topic authorization failed."));
    assert_true(topic_rules_unchecked("sam.jobs", &configs, text));
    assert_null(strstr(text, "retention"));
    for (int key = 0; key < KAFKA_TOPIC_CONFIGS_N; key++)
        configs.values[key].told = true;
    assert_true(topic_rules_unchecked("sam.events", &configs, text)); /* no numbers */
    (void)snprintf(configs.values[KAFKA_TOPIC_MAX_MESSAGE_BYTES].text, 64, "100000");
    assert_false(topic_rules_unchecked("sam.jobs", &configs, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_rule),
                                       cmocka_unit_test(test_fewer_replicas_need_no_more_in_sync),
                                       cmocka_unit_test(test_replicas),
                                       cmocka_unit_test(test_what_was_not_told_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
