#include "common/adapters/pg.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/adapters/pg_internal.h"
#include "common/adapters/pg_keys.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

#define TURN_MS 250 /* pg_waiting_fn is called so often */

struct pg {
    PGconn *conn;
    pg_waiting_fn *waiting;
    void *waiting_ctx;
    bool given_up; /* by waiting(): the session is lost */
    char error[512];
    char state[6]; /* SQLSTATE */
    char constraint[128];
};

void pg_wire_fill(struct pg_wire *wire, const struct pg_params *params)
{
    const char *data = buf_text(&params->data);
    if (params->data.overflow)
        abort(); /* a batch is bounded far below the limit */
    for (int i = 0; i < params->count; i++) {
        wire->values[i] = params->lengths[i] < 0 ? NULL : data + params->offsets[i];
        wire->formats[i] = 1;
    }
}

void pg_one_line(const char *message, char *out, size_t out_bytes)
{
    size_t n = 0;
    for (const char *p = message; *p && n + 1 < out_bytes; p++) {
        if (*p == '\n' || *p == '\t') {
            if (n > 0 && out[n - 1] != ' ')
                out[n++] = ' ';
            continue;
        }
        out[n++] = *p;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

/* Invalid transaction state (read-only among them), resources, object state, operator's
 * intervention, system and internal errors; permission. */
static bool cannot_now(const char *state)
{
    static const char *const classes[] = {"25", "53", "55", "57", "58", "XX"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(classes); i++) {
        if (strncmp(state, classes[i], 2) == 0)
            return true;
    }
    return strcmp(state, "42501") == 0;
}

/* A plan names functions and tables by number. One that was made while a dump was being loaded may
 * have the number of a function that is gone, for it waited for a table in between; Postgres then
 * never makes it anew. (Internal errors are not translated.) */
static bool is_stale_plan(const char *state, const PGresult *result)
{
    static const char *const begins[] = {"cache lookup failed for ",
                                         "could not open relation with OID "};
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    for (size_t i = 0; text && i < SAM_ARRAY_LEN(begins); i++) {
        if (strncmp(text, begins[i], strlen(begins[i])) == 0)
            return strcmp(state, "XX000") == 0;
    }
    return false;
}

/* A prepared statement that the server does not know, or that somebody else has made under the same
 * name (a pooler gave us another server connection), or whose table has changed its columns. The
 * text of the last is translated; the place where it is raised is not. */
static bool is_stale_session(const char *state, const PGresult *result)
{
    const char *raised_in = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    if (strcmp(state, "26000") == 0 || strcmp(state, "42P05") == 0 || is_stale_plan(state, result))
        return true;
    return strcmp(state, "0A000") == 0 && raised_in &&
           strcmp(raised_in, "RevalidateCachedQuery") == 0;
}

enum pg_failure pg_classify(PGconn *conn, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!state || PQstatus(conn) == CONNECTION_BAD)
        return PG_LOST;
    if (strcmp(state, "40P01") == 0 || strcmp(state, "40001") == 0 || strcmp(state, "55P03") == 0)
        return PG_RETRY;
    if (strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0 ||
        is_stale_session(state, result))
        return PG_LOST;
    if (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0)
        return PG_REFUSED;
    if (cannot_now(state))
        return PG_WAIT;
    if (strcmp(state, "42P01") == 0 || strcmp(state, "42703") == 0 || strcmp(state, "42883") == 0)
        return PG_SCHEMA;
    return PG_BUG;
}

void pg_session_settings(const struct pg_options *options, struct buf *sql)
{
    buf_addf(sql,
             "SET synchronous_commit = on; SET timezone = 'UTC'; SET client_min_messages = warning;"
             "SET idle_in_transaction_session_timeout = '60s'; SET jit = off;"
             "SET lock_timeout = %lld; SET statement_timeout = %lld;",
             (long long)options->lock_timeout_ms, (long long)options->statement_timeout_ms);
    /* The daemons' statements look up some hundred rows by index, whatever the tables hold. A plan
     * made while a table was still empty would scan it, and stay cached while it grows. */
    if (options->by_index)
        buf_adds(sql, "SET enable_seqscan = off; SET enable_hashjoin = off;"
                      "SET enable_mergejoin = off; SET enable_memoize = off;"
                      "SET jit = off; SET plan_cache_mode = force_generic_plan;");
}

static enum pg_failure keep_failure(struct pg *pg, const PGresult *result)
{
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    pg_one_line(primary ? primary : PQerrorMessage(pg->conn), pg->error, sizeof(pg->error));
    if (pg->given_up)
        (void)snprintf(pg->error, sizeof(pg->error), "no answer: it is awaited no longer");
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    (void)snprintf(pg->constraint, sizeof(pg->constraint), "%s", constraint ? constraint : "");
    (void)snprintf(pg->state, sizeof(pg->state), "%s", state ? state : "");
    return pg_classify(pg->conn, result);
}

int pg_connect(const struct pg_options *options, struct pg **ret, char *why, size_t why_bytes)
{
    SAM_CLEANUP(pg_freep) struct pg *pg = sam_xcalloc(1, sizeof(*pg));
    const char *keys[] = {PG_ALIVE_KEYS,     "dbname",          "application_name",
                          "connect_timeout", "client_encoding", NULL};
    const char *values[] = {
        PG_ALIVE_VALUES, options->conninfo, options->application_name, "10", "UTF8", NULL};
    pg->conn = PQconnectdbParams(keys, values, 1);
    if (!pg->conn || PQstatus(pg->conn) != CONNECTION_OK) {
        pg_one_line(pg->conn ? PQerrorMessage(pg->conn) : "out of memory", why, why_bytes);
        return -ENOTCONN;
    }
    pg->waiting = options->waiting;
    pg->waiting_ctx = options->waiting_ctx;
    struct buf sql = BUF_INIT(2000);
    pg_session_settings(options, &sql);
    enum pg_failure failure = pg_script(pg, buf_text(&sql));
    buf_deinit(&sql);
    if (failure != PG_FINE) {
        (void)snprintf(why, why_bytes, "%s", pg->error);
        return -ENOTCONN;
    }
    *ret = pg;
    pg = NULL;
    return 0;
}

void pg_free(struct pg *pg)
{
    if (!pg)
        return;
    PQfinish(pg->conn);
    free(pg);
}

/* Waits for the socket for a moment. False: it is over, or nobody waits any more; then the server
 * is told, and whoever reads on finds the connection closed. */
static bool turn(struct pg *pg, short events, int64_t begun_ms)
{
    struct pollfd fd = {.fd = PQsocket(pg->conn), .events = events};
    if (poll(&fd, 1, TURN_MS) > 0)
        return !(fd.revents & ~POLLOUT) || PQconsumeInput(pg->conn) == 1;
    if (pg->waiting(pg->waiting_ctx, clock_boot_ms() - begun_ms))
        return true;
    pg->given_up = true;
    (void)shutdown(fd.fd, SHUT_RDWR);
    return false;
}

/* What PQexec() returns of the statements that were sent; waiting() is called meanwhile. The kernel
 * of a server that stands still answers for it, so a large statement may get stuck on its way. */
static PGresult *answer(struct pg *pg, int sent)
{
    int64_t begun_ms = clock_boot_ms();
    bool waits = sent == 1;
    PGresult *last = NULL;
    while (waits && PQflush(pg->conn) == 1)
        waits = turn(pg, POLLIN | POLLOUT, begun_ms);
    while (sent == 1) {
        while (waits && PQisBusy(pg->conn))
            waits = turn(pg, POLLIN, begun_ms);
        PGresult *next = PQgetResult(pg->conn);
        if (!next)
            break;
        PQclear(last);
        last = next;
    }
    (void)PQsetnonblocking(pg->conn, 0);
    return last;
}

static PGresult *run_one(struct pg *pg, const char *sql, const struct pg_params *params,
                         const struct pg_wire *wire)
{
    int n = params ? params->count : 0;
    const Oid *types = params ? params->types : NULL;
    const char *const *values = params ? wire->values : NULL;
    const int *lengths = params ? params->lengths : NULL;
    const int *formats = params ? wire->formats : NULL;
    if (!pg->waiting)
        return PQexecParams(pg->conn, sql, n, types, values, lengths, formats, 1);
    (void)PQsetnonblocking(pg->conn, 1);
    return answer(pg, PQsendQueryParams(pg->conn, sql, n, types, values, lengths, formats, 1));
}

static PGresult *run_script(struct pg *pg, const char *sql)
{
    if (!pg->waiting)
        return PQexec(pg->conn, sql);
    (void)PQsetnonblocking(pg->conn, 1);
    return answer(pg, PQsendQuery(pg->conn, sql));
}

enum pg_failure pg_exec(struct pg *pg, const char *sql, const struct pg_params *params,
                        struct pg_result **ret)
{
    struct pg_wire wire;
    PG_KEYS_CHECK(sql, params);
    if (params)
        pg_wire_fill(&wire, params);
    PGresult *result = run_one(pg, sql, params, &wire);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        enum pg_failure failure = keep_failure(pg, result);
        PQclear(result);
        return failure;
    }
    if (ret)
        *ret = (struct pg_result *)result;
    else
        PQclear(result);
    return PG_FINE;
}

enum pg_failure pg_script(struct pg *pg, const char *sql)
{
    PGresult *result = run_script(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    enum pg_failure failure = PG_FINE;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        failure = keep_failure(pg, result);
    PQclear(result);
    return failure;
}

enum pg_failure pg_begin(struct pg *pg)
{
    return pg_script(pg, "BEGIN");
}

enum pg_failure pg_commit(struct pg *pg)
{
    /* COMMIT of a failed transaction answers ROLLBACK without an error */
    if (PQtransactionStatus(pg->conn) == PQTRANS_INERROR) {
        pg_rollback(pg);
        pg->state[0] = '\0';
        (void)snprintf(pg->error, sizeof(pg->error),
                       "the transaction had failed before its commit");
        return PG_RETRY;
    }
    return pg_script(pg, "COMMIT");
}

void pg_rollback(struct pg *pg)
{
    char error[sizeof(pg->error)];
    (void)snprintf(error, sizeof(error), "%s", pg->error);
    if (pg_script(pg, "ROLLBACK") == PG_FINE)
        (void)snprintf(pg->error, sizeof(pg->error), "%s", error);
}

const char *pg_error(const struct pg *pg)
{
    return pg->error;
}

const char *pg_error_state(const struct pg *pg)
{
    return pg->state;
}

const char *pg_error_constraint(const struct pg *pg)
{
    return pg->constraint;
}

void pg_value_text(const char *column, const char *value, char *out, size_t out_bytes)
{
    (void)snprintf(out, out_bytes,
                   "%s holds \"%.60s\", which this release does not know: a newer one wrote it, or "
                   "somebody by hand",
                   column, value);
}

enum pg_failure pg_unknown_text(struct pg *pg, const char *text)
{
    (void)snprintf(pg->error, sizeof(pg->error), "%s", text);
    pg->state[0] = '\0';
    pg->constraint[0] = '\0';
    return PG_VALUE;
}

enum pg_failure pg_unknown_value(struct pg *pg, const char *column, const char *value)
{
    char text[256];
    pg_value_text(column, value, text, sizeof(text));
    return pg_unknown_text(pg, text);
}

bool pg_connected(const struct pg *pg)
{
    return PQstatus(pg->conn) == CONNECTION_OK;
}

enum pg_failure pg_copy_begin(struct pg *pg, const char *sql)
{
    PGresult *result = PQexec(pg->conn, sql);
    enum pg_failure failure = PG_FINE;
    if (PQresultStatus(result) != PGRES_COPY_IN)
        failure = keep_failure(pg, result);
    PQclear(result);
    return failure;
}

enum pg_failure pg_copy_bytes(struct pg *pg, const char *bytes, size_t n)
{
    if (PQputCopyData(pg->conn, bytes, (int)n) == 1)
        return PG_FINE;
    pg_one_line(PQerrorMessage(pg->conn), pg->error, sizeof(pg->error));
    return PG_LOST;
}

enum pg_failure pg_copy_end(struct pg *pg)
{
    if (PQputCopyEnd(pg->conn, NULL) != 1) {
        pg_one_line(PQerrorMessage(pg->conn), pg->error, sizeof(pg->error));
        return PG_LOST;
    }
    enum pg_failure failure = PG_FINE;
    PGresult *result;
    while ((result = PQgetResult(pg->conn))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && failure == PG_FINE)
            failure = keep_failure(pg, result);
        PQclear(result);
    }
    return failure;
}

void pg_copy_value(struct buf *row, const char *value)
{
    if (!value) {
        buf_add(row, "\\N", 2);
        return;
    }
    const char *plain = value;
    for (const char *p = value; *p; p++) {
        char c = *p;
        if (c != '\\' && c != '\t' && c != '\n' && c != '\r')
            continue;
        buf_add(row, plain, (size_t)(p - plain));
        buf_addc(row, '\\');
        buf_addc(row, c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : '\\');
        plain = p + 1;
    }
    buf_adds(row, plain);
}
