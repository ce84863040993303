/* producer/ctl/ctl.h - what every command of samctl has: settings, database, words, output.
 *
 * A command is a function that returns an exit code; whatever went wrong has been told on stderr by
 * then, as one line: what, where, what to do. Rows go to stdout (table.h). */
#ifndef SAM_CTL_CTL_H
#define SAM_CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/adapters/pg.h"
#include "common/base/problems.h"
#include "common/base/settings.h"
#include "producer/ctl/args.h"
#include "producer/ctl/table.h"

enum ctl_exit { CTL_DONE = 0, CTL_FAILED = 1, CTL_WRONG_USE = 2 };

struct ctl {
    const char *config_path; /* -c; NULL = the usual places */
    bool json;
    FILE *words;           /* where ctl_say() writes; NULL = stdout */
    const char *workspace; /* --workspace; NULL = the only one */
    struct args args;
    struct settings *settings; /* NULL until ctl_settings() */
    struct pg *pg;             /* NULL until ctl_connect() */
    struct pg_params params;   /* reused by every statement */
    bool refused;              /* see ctl_refuse() */
    bool behind;               /* see catch_up() */
};

typedef enum ctl_exit ctl_command_fn(struct ctl *c);

/* The whole program. */
int ctl_main(int argc, char **argv);

/* ---- messages ------------------------------------------------------------------------------ */

/* One line on stderr, "samctl: …"; returns the exit code, so that a command can return it. */
enum ctl_exit ctl_fail(const char *fmt, ...) SAM_PRINTF(1, 2);
/* The same, for wrong words; adds how to ask for help. */
enum ctl_exit ctl_wrong_use(const char *fmt, ...) SAM_PRINTF(1, 2);
/* What Postgres said about the last statement. */
enum ctl_exit ctl_sql_failed(const struct ctl *c, enum pg_failure failure);
/* Each problem on stderr; CTL_FAILED when there is one. */
enum ctl_exit ctl_problems(const struct problems *p);
/* A sentence about what was done, on stdout or where c->words is; nothing with --json. */
void ctl_say(const struct ctl *c, const char *fmt, ...) SAM_PRINTF(2, 3);
/* How far a long command has come, on a terminal: one line that the next call writes over. what
 * NULL ends it. */
void ctl_progress(const struct ctl *c, int64_t done, const char *what);
/* What was done, for programs: one object of key, value, key, value, …, NULL (texts; a NULL value
 * is null). Nothing without --json. */
void ctl_result(const struct ctl *c, const char *key, ...) __attribute__((sentinel));

/* ---- what a command needs ------------------------------------------------------------------ */

/* Loads sam.cfg, once. */
SAM_MUSTCHECK enum ctl_exit ctl_settings(struct ctl *c);
/* Connects, and refuses a schema that is not this program's. */
SAM_MUSTCHECK enum ctl_exit ctl_connect(struct ctl *c);
/* Connects only; for commands that work on the schema itself. */
SAM_MUSTCHECK enum ctl_exit ctl_connect_any(struct ctl *c);

/* ---- statements ---------------------------------------------------------------------------- */

/* Empty parameters to add to. */
struct pg_params *ctl_params(struct ctl *c);
/* Runs a statement with c->params outside of a transaction; failures are told. */
SAM_MUSTCHECK enum ctl_exit ctl_query(struct ctl *c, const char *sql, struct pg_result **ret);

/* A change of several statements. It is run again when Postgres asks for that. */
typedef enum pg_failure ctl_change_fn(struct ctl *c, void *arg);
SAM_MUSTCHECK enum ctl_exit ctl_transaction(struct ctl *c, ctl_change_fn *fn, void *arg);
/* Inside a change: tells why it is not done; return its value. */
enum pg_failure ctl_refuse(struct ctl *c, const char *fmt, ...) SAM_PRINTF(2, 3);

/* The rows of a statement as a table; columns in the order of the result's. empty: said to people
 * when there are none. */
SAM_MUSTCHECK enum ctl_exit ctl_list(struct ctl *c, const char *sql, const struct column *columns,
                                     size_t columns_count, const char *empty);

/* The whole of a file that a user gave, - = standard input; at most max_bytes. NULL: told. Owned by
 * the caller. */
char *ctl_read_file(const char *path, size_t max_bytes, size_t *ret_bytes);

#endif
