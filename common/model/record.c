#include "common/model/record.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

/* What record_time() would not write is not read either. */
#define YEAR_10000_MS INT64_C(253402300800000)

void record_begin(struct buf *out)
{
    buf_reset(out);
    buf_addc(out, '{');
}

void record_end(struct buf *out)
{
    buf_addc(out, '}');
}

static void add_key(struct buf *out, const char *key)
{
    if (out->len > 1)
        buf_addc(out, ',');
    buf_addc(out, '"');
    buf_adds(out, key);
    buf_add(out, "\":", 2);
}

void record_text(struct buf *out, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    add_key(out, key);
    buf_add_json(out, value);
}

static void add_quoted(struct buf *out, const char *key, const char *plain)
{
    add_key(out, key);
    buf_addc(out, '"');
    buf_adds(out, plain);
    buf_addc(out, '"');
}

void record_uuid(struct buf *out, const char *key, const struct uuid *value)
{
    char text[UUID_TEXT_BYTES];
    if (uuid_is_null(value))
        return;
    uuid_format(value, text);
    add_quoted(out, key, text);
}

void record_time(struct buf *out, const char *key, int64_t at_ms)
{
    char text[TIME_TEXT_BYTES];
    if (at_ms <= 0 || at_ms >= TIME_NEVER_MS)
        return;
    time_format_utc(at_ms, text);
    add_quoted(out, key, text);
}

void record_i64(struct buf *out, const char *key, int64_t value)
{
    add_key(out, key);
    buf_add_i64(out, value);
}

void record_bool(struct buf *out, const char *key, bool value)
{
    add_key(out, key);
    buf_adds(out, value ? "true" : "false");
}

bool record_open(struct record *r, const char *value, size_t bytes)
{
    r->json = NULL;
    r->why[0] = '\0';
    r->newer = false;
    if (bytes == 0 || bytes > RECORD_MAX_BYTES) {
        (void)snprintf(r->why, sizeof(r->why), "%zu bytes: a record has 1 to %d", bytes,
                       RECORD_MAX_BYTES);
        return false;
    }
    struct json_tokener *tokener = json_tokener_new_ex(8);
    if (!tokener)
        abort();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    r->json = json_tokener_parse_ex(tokener, value, (int)bytes);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    if (!r->json)
        (void)snprintf(r->why, sizeof(r->why), "not JSON: %s at byte %zu",
                       error == json_tokener_continue ? "unexpected end"
                                                      : json_tokener_error_desc(error),
                       json_tokener_get_parse_end(tokener));
    else if (json_tokener_get_parse_end(tokener) != bytes)
        record_problem(r, "", "something follows the JSON object");
    else if (!json_object_is_type(r->json, json_type_object))
        record_problem(r, "", "not a JSON object");
    json_tokener_free(tokener);
    return record_good(r);
}

void record_close(struct record *r)
{
    json_object_put(r->json);
    r->json = NULL;
}

void record_problem(struct record *r, const char *key, const char *what)
{
    if (!r->why[0])
        (void)snprintf(r->why, sizeof(r->why), "%s%s%s", key, *key ? ": " : "", what);
}

void record_unknown(struct record *r, const char *key, const char *value)
{
    char what[80];
    r->newer = record_good(r);
    (void)snprintf(what, sizeof(what), "unknown value \"%.40s\"", value);
    record_problem(r, key, what);
}

bool record_good(const struct record *r)
{
    return !r->why[0];
}

/* NULL when the key is absent or null; a problem when it is needed or of another type. */
static struct json_object *get(struct record *r, const char *key, bool need, json_type type)
{
    struct json_object *value = NULL;
    if (!record_good(r))
        return NULL;
    if (!json_object_object_get_ex(r->json, key, &value) || !value) {
        if (need)
            record_problem(r, key, "missing");
        return NULL;
    }
    if (!json_object_is_type(value, type)) {
        record_problem(r, key, "has the wrong type");
        return NULL;
    }
    return value;
}

void record_get_uuid(struct record *r, const char *key, bool need, struct uuid *out)
{
    *out = (struct uuid){{0}};
    struct json_object *value = get(r, key, need, json_type_string);
    if (value && uuid_parse(json_object_get_string(value), out) != 0)
        record_problem(r, key, "not a UUID");
    else if (value && need && uuid_is_null(out))
        record_problem(r, key, "the null UUID");
}

void record_get_time(struct record *r, const char *key, bool need, int64_t *out)
{
    *out = 0;
    int64_t at_ms = 0;
    struct json_object *value = get(r, key, need, json_type_string);
    if (!value)
        return;
    if (time_parse(json_object_get_string(value), &at_ms) != 0)
        record_problem(r, key, "not a time (RFC 3339)");
    else if (at_ms <= 0 || at_ms >= YEAR_10000_MS)
        record_problem(r, key, "not a time between 1970 and 9999");
    else
        *out = at_ms;
}

void record_get_i64(struct record *r, const char *key, bool need, int64_t min, int64_t max,
                    int64_t *out)
{
    *out = 0;
    struct json_object *value = get(r, key, need, json_type_int);
    if (!value)
        return;
    int64_t number = json_object_get_int64(value);
    if (number < min || number > max)
        record_problem(r, key, "out of range");
    else
        *out = number;
}

void record_get_bool(struct record *r, const char *key, bool need, bool *out)
{
    struct json_object *value = get(r, key, need, json_type_boolean);
    *out = value && json_object_get_boolean(value);
}

void record_get_text(struct record *r, const char *key, bool need, char *out, size_t out_bytes)
{
    out[0] = '\0';
    struct json_object *value = get(r, key, need, json_type_string);
    if (!value)
        return;
    const char *text = json_object_get_string(value);
    size_t n = (size_t)json_object_get_string_len(value);
    if (n >= out_bytes)
        record_problem(r, key, "too long");
    else if (strlen(text) != n)
        record_problem(r, key, "contains a NUL");
    else if (need && n == 0)
        record_problem(r, key, "empty");
    else
        memcpy(out, text, n + 1);
}
