/* common/adapters/topic_rules.h - how the topics must be kept, and what to do about one that is
 * not.
 *
 * None is compacted: that keeps the last record of a key only, and every account has one key; but
 * sam.accounts must be, which is about nothing else. None of the others takes less than our longest
 * record. sam.events is kept as long as kafka.ledger_retention says and without a bound on bytes,
 * which bounds no time: a restored database learns from it what was sent since the backup (design
 * 3.8). It also outlives a broker: an attempt that was acknowledged and is lost might be made
 * again, while a lost job is only published anew. */
#ifndef SAM_ADAPTERS_TOPIC_RULES_H
#define SAM_ADAPTERS_TOPIC_RULES_H

#include "common/adapters/kafka_topic_configs.h"
#include "common/base/settings.h"

#define TOPIC_RULES_TEXT_BYTES 1000

/* topic: by its plain name, "sam.events". false: it breaks the rule about this config, and text is
 * "has KEY=VALUE, it must be ...", with the command that mends it. What was not told, or is no
 * number where one must be, breaks none: topic_rules_unchecked() names it. */
bool topic_rules_kept(const struct settings *s, const char *topic,
                      const struct kafka_topic_configs *configs, enum kafka_topic_config_key key,
                      char text[TOPIC_RULES_TEXT_BYTES]);
/* replicas: of the partition that has fewest. false: there are fewer than
 * kafka.replication_factor says, and text is "has N replicas, ...", with what to do. */
bool topic_rules_replicas(const struct settings *s, int32_t replicas,
                          char text[TOPIC_RULES_TEXT_BYTES]);
/* true: text names what could not be checked, why, and what must be so. */
bool topic_rules_unchecked(const char *topic, const struct kafka_topic_configs *configs,
                           char text[TOPIC_RULES_TEXT_BYTES]);
/* What is said of sam.accounts where it has not as many partitions as the keyed topics have, which
 * stops nothing: "has ..."; to be freed. */
char *topic_rules_view_unequal(int32_t found, int32_t keyed);

#endif
