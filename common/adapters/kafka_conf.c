#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <unistd.h>

#include "common/adapters/kafka_internal.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

/* librdkafka's threads call this: one log line, no shared state but the stream. */
static void log_line(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    struct log *log = rd_kafka_opaque(rk);
    if (!log)
        return;
    if (level <= LOG_ERR)
        log_error(log, "kafka", LOG_STR("facility", facility), LOG_MSG(text));
    else if (level <= LOG_WARNING)
        log_warn(log, "kafka", LOG_STR("facility", facility), LOG_MSG(text));
    else
        log_debug(log, "kafka", LOG_STR("facility", facility), LOG_MSG(text));
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, char *why,
                size_t why_bytes)
{
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
        return true;
    (void)snprintf(why, why_bytes, "kafka property %s: not accepted by librdkafka", name);
    return false;
}

static bool set_line(rd_kafka_conf_t *conf, const char *line, char *why, size_t why_bytes)
{
    const char *equals = strchr(line, '=');
    char name[128];
    if (!equals || (size_t)(equals - line) >= sizeof(name)) {
        (void)snprintf(why, why_bytes, "kafka property without '='");
        return false;
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - line), line);
    return set(conf, name, equals + 1, why, why_bytes);
}

/* Names begin so: reconnect.backoff.ms, reconnect.backoff.max.ms. */
static bool has_backoff(const char *const *properties)
{
    static const char backoff[] = "reconnect.backoff.";
    bool has = false;
    for (const char *const *p = properties; p && *p; p++)
        has = has || strncmp(*p, backoff, sizeof(backoff) - 1) == 0;
    return has;
}

rd_kafka_conf_t *kafka_conf(const struct kafka_options *options, const struct kafka_setting *ours,
                            size_t count, char *why, size_t why_bytes)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    /* librdkafka lets up to ten seconds pass before it tries again; an operator may say so, and one
     * who gives the shorter of the two times alone must not meet ours, which may be less */
    bool ok = has_backoff(options->properties) ||
              set(conf, "reconnect.backoff.max.ms", "1000", why, why_bytes);
    for (const char *const *p = options->properties; ok && p && *p; p++)
        ok = set_line(conf, *p, why, why_bytes);
    ok = ok && set(conf, "bootstrap.servers", options->bootstrap_servers, why, why_bytes) &&
         set(conf, "client.id", options->client_id, why, why_bytes) &&
         set(conf, "socket.nagle.disable", "true", why, why_bytes) &&
         set(conf, "log.connection.close", "false", why, why_bytes);
    for (size_t i = 0; ok && i < count; i++)
        ok = set(conf, ours[i].name, ours[i].value, why, why_bytes);
    if (!ok) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_opaque(conf, options->log);
    rd_kafka_conf_set_log_cb(conf, log_line);
    return conf;
}

int kafka_wake_fd(rd_kafka_queue_t *queue)
{
    static const uint64_t one = 1;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        return fd;
    rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof(one));
    /* librdkafka writes when the queue gets its first event; one that came before now (a broker
     * that is not there) would keep it silent for ever */
    kafka_wake_again(fd);
    return fd;
}

void kafka_wake_again(int fd)
{
    static const uint64_t one = 1;
    if (write(fd, &one, sizeof(one)) < 0) { /* full: it is readable already */
    }
}

void kafka_wake_clear(int fd)
{
    uint64_t n = 0;
    while (read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n)) {
    }
}

int kafka_errno(rd_kafka_resp_err_t err)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return 0;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return -EAGAIN;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return -EMSGSIZE;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return -EACCES;
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return -ENOENT;
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
        return -ETIMEDOUT;
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
        return -ECANCELED;
    case RD_KAFKA_RESP_ERR__FATAL:
        return -EIO;
    default:
        return -EPROTO;
    }
#pragma GCC diagnostic pop
}

const char *kafka_error_text(int error)
{
    switch (error) {
    case -EMSGSIZE:
        return "larger than max.message.bytes of the topic";
    case -EACCES:
        return "an ACL forbids it";
    case -EAGAIN:
        return "the producer's queue is full";
    case -ENOENT:
        return "there is no such topic or partition";
    case -ETIMEDOUT:
    case -ECANCELED:
        return "no acknowledgement in time: slow, or too few replicas in sync";
    case -EIO:
        return "the producer is broken";
    default:
        return "refused";
    }
}

rd_kafka_resp_err_t kafka_all_topics(rd_kafka_t *rk, int64_t timeout_ms,
                                     const struct rd_kafka_metadata **ret)
{
    return rd_kafka_metadata(rk, 1, NULL, ret, (int)timeout_ms);
}

const struct rd_kafka_metadata_topic *kafka_find_topic(const struct rd_kafka_metadata *all,
                                                       const char *name)
{
    for (int i = 0; i < all->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &all->topics[i];
        if (strcmp(topic->topic, name) == 0)
            return topic->err || topic->partition_cnt == 0 ? NULL : topic;
    }
    return NULL;
}

int32_t kafka_fewest_replicas(const struct rd_kafka_metadata_topic *topic)
{
    int32_t fewest = INT32_MAX;
    for (int i = 0; i < topic->partition_cnt; i++) {
        if (topic->partitions[i].replica_cnt < fewest)
            fewest = topic->partitions[i].replica_cnt;
    }
    return fewest;
}

#define ASK_AGAIN_MS 50

/* The errors that Kafka's protocol calls retriable, of those that a change of leader gives. */
static bool changing_hands(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           err == RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE ||
           err == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH ||
           err == RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH ||
           err == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE ||
           err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

bool kafka_may_pass(rd_kafka_resp_err_t err)
{
    return changing_hands(err) || err == RD_KAFKA_RESP_ERR__TRANSPORT ||
           err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || err == RD_KAFKA_RESP_ERR__RESOLVE ||
           err == RD_KAFKA_RESP_ERR__TIMED_OUT || err == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
           err == RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION ||
           err == RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE ||
           err == RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR;
}

rd_kafka_resp_err_t kafka_partition_ends(rd_kafka_t *rk, const char *topic, int32_t partition,
                                         int64_t timeout_ms, int64_t *ret_first, int64_t *ret_end)
{
    int64_t until_ms = clock_monotonic_us() / 1000 + timeout_ms;
    for (int64_t left_ms = timeout_ms;;) {
        rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(rk, topic, partition, ret_first,
                                                                   ret_end, (int)left_ms);
        left_ms = until_ms - clock_monotonic_us() / 1000 - ASK_AGAIN_MS;
        if (!changing_hands(err) || left_ms <= 0)
            return err;
        (void)poll(NULL, 0, ASK_AGAIN_MS);
    }
}
