#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/campaign_keys.h"

#include "common/base/banned.h"

#define DEPTH_MAX 16
#define KEYS_MAX  64 /* of one object; whoever has more has unknown ones, and hears of those */

static void tell(const char *label, const char *json, size_t at, const char *what,
                 struct problems *problems)
{
    int line = 1;
    int column = 1;
    for (size_t i = 0; i < at; i++) {
        column = json[i] == '\n' ? 1 : column + 1;
        line += json[i] == '\n' ? 1 : 0;
    }
    problems_add(problems, "%s:%d:%d: %s", label, line, column, what);
}

/* The value; NULL with `what` and where when the text is not one value and nothing else. */
static struct json_object *parse_one(const char *json, size_t n, size_t *ret_end,
                                     const char **ret_what)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    if (!tokener)
        abort();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *root = json_tokener_parse_ex(tokener, json, (int)n);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    *ret_end = end < n ? end : n;
    *ret_what = error == json_tokener_continue  ? "unexpected end"
                : error == json_tokener_success ? "null is no campaign"
                                                : json_tokener_error_desc(error);
    while (end < n && isspace((unsigned char)json[end]))
        end++;
    if (root && end < n) {
        *ret_what = "something follows the closing brace";
        json_object_put(root);
        return NULL;
    }
    return root;
}

/* ---- keys that stand twice (json-c keeps the last one and says nothing) ---------------------- */

struct scan_object {
    bool is_object;
    bool key_next;
    size_t count;
    struct {
        const char *at;
        size_t n;
    } keys[KEYS_MAX]; /* with their quotes */
};

struct scan {
    const char *label;
    const char *json;
    struct problems *problems;
    struct scan_object open[DEPTH_MAX + 1];
    size_t depth; /* open[0] is around the whole text */
};

static void scan_key(struct scan *s, const char *at, size_t n)
{
    struct scan_object *o = &s->open[s->depth];
    char what[160];
    for (size_t i = 0; i < o->count; i++) {
        if (o->keys[i].n != n || memcmp(o->keys[i].at, at, n) != 0)
            continue;
        (void)snprintf(what, sizeof(what), "%.*s stands twice", (int)(n < 80 ? n : 80), at);
        tell(s->label, s->json, (size_t)(at - s->json), what, s->problems);
        return;
    }
    if (o->count < KEYS_MAX) {
        o->keys[o->count].at = at;
        o->keys[o->count++].n = n;
    }
}

/* The end of the string whose opening quote is at i; n without one. */
static size_t string_end(const char *json, size_t i, size_t n)
{
    for (i++; i < n && json[i] != '"'; i++)
        i += json[i] == '\\' ? 1 : 0;
    return i < n ? i : n;
}

static void scan_open(struct scan *s, bool is_object)
{
    s->depth++;
    s->open[s->depth].is_object = is_object;
    s->open[s->depth].key_next = is_object;
    s->open[s->depth].count = 0;
}

/* json: what json-c took, so not deeper than DEPTH_MAX; it also takes texts in single quotes. */
static void scan_keys(struct scan *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct scan_object *o = &s->open[s->depth];
        char c = s->json[i];
        if (c == '"') {
            size_t end = string_end(s->json, i, n);
            if (o->key_next)
                scan_key(s, s->json + i, end - i + 1);
            i = end;
        } else if (c == '\'') {
            tell(s->label, s->json, i, "not JSON: a text stands in double quotes", s->problems);
            return;
        } else if (c == '{' || c == '[') {
            scan_open(s, c == '{');
        } else if (c == '}' || c == ']') {
            s->depth--;
        } else if (c == ':') {
            o->key_next = false;
        } else if (c == ',') {
            o->key_next = o->is_object;
        }
    }
}

/* ---- the text ------------------------------------------------------------------------------- */

struct json_object *campaign_json_parse(const char *label, const char *json, size_t n,
                                        struct problems *problems)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a file with it */
    size_t end;
    const char *what;
    char text[160];
    if (n >= sizeof(mark) - 1 && memcmp(json, mark, sizeof(mark) - 1) == 0) {
        json += sizeof(mark) - 1;
        n -= sizeof(mark) - 1;
    }
    struct json_object *root = parse_one(json, n, &end, &what);
    if (!root) {
        (void)snprintf(text, sizeof(text), "not JSON: %s", what);
        tell(label, json, end, text, problems);
        return NULL;
    }
    if (!json_object_is_type(root, json_type_object)) {
        problems_add(problems, "%s: must be one JSON object", label);
        json_object_put(root);
        return NULL;
    }
    struct scan *s = sam_xcalloc(1, sizeof(*s));
    s->label = label;
    s->json = json;
    s->problems = problems;
    scan_keys(s, n);
    free(s);
    return root;
}
