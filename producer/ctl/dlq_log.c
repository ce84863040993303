#include "producer/ctl/dlq_log.h"

#include <errno.h>
#include <stdlib.h>

#include "producer/ctl/topics.h"

#include "common/base/banned.h"

static enum ctl_exit ask(struct ctl *c, struct dlq_log *log)
{
    char why[KAFKA_ADMIN_WHY_BYTES];
    if (kafka_admin_ends(log->admin, log->topic, DLQ_TIMEOUT_MS, &log->ends, &log->partitions,
                         why) != 0)
        return topics_no_answer(c, why);
    if (log->partitions == 0)
        return ctl_fail("Kafka has no topic %s: is this the right Kafka, and kafka.topic_prefix? "
                        "`samctl topics create` makes it",
                        log->topic);
    if (why[0])
        return ctl_fail("Kafka did not tell where each partition of %s begins and ends: %s",
                        log->topic, why);
    return CTL_DONE;
}

enum ctl_exit dlq_log_open(struct ctl *c, struct dlq_log *ret)
{
    char why[KAFKA_ADMIN_WHY_BYTES];
    *ret = (struct dlq_log){.admin = NULL};
    enum ctl_exit e = ctl_settings(c);
    if (e || (e = topics_connect(c->settings, &ret->admin)))
        return e;
    ret->topic = settings_topic(c->settings, topic_row(TOPIC_DEAD_JOBS)->name);
    if ((e = ask(c, ret)) || dlq_log_count(ret) == 0)
        return e;
    const struct kafka_options options = topics_kafka(c->settings);
    return kafka_reader_new(&options, ret->topic, &ret->reader, why) == 0 ? CTL_DONE
                                                                          : ctl_fail("%s", why);
}

void dlq_log_deinit(struct dlq_log *log)
{
    kafka_reader_free(log->reader);
    kafka_admin_free(log->admin);
    free(log->topic);
    free(log->ends);
}

int64_t dlq_log_count(const struct dlq_log *log)
{
    int64_t count = 0;
    for (int32_t i = 0; i < log->partitions; i++)
        count += log->ends[i].end - log->ends[i].first;
    return count;
}

static enum ctl_exit read_range(const struct ctl *c, struct dlq_log *log,
                                const struct kafka_range *range)
{
    char why[KAFKA_ADMIN_WHY_BYTES];
    if (range->ends.first >= range->ends.end)
        return CTL_DONE;
    int r = kafka_reader_read(log->reader, range, DLQ_TIMEOUT_MS, why);
    if (r == -EACCES)
        return ctl_fail("%s may not be read by this user of Kafka: give it Read on the topic",
                        log->topic);
    return r == 0 ? CTL_DONE : topics_no_answer(c, why);
}

enum ctl_exit dlq_log_read(const struct ctl *c, struct dlq_log *log, int32_t partition,
                           int64_t newest, kafka_reader_fn *fn, void *ctx)
{
    struct kafka_range range = {
        .partition = partition, .ends = log->ends[partition], .fn = fn, .ctx = ctx};
    if (newest > 0 && range.ends.end - range.ends.first > newest)
        range.ends.first = range.ends.end - newest;
    return read_range(c, log, &range);
}

enum ctl_exit dlq_log_read_one(const struct ctl *c, struct dlq_log *log,
                               const struct log_place *place, kafka_reader_fn *fn, void *ctx)
{
    const struct kafka_range one = {.partition = place->partition,
                                    .ends = {.first = place->offset, .end = place->offset + 1},
                                    .fn = fn,
                                    .ctx = ctx};
    return read_range(c, log, &one);
}
