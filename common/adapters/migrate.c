#include "common/adapters/migrate.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
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
/* Asked first: ALTER would lock out every claim and tick, also where it finds nothing to do. */
static const char has_column_sql[] =
    "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('schema_migrations') "
    "AND attname = 'oldest_program' AND NOT attisdropped)";
static const char column_sql[] = "ALTER TABLE schema_migrations ADD COLUMN oldest_program integer";
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

/* Who waits for a table's lock holds off all that come after it, so it may not wait for long; the
 * programs' own waits are longer. */
#define LOCK_MS  2000
#define PAUSE_MS (MIGRATE_EVERY_MS - LOCK_MS)
/* Whoever was in the way for that long has a transaction as old as that. $1 ms. What belongs to
 * another role shows no times, and is named. */
static const char holders_sql[] =
    "SELECT coalesce(string_agg(DISTINCT 'session ' || a.pid || ' (' || "
    "coalesce(nullif(a.application_name, ''), a.backend_type, '?') || ')', ', '), '') "
    "FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid AND a.datname = current_database() "
    "JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace "
    "AND n.nspname = current_schema() WHERE l.locktype = 'relation' AND l.granted "
    "AND l.pid <> pg_backend_pid() "
    "AND coalesce(a.xact_start <= clock_timestamp() - $1 * interval '1 ms', true)";

/* One run of migrate_apply(). */
struct apply {
    struct pg *pg;
    struct pg_params params;
    const struct migrate_options *options;
    char told[MIGRATE_WHY_BYTES]; /* the last that options->waits was told */
};

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

/* ---- applying ------------------------------------------------------------------------------- */

static enum pg_failure tell_holders(struct apply *a)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    char text[sizeof(a->told)];
    pg_params_reset(&a->params);
    pg_add_i32(&a->params, LOCK_MS);
    enum pg_failure failure = pg_exec(a->pg, holders_sql, &a->params, &r);
    if (failure)
        return failure;
    const char *holders = pg_text(r, 0, 0);
    (void)snprintf(text, sizeof(text), "%s", holders[0] ? holders : "a lock of another session");
    if (strcmp(text, a->told) != 0)
        a->options->waits(a->options->ctx, text);
    memcpy(a->told, text, sizeof(text));
    return PG_FINE;
}

/* Over and over, while somebody holds what it needs. */
static enum pg_failure
patiently(struct apply *a, enum pg_failure (*attempt)(struct apply *a, size_t file), size_t file)
{
    int64_t until_ms = clock_boot_ms() + a->options->patience_ms;
    a->told[0] = '\0';
    for (;;) {
        enum pg_failure failure = attempt(a, file);
        if (failure != PG_RETRY)
            return failure;
        if ((failure = tell_holders(a)) != PG_FINE)
            return failure;
        if (clock_boot_ms() >= until_ms)
            return PG_RETRY; /* pg_error() is still that of the attempt */
        (void)poll(NULL, 0, PAUSE_MS);
    }
}

static enum pg_failure add_column(struct apply *a, size_t file)
{
    (void)file;
    return pg_script(a->pg, column_sql);
}

static enum pg_failure apply_file(struct apply *a, size_t file)
{
    const char *text = (const char *)sam_migrations[file].bytes;
    enum pg_failure failure = pg_begin(a->pg);
    if (!failure)
        failure = pg_script(a->pg, text);
    add_files(&a->params, file, 1);
    pg_add_i32(&a->params, older_program(version_of(sam_migrations[file].name), text));
    if (!failure)
        failure = pg_exec(a->pg, done_sql, &a->params, NULL);
    if (!failure)
        failure = pg_commit(a->pg);
    if (failure)
        pg_rollback(a->pg);
    return failure;
}

/* Every waiting step is one of our files; both lists are ascending. */
static enum pg_failure apply_waiting(struct apply *a, const struct migrate_status *status)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *has_column = NULL;
    size_t file = 0;
    enum pg_failure failure = pg_exec(a->pg, has_column_sql, NULL, &has_column);
    if (!failure && !pg_bool(has_column, 0, 0))
        failure = patiently(a, add_column, 0);
    for (size_t i = 0; !failure && i < status->count; i++) {
        const struct migrate_step *step = &status->steps[i];
        if (step->state != MIGRATE_STEP_WAITING)
            continue;
        while (version_of(sam_migrations[file].name) != step->version)
            file++;
        a->options->applies(a->options->ctx, step);
        failure = patiently(a, apply_file, file);
    }
    return failure;
}

static enum pg_failure apply_locked(struct apply *a, struct migrate_status *ret)
{
    struct migrate_status before;
    enum pg_failure failure = pg_script(a->pg, table_sql);
    if (!failure)
        failure = read_status(a->pg, &a->params, &before);
    if (failure)
        return failure;
    if (before.state == MIGRATE_OLDER)
        failure = apply_waiting(a, &before);
    migrate_status_deinit(&before);
    return failure ? failure : read_status(a->pg, &a->params, ret);
}

enum pg_failure migrate_apply(struct pg *pg, const struct migrate_options *options,
                              struct migrate_status *ret)
{
    struct apply a = {.pg = pg, .options = options};
    char short_locks[64];
    enum pg_failure failure = pg_script(pg, "SET lock_timeout = 0; SET statement_timeout = 0; "
                                            "SET idle_in_transaction_session_timeout = 0; "
                                            "SELECT pg_advisory_lock(" LOCK_KEY ")");
    if (failure)
        return failure;
    pg_params_init(&a.params);
    (void)snprintf(short_locks, sizeof(short_locks), "SET lock_timeout = %d", LOCK_MS);
    failure = pg_script(pg, short_locks);
    if (!failure)
        failure = apply_locked(&a, ret);
    pg_params_deinit(&a.params);
    if (pg_script(pg, "SET lock_timeout = 0; SELECT pg_advisory_unlock(" LOCK_KEY ")") != PG_FINE &&
        !failure) {
        migrate_status_deinit(ret);
        failure = PG_LOST;
    }
    return failure;
}
