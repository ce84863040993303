/* common/adapters/migrate.h - the schema: numbered SQL files that are part of the programs.
 *
 * schemas/sql/NNN_name.sql are applied in order, each in a transaction of its own together with its
 * row in schema_migrations, under an advisory lock, so that any number of `samctl migrate` may run
 * at once. A file that was applied must not change: its SHA-256 is kept and compared. There is no
 * way back; a later file undoes what has to be undone. */
#ifndef SAM_ADAPTERS_MIGRATE_H
#define SAM_ADAPTERS_MIGRATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/adapters/pg.h"

/* What a database has, compared with what this program has. */
enum migrate_state {
    MIGRATE_EQUAL,
    MIGRATE_ABSENT,  /* no schema_migrations: nothing was ever applied */
    MIGRATE_OLDER,   /* some files have not been applied */
    MIGRATE_NEWER,   /* it has versions that this program does not know */
    MIGRATE_CHANGED, /* a file is not the one that was applied */
    MIGRATE_STATE_N
};

#define MIGRATE_NAME_BYTES 64
#define MIGRATE_WHY_BYTES  240

enum migrate_step_state {
    MIGRATE_STEP_APPLIED,
    MIGRATE_STEP_WAITING,
    MIGRATE_STEP_CHANGED,
    MIGRATE_STEP_UNKNOWN, /* applied by a newer program */
    MIGRATE_STEP_STATE_N
};

struct migrate_step {
    int version;
    char name[MIGRATE_NAME_BYTES];
    enum migrate_step_state state;
    int64_t applied_at_ms; /* 0 = not applied */
};

/* Both lists together, by version. */
struct migrate_status {
    struct migrate_step *steps; /* owned */
    size_t count;
    enum migrate_state state;
    char why[MIGRATE_WHY_BYTES]; /* what to do about it; "" when equal */
};

const char *migrate_step_state_name(enum migrate_step_state s);
void migrate_status_deinit(struct migrate_status *s);

/* PG_FINE: *ret is filled, deinit it. Else pg_error() tells and *ret is untouched. */
SAM_MUSTCHECK enum pg_failure migrate_read(struct pg *pg, struct migrate_status *ret);

/* For programs that need the schema: PG_FINE with MIGRATE_EQUAL, or why says what to do. */
SAM_MUSTCHECK enum pg_failure migrate_check(struct pg *pg, enum migrate_state *ret,
                                            char why[MIGRATE_WHY_BYTES]);

/* Called before a file is applied. */
typedef void migrate_progress_fn(void *ctx, const struct migrate_step *step);

/* Applies what is missing; waits for another one that is just doing it. The session's timeouts are
 * lifted. PG_FINE: *ret as after the last file; NEWER and CHANGED are left as they are. Else the
 * file that failed was rolled back, the ones before it stand. */
SAM_MUSTCHECK enum pg_failure migrate_apply(struct pg *pg, migrate_progress_fn *progress, void *ctx,
                                            struct migrate_status *ret);

/* Files that this program has. */
int migrate_version(void);

#endif
