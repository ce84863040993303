/* common/model/record.h - what the records of all topics have in common: JSON in, JSON out.
 *
 * A record is one JSON object. Times are RFC 3339 in UTC with milliseconds, ids are UUIDs as text.
 * Unknown keys are ignored, so that a newer program may add some. A decoder checks every field that
 * it uses: type, length, range; what is wrong is one sentence for the dead letter's header. */
#ifndef SAM_MODEL_RECORD_H
#define SAM_MODEL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/uuid.h"

#define RECORD_MAX_BYTES 16384
#define RECORD_WHY_BYTES 160

struct json_object;

/* ---- writing: begin, fields, end ---------------------------------------------------------- */

void record_begin(struct buf *out);
void record_end(struct buf *out);
/* NULL and "" are left out. */
void record_text(struct buf *out, const char *key, const char *value);
/* The null uuid is left out. */
void record_uuid(struct buf *out, const char *key, const struct uuid *value);
/* 0 and "never" are left out. */
void record_time(struct buf *out, const char *key, int64_t at_ms);
void record_i64(struct buf *out, const char *key, int64_t value);
void record_bool(struct buf *out, const char *key, bool value);

/* ---- reading ------------------------------------------------------------------------------ */

/* An open record; the first problem is kept, everything after it reads as absent. */
struct record {
    struct json_object *json; /* owned */
    char why[RECORD_WHY_BYTES];
    bool newer; /* the problem is a value that a later release may have added to a list */
};

/* false: not one JSON object, too long, or followed by something else; r->why tells. */
bool record_open(struct record *r, const char *value, size_t bytes);
void record_close(struct record *r);
/* Notes what is wrong with a key, unless a problem was noted before. */
void record_problem(struct record *r, const char *key, const char *what);
/* The same for a value of a list that this program does not know. */
void record_unknown(struct record *r, const char *key, const char *value);
bool record_good(const struct record *r);

/* Each gives a problem when the key is absent (need) or has the wrong type or form; a needed id
 * must not be the null uuid, a time lies between 1970 and 9999. Absent and not needed: the output
 * is zero. */
void record_get_uuid(struct record *r, const char *key, bool need, struct uuid *out);
void record_get_time(struct record *r, const char *key, bool need, int64_t *out);
void record_get_i64(struct record *r, const char *key, bool need, int64_t min, int64_t max,
                    int64_t *out);
void record_get_bool(struct record *r, const char *key, bool need, bool *out);
/* A longer text than fits is a problem. */
void record_get_text(struct record *r, const char *key, bool need, char *out, size_t out_bytes);

#endif
