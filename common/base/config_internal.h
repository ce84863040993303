/* common/base/config_internal.h - shared by config.c (the keys) and config_unknown.c (what is none
 * of them). */
#ifndef SAM_BASE_CONFIG_INTERNAL_H
#define SAM_BASE_CONFIG_INTERNAL_H

#include <libconfig.h>

#include "common/base/config.h"

struct config_load {
    const struct config_key *keys;
    size_t count;
    const char *path;
    config_t file;
    bool has_file;
    char *out;
    struct problems *problems;
};

/* SAM_SECTION_KEY and the suffix. */
void config_env_name(const struct config_key *k, const char *suffix, char *out, size_t bytes);
/* KEY_file and SAM_SECTION_KEY_FILE name a file that holds it. */
bool config_may_be_in_a_file(const struct config_key *k);
/* FILE:LINE of a setting. */
void config_where_in_file(const struct config_load *l, const config_setting_t *s, char *out,
                          size_t bytes);

/* A problem for each section and key of the file that does not exist. */
void config_report_file(struct config_load *l);
/* The same for variables that begin as those of a section, or that are a key in a section that does
 * not exist; others of SAM_ are not settings. */
void config_report_environment(struct config_load *l);

#endif
