#include "common/adapters/kafka_peek.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/kafka_internal.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

struct kafka_peek {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    int64_t timeout_ms;
};

/* Without a group the end of a partition, and an offset that is not there, come as messages. */
static const struct kafka_setting settings[] = {
    {"enable.auto.commit", "false"},       {"enable.partition.eof", "true"},
    {"auto.offset.reset", "error"},        {"fetch.wait.max.ms", "50"},
    {"queued.min.messages", "1"},          {"fetch.message.max.bytes", "262144"},
    {"allow.auto.create.topics", "false"},
};

static void be_silent(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

int kafka_peek_new(const struct kafka_options *options, const char *topic, int64_t timeout_ms,
                   struct kafka_peek **ret, char why[KAFKA_ADMIN_WHY_BYTES])
{
    char text[256];
    rd_kafka_conf_t *conf =
        kafka_conf(options, settings, SAM_ARRAY_LEN(settings), why, KAFKA_ADMIN_WHY_BYTES);
    if (!conf)
        return -EINVAL;
    rd_kafka_conf_set_log_cb(conf, be_silent);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (!rk) {
        (void)snprintf(why, KAFKA_ADMIN_WHY_BYTES, "%.200s", text);
        rd_kafka_conf_destroy(conf);
        return -EINVAL;
    }
    struct kafka_peek *p = sam_xcalloc(1, sizeof(*p));
    p->rk = rk;
    p->timeout_ms = timeout_ms;
    p->topic = rd_kafka_topic_new(rk, topic, NULL);
    if (!p->topic) {
        (void)snprintf(why, KAFKA_ADMIN_WHY_BYTES, "%s", rd_kafka_err2str(rd_kafka_last_error()));
        kafka_peek_free(p);
        return -EINVAL;
    }
    *ret = p;
    return 0;
}

void kafka_peek_free(struct kafka_peek *p)
{
    if (!p)
        return;
    if (p->topic)
        rd_kafka_topic_destroy(p->topic);
    rd_kafka_destroy(p->rk);
    free(p);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"

/* -EAGAIN: it may pass. */
static int result_of(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return 0;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return -ENODATA;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return -EACCES;
    default:
        return -EAGAIN;
    }
}

#pragma GCC diagnostic pop

static int take(rd_kafka_message_t *m, kafka_peek_fn *fn, void *ctx)
{
    int r = result_of(m->err);
    if (r != 0)
        return r;
    const struct kafka_record record = kafka_record_of(m, 0);
    fn(ctx, &record);
    return 0;
}

int kafka_peek_record(struct kafka_peek *p, int32_t partition, int64_t offset, kafka_peek_fn *fn,
                      void *ctx, char why[KAFKA_ADMIN_WHY_BYTES])
{
    int64_t until_ms = clock_monotonic_us() / 1000 + p->timeout_ms;
    int r = -EAGAIN;
    (void)snprintf(why, KAFKA_ADMIN_WHY_BYTES, "partition %d: no answer in time", partition);
    if (rd_kafka_consume_start(p->topic, partition, offset) != 0) {
        (void)snprintf(why, KAFKA_ADMIN_WHY_BYTES, "partition %d: %s", partition,
                       rd_kafka_err2str(rd_kafka_last_error()));
        return -ENOTCONN;
    }
    while (r == -EAGAIN) {
        int64_t left_ms = until_ms - clock_monotonic_us() / 1000;
        if (left_ms <= 0)
            break;
        rd_kafka_message_t *m = rd_kafka_consume(p->topic, partition, (int)left_ms);
        if (!m)
            break;
        r = take(m, fn, ctx);
        if (r != 0)
            (void)snprintf(why, KAFKA_ADMIN_WHY_BYTES, "partition %d: %s", partition,
                           rd_kafka_err2str(m->err));
        rd_kafka_message_destroy(m);
    }
    (void)rd_kafka_consume_stop(p->topic, partition);
    return r == -EAGAIN ? -ENOTCONN : r;
}
