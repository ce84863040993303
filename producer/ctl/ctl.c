#include "producer/ctl/ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/adapters/migrate.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

#define LOCK_TIMEOUT_MS (10 * SECOND_MS)
#define TRIES_MAX       5

SAM_PRINTF(1, 0) static void tell(const char *fmt, va_list ap)
{
    (void)fflush(stdout);
    (void)fputs("samctl: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
}

enum ctl_exit ctl_fail(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(fmt, ap);
    va_end(ap);
    return CTL_FAILED;
}

enum ctl_exit ctl_wrong_use(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(fmt, ap);
    va_end(ap);
    (void)fputs("`samctl --help` lists the commands, `samctl COMMAND --help` tells about one\n",
                stderr);
    return CTL_WRONG_USE;
}

enum pg_failure ctl_refuse(struct ctl *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(fmt, ap);
    va_end(ap);
    c->refused = true;
    return PG_REFUSED;
}

enum ctl_exit ctl_problems(const struct problems *p)
{
    (void)fflush(stdout);
    problems_print(p, stderr);
    return problems_any(p) ? CTL_FAILED : CTL_DONE;
}

void ctl_say(const struct ctl *c, const char *fmt, ...)
{
    FILE *out = c->words ? c->words : stdout;
    va_list ap;
    if (c->json)
        return;
    va_start(ap, fmt);
    (void)vfprintf(out, fmt, ap);
    va_end(ap);
    (void)fputc('\n', out);
}

void ctl_progress(const struct ctl *c, int64_t done, const char *what)
{
    if (c->json || !isatty(STDERR_FILENO))
        return;
    if (what)
        (void)fprintf(stderr, "\r%" PRId64 " %s ", done, what);
    else
        (void)fputc('\n', stderr);
}

void ctl_result(const struct ctl *c, const char *key, ...)
{
    SAM_CLEANUP(buf_deinit) struct buf line = BUF_INIT(1 << 20);
    va_list ap;
    if (!c->json)
        return;
    va_start(ap, key);
    for (const char *k = key; k; k = va_arg(ap, const char *)) {
        buf_addc(&line, line.len ? ',' : '{');
        buf_add_json(&line, k);
        buf_addc(&line, ':');
        buf_add_json(&line, va_arg(ap, const char *));
    }
    va_end(ap);
    (void)printf("%s}\n", buf_text(&line));
}

enum ctl_exit ctl_sql_failed(const struct ctl *c, enum pg_failure failure)
{
    switch (failure) {
    case PG_RETRY:
        return ctl_fail("Postgres: %s; somebody else holds what this needs, try again",
                        pg_error(c->pg));
    case PG_LOST:
        return ctl_fail("Postgres: the connection was lost (%s); whether the change was made is "
                        "not known, look and repeat the command",
                        pg_error(c->pg));
    case PG_SCHEMA:
        return ctl_fail("Postgres: %s; `samctl migrate --status` tells about the schema",
                        pg_error(c->pg));
    case PG_FINE:
    case PG_WAIT:
    case PG_REFUSED:
    case PG_VALUE:
    case PG_BUG:
        break;
    }
    return ctl_fail("Postgres: %s", pg_error(c->pg));
}

enum ctl_exit ctl_settings(struct ctl *c)
{
    if (c->settings)
        return CTL_DONE;
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    c->settings = settings_load(c->config_path, &problems);
    if (c->settings)
        return CTL_DONE;
    (void)ctl_problems(&problems);
    return CTL_WRONG_USE;
}

enum ctl_exit ctl_connect_any(struct ctl *c)
{
    char why[400];
    enum ctl_exit e = ctl_settings(c);
    if (e || c->pg)
        return e;
    const struct pg_options options = {.conninfo = c->settings->postgres.conninfo,
                                       .application_name = "samctl",
                                       .lock_timeout_ms = LOCK_TIMEOUT_MS};
    if (pg_connect(&options, &c->pg, why, sizeof(why)) != 0)
        return ctl_fail("Postgres cannot be reached: %s (postgres.conninfo comes from %s)", why,
                        settings_source(c->settings, "postgres", "conninfo")->text);
    return CTL_DONE;
}

enum ctl_exit ctl_connect(struct ctl *c)
{
    char why[MIGRATE_WHY_BYTES];
    enum migrate_state state = MIGRATE_EQUAL;
    if (c->pg)
        return CTL_DONE;
    enum ctl_exit e = ctl_connect_any(c);
    if (e)
        return e;
    enum pg_failure failure = migrate_check(c->pg, &state, why);
    if (failure)
        return ctl_sql_failed(c, failure);
    return migrate_fits(state) ? CTL_DONE : ctl_fail("%s", why);
}

struct pg_params *ctl_params(struct ctl *c)
{
    pg_params_reset(&c->params);
    return &c->params;
}

enum ctl_exit ctl_query(struct ctl *c, const char *sql, struct pg_result **ret)
{
    enum pg_failure failure = pg_exec(c->pg, sql, &c->params, ret);
    return failure ? ctl_sql_failed(c, failure) : CTL_DONE;
}

enum ctl_exit ctl_transaction(struct ctl *c, ctl_change_fn *fn, void *arg)
{
    enum pg_failure failure = PG_RETRY;
    for (int i = 0; i < TRIES_MAX && failure == PG_RETRY; i++) {
        c->refused = false;
        failure = pg_begin(c->pg);
        if (!failure)
            failure = fn(c, arg);
        if (!failure)
            failure = pg_commit(c->pg);
        if (failure && failure != PG_LOST)
            pg_rollback(c->pg);
    }
    if (failure && c->refused)
        return CTL_FAILED;
    return failure ? ctl_sql_failed(c, failure) : CTL_DONE;
}

enum ctl_exit ctl_list(struct ctl *c, const char *sql, const struct column *columns,
                       size_t columns_count, const char *empty)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(table_deinit) struct table t;
    table_init(&t, columns, columns_count, c->json, stdout);
    enum ctl_exit e = ctl_query(c, sql, &r);
    if (e)
        return e;
    for (int row = 0; row < pg_rows(r); row++)
        table_row(&t, r, row, 0);
    table_end(&t);
    if (t.rows == 0)
        ctl_say(c, "%s", empty);
    return CTL_DONE;
}

char *ctl_read_file(const char *path, size_t max_bytes, size_t *ret_bytes)
{
    /* Not by opening /dev/stdin: a pipe that another user has made (a container's) refuses that. */
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!f) {
        (void)ctl_fail("%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    char *text = sam_xmalloc(max_bytes + 2);
    size_t n = fread(text, 1, max_bytes + 1, f);
    bool failed = ferror(f) != 0;
    if (f != stdin)
        (void)fclose(f);
    if (failed || n > max_bytes) {
        free(text);
        if (failed)
            (void)ctl_fail("%s: cannot be read: is it a folder?", path);
        else
            (void)ctl_fail("%s: is larger than %zu bytes", path, max_bytes);
        return NULL;
    }
    text[n] = '\0';
    *ret_bytes = n;
    return text;
}
