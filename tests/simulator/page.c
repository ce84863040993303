#include "tests/simulator/page.h"

#include <glib.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/simulator/errors.h"
#include "tests/simulator/faults.h"

#include "common/base/banned.h"

#define CURSOR_JSON_BYTES 200

static bool read_moment(const struct request *r, const char *name, int64_t *ret_ms)
{
    const char *text = request_query(r, name);
    if (!text)
        return true;
    /* exactly YYYY-MM-DDTHH:MM:SS.sssZ: other precisions are refused */
    return strlen(text) == 24 && text[10] == 'T' && text[19] == '.' && text[23] == 'Z' &&
           time_parse(text, ret_ms) == 0;
}

static bool read_number(struct json_object *o, const char *key, int64_t *ret)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(o, key, &value) || !json_object_is_type(value, json_type_int))
        return false;
    *ret = json_object_get_int64(value);
    return true;
}

static bool read_cursor(const char *text, struct page *page)
{
    gsize n = 0;
    char json[CURSOR_JSON_BYTES + 1];
    if (!*text || strlen(text) > CURSOR_JSON_BYTES)
        return false;
    guchar *bytes = g_base64_decode(text, &n);
    if (n > CURSOR_JSON_BYTES)
        n = CURSOR_JSON_BYTES;
    memcpy(json, bytes, n);
    json[n] = '\0';
    g_free(bytes);
    struct json_object *o = json_tokener_parse(json);
    bool good = read_number(o, "limit", &page->limit) && read_number(o, "after", &page->after_ms) &&
                read_number(o, "before", &page->before_ms) &&
                read_number(o, "startIndex", &page->place) && page->place > 0 && page->limit > 0;
    json_object_put(o);
    return good;
}

bool page_read(struct request *r, const struct page_limits *limits, struct page *ret)
{
    const int64_t range[2] = {1, limits->max};
    const char *cursor = request_query(r, "cursor");
    struct page page = {.after_ms = -1, .before_ms = TIME_NEVER_MS};
    if (request_query_number(r, "limit", limits->usual, range, &page.limit) != 0 ||
        !read_moment(r, "after", &page.after_ms) || !read_moment(r, "before", &page.before_ms)) {
        error_answer(r, "invalid_parameters");
        return false;
    }
    if (cursor && !read_cursor(cursor, &page)) {
        error_answer(r, "invalid_cursor");
        return false;
    }
    *ret = page;
    return true;
}

void page_end(struct request *r, const struct page *page, int64_t next_place)
{
    char json[CURSOR_JSON_BYTES];
    if (fault_is(r->fault, FAULT_REPEAT_CURSOR))
        next_place = page->place ? page->place : 1;
    if (next_place == 0) {
        buf_adds(&r->answer, ",\"cursor\":null}");
        return;
    }
    int n = snprintf(json, sizeof(json),
                     "{\"limit\":%lld,\"startIndex\":%lld,\"after\":%lld,\"before\":%lld}",
                     (long long)page->limit, (long long)next_place, (long long)page->after_ms,
                     (long long)page->before_ms);
    gchar *cursor = g_base64_encode((const guchar *)json, (gsize)n);
    buf_adds(&r->answer, ",\"cursor\":\"");
    buf_adds(&r->answer, cursor);
    buf_adds(&r->answer, "\"}");
    g_free(cursor);
}
