#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/adapters/kafka_internal.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

#define CLOSE_MS     5000
#define ASK_AGAIN_MS (5 * SECOND_MS) /* whether a right is there again */

struct kafka_consumer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    struct log *log;
    char *topics[KAFKA_TOPICS_MAX];
    size_t topics_count;
    struct kafka_consumer_ops ops;
    void *ctx;
    bool paused[KAFKA_TOPICS_MAX];
    bool closing;
    char *group; /* with the prefix */
    struct kafka_refusals refusals;
    int64_t asked_again_boot_ms;
};

/* A fetch that finds nothing is answered after fetch.wait.max.ms: so long may a partition wait that
 * was assigned meanwhile, or (tests/devbroker, whose answers nothing cuts short) a record. Four
 * times a second is what a consumer asks without work: with ten, the tests' broker answered little
 * else (a tenth of the machine), and with a hundred it took a sixth.
 * The end of a partition tells that it may be read, also where nothing comes.
 * max.poll.interval is librdkafka's default 5 min. */
static const struct kafka_setting settings[] = {
    {"enable.auto.commit", "true"},        {"auto.commit.interval.ms", "1000"},
    {"enable.auto.offset.store", "false"}, {"partition.assignment.strategy", "range"},
    {"session.timeout.ms", "6000"},        {"heartbeat.interval.ms", "2000"},
    {"queued.min.messages", "10000"},      {"fetch.message.max.bytes", "262144"},
    {"fetch.wait.max.ms", "250"},          {"enable.partition.eof", "true"},
    {"allow.auto.create.topics", "false"},
};

static int subscribe(struct kafka_consumer *c)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)c->topics_count);
    for (size_t i = 0; i < c->topics_count; i++)
        rd_kafka_topic_partition_list_add(list, c->topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return kafka_errno(err);
}

int kafka_consumer_new(const struct kafka_options *options,
                       const struct kafka_subscription *subscription, struct kafka_consumer **ret,
                       char *why, size_t why_bytes)
{
    const struct kafka_consumer_ops *ops = subscription->ops;
    char ahead[32];
    (void)snprintf(ahead, sizeof(ahead), "%zu", subscription->ahead_kb);
    const struct kafka_setting own[] = {
        {"group.id", subscription->group},
        {"auto.offset.reset", ops->no_offset ? "error" : "earliest"},
        {"queued.max.messages.kbytes", ahead},
    };
    struct kafka_setting ours[SAM_ARRAY_LEN(settings) + SAM_ARRAY_LEN(own)];
    memcpy(ours, settings, sizeof(settings));
    memcpy(&ours[SAM_ARRAY_LEN(settings)], own, sizeof(own));
    rd_kafka_conf_t *conf = kafka_conf(options, ours, SAM_ARRAY_LEN(ours), why, why_bytes);
    if (!conf)
        return -EINVAL;
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR);
    char text[256];
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (!rk) {
        (void)snprintf(why, why_bytes, "kafka consumer: %s", text);
        rd_kafka_conf_destroy(conf);
        return -EINVAL;
    }
    (void)rd_kafka_poll_set_consumer(rk);
    struct kafka_consumer *c = sam_xcalloc(1, sizeof(*c));
    c->rk = rk;
    c->log = options->log;
    c->ops = *ops;
    c->ctx = subscription->ctx;
    c->group = sam_xstrdup(subscription->group);
    c->queue = rd_kafka_queue_get_consumer(rk);
    c->fd = kafka_wake_fd(c->queue);
    for (; c->topics_count < subscription->topics_count; c->topics_count++)
        c->topics[c->topics_count] = sam_xstrdup(subscription->topics[c->topics_count]);
    int r = subscribe(c);
    if (r != 0) {
        (void)snprintf(why, why_bytes, "kafka: subscribing to %s was refused", c->topics[0]);
        kafka_consumer_free(c);
        return r;
    }
    *ret = c;
    return 0;
}

static int topic_index(const struct kafka_consumer *c, const char *name)
{
    for (size_t i = 0; i < c->topics_count; i++) {
        if (strcmp(c->topics[i], name) == 0)
            return (int)i;
    }
    return -1;
}

static void on_rebalance(struct kafka_consumer *c, rd_kafka_event_t *event)
{
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    size_t count = 0;
    struct kafka_part *parts = sam_xcalloc((size_t)list->cnt, sizeof(*parts));
    for (int i = 0; i < list->cnt; i++) {
        int topic = topic_index(c, list->elems[i].topic);
        if (topic >= 0)
            parts[count++] =
                (struct kafka_part){topic, list->elems[i].partition, KAFKA_OFFSET_STORED};
    }
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !c->closing) {
        kafka_refusal_over(&c->refusals, c->group);
        c->ops.assigned(c->ctx, parts, count);
    } else {
        bool lost = rd_kafka_assignment_lost(c->rk) != 0;
        if (!c->closing)
            c->ops.revoked(c->ctx, parts, count, lost);
        else
            kafka_consumer_unassign(c);
    }
    free(parts);
}

struct kafka_record kafka_record_of(const rd_kafka_message_t *m, int topic)
{
    rd_kafka_timestamp_type_t type;
    int64_t timestamp = rd_kafka_message_timestamp(m, &type);
    return (struct kafka_record){
        .topic = topic,
        .partition = m->partition,
        .offset = m->offset,
        .timestamp_ms = timestamp > 0 ? timestamp : 0,
        .key = m->key,
        .key_bytes = m->key_len,
        .value = m->payload,
        .value_bytes = m->len,
        .message = m,
    };
}

static bool on_message(struct kafka_consumer *c, const rd_kafka_message_t *m)
{
    if (m->err) {
        c->ops.error(c->ctx, rd_kafka_err2str(m->err), false);
        return false;
    }
    const struct kafka_record record =
        kafka_record_of(m, topic_index(c, rd_kafka_topic_name(m->rkt)));
    kafka_refusal_over(&c->refusals, rd_kafka_topic_name(m->rkt));
    if (record.topic >= 0)
        c->ops.record(c->ctx, &record);
    return true;
}

static int on_fetch(struct kafka_consumer *c, rd_kafka_event_t *event)
{
    int served = 0;
    const rd_kafka_message_t *m;
    while ((m = rd_kafka_event_message_next(event)))
        served += on_message(c, m) ? 1 : 0;
    return served;
}

/* true: it is about our rights; told, when it is news. */
static bool on_refusal(struct kafka_consumer *c, rd_kafka_resp_err_t err, const char *topic)
{
    bool news;
    if (err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        news = kafka_refusal_note(&c->refusals, "the consumer group", c->group, "Read",
                                  clock_boot_ms());
    else if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED && topic)
        news = kafka_refusal_note(&c->refusals, "the topic", topic, "Read", clock_boot_ms());
    else
        return false;
    if (news)
        log_error(c->log, "kafka_refused", LOG_MSG(kafka_refusal_newest(&c->refusals)));
    return true;
}

static void on_error(struct kafka_consumer *c, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_t *at = rd_kafka_event_topic_partition(event);
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF && at)
        kafka_refusal_over(&c->refusals, at->topic);
    else if (err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && at && c->ops.no_offset)
        c->ops.no_offset(c->ctx, topic_index(c, at->topic), at->partition);
    else if (!on_refusal(c, err, at ? at->topic : NULL))
        c->ops.error(c->ctx, rd_kafka_event_error_string(event),
                     rd_kafka_event_error_is_fatal(event) != 0);
    if (at)
        rd_kafka_topic_partition_destroy(at);
}

int kafka_consumer_poll(struct kafka_consumer *c, int max_records)
{
    int served = 0;
    kafka_wake_clear(c->fd);
    while (served < max_records) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(c->queue, 0);
        if (!event)
            return served;
        rd_kafka_event_type_t type = rd_kafka_event_type(event);
        if (type == RD_KAFKA_EVENT_FETCH)
            served += on_fetch(c, event);
        else if (type == RD_KAFKA_EVENT_REBALANCE)
            on_rebalance(c, event);
        else if (type == RD_KAFKA_EVENT_ERROR)
            on_error(c, event);
        rd_kafka_event_destroy(event);
    }
    /* more may wait: make the fd readable again, for the next turn of the loop */
    kafka_wake_again(c->fd);
    return served;
}

/* Fetching that begins anew tells of the end of a partition once more, so an idle topic that may be
 * read again is seen too. */
static void ask_again(struct kafka_consumer *c)
{
    for (size_t i = 0; i < c->topics_count; i++) {
        if (c->paused[i] || !kafka_refusal_of(&c->refusals, c->topics[i]))
            continue;
        kafka_consumer_pause(c, (int)i, true);
        kafka_consumer_pause(c, (int)i, false);
    }
}

const char *kafka_consumer_trouble(struct kafka_consumer *c)
{
    int64_t now_ms = clock_boot_ms();
    if (c->refusals.count > 0 && now_ms - c->asked_again_boot_ms >= ASK_AGAIN_MS) {
        c->asked_again_boot_ms = now_ms;
        ask_again(c);
    }
    return kafka_refusal_text(&c->refusals);
}

int kafka_consumer_fd(const struct kafka_consumer *c)
{
    return c->fd;
}

/* A pause is kept by librdkafka with the partition, and outlives its assignment: one that comes
 * back would stay paused for ever. */
static void go_on(struct kafka_consumer *c)
{
    for (size_t i = 0; i < c->topics_count; i++)
        kafka_consumer_pause(c, (int)i, false);
}

void kafka_consumer_assign(struct kafka_consumer *c, const struct kafka_part *parts, size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_t *tp =
            rd_kafka_topic_partition_list_add(list, c->topics[parts[i].topic], parts[i].partition);
        tp->offset = parts[i].offset;
    }
    go_on(c);
    rd_kafka_resp_err_t err = rd_kafka_assign(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err)
        log_error(c->log, "kafka_assign_failed", LOG_STR("error", rd_kafka_err2name(err)));
}

void kafka_consumer_unassign(struct kafka_consumer *c)
{
    go_on(c);
    (void)rd_kafka_assign(c->rk, NULL);
}

void kafka_consumer_store(struct kafka_consumer *c, int topic, int32_t partition,
                          int64_t next_offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, c->topics[topic], partition)->offset = next_offset;
    (void)rd_kafka_offsets_store(c->rk, list); /* refused when the partition is not ours: right */
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_consumer_commit(struct kafka_consumer *c)
{
    (void)rd_kafka_commit(c->rk, NULL, 1);
}

void kafka_consumer_pause(struct kafka_consumer *c, int topic, bool paused)
{
    if (c->paused[topic] == paused)
        return;
    rd_kafka_topic_partition_list_t *assigned = NULL;
    if (rd_kafka_assignment(c->rk, &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(assigned->cnt);
    for (int i = 0; i < assigned->cnt; i++) {
        if (strcmp(assigned->elems[i].topic, c->topics[topic]) == 0)
            rd_kafka_topic_partition_list_add(list, assigned->elems[i].topic,
                                              assigned->elems[i].partition);
    }
    if (paused)
        (void)rd_kafka_pause_partitions(c->rk, list);
    else
        (void)rd_kafka_resume_partitions(c->rk, list);
    c->paused[topic] = paused;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_topic_partition_list_destroy(assigned);
}

bool kafka_record_header(const struct kafka_record *record, const char *name, char *out,
                         size_t out_bytes)
{
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t bytes = 0;
    if (rd_kafka_message_headers(record->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &bytes) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        !value)
        return false;
    (void)snprintf(out, out_bytes, "%.*s", (int)bytes, (const char *)value);
    return true;
}

void kafka_consumer_leave(struct kafka_consumer *c)
{
    (void)rd_kafka_unsubscribe(c->rk);
}

/* Serves the close until it is done. false = Kafka has not taken it in time. */
static bool closed(struct kafka_consumer *c)
{
    const int64_t until_us = clock_monotonic_us() + CLOSE_MS * INT64_C(1000);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(c->rk, c->queue);
    if (error) {
        rd_kafka_error_destroy(error);
        return rd_kafka_consumer_closed(c->rk) != 0;
    }
    while (!rd_kafka_consumer_closed(c->rk)) {
        if (clock_monotonic_us() > until_us)
            return false;
        rd_kafka_event_t *event = rd_kafka_queue_poll(c->queue, 100);
        if (!event)
            continue;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
            on_rebalance(c, event);
        rd_kafka_event_destroy(event);
    }
    return true;
}

void kafka_consumer_free(struct kafka_consumer *c)
{
    if (!c)
        return;
    c->closing = true;
    /* Close leaves the group; its last revoke comes as an event and must be answered. */
    const bool clean = closed(c);
    rd_kafka_queue_io_event_enable(c->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(c->queue);
    if (clean) {
        rd_kafka_destroy(c->rk);
    } else {
        /* Destroying waits for Kafka again, and without an end when it is gone. The process leaves:
         * the handle goes with it, silent from here on. */
        log_warn(c->log, "kafka_left_open", LOG_MSG("Kafka has not answered to our leaving"));
        rd_kafka_set_log_level(c->rk, 0);
    }
    (void)close(c->fd);
    for (size_t i = 0; i < c->topics_count; i++)
        free(c->topics[i]);
    free(c->group);
    free(c);
}
