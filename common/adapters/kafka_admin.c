#include "common/adapters/kafka_admin.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/kafka_internal.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

#define TIMES_MS 5000

struct kafka_admin {
    rd_kafka_t *rk;
    char trouble[KAFKA_ADMIN_WHY_BYTES];
};

/* Called from rd_kafka_poll() alone, so by the thread that uses the admin. */
static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct kafka_admin *a = opaque;
    (void)rk;
    if (err != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        (void)snprintf(a->trouble, sizeof(a->trouble), "%s", reason);
}

static void be_silent(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

int kafka_admin_new(const struct kafka_options *options, struct kafka_admin **ret, char *why,
                    size_t why_bytes)
{
    char text[256];
    rd_kafka_conf_t *conf = kafka_conf(options, NULL, 0, why, why_bytes);
    if (!conf)
        return -EINVAL;
    struct kafka_admin *a = sam_xcalloc(1, sizeof(*a));
    rd_kafka_conf_set_opaque(conf, a);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, be_silent);
    a->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    if (!a->rk) {
        (void)snprintf(why, why_bytes, "%s", text);
        rd_kafka_conf_destroy(conf);
        free(a);
        return -EINVAL;
    }
    *ret = a;
    return 0;
}

void kafka_admin_free(struct kafka_admin *a)
{
    if (!a)
        return;
    rd_kafka_destroy(a->rk);
    free(a);
}

static int no_answer(struct kafka_admin *a, rd_kafka_resp_err_t err,
                     char why[KAFKA_ADMIN_WHY_BYTES])
{
    (void)rd_kafka_poll(a->rk, 0);
    (void)snprintf(why, KAFKA_ADMIN_WHY_BYTES, "%s",
                   a->trouble[0] ? a->trouble : rd_kafka_err2str(err));
    return -ENOTCONN;
}

int kafka_admin_brokers(struct kafka_admin *a, int64_t timeout_ms, int32_t *ret_count,
                        char why[KAFKA_ADMIN_WHY_BYTES])
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(a->rk, 0, NULL, &metadata, (int)timeout_ms);
    if (err)
        return no_answer(a, err, why);
    *ret_count = metadata->broker_cnt;
    rd_kafka_metadata_destroy(metadata);
    return 0;
}

/* ---- create -------------------------------------------------------------------------------- */

static rd_kafka_NewTopic_t *new_topic(const struct kafka_topic_wish *wish, char *why)
{
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
        wish->name, wish->partitions, wish->replication_factor, why, KAFKA_ADMIN_WHY_BYTES);
    for (size_t i = 0; topic && i < KAFKA_ADMIN_CONFIGS_MAX && wish->configs[i].name; i++)
        (void)rd_kafka_NewTopic_set_config(topic, wish->configs[i].name, wish->configs[i].value);
    return topic;
}

static enum kafka_topic_made made_of(rd_kafka_resp_err_t err)
{
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return KAFKA_TOPIC_MADE;
    return err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? KAFKA_TOPIC_EXISTED
                                                         : KAFKA_TOPIC_REFUSED;
}

static void read_results(rd_kafka_event_t *event, const struct kafka_topic_wish *wishes,
                         size_t count, struct kafka_topic_result *results)
{
    size_t n = 0;
    const rd_kafka_topic_result_t **made =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
    for (size_t i = 0; i < n; i++) {
        const char *text = rd_kafka_topic_result_error_string(made[i]);
        size_t j = 0;
        while (j < count && strcmp(wishes[j].name, rd_kafka_topic_result_name(made[i])) != 0)
            j++;
        if (j == count)
            continue;
        results[j].made = made_of(rd_kafka_topic_result_error(made[i]));
        (void)snprintf(results[j].why, sizeof(results[j].why), "%s", text ? text : "");
    }
}

static int request(struct kafka_admin *a, rd_kafka_NewTopic_t **topics, size_t count,
                   int64_t timeout_ms, rd_kafka_event_t **ret)
{
    char text[64];
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(a->rk);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, (int)timeout_ms, text, sizeof(text));
    (void)rd_kafka_AdminOptions_set_operation_timeout(options, (int)timeout_ms, text, sizeof(text));
    rd_kafka_CreateTopics(a->rk, topics, count, options, queue);
    *ret = rd_kafka_queue_poll(queue, (int)timeout_ms + 1000);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    return *ret ? 0 : -ENOTCONN;
}

int kafka_admin_create(struct kafka_admin *a, const struct kafka_topic_wish *wishes, size_t count,
                       int64_t timeout_ms, struct kafka_topic_result *results,
                       char why[KAFKA_ADMIN_WHY_BYTES])
{
    rd_kafka_NewTopic_t *topics[KAFKA_ADMIN_TOPICS_MAX];
    rd_kafka_event_t *event = NULL;
    size_t n = 0;
    assert(count <= KAFKA_ADMIN_TOPICS_MAX);
    for (size_t i = 0; i < count; i++) {
        results[i] = (struct kafka_topic_result){.made = KAFKA_TOPIC_REFUSED};
        topics[n] = new_topic(&wishes[i], results[i].why);
        n += topics[n] ? 1 : 0;
    }
    int r = n ? request(a, topics, n, timeout_ms, &event) : 0;
    for (size_t i = 0; i < n; i++)
        rd_kafka_NewTopic_destroy(topics[i]);
    if (r) {
        r = no_answer(a, RD_KAFKA_RESP_ERR__TIMED_OUT, why);
    } else if (event && rd_kafka_event_error(event)) {
        r = no_answer(a, rd_kafka_event_error(event), why);
    } else if (event) {
        read_results(event, wishes, count, results);
    }
    if (event)
        rd_kafka_event_destroy(event);
    return r;
}

/* ---- look ---------------------------------------------------------------------------------- */

static void read_partitions(const struct rd_kafka_metadata_topic *topic,
                            struct kafka_topic_state *ret)
{
    ret->exists = true;
    ret->partitions = topic->partition_cnt;
    ret->replicas = kafka_fewest_replicas(topic);
    for (int i = 0; i < topic->partition_cnt; i++) {
        const struct rd_kafka_metadata_partition *p = &topic->partitions[i];
        if (i == 0 || p->isr_cnt < ret->in_sync)
            ret->in_sync = p->isr_cnt;
        ret->leaderless += p->leader < 0 ? 1 : 0;
    }
}

static void count_records(struct kafka_admin *a, const char *name, int64_t timeout_ms,
                          struct kafka_topic_state *ret)
{
    for (int32_t i = 0; i < ret->partitions; i++) {
        int64_t low = 0;
        int64_t high = 0;
        if (kafka_partition_ends(a->rk, name, i, timeout_ms, &low, &high)) {
            ret->records = -1;
            return;
        }
        ret->records += high - low;
    }
}

int kafka_admin_topic(struct kafka_admin *a, const char *name, int64_t timeout_ms,
                      struct kafka_topic_state *ret, char why[KAFKA_ADMIN_WHY_BYTES])
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = kafka_all_topics(a->rk, timeout_ms, &metadata);
    if (err)
        return no_answer(a, err, why);
    *ret = (struct kafka_topic_state){.exists = false};
    const struct rd_kafka_metadata_topic *found = kafka_find_topic(metadata, name);
    if (found)
        read_partitions(found, ret);
    rd_kafka_metadata_destroy(metadata);
    if (ret->exists && ret->leaderless == 0)
        count_records(a, name, timeout_ms, ret);
    else
        ret->records = -1;
    return 0;
}

int kafka_admin_configs(struct kafka_admin *a, const char *topic, int64_t timeout_ms,
                        struct kafka_topic_configs *ret, char why[KAFKA_ADMIN_WHY_BYTES])
{
    return kafka_configs_of(a->rk, topic, timeout_ms, ret, why);
}

/* A partition without a leader would only cost the time that the others need. */
static void ask_ends(struct kafka_admin *a, const struct rd_kafka_metadata_topic *topic,
                     int64_t until_ms, struct kafka_ends *ends, char why[KAFKA_ADMIN_WHY_BYTES])
{
    for (int i = 0; i < topic->partition_cnt; i++)
        ends[i] = (struct kafka_ends){.first = -1, .end = -1};
    for (int i = 0; i < topic->partition_cnt; i++) {
        int32_t partition = topic->partitions[i].id;
        int64_t left_ms = until_ms - clock_monotonic_us() / 1000;
        struct kafka_ends found = {.first = -1, .end = -1};
        rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
        if (partition < 0 || partition >= topic->partition_cnt)
            continue;
        if (topic->partitions[i].leader >= 0)
            err = left_ms <= 0 ? RD_KAFKA_RESP_ERR__TIMED_OUT
                               : kafka_partition_ends(a->rk, topic->topic, partition, left_ms,
                                                      &found.first, &found.end);
        if (err)
            (void)snprintf(why, KAFKA_ADMIN_WHY_BYTES, "partition %d: %s", partition,
                           rd_kafka_err2str(err));
        else
            ends[partition] = found;
    }
}

int kafka_admin_ends(struct kafka_admin *a, const char *name, int64_t timeout_ms,
                     struct kafka_ends **ret, int32_t *ret_count, char why[KAFKA_ADMIN_WHY_BYTES])
{
    const struct rd_kafka_metadata *metadata = NULL;
    int64_t until_ms = clock_monotonic_us() / 1000 + timeout_ms;
    rd_kafka_resp_err_t err = kafka_all_topics(a->rk, timeout_ms, &metadata);
    if (err)
        return no_answer(a, err, why);
    why[0] = '\0';
    const struct rd_kafka_metadata_topic *topic = kafka_find_topic(metadata, name);
    *ret_count = topic ? topic->partition_cnt : 0;
    *ret = sam_xcalloc((size_t)*ret_count + 1, sizeof(**ret));
    if (topic)
        ask_ends(a, topic, until_ms, *ret, why);
    rd_kafka_metadata_destroy(metadata);
    return 0;
}

int kafka_admin_offsets_at(struct kafka_admin *a, const char *name, int32_t count, int64_t at_ms,
                           int64_t *ret_offsets, char why[KAFKA_ADMIN_WHY_BYTES])
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, name, i)->offset = at_ms;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(a->rk, list, TIMES_MS);
    for (int32_t i = 0; !err && i < count; i++)
        err = list->elems[i].err;
    for (int32_t i = 0; !err && i < count; i++)
        ret_offsets[list->elems[i].partition] =
            list->elems[i].offset >= 0 ? list->elems[i].offset : -1;
    rd_kafka_topic_partition_list_destroy(list);
    return err ? no_answer(a, err, why) : 0;
}
