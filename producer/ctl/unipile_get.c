#include "producer/ctl/unipile_get.h"

#include <json-c/json.h>

#include "common/base/banned.h"

#define TIMEOUT_MS 15000

int unipile_get(const struct settings *s, const char *path, struct http_get *ret,
                char why[HTTP_GET_WHY_BYTES])
{
    SAM_CLEANUP(freep) char *url = sam_xasprintf("%s%s", s->unipile.base_url, path);
    SAM_CLEANUP(freep) char *key = sam_xasprintf("X-API-KEY: %s", s->unipile.api_key);
    *ret = (struct http_get){.url = url,
                             .header = key,
                             .timeout_ms = TIMEOUT_MS,
                             .connect_timeout_ms = (long)s->unipile.connect_timeout_ms};
    int r = http_get(ret, why);
    ret->url = ret->header = NULL;
    return r;
}

bool unipile_get_is_stranger(const struct http_get *g)
{
    if (g->status >= 300 && g->status < 400)
        return true;
    if (g->status < 200 || g->status >= 300)
        return false;
    struct json_object *page = json_tokener_parse(buf_text(&g->body));
    bool is_object = json_object_is_type(page, json_type_object);
    json_object_put(page);
    return !g->json || !is_object;
}

const char *unipile_get_advice(long status)
{
    if (status == 401 || status == 403)
        return "the key is refused: check unipile.api_key";
    if (status == 404)
        return "there is no Unipile API there: check unipile.base_url";
    if (status == 429)
        return "too many requests: wait";
    if (status >= 500)
        return "Unipile has trouble: wait, or ask its support";
    return "check unipile.base_url: an answer that is not Unipile's";
}
