#include "common/adapters/kafka_reader.h"

#include <errno.h>
#include <stdio.h>

#include "common/adapters/kafka_internal.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

struct kafka_reader {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
};

/* The end of a partition is told, so that a range is known to be over although its last records are
 * gone. Little is fetched ahead: librdkafka takes 64 MB by itself. */
static const struct kafka_setting settings[] = {
    {"enable.partition.eof", "true"}, {"auto.offset.reset", "earliest"},
    {"enable.auto.commit", "false"},  {"enable.auto.offset.store", "false"},
    {"check.crcs", "true"},           {"queued.max.messages.kbytes", "8192"},
    {"fetch.wait.max.ms", "50"},
};

int kafka_reader_new(const struct kafka_options *options, const char *topic,
                     struct kafka_reader **ret, char why[KAFKA_ADMIN_WHY_BYTES])
{
    rd_kafka_conf_t *conf =
        kafka_conf(options, settings, SAM_ARRAY_LEN(settings), why, KAFKA_ADMIN_WHY_BYTES);
    if (!conf)
        return -EINVAL;
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, KAFKA_ADMIN_WHY_BYTES);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        return -EINVAL;
    }
    struct kafka_reader *r = sam_xcalloc(1, sizeof(*r));
    r->rk = rk;
    r->topic = rd_kafka_topic_new(rk, topic, NULL);
    if (!r->topic) {
        (void)snprintf(why, KAFKA_ADMIN_WHY_BYTES, "%s", rd_kafka_err2str(rd_kafka_last_error()));
        kafka_reader_free(r);
        return -EINVAL;
    }
    *ret = r;
    return 0;
}

void kafka_reader_free(struct kafka_reader *r)
{
    if (!r)
        return;
    if (r->topic)
        rd_kafka_topic_destroy(r->topic);
    rd_kafka_destroy(r->rk);
    free(r);
}

static int refusal(rd_kafka_resp_err_t err, char why[KAFKA_ADMIN_WHY_BYTES])
{
    (void)snprintf(why, KAFKA_ADMIN_WHY_BYTES, "%s", rd_kafka_err2str(err));
    return kafka_errno(err) == -EACCES ? -EACCES : -ENOTCONN;
}

/* true: there is nothing more in the range. */
static bool serve(const rd_kafka_message_t *m, const struct kafka_range *range)
{
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return true;
    if (m->offset >= range->ends.first && m->offset < range->ends.end) {
        const struct kafka_record record = kafka_record_of(m, 0);
        range->fn(range->ctx, &record);
        if (range->one)
            return true;
    }
    return m->offset + 1 >= range->ends.end;
}

static bool is_error(const rd_kafka_message_t *m)
{
    return m->err && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF;
}

static int64_t now_ms(void)
{
    return clock_monotonic_us() / 1000;
}

int kafka_reader_read(struct kafka_reader *r, const struct kafka_range *range, int64_t timeout_ms,
                      char why[KAFKA_ADMIN_WHY_BYTES])
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT; /* met since the last record */
    int64_t until_ms = now_ms() + timeout_ms;
    bool over = false;
    if (range->ends.first >= range->ends.end)
        return 0;
    if (rd_kafka_consume_start(r->topic, range->partition, range->ends.first) != 0)
        return refusal(rd_kafka_last_error(), why);
    for (int64_t left_ms = timeout_ms; !over && left_ms > 0 && kafka_may_pass(err);
         left_ms = until_ms - now_ms()) {
        rd_kafka_message_t *m = rd_kafka_consume(r->topic, range->partition, (int)left_ms);
        if (m && is_error(m)) {
            err = m->err;
        } else if (m) {
            over = serve(m, range);
            err = RD_KAFKA_RESP_ERR__TIMED_OUT;
            until_ms = now_ms() + timeout_ms;
        }
        if (m)
            rd_kafka_message_destroy(m);
    }
    (void)rd_kafka_consume_stop(r->topic, range->partition);
    return over ? 0 : refusal(err, why);
}
