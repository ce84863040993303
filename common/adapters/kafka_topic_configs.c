#include "common/adapters/kafka_topic_configs.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/kafka_internal.h"

#include "common/base/banned.h"

const char *const kafka_topic_config_names[] = {
#define X(id, name) name,
    KAFKA_TOPIC_CONFIG_MAP(X)
#undef X
};

/* The broker has decided, asking again changes nothing. Everything else may pass. */
static bool is_refusal(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
           err == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION ||
           err == RD_KAFKA_RESP_ERR_INVALID_REQUEST ||
           err == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
}

static int take_error(rd_kafka_resp_err_t err, const char *text,
                      struct kafka_topic_configs *configs, char why[KAFKA_ADMIN_WHY_BYTES])
{
    char *said = is_refusal(err) ? configs->refused : why;
    (void)snprintf(said, KAFKA_ADMIN_WHY_BYTES, "%s", text ? text : rd_kafka_err2str(err));
    if (said == configs->refused)
        return 0;
    return err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? -ENOENT : -ENOTCONN;
}

static void take_entry(const rd_kafka_ConfigEntry_t *entry, struct kafka_topic_configs *configs)
{
    const char *value = rd_kafka_ConfigEntry_value(entry);
    for (size_t i = 0; i < KAFKA_TOPIC_CONFIGS_N; i++) {
        if (!value || strcmp(rd_kafka_ConfigEntry_name(entry), kafka_topic_config_names[i]) != 0)
            continue;
        configs->values[i].told = true;
        (void)snprintf(configs->values[i].text, sizeof(configs->values[i].text), "%s", value);
    }
}

static int take_answer(rd_kafka_event_t *event, struct kafka_topic_configs *configs,
                       char why[KAFKA_ADMIN_WHY_BYTES])
{
    size_t resources = 0;
    size_t entries = 0;
    if (rd_kafka_event_error(event))
        return take_error(rd_kafka_event_error(event), rd_kafka_event_error_string(event), configs,
                          why);
    const rd_kafka_ConfigResource_t **found = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &resources);
    if (resources != 1)
        return take_error(RD_KAFKA_RESP_ERR__BAD_MSG, NULL, configs, why);
    if (rd_kafka_ConfigResource_error(found[0]))
        return take_error(rd_kafka_ConfigResource_error(found[0]),
                          rd_kafka_ConfigResource_error_string(found[0]), configs, why);
    const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(found[0], &entries);
    for (size_t i = 0; i < entries; i++)
        take_entry(entry[i], configs);
    return 0;
}

/* Any broker can answer. Left alone, librdkafka asks the controller, which not every provider's
 * cluster names. */
static rd_kafka_resp_err_t some_broker(rd_kafka_t *rk, int64_t timeout_ms, int32_t *ret)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, NULL, &metadata, (int)timeout_ms);
    if (err)
        return err;
    if (metadata->orig_broker_id >= 0) /* it has just answered */
        *ret = metadata->orig_broker_id;
    else if (metadata->broker_cnt > 0)
        *ret = metadata->brokers[0].id;
    else
        err = RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE;
    rd_kafka_metadata_destroy(metadata);
    return err;
}

static rd_kafka_event_t *ask(rd_kafka_t *rk, int32_t broker, const char *topic, int64_t timeout_ms)
{
    char text[64];
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, (int)timeout_ms, text, sizeof(text));
    (void)rd_kafka_AdminOptions_set_broker(options, broker, text, sizeof(text));
    rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, (int)timeout_ms + 1000);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    return event;
}

int kafka_configs_of(rd_kafka_t *rk, const char *topic, int64_t timeout_ms,
                     struct kafka_topic_configs *ret, char why[KAFKA_ADMIN_WHY_BYTES])
{
    static_assert(SAM_ARRAY_LEN(kafka_topic_config_names) == KAFKA_TOPIC_CONFIGS_N, "all named");
    struct kafka_topic_configs configs = {.refused = ""};
    int32_t broker = 0;
    rd_kafka_resp_err_t err = some_broker(rk, timeout_ms, &broker);
    if (err)
        return take_error(err, NULL, &configs, why);
    rd_kafka_event_t *event = ask(rk, broker, topic, timeout_ms);
    if (!event)
        return take_error(RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, &configs, why);
    int r = take_answer(event, &configs, why);
    rd_kafka_event_destroy(event);
    if (r == 0)
        *ret = configs;
    return r;
}
