/* common/adapters/migrate.h - the schema: numbered SQL files that are part of the programs.
 *
 * schemas/sql/NNN_name.sql are applied in order, each in a transaction of its own together with its
 * row in schema_migrations, under an advisory lock, so that any number of `samctl migrate` may run
 * at once. A file that was applied must not change: its SHA-256 is kept and compared. There is no
 * way back; a later file undoes what has to be undone.
 *
 * A program is as old as the last file that it has (migrate_version). Each file after
 * MIGRATE_LAST_WITHOUT_LINE says in its first lines which programs run on what it makes:
 *
 *     -- oldest program: 024        those that have 024, too, although they do not know this file
 *     -- oldest program: its own    none that does not know it; files without the line mean the
 * same
 *
 * It is kept in schema_migrations.oldest_program (NULL: its own), so that an older program can read
 * it. A program runs on a database if that holds for every file of which it does not know. */
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
    MIGRATE_AHEAD,   /* it has files that this program does not know, and runs on all the same */
    MIGRATE_NEWER,   /* it has files that this program does not know, and does not run on */
    MIGRATE_CHANGED, /* a file is not the one that was applied */
    MIGRATE_STATE_N
};

#define MIGRATE_NAME_BYTES 64
#define MIGRATE_WHY_BYTES  240

/* Files up to it have no line; programs of before read none in the database either. */
#define MIGRATE_LAST_WITHOUT_LINE 24

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
    int oldest_program;    /* the last file that a program must have to run on this one */
    int64_t applied_at_ms; /* 0 = not applied */
};

/* Both lists together, by version. */
struct migrate_status {
    struct migrate_step *steps; /* owned */
    size_t count;
    enum migrate_state state;
    char why[MIGRATE_WHY_BYTES]; /* what to do about it; "" when equal */
};

/* May a program that needs the schema work with it? */
static inline bool migrate_fits(enum migrate_state s)
{
    return s == MIGRATE_EQUAL || s == MIGRATE_AHEAD;
}

/* What a file says of itself: a number from MIGRATE_LAST_WITHOUT_LINE to below version; version
 * itself where it says "its own"; 0 it has no such line; -1 the line says nothing that can be. */
int migrate_oldest_program(int version, const char *text);

/* Sets state and why from the steps: the worst of them decides, and names the first of its kind.
 * exists: there is a table schema_migrations; own: this program's version. */
void migrate_judge(struct migrate_status *s, bool exists, int own);

/* What applying the steps that wait means for programs that run meanwhile; "" when none waits. */
void migrate_tell_rolling(const struct migrate_status *s, char ret[MIGRATE_WHY_BYTES]);

const char *migrate_step_state_name(enum migrate_step_state s);
void migrate_status_deinit(struct migrate_status *s);

/* PG_FINE: *ret is filled, deinit it. Else pg_error() tells and *ret is untouched. */
SAM_MUSTCHECK enum pg_failure migrate_read(struct pg *pg, struct migrate_status *ret);

/* For programs that need the schema, see migrate_fits(); why says what to do unless it is equal. */
SAM_MUSTCHECK enum pg_failure migrate_check(struct pg *pg, enum migrate_state *ret,
                                            char why[MIGRATE_WHY_BYTES]);

#define MIGRATE_EVERY_MS 10000 /* between attempts at what somebody holds */

struct migrate_options {
    /* Before a file is applied. */
    void (*applies)(void *ctx, const struct migrate_step *step);
    /* Somebody holds a table that it needs; holders: whose transactions have been open for so long,
     * "session 123 (pg_dump), ...". Told again when it has changed. */
    void (*waits)(void *ctx, const char *holders);
    void *ctx;
    int64_t patience_ms; /* with one file, while somebody holds what it needs */
};

/* Applies what is missing; waits for another one that is just doing it. For a table's lock it waits
 * two seconds, since all who come later stand behind it (a dump holds every table to its end), then
 * lets the programs go on for a while before it tries again. The session's timeouts are lifted.
 * PG_FINE: *ret as after the last file; AHEAD, NEWER and CHANGED are left as they are. Else the
 * file that failed was rolled back, the ones before it stand; PG_RETRY: patience has ended. */
SAM_MUSTCHECK enum pg_failure migrate_apply(struct pg *pg, const struct migrate_options *options,
                                            struct migrate_status *ret);

/* Files that this program has. */
int migrate_version(void);

/* One number, without a parameter: the oldest program that runs on the database. Also where a
 * program of before has made the table, without the column. */
#define MIGRATE_OLDEST_SQL                                                                         \
    "(SELECT max(coalesce((to_jsonb(m) ->> 'oldest_program')::integer, m.version)) "               \
    "FROM schema_migrations m)"

#endif
