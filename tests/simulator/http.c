#include "tests/simulator/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define BACKLOG 1024
/* MHD waits for edges of epoll and misses that of a peer who left within a request. */
#define IDLE_MAX_S          600
#define CONNECTIONS_MAX     20000
#define CONNECTION_BYTES    16384
#define BODY_MAX_BYTES      (16 << 20)
#define ANSWER_MAX_BYTES    (64 << 20)
#define KEEP_BYTES          65536 /* a buffer that is larger is given back */
#define SPARE_MAX           1024
#define HANG_MAX_MS         (10 * MINUTE_MS)
#define HANG_LOOK_MS        500
#define ADDRESS_BYTES       40
#define ENDLESS_PIECE_BYTES 65536

enum call_state { CALL_READING, CALL_WAITING, CALL_READY };

struct call {
    struct request request; /* first: the call is found from it */
    struct http *http;
    struct MHD_Connection *connection;
    enum call_state state;
    struct loop_timer timer;
    int64_t hung_boot_ms;
    TAILQ_ENTRY(call) entry; /* of `spare` or `waiting` */
};

TAILQ_HEAD(call_list, call);

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;
    struct loop_timer timer;
    char address[ADDRESS_BYTES];
    struct call_list spare;
    size_t spare_count;
    struct call_list waiting; /* suspended in MHD */
    bool resumed;             /* MHD sees it in its next run only */
};

/* ---- calls ---------------------------------------------------------------------------------- */

static void call_free(struct call *c)
{
    buf_deinit(&c->request.body);
    buf_deinit(&c->request.answer);
    free(c);
}

static struct call *call_take(struct http *http, struct MHD_Connection *connection)
{
    struct call *c = TAILQ_FIRST(&http->spare);
    if (c) {
        TAILQ_REMOVE(&http->spare, c, entry);
        http->spare_count--;
    } else {
        c = sam_xcalloc(1, sizeof(*c));
        buf_init(&c->request.body, BODY_MAX_BYTES);
        buf_init(&c->request.answer, ANSWER_MAX_BYTES);
        c->http = http;
    }
    c->connection = connection;
    c->state = CALL_READING;
    return c;
}

static void tidy_buffer(struct buf *b)
{
    size_t max = b->max_bytes;
    if (b->cap > KEEP_BYTES || b->overflow) {
        buf_deinit(b);
        buf_init(b, max);
    } else {
        buf_reset(b);
    }
}

static void call_give_back(struct call *c)
{
    struct http *http = c->http;
    struct request *r = &c->request;
    loop_timer_cancel(http->options.loop, &c->timer);
    json_object_put(r->json);
    if (http->spare_count >= SPARE_MAX) {
        call_free(c);
        return;
    }
    tidy_buffer(&r->body);
    tidy_buffer(&r->answer);
    c->request = (struct request){.body = r->body, .answer = r->answer};
    TAILQ_INSERT_HEAD(&http->spare, c, entry);
    http->spare_count++;
}

const char *request_query(const struct request *r, const char *name)
{
    const struct call *c = (const struct call *)(const void *)r;
    return MHD_lookup_connection_value(c->connection, MHD_GET_ARGUMENT_KIND, name);
}

int request_query_number(const struct request *r, const char *name, int64_t fallback,
                         const int64_t range[2], int64_t *ret)
{
    const char *text = request_query(r, name);
    char *end;
    if (!text) {
        *ret = fallback;
        return 0;
    }
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < range[0] || value > range[1])
        return -EINVAL;
    *ret = value;
    return 0;
}

/* ---- waiting: latency and hanging ----------------------------------------------------------- */

static void wake(struct call *c)
{
    struct http *http = c->http;
    loop_timer_cancel(http->options.loop, &c->timer);
    TAILQ_REMOVE(&http->waiting, c, entry);
    c->state = CALL_READY;
    http->resumed = true;
    MHD_resume_connection(c->connection);
}

static bool peer_left(struct call *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd fd = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};
    return poll(&fd, 1, 0) == 1;
}

static void on_call_timer(void *ctx)
{
    struct call *c = ctx;
    struct loop *loop = c->http->options.loop;
    bool hangs = c->request.delivery == DELIVERY_HANG;
    if (hangs && !peer_left(c) && loop_now_ms(loop) - c->hung_boot_ms < HANG_MAX_MS) {
        loop_timer_after(loop, &c->timer, HANG_LOOK_MS);
        return;
    }
    /* one run of MHD for all that are due now: each run looks at every suspended connection */
    loop_timer_after(loop, &c->http->timer, 0);
    wake(c);
}

static void suspend(struct call *c)
{
    struct http *http = c->http;
    bool hangs = c->request.delivery == DELIVERY_HANG;
    c->state = CALL_WAITING;
    c->hung_boot_ms = loop_now_ms(http->options.loop);
    c->timer.fn = on_call_timer;
    c->timer.ctx = c;
    TAILQ_INSERT_TAIL(&http->waiting, c, entry);
    MHD_suspend_connection(c->connection);
    loop_timer_after(http->options.loop, &c->timer, hangs ? HANG_LOOK_MS : c->request.delay_ms);
}

void http_release(struct http *http)
{
    struct call *next;
    for (struct call *c = TAILQ_FIRST(&http->waiting); c; c = next) {
        next = TAILQ_NEXT(c, entry);
        if (c->request.delivery == DELIVERY_HANG)
            wake(c);
    }
}

/* ---- answers -------------------------------------------------------------------------------- */

static ssize_t half_of_it(void *cls, uint64_t at, char *out, size_t max)
{
    const struct buf *answer = cls;
    size_t half = answer->len / 2;
    if (at >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = half - (size_t)at < max ? half - (size_t)at : max;
    memcpy(out, answer->data + at, n);
    return (ssize_t)n;
}

static ssize_t without_end(void *cls SAM_UNUSED, uint64_t at, char *out, size_t max)
{
    memset(out, ' ', max);
    if (at == 0)
        out[0] = '{';
    return (ssize_t)max;
}

static struct MHD_Response *make_response(struct request *r)
{
    switch (r->delivery) {
    case DELIVERY_WHOLE:
        return MHD_create_response_from_buffer(r->answer.len, r->answer.data,
                                               MHD_RESPMEM_PERSISTENT);
    case DELIVERY_TRUNCATE:
        return MHD_create_response_from_callback(r->answer.len, ENDLESS_PIECE_BYTES, half_of_it,
                                                 &r->answer, NULL);
    case DELIVERY_ENDLESS:
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, ENDLESS_PIECE_BYTES, without_end,
                                                 NULL, NULL);
    case DELIVERY_CUT:
    case DELIVERY_HANG:
        break;
    }
    return NULL;
}

static enum MHD_Result add_headers(const struct request *r, struct MHD_Response *response)
{
    char seconds[24];
    enum MHD_Result result =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                r->content_type_out ? r->content_type_out : "application/json");
    if (result == MHD_NO || r->retry_after_s == 0)
        return result;
    (void)snprintf(seconds, sizeof(seconds), "%" PRId64, r->retry_after_s);
    return MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
}

/* MHD_NO closes the connection without a word. */
static enum MHD_Result answer(struct call *c)
{
    struct request *r = &c->request;
    struct MHD_Response *response = make_response(r);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = add_headers(r, response);
    if (result == MHD_YES)
        result = MHD_queue_response(c->connection, r->status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- what MHD calls ------------------------------------------------------------------------- */

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection, void **ctx)
{
    struct call *c = call_take(http, connection);
    c->request.arrived_us = clock_monotonic_us();
    c->request.arrived_at_ms = clock_wall_ms();
    *ctx = c;
    return MHD_YES;
}

/* Method, path and headers are MHD's; they stay as long as the connection holds this call. The
 * signature is the library's, too. NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version SAM_UNUSED,
                                  const char *data, size_t *data_bytes, void **ctx)
{
    struct http *http = cls;
    struct call *c = *ctx;
    if (!c)
        return begin(http, connection, ctx);
    struct request *r = &c->request;
    if (*data_bytes) {
        buf_add(&r->body, data, *data_bytes);
        r->body_too_large = r->body.overflow;
        *data_bytes = 0;
        return MHD_YES;
    }
    if (c->state == CALL_READING) {
        r->method = method;
        r->path = url;
        r->content_type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
        r->api_key = header(connection, "X-API-KEY");
        http->options.serve(http->options.ctx, r);
        c->state = CALL_READY;
        if (r->delay_ms > 0 || r->delivery == DELIVERY_HANG) {
            suspend(c);
            return MHD_YES;
        }
    }
    return c->state == CALL_READY ? answer(c) : MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *connection SAM_UNUSED, void **ctx,
                         enum MHD_RequestTerminationCode code SAM_UNUSED)
{
    struct http *http = cls;
    struct call *c = *ctx;
    if (!c)
        return;
    if (c->state == CALL_WAITING)
        TAILQ_REMOVE(&http->waiting, c, entry);
    call_give_back(c);
    *ctx = NULL;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static void turn(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    http->resumed = false;
    (void)MHD_run(http->daemon);
    if (http->resumed)
        loop_timer_after(http->options.loop, &http->timer, 0);
    else if (MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES)
        loop_timer_after(http->options.loop, &http->timer, (int64_t)wait_ms);
    else
        loop_timer_cancel(http->options.loop, &http->timer);
}

static void on_timer(void *ctx)
{
    turn(ctx);
}

static void on_readable(void *ctx, unsigned events SAM_UNUSED)
{
    turn(ctx);
}

/* ---- life ----------------------------------------------------------------------------------- */

static int refuse(const char *listen, const char *what, char *why, size_t why_bytes)
{
    (void)snprintf(why, why_bytes, "--listen %.100s: %s", listen, what);
    return -EINVAL;
}

static int open_listener(const char *text, int *ret_fd, struct http *http, char *why,
                         size_t why_bytes)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof(at);
    const int on = 1;
    char host[INET_ADDRSTRLEN] = "";
    const char *colon = strrchr(text, ':');
    char *end;
    if (!colon || (size_t)(colon - text) >= sizeof(host))
        return refuse(text, "not ADDRESS:PORT, for example 127.0.0.1:0", why, why_bytes);
    memcpy(host, text, (size_t)(colon - text));
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1 || end == colon + 1 || *end || port > 65535)
        return refuse(text, "not an IPv4 address and a port, for example 127.0.0.1:0", why,
                      why_bytes);
    at.sin_port = htons((uint16_t)port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return refuse(text, strerror(errno), why, why_bytes);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&at, n) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0) {
        int error = errno;
        (void)close(fd);
        return refuse(text, strerror(error), why, why_bytes);
    }
    (void)snprintf(http->address, sizeof(http->address), "http://%s:%d", host, ntohs(at.sin_port));
    *ret_fd = fd;
    return 0;
}

static struct MHD_Daemon *start_daemon(struct http *http, int fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, http,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MAX_S,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_END);
}

int http_new(const struct http_options *options, struct http **ret, char *why, size_t why_bytes)
{
    int fd = -1;
    struct http *http SAM_CLEANUP(http_freep) = sam_xcalloc(1, sizeof(*http));
    http->options = *options;
    TAILQ_INIT(&http->spare);
    TAILQ_INIT(&http->waiting);
    http->timer.fn = on_timer;
    http->timer.ctx = http;
    int error = open_listener(options->listen, &fd, http, why, why_bytes);
    if (error)
        return error;
    http->daemon = start_daemon(http, fd);
    if (!http->daemon) {
        (void)close(fd);
        return refuse(options->listen, "libmicrohttpd does not start", why, why_bytes);
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    http->watch =
        info ? loop_watch(options->loop, info->epoll_fd, LOOP_READ, on_readable, http) : NULL;
    if (!http->watch)
        return refuse(options->listen, "epoll cannot be used", why, why_bytes);
    *ret = http;
    http = NULL;
    return 0;
}

void http_free(struct http *http)
{
    struct call *c;
    if (!http)
        return;
    while ((c = TAILQ_FIRST(&http->waiting)))
        wake(c);
    if (http->watch)
        loop_unwatch(http->options.loop, http->watch);
    loop_timer_cancel(http->options.loop, &http->timer);
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    while ((c = TAILQ_FIRST(&http->spare))) {
        TAILQ_REMOVE(&http->spare, c, entry);
        call_free(c);
    }
    free(http);
}

const char *http_address(const struct http *http)
{
    return http->address;
}
