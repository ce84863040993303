#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/model/campaign_file.h"

#include "common/base/banned.h"

char *campaign_steps_to_json(const struct campaign_step *steps, size_t count)
{
    struct buf out = BUF_INIT((size_t)CAMPAIGN_FILE_MAX_BYTES * 8);
    buf_addc(&out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_adds(&out, i ? ",{\"message_type\":" : "{\"message_type\":");
        buf_add_json(&out, steps[i].message_type);
        buf_adds(&out, ",\"text\":");
        buf_add_json(&out, steps[i].text);
        buf_adds(&out, ",\"after_ms\":");
        buf_add_i64(&out, steps[i].after_ms);
        buf_addc(&out, '}');
    }
    buf_addc(&out, ']');
    return buf_take(&out);
}

static int read_step(struct json_object *o, struct campaign_step *ret)
{
    struct json_object *type = NULL;
    struct json_object *text = NULL;
    struct json_object *after = NULL;
    if (!json_object_object_get_ex(o, "message_type", &type) ||
        !json_object_object_get_ex(o, "text", &text) ||
        !json_object_object_get_ex(o, "after_ms", &after) ||
        !json_object_is_type(type, json_type_string) ||
        !json_object_is_type(text, json_type_string) ||
        !json_object_is_type(after, json_type_int) ||
        json_object_get_string_len(type) >= (int)sizeof(ret->message_type))
        return -EINVAL;
    (void)snprintf(ret->message_type, sizeof(ret->message_type), "%s",
                   json_object_get_string(type));
    ret->text = sam_xstrdup(json_object_get_string(text));
    ret->after_ms = json_object_get_int64(after);
    return 0;
}

int campaign_steps_from_json(const char *json, size_t n, struct campaign_step *ret_steps,
                             size_t *ret_count)
{
    struct json_tokener *tokener = json_tokener_new();
    if (!tokener)
        abort();
    struct json_object *root = json_tokener_parse_ex(tokener, json, (int)n);
    json_tokener_free(tokener);
    struct campaign_step steps[CAMPAIGN_STEPS_MAX];
    size_t count = 0;
    size_t length = json_object_is_type(root, json_type_array) ? json_object_array_length(root) : 0;
    bool good = length > 0 && length <= CAMPAIGN_STEPS_MAX;
    while (good && count < length) {
        struct json_object *o = json_object_array_get_idx(root, count);
        good = json_object_is_type(o, json_type_object) && read_step(o, &steps[count]) == 0;
        count += good ? 1 : 0;
    }
    json_object_put(root);
    if (!good) {
        campaign_steps_deinit(steps, count);
        return -EINVAL;
    }
    memcpy(ret_steps, steps, count * sizeof(*steps));
    *ret_count = count;
    return 0;
}

void campaign_steps_deinit(struct campaign_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(steps[i].text);
        steps[i].text = NULL;
    }
}
