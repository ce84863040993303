/* common/adapters/pg.h - Postgres: values, results, and one blocking session.
 *
 * The only place (with pg_async) that includes libpq. All parameters and results travel in binary
 * format; sets of rows travel as arrays (unnest), never as one statement per row. A session sets
 * synchronous_commit, lock_timeout, statement_timeout, idle_in_transaction_session_timeout and a
 * fixed search_path and time zone when it connects.
 */
#ifndef SAM_ADAPTERS_PG_H
#define SAM_ADAPTERS_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/uuid.h"

/* ---- parameters ------------------------------------------------------------------------- */

#define PG_PARAMS_MAX 40

/* The parameters of one statement, $1 first. Values are copied into the set's own buffer, so they
 * may go away after the call. Reset and reuse it; an array is opened, filled, closed. */
struct pg_params {
    int count;
    uint32_t types[PG_PARAMS_MAX]; /* type oids */
    size_t offsets[PG_PARAMS_MAX]; /* into data */
    int lengths[PG_PARAMS_MAX];    /* -1 = NULL */
    struct buf data;
    size_t array_start; /* of the open array's header; 0 = none is open */
    int32_t array_count;
    bool array_nulls;
};

#define PG_PARAMS_MAX_BYTES (64 << 20)

void pg_params_init(struct pg_params *p);
void pg_params_deinit(struct pg_params *p);
void pg_params_reset(struct pg_params *p);

void pg_add_i64(struct pg_params *p, int64_t v);
void pg_add_i32(struct pg_params *p, int32_t v);
void pg_add_bool(struct pg_params *p, bool v);
void pg_add_text(struct pg_params *p, const char *v); /* NULL = SQL NULL, here and below */
void pg_add_uuid(struct pg_params *p, const struct uuid *v);
/* A timestamptz from ms since the epoch; <= 0 or TIME_NEVER_MS and later give NULL. */
void pg_add_time(struct pg_params *p, int64_t at_ms);
void pg_add_json(struct pg_params *p, const char *json); /* as jsonb */
void pg_add_bytes(struct pg_params *p, const void *bytes, size_t n);

/* One-dimensional arrays for unnest. Between open and close only pg_item_* of the same type. */
enum pg_array {
    PG_ARRAY_I64,
    PG_ARRAY_I32,
    PG_ARRAY_BOOL,
    PG_ARRAY_TEXT,
    PG_ARRAY_UUID,
    PG_ARRAY_TIME
};
void pg_array_open(struct pg_params *p, enum pg_array type);
void pg_item_i64(struct pg_params *p, int64_t v);
void pg_item_i32(struct pg_params *p, int32_t v);
void pg_item_bool(struct pg_params *p, bool v);
void pg_item_text(struct pg_params *p, const char *v);
void pg_item_filled(struct pg_params *p, const char *v); /* "" is NULL */
void pg_item_text_n(struct pg_params *p, const char *v, size_t n);
void pg_item_uuid(struct pg_params *p, const struct uuid *v);
void pg_item_time(struct pg_params *p, int64_t at_ms);
void pg_array_close(struct pg_params *p);

/* One array parameter from the rows i < n for which `wanted` holds; `add` adds an item to p. */
#define PG_COLUMN(p, array, n, wanted, add)                                                        \
    do {                                                                                           \
        pg_array_open(p, array);                                                                   \
        for (size_t i = 0; i < (n); i++) {                                                         \
            if (wanted)                                                                            \
                add;                                                                               \
        }                                                                                          \
        pg_array_close(p);                                                                         \
    } while (0)

/* ---- results ---------------------------------------------------------------------------- */

/* What an SQL failure asks for; the text says what happened. */
enum pg_failure {
    PG_FINE = 0,
    PG_RETRY,   /* 40P01, 40001, lock timeout: the transaction was rolled back, do it again */
    PG_LOST,    /* the connection is gone: what a COMMIT did is not known; or only a fresh session
                   helps: the server forgot a prepared statement, or its plan is too old */
    PG_WAIT,    /* the server cannot just now: disk full, out of memory, read-only, cancelled, no
                   permission; nothing is wrong with the statement or its data */
    PG_REFUSED, /* a constraint, a trigger or a type refused the data (classes 22, 23): the only
                   failure that says anything about the data */
    PG_SCHEMA,  /* undefined table, column, function: the wrong schema */
    PG_VALUE,   /* not Postgres: a row holds a value that this release does not know */
    PG_BUG      /* everything else: it waits until somebody acts, and no data is blamed for it */
};

struct pg_result; /* a PGresult */
void pg_result_free(struct pg_result *r);
SAM_DEFINE_FREEP(pg_result)

int pg_rows(const struct pg_result *r);
/* Rows that an INSERT, UPDATE or DELETE touched. */
int64_t pg_affected(const struct pg_result *r);
bool pg_null(const struct pg_result *r, int row, int col);
/* NULL reads as 0, false, "", the null uuid; times as 0. Integers of 2, 4 and 8 bytes. */
int64_t pg_i64(const struct pg_result *r, int row, int col);
bool pg_bool(const struct pg_result *r, int row, int col);
/* Also json (not jsonb: cast to text). Borrowed from the result, NUL-terminated. */
const char *pg_text(const struct pg_result *r, int row, int col);
size_t pg_text_bytes(const struct pg_result *r, int row, int col);
struct uuid pg_uuid(const struct pg_result *r, int row, int col);
int64_t pg_time_ms(const struct pg_result *r, int row, int col);

/* ---- a blocking session (producer, samctl) ---------------------------------------------- */

struct pg; /* one connection */

/* A session that answers nothing for so long is no use: who needs it is not ready. */
#define PG_SILENT_MS (5 * INT64_C(1000))

/* Called four times a second while a statement of a blocking session has no answer, with how long
 * that is by now. False: it is awaited no longer, and the session is lost. */
typedef bool pg_waiting_fn(void *ctx, int64_t waited_ms);

struct pg_options {
    const char *conninfo;         /* libpq keywords or URI; never logged */
    const char *application_name; /* seen in pg_stat_activity */
    int64_t lock_timeout_ms;      /* 0 = none */
    int64_t statement_timeout_ms;
    bool by_index; /* every statement is a look-up by index: plans do not depend on statistics */
    pg_waiting_fn *waiting; /* NULL = a blocking session waits for as long as it takes */
    void *waiting_ctx;      /* borrowed as long as the session lives */
};

/* Connects. 0 done; -ENOTCONN refused, with a one-line reason (no password in it) in why. */
SAM_MUSTCHECK int pg_connect(const struct pg_options *options, struct pg **ret, char *why,
                             size_t why_bytes);
void pg_free(struct pg *pg);
SAM_DEFINE_FREEP(pg)

/* Runs one statement. params may be NULL. PG_FINE: *ret (may be NULL) owned by the caller. Else
 * pg_error() tells; inside a transaction the caller rolls back. */
SAM_MUSTCHECK enum pg_failure pg_exec(struct pg *pg, const char *sql,
                                      const struct pg_params *params, struct pg_result **ret);
/* Several statements without parameters and results, e.g. a migration. */
SAM_MUSTCHECK enum pg_failure pg_script(struct pg *pg, const char *sql);
SAM_MUSTCHECK enum pg_failure pg_begin(struct pg *pg);
SAM_MUSTCHECK enum pg_failure pg_commit(struct pg *pg);
void pg_rollback(struct pg *pg);
/* Of the last failure: one line, no data rows; valid until the next call. */
const char *pg_error(const struct pg *pg);
/* Its SQLSTATE, which says the same where the words vary; "" = Postgres did not answer. */
const char *pg_error_state(const struct pg *pg);
/* Text of the last failure's MESSAGE and the name of the constraint, "" if none. */
const char *pg_error_constraint(const struct pg *pg);
/* For a row that we cannot read: the sentence becomes pg_error(). Returns PG_VALUE. column: with
 * its table, "campaigns.status". */
SAM_MUSTCHECK enum pg_failure pg_unknown_value(struct pg *pg, const char *column,
                                               const char *value);
/* The same with a sentence of pg_value_text(). */
SAM_MUSTCHECK enum pg_failure pg_unknown_text(struct pg *pg, const char *text);
void pg_value_text(const char *column, const char *value, char *out, size_t out_bytes);
bool pg_connected(const struct pg *pg);

/* COPY … FROM STDIN: begin with the COPY statement (text format), feed bytes, end. */
SAM_MUSTCHECK enum pg_failure pg_copy_begin(struct pg *pg, const char *sql);
SAM_MUSTCHECK enum pg_failure pg_copy_bytes(struct pg *pg, const char *bytes, size_t n);
SAM_MUSTCHECK enum pg_failure pg_copy_end(struct pg *pg);
/* Appends one value of a COPY text row with its escapes (NULL = \N), without separators. */
void pg_copy_value(struct buf *row, const char *value);

#endif
