#include "common/adapters/pg_async.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/pg_hosts.h"
#include "common/adapters/pg_internal.h"
#include "common/adapters/pg_keys.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

#define WAITING_ROOM        256 /* at first; owners bound what they have under way. */
#define PREPARED_MAX        64
#define RECONNECT_MIN_MS    200
#define RECONNECT_MAX_MS    2000
#define CONNECT_DEADLINE_MS 15000
#define CONNINFO_MAX_BYTES  4096

enum entry_kind { ENTRY_PREPARE, ENTRY_QUERY, ENTRY_SYNC };

struct entry {
    enum entry_kind kind;
    pg_async_fn *fn;
    void *ctx;
    size_t name; /* ENTRY_PREPARE: its place in prepared */
};

enum async_state { ASYNC_DOWN, ASYNC_CONNECTING, ASYNC_SETTING, ASYNC_UP };

struct pg_async {
    struct loop_timer timer; /* reconnect; the deadline of a connect, or of an answer */
    struct loop *loop;
    struct log *log;
    struct pg_options options;
    char *conninfo;
    char *application_name;
    pg_async_state_fn *state_fn;
    void *ctx;
    PGconn *conn;
    struct loop_watch *watch;
    int watched_fd;
    enum async_state state;
    int64_t delay_ms;
    size_t turns; /* hosts that did not answer in time: the next connect begins behind them */
    struct entry *waiting; /* ring of room entries, a power of 2; owned */
    size_t room;
    size_t head;
    size_t count;
    int64_t moved_boot_ms; /* an answer has come, or the first of those that wait was asked for */
    bool watched_over;     /* the timer runs for what waits */
    char prepared[PREPARED_MAX][40];
    size_t prepared_count;
    enum pg_failure cause; /* of the batch that is being answered: its first failure */
    char cause_text[400];
};

static void on_fd(void *ctx, unsigned events);
static void on_timer(void *ctx);

struct pg_async *pg_async_new(struct loop *loop, const struct pg_options *options, struct log *log,
                              pg_async_state_fn *state_fn, void *ctx)
{
    struct pg_async *a = sam_xcalloc(1, sizeof(*a));
    a->loop = loop;
    a->log = log;
    a->options = *options;
    a->conninfo = sam_xstrdup(options->conninfo);
    a->application_name = sam_xstrdup(options->application_name);
    a->options.conninfo = a->conninfo;
    a->options.application_name = a->application_name;
    a->state_fn = state_fn;
    a->ctx = ctx;
    a->delay_ms = RECONNECT_MIN_MS;
    a->waiting = sam_xcalloc(WAITING_ROOM, sizeof(*a->waiting));
    a->room = WAITING_ROOM;
    a->timer.fn = on_timer;
    a->timer.ctx = a;
    loop_timer_after(loop, &a->timer, 0);
    return a;
}

static void drop_connection(struct pg_async *a)
{
    loop_unwatch(a->loop, a->watch);
    a->watch = NULL;
    PQfinish(a->conn);
    a->conn = NULL;
    a->prepared_count = 0;
    a->cause = PG_FINE;
    a->state = ASYNC_DOWN;
    a->watched_over = false;
}

void pg_async_free(struct pg_async *a)
{
    if (!a)
        return;
    loop_timer_cancel(a->loop, &a->timer);
    drop_connection(a);
    free(a->waiting);
    free(a->conninfo);
    free(a->application_name);
    free(a);
}

bool pg_async_up(const struct pg_async *a)
{
    return a->state == ASYNC_UP;
}

size_t pg_async_waiting(const struct pg_async *a)
{
    return a->count;
}

static void grow(struct pg_async *a)
{
    struct entry *waiting = sam_xcalloc(2 * a->room, sizeof(*waiting));
    for (size_t i = 0; i < a->count; i++)
        waiting[i] = a->waiting[(a->head + i) & (a->room - 1)];
    free(a->waiting);
    a->waiting = waiting;
    a->room *= 2;
    a->head = 0;
}

/* A server ends each statement in its time. */
static int64_t silence_ms(const struct pg_async *a)
{
    return a->options.statement_timeout_ms + PG_SILENT_MS;
}

/* One timer for all: it looks how long ago the last answer came, and is not set anew by each. */
static void watch_over(struct pg_async *a)
{
    if (a->watched_over || a->options.statement_timeout_ms == 0)
        return;
    a->watched_over = true;
    loop_timer_after(a->loop, &a->timer, a->moved_boot_ms + silence_ms(a) - loop_now_ms(a->loop));
}

static struct entry *push(struct pg_async *a, enum entry_kind kind, pg_async_fn *fn, void *ctx)
{
    if (a->count == 0) {
        a->moved_boot_ms = loop_now_ms(a->loop);
        watch_over(a);
    }
    if (a->count == a->room)
        grow(a);
    struct entry *e = &a->waiting[(a->head + a->count++) & (a->room - 1)];
    *e = (struct entry){.kind = kind, .fn = fn, .ctx = ctx};
    return e;
}

/* Answers everything that waits with PG_LOST. An owner may queue nothing new meanwhile: we are
 * down, so its sends are answered at once. */
static void fail_waiting(struct pg_async *a, const char *why)
{
    while (a->count > 0) {
        struct entry e = a->waiting[a->head];
        a->head = (a->head + 1) & (a->room - 1);
        a->count--;
        if (e.kind == ENTRY_QUERY && e.fn)
            e.fn(e.ctx, PG_LOST, NULL, why);
    }
}

static void lost(struct pg_async *a, const char *why)
{
    char text[sizeof(a->cause_text)];
    bool was_up = a->state == ASYNC_UP;
    pg_one_line(why, text, sizeof(text));
    drop_connection(a);
    loop_timer_after(a->loop, &a->timer, a->delay_ms);
    a->delay_ms = a->delay_ms * 2 < RECONNECT_MAX_MS ? a->delay_ms * 2 : RECONNECT_MAX_MS;
    if (was_up)
        log_warn(a->log, "postgres_lost", LOG_MSG(text));
    a->state_fn(a->ctx, false, text);
    fail_waiting(a, text);
}

void pg_async_reset(struct pg_async *a, const char *why)
{
    if (a->state != ASYNC_DOWN)
        lost(a, why);
}

/* While it connects libpq may change its socket, for the next host or address of conninfo. The new
 * one often has the number of the one that was closed, so the number does not tell: watch anew. */
static void watch(struct pg_async *a, unsigned events)
{
    int fd = PQsocket(a->conn);
    if (a->watch && a->watched_fd == fd && a->state != ASYNC_CONNECTING) {
        loop_watch_change(a->loop, a->watch, events);
        return;
    }
    loop_unwatch(a->loop, a->watch);
    a->watched_fd = fd;
    a->watch = loop_watch(a->loop, fd, events, on_fd, a);
    if (!a->watch)
        lost(a, strerror(errno));
}

static void flush(struct pg_async *a)
{
    int r = PQflush(a->conn);
    if (r < 0)
        lost(a, PQerrorMessage(a->conn));
    else
        watch(a, r > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

/* The lists of conninfo whose order says which host is tried first. */
static const char *const host_keys[] = {"host", "hostaddr", "port"};
#define HOST_KEYS SAM_ARRAY_LEN(host_keys)

/* What conninfo says of each of them, turned; NULL where it says nothing. */
static void turn_hosts(const struct pg_async *a, struct buf *texts, const char **ret_values)
{
    PQconninfoOption *options = PQconninfoParse(a->conninfo, NULL);
    for (size_t i = 0; i < HOST_KEYS; i++) {
        ret_values[i] = NULL;
        for (const PQconninfoOption *o = options; o && o->keyword; o++) {
            if (!o->val || strcmp(o->keyword, host_keys[i]) != 0)
                continue;
            pg_hosts_turn(o->val, a->turns, &texts[i]);
            ret_values[i] = buf_text(&texts[i]);
        }
    }
    PQconninfoFree(options);
}

static PGconn *start(const struct pg_async *a)
{
    struct buf texts[HOST_KEYS];
    const char *hosts[HOST_KEYS];
    for (size_t i = 0; i < HOST_KEYS; i++)
        buf_init(&texts[i], CONNINFO_MAX_BYTES);
    turn_hosts(a, texts, hosts);
    /* behind dbname, so that they win over conninfo; NULL values are passed over */
    const char *keys[] = {PG_ALIVE_KEYS, "dbname",     "application_name", "client_encoding",
                          host_keys[0],  host_keys[1], host_keys[2],       NULL};
    const char *values[] = {PG_ALIVE_VALUES, a->conninfo, a->application_name,
                            "UTF8",          hosts[0],    hosts[1],
                            hosts[2],        NULL};
    PGconn *conn = PQconnectStartParams(keys, values, 1);
    for (size_t i = 0; i < HOST_KEYS; i++)
        buf_deinit(&texts[i]);
    return conn;
}

static void connect_begin(struct pg_async *a)
{
    a->conn = start(a);
    a->state = ASYNC_CONNECTING;
    if (!a->conn || PQstatus(a->conn) == CONNECTION_BAD) {
        lost(a, a->conn ? PQerrorMessage(a->conn) : "out of memory");
        return;
    }
    loop_timer_after(a->loop, &a->timer, CONNECT_DEADLINE_MS);
    watch(a, LOOP_WRITE);
}

/* What has come while this process stood still is read first. */
static void look_for_answer(struct pg_async *a)
{
    char why[80];
    a->watched_over = false;
    on_fd(a, LOOP_READ);
    if (a->state != ASYNC_UP || a->count == 0)
        return;
    int64_t silent_ms = loop_now_ms(a->loop) - a->moved_boot_ms;
    if (silent_ms < silence_ms(a)) {
        watch_over(a);
        return;
    }
    (void)snprintf(why, sizeof(why), "no answer for %lld s", (long long)(silent_ms / SECOND_MS));
    lost(a, why);
}

static void on_timer(void *ctx)
{
    struct pg_async *a = ctx;
    if (a->state == ASYNC_DOWN) {
        connect_begin(a);
    } else if (a->state == ASYNC_UP) {
        look_for_answer(a);
    } else {
        a->turns++;
        lost(a, "no answer while connecting");
    }
}

static void settings_begin(struct pg_async *a)
{
    struct buf sql = BUF_INIT(2000);
    pg_session_settings(&a->options, &sql);
    a->state = ASYNC_SETTING;
    if (PQsetnonblocking(a->conn, 1) != 0 || !PQsendQuery(a->conn, buf_text(&sql)))
        lost(a, PQerrorMessage(a->conn));
    else
        flush(a);
    buf_deinit(&sql);
}

static void connect_step(struct pg_async *a)
{
    PostgresPollingStatusType status = PQconnectPoll(a->conn);
    if (status == PGRES_POLLING_OK)
        settings_begin(a);
    else if (status == PGRES_POLLING_READING)
        watch(a, LOOP_READ);
    else if (status == PGRES_POLLING_WRITING)
        watch(a, LOOP_WRITE);
    else
        lost(a, PQerrorMessage(a->conn));
}

static void settings_step(struct pg_async *a)
{
    while (!PQisBusy(a->conn)) {
        PGresult *result = PQgetResult(a->conn);
        if (!result) {
            if (!PQenterPipelineMode(a->conn)) {
                lost(a, PQerrorMessage(a->conn));
                return;
            }
            a->state = ASYNC_UP;
            a->delay_ms = RECONNECT_MIN_MS;
            loop_timer_cancel(a->loop, &a->timer);
            a->state_fn(a->ctx, true, "");
            return;
        }
        bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
        if (!ok) {
            lost(a, PQerrorMessage(a->conn));
            return;
        }
    }
}

static bool is_prepared(const struct pg_async *a, const char *name)
{
    for (size_t i = 0; i < a->prepared_count; i++) {
        if (strcmp(a->prepared[i], name) == 0)
            return true;
    }
    return false;
}

/* A place for a new name: one that was given up, or the next. */
static size_t name_place(struct pg_async *a)
{
    for (size_t i = 0; i < a->prepared_count; i++) {
        if (!a->prepared[i][0])
            return i;
    }
    if (a->prepared_count == PREPARED_MAX)
        abort(); /* statement names are fixed and few */
    return a->prepared_count++;
}

static bool prepare(struct pg_async *a, const char *name, const char *sql,
                    const struct pg_params *params)
{
    if (!PQsendPrepare(a->conn, name, sql, params ? params->count : 0,
                       params ? params->types : NULL))
        return false;
    size_t place = name_place(a);
    (void)snprintf(a->prepared[place], sizeof(a->prepared[0]), "%s", name);
    push(a, ENTRY_PREPARE, NULL, NULL)->name = place;
    return true;
}

static bool send_query(struct pg_async *a, const char *name, const char *sql,
                       const struct pg_params *params)
{
    struct pg_wire wire;
    int n = params ? params->count : 0;
    if (params)
        pg_wire_fill(&wire, params);
    const char *const *values = params ? wire.values : NULL;
    const int *lengths = params ? params->lengths : NULL;
    const int *formats = params ? wire.formats : NULL;
    if (!*name)
        return PQsendQueryParams(a->conn, sql, n, params ? params->types : NULL, values, lengths,
                                 formats, 1) != 0;
    if (!is_prepared(a, name) && !prepare(a, name, sql, params))
        return false;
    return PQsendQueryPrepared(a->conn, name, n, values, lengths, formats, 1) != 0;
}

void pg_async_send(struct pg_async *a, const char *name, const char *sql,
                   const struct pg_params *params, pg_async_fn *fn, void *ctx)
{
    if (a->state != ASYNC_UP) {
        if (fn)
            fn(ctx, PG_LOST, NULL, "not connected");
        return;
    }
    PG_KEYS_CHECK(sql, params);
    bool sent = send_query(a, name, sql, params);
    push(a, ENTRY_QUERY, fn, ctx);
    if (!sent)
        lost(a, PQerrorMessage(a->conn));
}

void pg_async_sync(struct pg_async *a)
{
    if (a->state != ASYNC_UP)
        return;
    if (!PQpipelineSync(a->conn)) {
        lost(a, PQerrorMessage(a->conn));
        return;
    }
    push(a, ENTRY_SYNC, NULL, NULL);
    flush(a);
}

static bool is_fine(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_PIPELINE_SYNC;
}

/* The first failure of a batch, of a PREPARE as of a query, is the cause of all that the server
 * skips behind it: who asked learns what happened, not that something did. */
static void keep_cause(struct pg_async *a, const PGresult *result)
{
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
        return;
    a->cause = pg_classify(a->conn, result);
    pg_one_line(primary ? primary : PQresultErrorMessage(result), a->cause_text,
                sizeof(a->cause_text));
}

static void answer(struct pg_async *a, const struct entry *e, PGresult *result)
{
    if (!e->fn)
        return;
    if (is_fine(result))
        e->fn(e->ctx, PG_FINE, (const struct pg_result *)result, "");
    else
        e->fn(e->ctx, a->cause, NULL, a->cause_text);
}

/* In an aborted batch the name was never made. */
static void prepared(struct pg_async *a, const struct entry *e, PGresult *result)
{
    if (is_fine(result))
        return;
    a->prepared[e->name][0] = '\0';
    if (PQresultStatus(result) == PGRES_FATAL_ERROR)
        log_warn(a->log, "postgres_prepare_failed", LOG_MSG(a->cause_text));
}

static void pop_and_answer(struct pg_async *a, PGresult *result)
{
    struct entry e = a->waiting[a->head];
    a->head = (a->head + 1) & (a->room - 1);
    a->count--;
    switch (e.kind) {
    case ENTRY_PREPARE:
        prepared(a, &e, result);
        break;
    case ENTRY_QUERY:
        answer(a, &e, result);
        break;
    case ENTRY_SYNC:
        a->cause = PG_FINE;
        break;
    }
}

/* One result of libpq, for the oldest entry: each entry has exactly one. The NULLs between them are
 * passed over, not counted: libpq leaves one out when something is sent before it was read.
 * A failure that only a fresh session mends ends this one: all that waits is answered as lost. */
static bool read_one(struct pg_async *a)
{
    PGresult *result = PQgetResult(a->conn);
    if (!result)
        result = PQisBusy(a->conn) ? NULL : PQgetResult(a->conn);
    if (!result)
        return false;
    a->moved_boot_ms = loop_now_ms(a->loop);
    if (!is_fine(result))
        keep_cause(a, result);
    if (a->cause == PG_LOST)
        lost(a, a->cause_text);
    else
        pop_and_answer(a, result);
    PQclear(result);
    return true;
}

static void on_fd(void *ctx, unsigned events)
{
    struct pg_async *a = ctx;
    (void)events;
    if (a->state == ASYNC_CONNECTING) {
        connect_step(a);
        return;
    }
    if (!PQconsumeInput(a->conn)) {
        lost(a, PQerrorMessage(a->conn));
        return;
    }
    if (a->state == ASYNC_SETTING) {
        settings_step(a);
        return;
    }
    PGconn *conn = a->conn; /* an owner may reset the session in its callback */
    while (a->conn == conn && a->count > 0 && !PQisBusy(conn)) {
        if (!read_one(a))
            break;
    }
    if (a->conn == conn && a->state == ASYNC_UP)
        flush(a);
}
