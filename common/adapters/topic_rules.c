#include "common/adapters/topic_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/topic.h"

#include "common/base/banned.h"

#define UNBOUNDED "-1" /* any number of bytes */

static bool is_ledger(const char *topic)
{
    return topic_by_name(topic) == TOPIC_EVENTS;
}

static bool is_view(const char *topic)
{
    return topic_by_name(topic) == TOPIC_ACCOUNTS;
}

static bool applies(const char *topic, enum kafka_topic_config_key key)
{
    if (is_view(topic))
        return key == KAFKA_TOPIC_CLEANUP_POLICY;
    bool of_any = key == KAFKA_TOPIC_CLEANUP_POLICY || key == KAFKA_TOPIC_MAX_MESSAGE_BYTES;
    return is_ledger(topic) || of_any;
}

/* false: it is no number. */
static bool number_of(const char *text, int64_t *ret)
{
    char *end = NULL;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return false;
    *ret = number;
    return true;
}

static bool readable(const struct kafka_topic_configs *configs, enum kafka_topic_config_key key)
{
    int64_t number;
    return configs->values[key].told &&
           (key == KAFKA_TOPIC_CLEANUP_POLICY || number_of(configs->values[key].text, &number));
}

struct rule {
    bool kept;
    char wanted[32];   /* as kafka-configs.sh takes it */
    char or_more[100]; /* what else would do; may be empty */
    const char *because;
};

static struct rule retention_rule(const struct settings *s, int64_t found_ms)
{
    struct rule rule = {.because = "a restored database learns from it what was sent since the "
                                   "backup, see kafka.ledger_retention"};
    char span[DURATION_TEXT_BYTES];
    bool finite = s->kafka.ledger_retention_ms != CONFIG_FOREVER;
    rule.kept = found_ms < 0 || (finite && found_ms >= s->kafka.ledger_retention_ms);
    duration_format(s->kafka.ledger_retention_ms, span);
    topic_config_value(TOPIC_EVENTS, TOPIC_RETENTION_MS, s, rule.wanted);
    if (finite)
        (void)snprintf(rule.or_more, sizeof(rule.or_more), " (%s) or more", span);
    else
        (void)snprintf(rule.or_more, sizeof(rule.or_more), " (for ever)");
    return rule;
}

static struct rule cleanup_rule(const char *topic, const char *found)
{
    bool compact = strstr(found, "compact");
    if (is_view(topic))
        return (struct rule){.kept = compact,
                             .wanted = "compact",
                             .because = "else it loses the accounts that do not change"};
    return (struct rule){.kept = !compact,
                         .wanted = "delete",
                         .because = "compaction keeps one record of an account only"};
}

static struct rule rule_of(const struct settings *s, const char *topic,
                           enum kafka_topic_config_key key, const char *found)
{
    struct rule rule = {.kept = true};
    int64_t number = 0;
    (void)number_of(found, &number); /* it is readable */
    switch (key) {
    case KAFKA_TOPIC_CLEANUP_POLICY:
        rule = cleanup_rule(topic, found);
        break;
    case KAFKA_TOPIC_RETENTION_MS:
        rule = retention_rule(s, number);
        break;
    case KAFKA_TOPIC_RETENTION_BYTES:
        rule = (struct rule){.kept = number < 0,
                             .wanted = UNBOUNDED,
                             .because = "how far back so many bytes reach is not known"};
        break;
    case KAFKA_TOPIC_MAX_MESSAGE_BYTES:
        rule = (struct rule){.kept = number >= SETTINGS_MESSAGE_BYTES_LEAST,
                             .or_more = " or more",
                             .because = "no call is made whose record Kafka does not take"};
        (void)snprintf(rule.wanted, sizeof(rule.wanted), "%d", SETTINGS_MESSAGE_BYTES_LEAST);
        break;
    case KAFKA_TOPIC_MIN_INSYNC_REPLICAS:
        rule = (struct rule){.kept = number >= topic_min_insync_replicas(s),
                             .or_more = " or more",
                             .because = "else one broker that is lost may take attempts with it "
                                        "that were acknowledged"};
        topic_config_value(TOPIC_EVENTS, TOPIC_MIN_INSYNC_REPLICAS, s, rule.wanted);
        break;
    case KAFKA_TOPIC_CONFIGS_N:
        break;
    }
    return rule;
}

bool topic_rules_kept(const struct settings *s, const char *topic,
                      const struct kafka_topic_configs *configs, enum kafka_topic_config_key key,
                      char text[TOPIC_RULES_TEXT_BYTES])
{
    const char *found = configs->values[key].text;
    const char *name = kafka_topic_config_names[key];
    if (!applies(topic, key) || !readable(configs, key))
        return true;
    const struct rule rule = rule_of(s, topic, key, found);
    char *full SAM_CLEANUP(freep) = settings_topic(s, topic);
    if (!rule.kept)
        (void)snprintf(text, TOPIC_RULES_TEXT_BYTES,
                       "has %s=%s, it must be %s%s: %s; kafka-configs.sh --bootstrap-server %s "
                       "--alter --entity-type topics --entity-name %s --add-config %s=%s",
                       name, found, rule.wanted, rule.or_more, rule.because,
                       s->kafka.bootstrap_servers, full, name, rule.wanted);
    return rule.kept;
}

bool topic_rules_replicas(const struct settings *s, int32_t replicas,
                          char text[TOPIC_RULES_TEXT_BYTES])
{
    bool enough = replicas >= s->kafka.replication_factor;
    if (!enough)
        (void)snprintf(text, TOPIC_RULES_TEXT_BYTES,
                       "has %d replica%s, kafka.replication_factor says %" PRId64
                       ": set the config to what is there, or reassign its partitions with "
                       "kafka-reassign-partitions.sh",
                       replicas, replicas == 1 ? "" : "s", s->kafka.replication_factor);
    return enough;
}

bool topic_rules_unchecked(const char *topic, const struct kafka_topic_configs *configs,
                           char text[TOPIC_RULES_TEXT_BYTES])
{
    struct buf names = BUF_INIT(200);
    for (size_t i = 0; i < KAFKA_TOPIC_CONFIGS_N && !is_view(topic); i++) {
        if (applies(topic, (enum kafka_topic_config_key)i) &&
            !readable(configs, (enum kafka_topic_config_key)i))
            buf_addf(&names, "%s%s", names.len ? ", " : "", kafka_topic_config_names[i]);
    }
    bool any = names.len > 0;
    if (any)
        (void)snprintf(
            text, TOPIC_RULES_TEXT_BYTES,
            "the broker does not tell its %s%s%s: allow DescribeConfigs on it, or see to "
            "it that it is not compacted, takes records of %d bytes%s",
            buf_text(&names), configs->refused[0] ? "; it says: " : "", configs->refused,
            SETTINGS_MESSAGE_BYTES_LEAST,
            is_ledger(topic)
                ? " and is kept as kafka.ledger_retention and kafka.replication_factor say"
                : "");
    buf_deinit(&names);
    return any;
}

char *topic_rules_view_unequal(int32_t found, int32_t keyed)
{
    return sam_xasprintf("has %d partition%s, sam.jobs has %d: an account's records are in another "
                         "partition of it than of sam.events, which misleads who looks for them "
                         "there; nothing else goes by it; delete it, run samctl topics create, and "
                         "start the workers anew",
                         found, found == 1 ? "" : "s", keyed);
}
