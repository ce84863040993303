/* common/model/campaign_keys.h - the parts of the reader and writer of campaign files, for
 * campaign_*.c only.
 *
 * campaign_json.c reads the text, campaign_keys.c the keys, campaign_messages.c the messages, and
 * campaign_file.c puts them together; campaign_write.c is the way back. */
#ifndef SAM_MODEL_CAMPAIGN_KEYS_H
#define SAM_MODEL_CAMPAIGN_KEYS_H

#include "common/model/campaign_file.h"

struct json_object;

struct campaign_reader {
    const char *label;
    struct problems *problems;
    struct campaign_file *f;
    struct json_object *templates; /* borrowed */
    bool has_type;
};

struct campaign_key {
    const char *name;
    bool required;
    void (*read)(struct campaign_reader *r, const char *key, struct json_object *value);
};

/* As they are written in the file; the bit of each in weekend_mask. */
extern const char *const campaign_days[7];

/* The text as one JSON object, owned by the caller; NULL when it is none, with the problem. A key
 * that stands twice in an object (one of the two is lost) is a problem, but does not give NULL. */
struct json_object *campaign_json_parse(const char *label, const char *json, size_t n,
                                        struct problems *problems);

/* A problem with a key: "LABEL: KEY: what". */
void campaign_bad(struct campaign_reader *r, const char *key, const char *what);
/* A borrowed string without NULs; else NULL, with the problem. */
const char *campaign_string(struct campaign_reader *r, const char *key, struct json_object *v);
bool campaign_duration(struct campaign_reader *r, const char *key, struct json_object *v,
                       int64_t *ret_ms);

/* Reads each key of the object: missing and unknown ones are problems. */
void campaign_keys_read(struct campaign_reader *r, struct json_object *root);

/* Reads r->templates into the steps, when there are any. */
void campaign_messages_read(struct campaign_reader *r);

#endif
