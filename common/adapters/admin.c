#include "common/adapters/admin.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/adapters/listener.h"
#include "common/base/buf.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

#define CONNECTIONS_MAX             32
#define CONNECTIONS_PER_ADDRESS_MAX 16
#define CONNECTION_IDLE_S           10
#define CONNECTION_MEMORY_BYTES     16384
#define TOKEN_MAX_BYTES             1024
#define WHAT_BYTES                  32

struct reason_line {
    char what[WHAT_BYTES];
    char text[ADMIN_TEXT_BYTES]; /* "" = taken back */
};

struct admin {
    struct MHD_Daemon *daemon;
    const struct metrics *metrics; /* borrowed */
    char *token;                   /* owned; NULL = none */
    char address[LISTENER_ADDRESS_BYTES];
    _Atomic int64_t turned_boot_ms;
    pthread_mutex_t mutex;       /* guards the two below */
    struct reason_line *reasons; /* owned; one per name that was ever set */
    size_t reasons_count;
};

/* ---- answers ------------------------------------------------------------------------------ */

struct answer {
    unsigned status;
    const char *content_type;
    const char *header; /* one more header, NULL = none */
    const char *header_value;
    struct buf body;
};

#define PLAIN "text/plain; charset=utf-8"

static void answer_plain(struct answer *a, unsigned status, const char *text)
{
    a->status = status;
    buf_adds(&a->body, text);
}

static void healthz(struct admin *admin, struct answer *a)
{
    int64_t turned = atomic_load_explicit(&admin->turned_boot_ms, memory_order_relaxed);
    int64_t stood_ms = clock_boot_ms() - turned;
    if (stood_ms <= ADMIN_STUCK_MS) {
        answer_plain(a, MHD_HTTP_OK, "ok\n");
        return;
    }
    a->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    buf_addf(&a->body, "stuck: the loop has not turned for %lld s (limit %lld s)\n",
             (long long)(stood_ms / 1000), (long long)(ADMIN_STUCK_MS / 1000));
}

static void readyz(struct admin *admin, struct answer *a)
{
    (void)pthread_mutex_lock(&admin->mutex);
    for (size_t i = 0; i < admin->reasons_count; i++) {
        if (admin->reasons[i].text[0])
            buf_addf(&a->body, "%s: %s\n", admin->reasons[i].what, admin->reasons[i].text);
    }
    (void)pthread_mutex_unlock(&admin->mutex);
    a->status = a->body.len ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK;
    if (!a->body.len)
        buf_adds(&a->body, "ready\n");
}

/* Takes as long for a wrong token as for the right one, so that it cannot be guessed by pieces. */
static bool token_equal(const char *want, const char *given)
{
    size_t n = strlen(want);
    size_t m = strlen(given);
    volatile unsigned char differs = n != m;
    for (size_t i = 0; i < n; i++)
        differs |= (unsigned char)(want[i] ^ given[m ? i % m : 0]);
    return !differs;
}

static bool allowed(const struct admin *admin, struct MHD_Connection *connection)
{
    static const char scheme[] = "Bearer ";
    const size_t n = sizeof(scheme) - 1;
    if (!admin->token)
        return true;
    const char *given =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    return given && strncasecmp(given, scheme, n) == 0 && token_equal(admin->token, given + n);
}

static void metrics(struct admin *admin, struct answer *a, struct MHD_Connection *connection)
{
    if (!allowed(admin, connection)) {
        a->header = MHD_HTTP_HEADER_WWW_AUTHENTICATE;
        a->header_value = "Bearer";
        answer_plain(a, MHD_HTTP_UNAUTHORIZED,
                     "send the token of admin.token_file: "
                     "Authorization: Bearer TOKEN\n");
        return;
    }
    a->status = MHD_HTTP_OK;
    a->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_expose(admin->metrics, &a->body);
}

static void find_answer(struct admin *admin, struct answer *a, const char *url, const char *method,
                        struct MHD_Connection *connection)
{
    bool is_health = strcmp(url, "/healthz") == 0;
    bool is_ready = strcmp(url, "/readyz") == 0;
    bool is_metrics = strcmp(url, "/metrics") == 0;
    bool reads =
        strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    if (!is_health && !is_ready && !is_metrics) {
        answer_plain(a, MHD_HTTP_NOT_FOUND, "there are /healthz, /readyz and /metrics\n");
    } else if (!reads) {
        a->header = MHD_HTTP_HEADER_ALLOW;
        a->header_value = "GET, HEAD";
        answer_plain(a, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
    } else if (is_health) {
        healthz(admin, a);
    } else if (is_ready) {
        readyz(admin, a);
    } else {
        metrics(admin, a, connection);
    }
}

/* The library's signature. NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **request)
{
    struct admin *admin = ctx;
    struct answer a = {.content_type = PLAIN, .body = BUF_INIT(METRICS_TEXT_MAX_BYTES)};
    (void)version;
    (void)upload;
    (void)upload_bytes;
    (void)request;
    find_answer(admin, &a, url, method, connection);
    size_t bytes = a.body.len;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(bytes, buf_take(&a.body), MHD_RESPMEM_MUST_FREE);
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, a.content_type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (a.header)
        (void)MHD_add_response_header(response, a.header, a.header_value);
    enum MHD_Result result = MHD_queue_response(connection, a.status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- start and end ------------------------------------------------------------------------ */

#define WRITE_TOKEN "write a token into it, for example from `openssl rand -hex 32`"

static int read_token(const char *path, char **ret, char *why, size_t why_bytes)
{
    char text[TOKEN_MAX_BYTES + 2];
    size_t n = 0;
    FILE *file = fopen(path, "re");
    int error = file ? 0 : -errno;
    if (file) {
        errno = 0;
        n = fread(text, 1, sizeof(text) - 1, file);
        if (ferror(file)) /* a folder can be opened */
            error = errno ? -errno : -EIO;
        (void)fclose(file);
    }
    if (error) {
        (void)snprintf(why, why_bytes, "admin.token_file \"%s\" cannot be read: %s; " WRITE_TOKEN,
                       path, strerror(-error));
        return error;
    }
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    const char *wrong = NULL;
    if (n == 0)
        wrong = "is empty; " WRITE_TOKEN;
    else if (n > TOKEN_MAX_BYTES)
        wrong = "is longer than a token may be (1024 bytes)";
    for (size_t i = 0; i < n && !wrong; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            wrong = "holds more than one word of printable ASCII characters";
    }
    if (wrong) {
        (void)snprintf(why, why_bytes, "admin.token_file \"%s\" %s", path, wrong);
        return -EINVAL;
    }
    text[n] = '\0';
    *ret = sam_xstrdup(text);
    return 0;
}

/* The thread inherits a mask that blocks every signal: they all belong to the owner's loop. */
static struct MHD_Daemon *start(struct admin *admin, int fd)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, handle, admin,
                         MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                         (unsigned)CONNECTIONS_PER_ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                         (unsigned)CONNECTION_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_END);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

int admin_new(const struct admin_options *options, struct admin **ret, char *why, size_t why_bytes)
{
    struct listener listener = {.fd = -1};
    struct admin *admin SAM_CLEANUP(admin_freep) = sam_xcalloc(1, sizeof(*admin));
    int error = pthread_mutex_init(&admin->mutex, NULL);
    assert(!error);
    admin->metrics = options->metrics;
    admin_turned(admin, clock_boot_ms());
    admin_reason_set(admin, "starting", "the program is not up yet");
    if (options->token_file && *options->token_file)
        error = read_token(options->token_file, &admin->token, why, why_bytes);
    if (error)
        return error;
    char text[400];
    error = listener_open(options->listen, &listener, text, sizeof(text));
    if (error) {
        (void)snprintf(why, why_bytes, "listen = %s", text);
        return error;
    }
    if (!listener.loopback && !admin->token) {
        (void)snprintf(why, why_bytes,
                       "listen = \"%s\" can be reached from other machines: set admin.token_file, "
                       "or listen on 127.0.0.1",
                       options->listen);
        (void)close(listener.fd);
        return -EPERM;
    }
    memcpy(admin->address, listener.address, sizeof(admin->address));
    admin->daemon = start(admin, listener.fd);
    if (!admin->daemon) {
        (void)snprintf(why, why_bytes, "listen = \"%s\": the HTTP server did not start",
                       options->listen);
        return -EIO;
    }
    *ret = admin;
    admin = NULL;
    return 0;
}

void admin_free(struct admin *admin)
{
    if (!admin)
        return;
    if (admin->daemon)
        MHD_stop_daemon(admin->daemon);
    (void)pthread_mutex_destroy(&admin->mutex);
    free(admin->reasons);
    free(admin->token);
    free(admin);
}

/* ---- what the owner tells ----------------------------------------------------------------- */

const char *admin_address(const struct admin *admin)
{
    return admin->address;
}

void admin_turned(struct admin *admin, int64_t now_boot_ms)
{
    atomic_store_explicit(&admin->turned_boot_ms, now_boot_ms, memory_order_relaxed);
}

static struct reason_line *find_line(struct admin *admin, const char *what)
{
    for (size_t i = 0; i < admin->reasons_count; i++) {
        if (strncmp(admin->reasons[i].what, what, WHAT_BYTES - 1) == 0)
            return &admin->reasons[i];
    }
    size_t bytes = (admin->reasons_count + 1) * sizeof(*admin->reasons);
    admin->reasons = sam_xrealloc(admin->reasons, bytes);
    struct reason_line *line = &admin->reasons[admin->reasons_count++];
    *line = (struct reason_line){0};
    (void)snprintf(line->what, sizeof(line->what), "%s", what);
    return line;
}

void admin_reason_set(struct admin *admin, const char *what, const char *text)
{
    (void)pthread_mutex_lock(&admin->mutex);
    struct reason_line *line = find_line(admin, what);
    (void)snprintf(line->text, sizeof(line->text), "%s", text ? text : "");
    for (char *c = line->text; *c; c++) {
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    }
    (void)pthread_mutex_unlock(&admin->mutex);
}
