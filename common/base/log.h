/* common/base/log.h - one line an event, as text (logfmt) or JSON, to one stream.
 *
 * Never in a line: message texts, notes, names of people, secrets. Ids, numbers, codes only.
 * Policy and model do not log; the caller that decides logs once. */
#ifndef SAM_BASE_LOG_H
#define SAM_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/attr.h"
#include "common/base/uuid.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_N };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log {
    FILE *out; /* borrowed */
    enum log_level level;
    enum log_format format;
    const char *program;                 /* borrowed, e.g. "sam-worker" */
    _Atomic uint64_t lines[LOG_LEVEL_N]; /* written so far; for metrics, read by other threads */
};

enum log_kind { LOG_KIND_END, LOG_KIND_STR, LOG_KIND_INT, LOG_KIND_UUID, LOG_KIND_BOOL };

struct log_field {
    enum log_kind kind;
    const char *key;
    const char *str;
    int64_t num;
    const struct uuid *id;
};

#define LOG_STR(k, v)                                                                              \
    {                                                                                              \
        .kind = LOG_KIND_STR, .key = (k), .str = (v)                                               \
    }
#define LOG_INT(k, v)                                                                              \
    {                                                                                              \
        .kind = LOG_KIND_INT, .key = (k), .num = (int64_t)(v)                                      \
    }
#define LOG_UUID(k, v)                                                                             \
    {                                                                                              \
        .kind = LOG_KIND_UUID, .key = (k), .id = (v)                                               \
    }
#define LOG_BOOL(k, v)                                                                             \
    {                                                                                              \
        .kind = LOG_KIND_BOOL, .key = (k), .num = (v) ? 1 : 0                                      \
    }
/* A sentence for people; every line has at least one field. */
#define LOG_MSG(v) LOG_STR("msg", v)

const char *log_level_name(enum log_level level);

void log_init(struct log *log, const char *program, FILE *out, enum log_level level,
              enum log_format format);

/* fields ends with kind LOG_KIND_END. event is a fixed snake_case name. Does not fail. */
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields);

#define LOG_AT(log, lvl, event, ...)                                                               \
    do {                                                                                           \
        if ((lvl) >= (log)->level)                                                                 \
            log_write(log, lvl, event,                                                             \
                      (const struct log_field[]){__VA_ARGS__, {.kind = LOG_KIND_END}});            \
    } while (0)
#define log_debug(log, event, ...) LOG_AT(log, LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(log, event, ...)  LOG_AT(log, LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(log, event, ...)  LOG_AT(log, LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(log, event, ...) LOG_AT(log, LOG_LEVEL_ERROR, event, __VA_ARGS__)

#endif
