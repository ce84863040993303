/* common/model/campaign_keys.h - the table by which campaign_file.c reads; for it only. */
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

#endif
