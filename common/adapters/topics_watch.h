/* common/adapters/topics_watch.h - do the topics still have the partitions that this process began
 * with?
 *
 * The gate, the owners of accounts and the order of a ledger go by that number: with another one
 * nothing may be planned or claimed until the process is started anew. Asks Kafka about one of the
 * topics at a time; also how it is kept (topic_rules.h), which is only told: a warning and a
 * metric.
 */
#ifndef SAM_ADAPTERS_TOPICS_WATCH_H
#define SAM_ADAPTERS_TOPICS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/adapters/kafka.h"
#include "common/base/settings.h"

struct topics_watch;

/* Also whether sam.accounts is there, which nothing waits for.
 * partitions: of sam.jobs, sam.sync and sam.events alike. s, log and metrics (which may be NULL)
 * are borrowed. */
struct topics_watch *topics_watch_new(const struct settings *s, int32_t partitions, struct log *log,
                                      struct metrics *metrics);
/* Before the producer is freed. Waits for a question that is under way: some seconds where Kafka
 * is slow. */
void topics_watch_free(struct topics_watch *t);
SAM_DEFINE_FREEP(topics_watch)

/* Call it often: asks every few seconds, while a broker is connected, and takes the answer at a
 * later call; never blocks. No answer is no news. */
void topics_watch_look(struct topics_watch *t, struct kafka_producer *producer,
                       int64_t now_boot_ms);
/* A record or an assignment tells that there is such a partition. */
void topics_watch_seen(struct topics_watch *t, int32_t partition);
/* How many partitions the topic of this plain name had at the last look, 0 = there is none; -1 =
 * not known yet. */
int32_t topics_watch_count(const struct topics_watch *t, const char *plain);
/* Why nothing may be planned or claimed; NULL = all is well. Owned by the watch, valid until the
 * next call. */
const char *topics_watch_trouble(const struct topics_watch *t);

#endif
