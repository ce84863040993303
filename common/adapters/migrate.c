#include "common/adapters/migrate.h"

#include <stdio.h>
#include <string.h>

#include "common/base/embed.h"

#include "common/base/banned.h"

extern const struct embedded_file sam_migrations[];
extern const size_t sam_migrations_count;

/* "SAM migrate" in the one number space of advisory locks. */
#define LOCK_KEY "5998141163217217637"

static const char exists_sql[] = "SELECT to_regclass('schema_migrations') IS NOT NULL";
static const char table_sql[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, "
    "name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL "
    "DEFAULT clock_timestamp(), oldest_program integer)";
/* Only before something is applied: it locks out the programs that run. */
static const char column_sql[] =
    "ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS oldest_program integer";
/* $1 int[] versions, $2 text[] names, $3 text[] contents; without the table, see exists_sql. */
#define OURS                                                                                       \
    "SELECT v AS version, n AS name, encode(sha256(convert_to(t, 'UTF8')), 'hex') AS checksum "    \
    "FROM unnest($1::int[], $2::text[], $3::text[]) AS x(v, n, t)"
static const char compare_sql[] =
    "SELECT coalesce(o.version, m.version), coalesce(o.name, m.name), o.version IS NOT NULL, "
    "m.version IS NOT NULL, o.checksum IS DISTINCT FROM m.checksum, m.applied_at, "
    "(to_jsonb(m) ->> 'oldest_program')::integer "
    "FROM (" OURS ") o FULL JOIN schema_migrations m ON m.version = o.version ORDER BY 1";
static const char fresh_sql[] =
    "SELECT o.version, o.name, true, false, true, NULL::timestamptz, NULL::integer "
    "FROM (" OURS ") o ORDER BY 1";
/* $4 oldest_program, 0 = none older than it. */
static const char done_sql[] =
    "INSERT INTO schema_migrations (version, name, checksum, oldest_program) "
    "SELECT version, name, checksum, nullif($4::integer, 0) FROM (" OURS ") o";

void migrate_status_deinit(struct migrate_status *s)
{
    free(s->steps);
    *s = (struct migrate_status){0};
}

/* "001_tables.sql" is version 1, as the digits before the first underscore say. */
static int version_of(const char *file)
{
    return (int)strtol(file, NULL, 10);
}

int migrate_version(void)
{
    return version_of(sam_migrations[sam_migrations_count - 1].name);
}

static void add_files(struct pg_params *params, size_t from, size_t count)
{
    pg_params_reset(params);
    pg_array_open(params, PG_ARRAY_I32);
    for (size_t i = from; i < from + count; i++)
        pg_item_i32(params, version_of(sam_migrations[i].name));
    pg_array_close(params);
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = from; i < from + count; i++)
        pg_item_text(params, sam_migrations[i].name);
    pg_array_close(params);
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = from; i < from + count; i++)
        pg_item_text_n(params, (const char *)sam_migrations[i].bytes, sam_migrations[i].size);
    pg_array_close(params);
}

/* 0 = none that is older than the file. */
static int older_program(int version, const char *text)
{
    int oldest = migrate_oldest_program(version, text);
    return oldest > 0 && oldest < version ? oldest : 0;
}

/* Of what we have, the file itself tells. Rows and files are ascending; *next: the first file that
 * has had no row. */
static void read_step(const struct pg_result *r, int row, size_t *next, struct migrate_step *ret)
{
    bool ours = pg_bool(r, row, 2);
    bool theirs = pg_bool(r, row, 3);
    int oldest = (int)pg_i64(r, row, 6);
    ret->version = (int)pg_i64(r, row, 0);
    (void)snprintf(ret->name, sizeof(ret->name), "%s", pg_text(r, row, 1));
    ret->applied_at_ms = pg_time_ms(r, row, 5);
    if (ours)
        oldest = older_program(ret->version, (const char *)sam_migrations[(*next)++].bytes);
    ret->oldest_program = oldest > 0 ? oldest : ret->version;
    ret->state = !ours                ? MIGRATE_STEP_UNKNOWN
                 : !theirs            ? MIGRATE_STEP_WAITING
                 : pg_bool(r, row, 4) ? MIGRATE_STEP_CHANGED
                                      : MIGRATE_STEP_APPLIED;
}

static enum pg_failure read_status(struct pg *pg, struct pg_params *params,
                                   struct migrate_status *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *exists = NULL;
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    enum pg_failure failure = pg_exec(pg, exists_sql, NULL, &exists);
    if (failure)
        return failure;
    add_files(params, 0, sam_migrations_count);
    failure = pg_exec(pg, pg_bool(exists, 0, 0) ? compare_sql : fresh_sql, params, &r);
    if (failure)
        return failure;
    *ret = (struct migrate_status){.count = (size_t)pg_rows(r)};
    ret->steps = sam_xcalloc(ret->count, sizeof(*ret->steps));
    size_t next = 0;
    for (size_t i = 0; i < ret->count; i++)
        read_step(r, (int)i, &next, &ret->steps[i]);
    migrate_judge(ret, pg_bool(exists, 0, 0), migrate_version());
    return PG_FINE;
}

enum pg_failure migrate_read(struct pg *pg, struct migrate_status *ret)
{
    SAM_CLEANUP(pg_params_deinit) struct pg_params params;
    pg_params_init(&params);
    return read_status(pg, &params, ret);
}

enum pg_failure migrate_check(struct pg *pg, enum migrate_state *ret, char why[MIGRATE_WHY_BYTES])
{
    struct migrate_status status;
    enum pg_failure failure = migrate_read(pg, &status);
    if (failure)
        return failure;
    *ret = status.state;
    (void)snprintf(why, MIGRATE_WHY_BYTES, "%s", status.why);
    migrate_status_deinit(&status);
    return PG_FINE;
}

static enum pg_failure apply_file(struct pg *pg, struct pg_params *params, size_t file)
{
    const char *text = (const char *)sam_migrations[file].bytes;
    enum pg_failure failure = pg_begin(pg);
    if (!failure)
        failure = pg_script(pg, text);
    add_files(params, file, 1);
    pg_add_i32(params, older_program(version_of(sam_migrations[file].name), text));
    if (!failure)
        failure = pg_exec(pg, done_sql, params, NULL);
    if (!failure)
        failure = pg_commit(pg);
    if (failure)
        pg_rollback(pg);
    return failure;
}

/* Every waiting step is one of our files; both lists are ascending. */
static enum pg_failure apply_waiting(struct pg *pg, struct pg_params *params,
                                     migrate_progress_fn *progress, void *ctx,
                                     const struct migrate_status *status)
{
    size_t file = 0;
    for (size_t i = 0; i < status->count; i++) {
        const struct migrate_step *step = &status->steps[i];
        if (step->state != MIGRATE_STEP_WAITING)
            continue;
        while (version_of(sam_migrations[file].name) != step->version)
            file++;
        if (progress)
            progress(ctx, step);
        enum pg_failure failure = apply_file(pg, params, file);
        if (failure)
            return failure;
    }
    return PG_FINE;
}

static enum pg_failure apply_locked(struct pg *pg, struct pg_params *params,
                                    migrate_progress_fn *progress, void *ctx,
                                    struct migrate_status *ret)
{
    struct migrate_status before;
    enum pg_failure failure = pg_script(pg, table_sql);
    if (!failure)
        failure = read_status(pg, params, &before);
    if (failure)
        return failure;
    if (before.state == MIGRATE_OLDER) {
        failure = pg_script(pg, column_sql);
        if (!failure)
            failure = apply_waiting(pg, params, progress, ctx, &before);
    }
    migrate_status_deinit(&before);
    return failure ? failure : read_status(pg, params, ret);
}

enum pg_failure migrate_apply(struct pg *pg, migrate_progress_fn *progress, void *ctx,
                              struct migrate_status *ret)
{
    SAM_CLEANUP(pg_params_deinit) struct pg_params params;
    pg_params_init(&params);
    enum pg_failure failure = pg_script(pg, "SET lock_timeout = 0; SET statement_timeout = 0; "
                                            "SET idle_in_transaction_session_timeout = 0; "
                                            "SELECT pg_advisory_lock(" LOCK_KEY ")");
    if (failure)
        return failure;
    failure = apply_locked(pg, &params, progress, ctx, ret);
    if (pg_script(pg, "SELECT pg_advisory_unlock(" LOCK_KEY ")") != PG_FINE && !failure) {
        migrate_status_deinit(ret);
        failure = PG_LOST;
    }
    return failure;
}
