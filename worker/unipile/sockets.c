/* libcurl's sockets and its one timeout on the loop (curl_multi_socket_action). */
#include <errno.h>
#include <stdlib.h>

#include "worker/unipile/client_internal.h"

#include "common/base/banned.h"

/* A socket that libcurl wants watched; lives from its first wish to CURL_POLL_REMOVE. */
struct watched {
    struct unipile *unipile;
    struct loop_watch *watch; /* NULL: the kernel refused it; the call ends by its timeout */
    curl_socket_t fd;
};

/* Takes the ended calls off libcurl and answers them. */
static void collect(struct unipile *u)
{
    int left = 0;
    const CURLMsg *msg;
    while ((msg = curl_multi_info_read(u->multi, &left))) {
        struct call *call = NULL;
        if (msg->msg != CURLMSG_DONE)
            continue;
        CURLcode code = msg->data.result;
        (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &call);
        flight_ended(call, code);
    }
}

static void act(struct unipile *u, curl_socket_t fd, int bits)
{
    int running = 0;
    /* An error of the multi interface is a bug or want of memory; calls end by their own codes. */
    CURLMcode code = curl_multi_socket_action(u->multi, fd, bits, &running);
    if (code != CURLM_OK)
        log_error(u->log, "unipile_multi", LOG_STR("error", curl_multi_strerror(code)));
    collect(u);
}

static void on_fd(void *ctx, unsigned events)
{
    const struct watched *w = ctx;
    int bits = (events & LOOP_READ ? CURL_CSELECT_IN : 0) |
               (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0) |
               (events & LOOP_ERROR ? CURL_CSELECT_ERR : 0);
    act(w->unipile, w->fd, bits);
}

static unsigned events_of(int what)
{
    unsigned events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= LOOP_READ;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= LOOP_WRITE;
    return events;
}

static void watch_new(struct unipile *u, curl_socket_t fd, int what)
{
    struct watched *w = sam_xcalloc(1, sizeof(*w));
    *w = (struct watched){.unipile = u, .fd = fd};
    w->watch = loop_watch(u->loop, fd, events_of(what), on_fd, w);
    if (!w->watch)
        log_error(u->log, "unipile_watch", LOG_INT("errno", errno));
    (void)curl_multi_assign(u->multi, fd, w);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    struct unipile *u = ctx;
    struct watched *w = socket_ctx;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            loop_unwatch(u->loop, w->watch);
        free(w);
        (void)curl_multi_assign(u->multi, fd, NULL);
    } else if (!w) {
        watch_new(u, fd, what);
    } else if (w->watch) {
        loop_watch_change(u->loop, w->watch, events_of(what));
    }
    return 0;
}

static void on_timeout(void *ctx)
{
    act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct unipile *u = ctx;
    (void)multi;
    if (timeout_ms < 0)
        loop_timer_cancel(u->loop, &u->curl_timer);
    else
        loop_timer_after(u->loop, &u->curl_timer, timeout_ms);
    return 0;
}

int sockets_init(struct unipile *u)
{
    u->multi = curl_multi_init();
    if (!u->multi)
        return -ENOMEM;
    u->curl_timer.fn = on_timeout;
    u->curl_timer.ctx = u;
    if (curl_multi_setopt(u->multi, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK ||
        curl_multi_setopt(u->multi, CURLMOPT_SOCKETDATA, u) != CURLM_OK ||
        curl_multi_setopt(u->multi, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK ||
        curl_multi_setopt(u->multi, CURLMOPT_TIMERDATA, u) != CURLM_OK ||
        curl_multi_setopt(u->multi, CURLMOPT_MAXCONNECTS, (long)u->max_in_flight) != CURLM_OK)
        return -ENOMEM;
    return 0;
}

void sockets_deinit(struct unipile *u)
{
    if (u->multi)
        (void)curl_multi_cleanup(u->multi);
    u->multi = NULL;
    loop_timer_cancel(u->loop, &u->curl_timer);
}
