#include "common/base/log.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

#define LINE_MAX_BYTES 8192

static const char *const level_names[] = {"debug", "info", "warn", "error"};

const char *log_level_name(enum log_level level)
{
    return (unsigned)level < LOG_LEVEL_N ? level_names[level] : "?";
}

void log_init(struct log *log, const char *program, FILE *out, enum log_level level,
              enum log_format format)
{
    *log = (struct log){.out = out, .level = level, .format = format, .program = program};
}

static bool needs_quotes(const char *s)
{
    if (!*s)
        return true;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f)
            return true;
    }
    return false;
}

static void add_value(struct buf *b, const struct log_field *f, bool json)
{
    char id[UUID_TEXT_BYTES];
    switch (f->kind) {
    case LOG_KIND_INT:
        buf_add_i64(b, f->num);
        break;
    case LOG_KIND_BOOL:
        buf_adds(b, f->num ? "true" : "false");
        break;
    case LOG_KIND_UUID:
        uuid_format(f->id, id);
        if (json)
            buf_add_json(b, id);
        else
            buf_adds(b, id);
        break;
    case LOG_KIND_STR:
        if (!json && f->str && !needs_quotes(f->str))
            buf_adds(b, f->str);
        else
            buf_add_json(b, f->str);
        break;
    case LOG_KIND_END:
        break;
    }
}

static void add_text_line(struct buf *b, const char *now, enum log_level level, const char *event,
                          const struct log_field *fields)
{
    buf_addf(b, "%s %-5s %s", now, level_names[level], event);
    for (const struct log_field *f = fields; f->kind != LOG_KIND_END; f++) {
        buf_addf(b, " %s=", f->key);
        add_value(b, f, false);
    }
}

static void add_json_line(struct buf *b, const char *program, const char *now, enum log_level level,
                          const char *event, const struct log_field *fields)
{
    buf_addf(b, "{\"timestamp\":\"%s\",\"severity\":\"%s\",\"service.name\":", now,
             level_names[level]);
    buf_add_json(b, program);
    buf_adds(b, ",\"event\":");
    buf_add_json(b, event);
    for (const struct log_field *f = fields; f->kind != LOG_KIND_END; f++) {
        buf_addc(b, ',');
        buf_add_json(b, f->key);
        buf_addc(b, ':');
        add_value(b, f, true);
    }
    buf_addc(b, '}');
}

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields)
{
    struct buf b = BUF_INIT(LINE_MAX_BYTES);
    char now[TIME_TEXT_BYTES];
    time_format_utc(clock_wall_ms(), now);
    if (log->format == LOG_FORMAT_JSON)
        add_json_line(&b, log->program, now, level, event, fields);
    else
        add_text_line(&b, now, level, event, fields);
    if (b.overflow && log->format == LOG_FORMAT_JSON) {
        buf_reset(&b);
        const struct log_field cut[] = {LOG_MSG("fields too long, dropped"),
                                        {.kind = LOG_KIND_END}};
        add_json_line(&b, log->program, now, level, event, cut);
    }
    buf_addc(&b, '\n');
    /* One write per line, so that lines of several threads or processes do not mix. */
    (void)fwrite(buf_text(&b), 1, b.len, log->out);
    (void)fflush(log->out);
    (void)atomic_fetch_add_explicit(&log->lines[level], 1, memory_order_relaxed);
    buf_deinit(&b);
}
