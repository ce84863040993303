#include "tests/simulator/fields.h"

#include <json-c/json.h>
#include <string.h>

#include "common/base/banned.h"

static bool take_text(const struct field *f, struct json_object *value)
{
    const char **out = f->out;
    if (!value && !f->required) {
        *out = NULL;
        return true;
    }
    if (!json_object_is_type(value, json_type_string))
        return false;
    *out = json_object_get_string(value);
    return strlen(*out) == (size_t)json_object_get_string_len(value);
}

static bool take_number(const struct field *f, struct json_object *value)
{
    int64_t *out = f->out;
    if (!value && f->kind == FIELD_SPAN) {
        *out = -1;
        return true;
    }
    if (!json_object_is_type(value, json_type_int))
        return false;
    *out = json_object_get_int64(value);
    return *out >= 0 && *out <= (f->max ? f->max : FIELD_MAX);
}

static bool take_flag(const struct field *f, struct json_object *value)
{
    bool *out = f->out;
    *out = json_object_get_boolean(value);
    return json_object_is_type(value, json_type_boolean);
}

static bool take_list(const struct field *f, struct json_object *value)
{
    struct json_object **out = f->out;
    *out = value;
    return json_object_is_type(value, json_type_array);
}

/* NULL = fine, else what it should have been. */
static const char *take(const struct field *f, struct json_object *value)
{
    switch (f->kind) {
    case FIELD_TEXT:
        return take_text(f, value) ? NULL : "a text";
    case FIELD_NUMBER:
        return take_number(f, value) ? NULL : "a whole number in its range";
    case FIELD_SPAN:
        return take_number(f, value) ? NULL : "milliseconds, or null for never";
    case FIELD_FLAG:
        return take_flag(f, value) ? NULL : "true or false";
    case FIELD_LIST:
        return take_list(f, value) ? NULL : "an array";
    }
    return NULL;
}

static const struct field *find(const struct field *fields, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].key, key) == 0)
            return &fields[i];
    }
    return NULL;
}

void fields_read(struct json_object *object, const char *where, const struct field *fields,
                 size_t count, struct problems *wrong)
{
    if (!json_object_is_type(object, json_type_object)) {
        problems_add(wrong, "%s: not a JSON object", where);
        return;
    }
    json_object_object_foreach(object, key, value)
    {
        const struct field *f = find(fields, count, key);
        const char *expected = f ? take(f, value) : NULL;
        if (!f)
            problems_add(wrong, "%s: no such key: %.100s", where, key);
        else if (expected)
            problems_add(wrong, "%s: %s: must be %s", where, key, expected);
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].required && !json_object_object_get_ex(object, fields[i].key, NULL))
            problems_add(wrong, "%s: %s is missing", where, fields[i].key);
    }
}
