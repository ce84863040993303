#include "tests/devbroker/broker.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/banned.h"

enum { PRODUCE = 0 }; /* Kafka's number of the request */

struct broker {
    rd_kafka_t *handle; /* the cluster wants one; it is connected to nothing */
    rd_kafka_mock_cluster_t *cluster;
};

static rd_kafka_t *make_handle(char *why, size_t why_bytes)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    /* Only what stops it: a client that leaves in the middle is the daily life of a broker. */
    rd_kafka_t *handle = NULL;
    if (rd_kafka_conf_set(conf, "log_level", "2", why, why_bytes) == RD_KAFKA_CONF_OK)
        handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, why_bytes);
    if (!handle)
        rd_kafka_conf_destroy(conf);
    return handle;
}

static int create_topics(struct broker *b, int brokers, const struct topics *topics, char *why,
                         size_t why_bytes)
{
    for (size_t i = 0; i < topics->count; i++) {
        const struct topic *t = &topics->items[i];
        rd_kafka_resp_err_t error =
            rd_kafka_mock_topic_create(b->cluster, t->name, t->partitions, brokers);
        if (error) {
            (void)snprintf(why, why_bytes, "topic %s: %s", t->name, rd_kafka_err2str(error));
            return -EIO;
        }
    }
    return 0;
}

int broker_new(int brokers, const struct topics *topics, struct broker **ret, char *why,
               size_t why_bytes)
{
    struct broker *b SAM_CLEANUP(broker_freep) = sam_xcalloc(1, sizeof(*b));
    b->handle = make_handle(why, why_bytes);
    if (!b->handle)
        return -EIO;
    b->cluster = rd_kafka_mock_cluster_new(b->handle, brokers);
    if (!b->cluster) {
        (void)snprintf(why, why_bytes, "librdkafka cannot listen on 127.0.0.1");
        return -EIO;
    }
    int error = create_topics(b, brokers, topics, why, why_bytes);
    if (error)
        return error;
    *ret = b;
    b = NULL;
    return 0;
}

void broker_free(struct broker *b)
{
    if (!b)
        return;
    if (b->cluster)
        rd_kafka_mock_cluster_destroy(b->cluster);
    if (b->handle)
        rd_kafka_destroy(b->handle);
    free(b);
}

void broker_break_producer(struct broker *b)
{
    rd_kafka_mock_push_request_errors(b->cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
}

const char *broker_address(const struct broker *b)
{
    return rd_kafka_mock_cluster_bootstraps(b->cluster);
}
