/* tests/simulator/fields.h - reads a JSON object by a table of its keys, and says all that is
 * wrong.
 */
#ifndef SAM_SIMULATOR_FIELDS_H
#define SAM_SIMULATOR_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/problems.h"

struct json_object;

enum field_kind {
    FIELD_TEXT,   /* const char *, borrowed from the object */
    FIELD_NUMBER, /* int64_t within 0..max */
    FIELD_SPAN,   /* the same, and null = -1 = never */
    FIELD_FLAG,   /* bool */
    FIELD_LIST    /* struct json_object *, an array, borrowed */
};

struct field {
    const char *key;
    void *out;   /* untouched when the key is absent */
    int64_t max; /* 0 = FIELD_MAX */
    enum field_kind kind;
    bool required;
};

#define FIELD_MAX (INT64_C(400) * 24 * 60 * 60 * 1000)

/* Adds to wrong what is wrong, with `where` before it. An optional text may be null: NULL. */
void fields_read(struct json_object *object, const char *where, const struct field *fields,
                 size_t count, struct problems *wrong);

#endif
