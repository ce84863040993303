#include "common/adapters/kafka_stats.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/banned.h"

static bool is_up(struct json_object *broker)
{
    struct json_object *state = NULL;
    return json_object_object_get_ex(broker, "state", &state) &&
           json_object_is_type(state, json_type_string) &&
           strcmp(json_object_get_string(state), "UP") == 0;
}

int kafka_stats_brokers_up(const char *json, size_t json_bytes, size_t *ret_up)
{
    struct json_object *brokers = NULL;
    if (json_bytes > INT_MAX)
        return -EINVAL;
    struct json_tokener *tokener = json_tokener_new();
    if (!tokener)
        abort();
    struct json_object *stats = json_tokener_parse_ex(tokener, json, (int)json_bytes);
    json_tokener_free(tokener);
    int result = -EINVAL;
    if (json_object_object_get_ex(stats, "brokers", &brokers) &&
        json_object_is_type(brokers, json_type_object)) {
        size_t up = 0;
        json_object_object_foreach(brokers, name, broker)
        {
            (void)name;
            up += is_up(broker) ? 1 : 0;
        }
        *ret_up = up;
        result = 0;
    }
    json_object_put(stats);
    return result;
}
