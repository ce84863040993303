/* common/base/config.h - one table of settings that fills a struct, prints the sample file, tells
 * what is in force, and is the document.
 *
 * A value comes from the environment (SAM_<SECTION>_<KEY>, it wins), else from the file
 * (libconfig), else from the table's default. Secrets may also come from a file: key `…_file`,
 * variable `…_FILE`. Everything that is wrong is reported at once, with file, line and key.
 * Variables that no key has are not looked at: Kubernetes sets some of the same shape by itself. */
#ifndef SAM_BASE_CONFIG_H
#define SAM_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/problems.h"

enum config_type {
    CONFIG_TEXT,     /* char * */
    CONFIG_CONNINFO, /* char *, a password in it is never shown; also from a file */
    CONFIG_SECRET,   /* char *, never shown; also from a file */
    CONFIG_CHOICE,   /* char *, one of `choices` */
    CONFIG_LIST,     /* char **, NULL-terminated, "name=value"; the values are never shown */
    CONFIG_PHRASES,  /* the same, of any text, shown */
    CONFIG_DURATION, /* int64_t ms, written with a unit */
    CONFIG_KEPT,     /* the same, or "forever": CONFIG_FOREVER, whatever the range */
    CONFIG_INT,      /* int64_t */
    CONFIG_BOOL      /* bool */
};

struct config_key {
    const char *section;
    const char *key;
    enum config_type type;
    size_t offset;        /* in the struct */
    const char *fallback; /* as the user would write it; NULL = required, and not empty */
    int64_t min;          /* of a number or duration (ms); both 0 = any from 0 */
    int64_t max;
    const char *choices; /* CONFIG_CHOICE: "text|json" */
    const char *example; /* in the sample, of a key without a default; NULL = none */
    const char *help;    /* one line */
};

#define CONFIG_KEYS_MAX 64
#define CONFIG_FOREVER  INT64_MAX
#define CONFIG_MANY     INT64_C(1000000000) /* the most of a number that needs no bound */

struct config_source {
    char text[160]; /* "sam.cfg:12", "environment SAM_LOG_LEVEL", "default" */
    bool good;      /* the value is in the struct; else a problem tells why not */
};

/* Fills *out (zeroed by the caller) by the table. path: NULL = no file, environment and defaults
 * only. Problems are added; the struct is usable only when there were none. sources: one per key.
 */
void config_load(const struct config_key *keys, size_t count, const char *path, void *out,
                 struct config_source *sources, struct problems *problems);
/* Frees what config_load allocated. */
void config_deinit(const struct config_key *keys, size_t count, void *out);

/* The sample file, with a comment per key. */
void config_sample(const struct config_key *keys, size_t count, struct buf *out);
/* What is in force and where it came from; secrets and passwords masked. */
void config_print(const struct config_key *keys, size_t count, const void *values,
                  const struct config_source *sources, struct buf *out);
/* How many bytes of "key=value" are the key, however it was typed: what follows may be a secret. */
size_t config_name_bytes(const char *line);
/* Does the value lie in the key's range? false: why says what it is. */
bool config_in_range(const struct config_key *k, int64_t v, char *why, size_t why_bytes);
/* The table as Markdown. */
void config_document(const struct config_key *keys, size_t count, struct buf *out);

#endif
