#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/adapters/kafka_internal.h"
#include "common/adapters/kafka_stats.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

#define ERROR_BYTES 320
/* A refusal that was not repeated for so long: longer than a message waits (message.timeout.ms). */
#define REFUSED_MS (2 * MINUTE_MS)

struct kafka_producer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    struct log *log;
    struct metrics *metrics; /* may be NULL */
    bool broken;
    char cluster[64];   /* its id; "" = not told yet */
    bool other_cluster; /* another one answers now */
    bool up;            /* the last that was heard: a broker is connected, a message arrived */
    bool connected;
    struct kafka_refusals refusals;
    struct kafka_refusals untaken; /* records, although brokers are connected */
    bool brokers_up;               /* by the statistics */
    char error[ERROR_BYTES];       /* of the last attempt to reach a broker */
    char trouble[ERROR_BYTES + 40];
};

static const struct kafka_setting settings[] = {
    {"acks", "all"},
    {"enable.idempotence", "true"},
    {"partitioner", "murmur2_random"},
    {"linger.ms", "2"},
    {"message.timeout.ms", "30000"},
    {"queue.buffering.max.messages", SAM_STRING(KAFKA_PRODUCER_MAX)},
    {"queue.buffering.max.kbytes", "65536"},
    {"statistics.interval.ms", "2000"},
};

int kafka_producer_new(const struct kafka_options *options, struct kafka_producer **ret, char *why,
                       size_t why_bytes)
{
    rd_kafka_conf_t *conf = kafka_conf(options, settings, SAM_ARRAY_LEN(settings), why, why_bytes);
    if (!conf)
        return -EINVAL;
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
    char text[256];
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    if (!rk) {
        (void)snprintf(why, why_bytes, "kafka producer: %s", text);
        rd_kafka_conf_destroy(conf);
        return -EINVAL;
    }
    struct kafka_producer *p = sam_xcalloc(1, sizeof(*p));
    p->rk = rk;
    p->log = options->log;
    p->metrics = options->metrics;
    p->up = p->connected = p->brokers_up = true; /* until it is heard otherwise */
    p->queue = rd_kafka_queue_get_main(rk);
    p->fd = kafka_wake_fd(p->queue);
    *ret = p;
    return 0;
}

static void count(struct kafka_producer *p, enum metric metric)
{
    if (p->metrics)
        metrics_add(p->metrics, metric, 1);
}

static bool is_refused(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

static bool is_too_large(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
}

static void note_untaken(struct kafka_producer *p, const rd_kafka_message_t *m, size_t bytes)
{
    if (kafka_refusal_note_record(&p->untaken, rd_kafka_topic_name(m->rkt), bytes,
                                  kafka_error_text(kafka_errno(m->err)), clock_boot_ms()))
        log_error(p->log, "kafka_untaken", LOG_MSG(kafka_refusal_newest(&p->untaken)));
}

static void note_taken(struct kafka_producer *p, const char *topic, size_t bytes)
{
    kafka_refusal_over(&p->refusals, topic);
    kafka_refusal_taken(&p->untaken, topic, bytes);
}

/* A broker that refuses a message is connected. */
static void on_delivered(struct kafka_producer *p, const rd_kafka_message_t *m)
{
    const char *topic = rd_kafka_topic_name(m->rkt);
    p->up = !m->err;
    p->connected = p->up || is_refused(m->err) || is_too_large(m->err);
    if (!m->err)
        note_taken(p, topic, m->len);
    else if (is_too_large(m->err))
        note_untaken(p, m, m->len);
    else if (m->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && p->brokers_up)
        note_untaken(p, m, 0);
    else if (is_refused(m->err) &&
             kafka_refusal_note(&p->refusals, "the topic", topic, "Write", clock_boot_ms()))
        log_error(p->log, "kafka_refused", LOG_MSG(kafka_refusal_newest(&p->refusals)));
}

/* Whoever answers at the address may be another Kafka by now, made anew or the wrong one. Handles
 * of librdkafka do not survive that: consumers stand still without a partition, and cannot be
 * destroyed (tests/integration/test_runbook_kafka_lost.py). And nobody has looked yet whether the
 * ledger there is ours. */
static void look_at_cluster(struct kafka_producer *p)
{
    char *id = rd_kafka_clusterid(p->rk, 0);
    if (id && p->cluster[0] && strcmp(id, p->cluster) != 0 && !p->other_cluster) {
        p->broken = p->other_cluster = true;
        log_error(p->log, "kafka_other_cluster", LOG_STR("was", p->cluster), LOG_STR("is", id),
                  LOG_MSG("another Kafka answers at this address: deploy/runbooks/kafka-lost.md"));
    }
    if (id && !p->cluster[0])
        (void)snprintf(p->cluster, sizeof(p->cluster), "%s", id);
    rd_kafka_mem_free(p->rk, id);
}

/* What another cluster has acknowledged may be nowhere in ours, and nobody knows from when on it
 * was another one. */
static int error_of(const struct kafka_producer *p, const rd_kafka_message_t *m)
{
    return p->other_cluster && !m->err ? -EIO : kafka_errno(m->err);
}

static void on_delivery(struct kafka_producer *p, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *m;
    look_at_cluster(p);
    while ((m = rd_kafka_event_message_next(event))) {
        struct kafka_delivery *delivery = m->_private;
        int error = error_of(p, m);
        on_delivered(p, m);
        count(p, error ? METRIC_KAFKA_FAILED : METRIC_KAFKA_PRODUCED);
        if (delivery) {
            delivery->fn(delivery, error, m->partition, m->offset);
        } else if (error) {
            log_error(p->log, "kafka_not_delivered", LOG_STR("error", rd_kafka_err2name(m->err)),
                      LOG_MSG(kafka_error_text(error)));
        }
    }
}

/* Without the milliseconds and the state, which are other ones each time. */
static void keep_error(struct kafka_producer *p, rd_kafka_event_t *event)
{
    const char *text = rd_kafka_event_error_string(event);
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        return;
    const char *end = strstr(text, " (after ");
    (void)snprintf(p->error, sizeof(p->error), "%.*s", (int)(end ? end - text : (long)strlen(text)),
                   text);
    (void)snprintf(p->trouble, sizeof(p->trouble), "no broker is connected: %s", p->error);
}

static void reached(struct kafka_producer *p, bool up)
{
    p->up = p->connected = up;
    if (up)
        p->error[0] = '\0';
}

static void on_error(struct kafka_producer *p, rd_kafka_event_t *event)
{
    count(p, METRIC_KAFKA_ERRORS);
    if (rd_kafka_event_error_is_fatal(event)) {
        p->broken = true;
        log_error(p->log, "kafka_producer_broken", LOG_MSG(rd_kafka_event_error_string(event)));
    } else {
        log_warn(p->log, "kafka_trouble", LOG_MSG(rd_kafka_event_error_string(event)));
        keep_error(p, event);
    }
}

/* A broker that answers no more stays connected for a while: what is not delivered tells sooner. */
static void on_stats(struct kafka_producer *p, rd_kafka_event_t *event)
{
    const char *json = rd_kafka_event_stats(event);
    look_at_cluster(p);
    size_t up;
    if (json && kafka_stats_brokers_up(json, strlen(json), &up) == 0) {
        p->brokers_up = up > 0;
        reached(p, up > 0);
    }
}

static void serve(struct kafka_producer *p, rd_kafka_event_t *event)
{
    rd_kafka_event_type_t type = rd_kafka_event_type(event);
    if (type == RD_KAFKA_EVENT_DR)
        on_delivery(p, event);
    else if (type == RD_KAFKA_EVENT_ERROR)
        on_error(p, event);
    else if (type == RD_KAFKA_EVENT_STATS)
        on_stats(p, event);
    rd_kafka_event_destroy(event);
}

void kafka_producer_poll(struct kafka_producer *p)
{
    rd_kafka_event_t *event;
    kafka_wake_clear(p->fd);
    while ((event = rd_kafka_queue_poll(p->queue, 0)))
        serve(p, event);
}

void kafka_producer_free(struct kafka_producer *p)
{
    if (!p)
        return;
    if (kafka_producer_flush(p, 1000) != 0) {
        (void)rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        if (kafka_producer_flush(p, 1000) != 0)
            log_warn(p->log, "kafka_unflushed", LOG_INT("messages", kafka_producer_pending(p)));
    }
    rd_kafka_queue_destroy(p->queue);
    rd_kafka_destroy(p->rk);
    (void)close(p->fd);
    free(p);
}

static rd_kafka_headers_t *headers_of(const struct kafka_message *m)
{
    rd_kafka_headers_t *headers = kafka_headers_copy(m->kept);
    for (size_t i = 0; i < m->headers_count; i++)
        (void)rd_kafka_header_add(headers, m->headers[i].name, -1, m->headers[i].value, -1);
    return headers;
}

int kafka_produce(struct kafka_producer *p, const struct kafka_message *m)
{
    if (p->broken) {
        count(p, METRIC_KAFKA_FAILED);
        return -EIO;
    }
    rd_kafka_headers_t *headers = headers_of(m);
    int32_t partition = m->partition < 0 ? RD_KAFKA_PARTITION_UA : m->partition;
    size_t key_bytes = m->key && m->key_bytes == 0 ? strlen(m->key) : m->key_bytes;
    union {
        const char *in;
        void *out; /* RD_KAFKA_MSG_F_COPY: it is only read */
    } value = {.in = m->value};
    rd_kafka_resp_err_t err = rd_kafka_producev(
        p->rk, RD_KAFKA_V_TOPIC(m->topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(m->key, key_bytes),
        RD_KAFKA_V_VALUE(value.out, m->value_bytes), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(m->delivery), RD_KAFKA_V_END);
    if (err) {
        rd_kafka_headers_destroy(headers);
        count(p, METRIC_KAFKA_FAILED);
        return kafka_errno(err);
    }
    return 0;
}

int kafka_producer_fd(const struct kafka_producer *p)
{
    return p->fd;
}

int kafka_producer_flush(struct kafka_producer *p, int64_t timeout_ms)
{
    int64_t until_us = clock_monotonic_us() + timeout_ms * 1000;
    /* rd_kafka_flush() serves callbacks only, not events: poll the queue instead */
    while (rd_kafka_outq_len(p->rk) > 0) {
        int64_t left_ms = (until_us - clock_monotonic_us()) / 1000;
        if (left_ms <= 0)
            return -ETIMEDOUT;
        rd_kafka_event_t *event = rd_kafka_queue_poll(p->queue, left_ms < 50 ? (int)left_ms : 50);
        if (event)
            serve(p, event);
    }
    return 0;
}

size_t kafka_producer_pending(const struct kafka_producer *p)
{
    int n = rd_kafka_outq_len(p->rk);
    return n > 0 ? (size_t)n : 0;
}

bool kafka_producer_up(const struct kafka_producer *p)
{
    return p->up;
}

const char *kafka_producer_error(const struct kafka_producer *p)
{
    return p->error;
}

const char *kafka_producer_trouble(struct kafka_producer *p)
{
    kafka_refusal_expire(&p->refusals, clock_boot_ms(), REFUSED_MS);
    const char *refused = kafka_refusal_text(&p->refusals);
    kafka_refusal_expire(&p->untaken, clock_boot_ms(), REFUSED_MS);
    if (!p->brokers_up)
        p->untaken.count = 0;
    if (!refused)
        refused = kafka_refusal_text(&p->untaken);
    if (refused || p->connected)
        return refused;
    return p->error[0] ? p->trouble : "no broker is connected";
}

bool kafka_producer_connected(const struct kafka_producer *p)
{
    return p->connected;
}

bool kafka_producer_broken(const struct kafka_producer *p)
{
    return p->broken;
}

int kafka_topic_partitions(struct kafka_producer *p, const char *topic, int64_t timeout_ms,
                           int32_t *ret_count, int32_t *ret_replicas)
{
    const struct rd_kafka_metadata *metadata = NULL;
    if (kafka_all_topics(p->rk, timeout_ms, &metadata))
        return -ENOTCONN;
    const struct rd_kafka_metadata_topic *found = kafka_find_topic(metadata, topic);
    if (found) {
        *ret_count = found->partition_cnt;
        if (ret_replicas)
            *ret_replicas = kafka_fewest_replicas(found);
    }
    rd_kafka_metadata_destroy(metadata);
    return found ? 0 : -ENOENT;
}

int kafka_topic_unwritten(struct kafka_producer *p, const char *topic, int32_t partitions,
                          int64_t timeout_ms, bool *ret)
{
    bool unwritten = true;
    for (int32_t i = 0; i < partitions && unwritten; i++) {
        int64_t low = 0;
        int64_t high = 0;
        if (kafka_partition_ends(p->rk, topic, i, timeout_ms, &low, &high))
            return -ENOTCONN;
        unwritten = high == 0;
    }
    *ret = unwritten;
    return 0;
}

int kafka_topic_configs(struct kafka_producer *p, const char *topic, int64_t timeout_ms,
                        struct kafka_topic_configs *ret, char why[KAFKA_ADMIN_WHY_BYTES])
{
    return kafka_configs_of(p->rk, topic, timeout_ms, ret, why);
}
