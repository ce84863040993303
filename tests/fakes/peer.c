#include "tests/fakes/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buf.h"

#include "common/base/banned.h"

#define CONNECTIONS_MAX 256
#define STEPS_MAX       32
#define REQUESTS_KEPT   64
#define REQUEST_MAX     (1 << 20)

struct connection {
    int fd; /* -1 = free */
    struct buf in;
    const char *more; /* of PEER_STREAM */
    bool held;
    size_t used; /* requests so far */
};

struct peer {
    pthread_t thread;
    pthread_mutex_t lock; /* of all below it */
    int listener;
    int wake; /* eventfd */
    char *url;
    bool stop;
    struct peer_step steps[STEPS_MAX];
    size_t steps_count;
    const char *let_go;
    size_t executed;
    size_t accepted;
    size_t held;
    size_t most_held;
    char *requests[REQUESTS_KEPT];
    size_t used[REQUESTS_KEPT];
    struct connection connections[CONNECTIONS_MAX]; /* of the thread alone */
};

static void drop(struct peer *p, struct connection *c, bool reset)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (reset)
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    (void)close(c->fd);
    p->held -= c->held;
    buf_deinit(&c->in);
    c->fd = -1;
    c->more = NULL;
    c->held = false;
}

/* Small answers fit into the socket's buffer; a stream goes on when there is room. */
static void say(const struct connection *c, const char *bytes)
{
    static const char hole[] = "Content-Length: {}";
    const char *at = strstr(bytes, hole);
    const char *body = strstr(bytes, "\r\n\r\n");
    struct buf out = BUF_INIT(REQUEST_MAX);
    if (at && body) {
        size_t until = (size_t)(at - bytes) + sizeof(hole) - 3;
        buf_add(&out, bytes, until);
        buf_add_i64(&out, (int64_t)strlen(body + 4));
        bytes += until + 2;
    }
    buf_adds(&out, bytes);
    (void)send(c->fd, out.data, out.len, MSG_NOSIGNAL);
    buf_deinit(&out);
}

static void play(struct peer *p, struct connection *c, const struct peer_step *step)
{
    switch (step->act) {
    case PEER_ANSWER:
        say(c, step->bytes);
        break;
    case PEER_ANSWER_CLOSE:
        say(c, step->bytes);
        drop(p, c, false);
        break;
    case PEER_CLOSE:
    case PEER_RESET:
        drop(p, c, step->act == PEER_RESET);
        break;
    case PEER_CLOSE_ALL:
        (void)close(p->listener); /* poll() passes over -1 */
        p->listener = -1;
        drop(p, c, false);
        break;
    case PEER_HOLD:
        c->held = true;
        p->held++;
        break;
    case PEER_STREAM:
        say(c, step->bytes);
        c->more = step->more;
        break;
    }
}

static void execute(struct peer *p, struct connection *c, size_t bytes)
{
    const struct peer_step let_go = {.act = PEER_ANSWER, .bytes = p->let_go};
    size_t n = p->executed++;
    size_t at = n < p->steps_count ? n : p->steps_count - 1;
    if (n < REQUESTS_KEPT) {
        p->requests[n] = strndup(c->in.data, bytes);
        p->used[n] = c->used;
    }
    c->used++;
    if (p->held + 1 > p->most_held)
        p->most_held = p->held + 1;
    memmove(c->in.data, c->in.data + bytes, c->in.len - bytes + 1);
    c->in.len -= bytes;
    play(p, c, p->let_go ? &let_go : &p->steps[at]);
}

/* Bytes of the whole request at the beginning of what has come, 0 = not there yet. */
static size_t whole(const struct connection *c)
{
    const char *text = buf_text(&c->in);
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strcasestr(text, "\r\nContent-Length:");
    if (!end)
        return 0;
    size_t need = (size_t)(end + 4 - text);
    if (length && length < end)
        need += strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
    return need <= c->in.len ? need : 0;
}

static void receive(struct peer *p, struct connection *c)
{
    char part[16384];
    ssize_t n = recv(c->fd, part, sizeof(part), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(p, c, false);
        return;
    }
    buf_add(&c->in, part, (size_t)n);
    size_t bytes = whole(c);
    if (bytes)
        execute(p, c, bytes);
}

static void accept_one(struct peer *p)
{
    const int on = 1;
    int fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &p->connections[i];
        if (c->fd >= 0)
            continue;
        c->fd = fd;
        c->used = 0;
        buf_init(&c->in, REQUEST_MAX);
        p->accepted++;
        return;
    }
    (void)close(fd);
}

static void let_go(struct peer *p)
{
    for (size_t i = 0; p->let_go && i < CONNECTIONS_MAX; i++) {
        struct connection *c = &p->connections[i];
        if (c->fd < 0 || !c->held)
            continue;
        c->held = false;
        p->held--;
        say(c, p->let_go);
    }
}

/* One round; false: stop. */
static bool serve(struct peer *p, struct pollfd *fds, const size_t *owners, size_t count)
{
    (void)poll(fds, count, -1);
    (void)pthread_mutex_lock(&p->lock);
    if (fds[0].revents) {
        uint64_t ignored;
        (void)!read(p->wake, &ignored, sizeof(ignored));
        let_go(p);
    }
    for (size_t i = 2; i < count; i++) {
        struct connection *c = &p->connections[owners[i]];
        if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
            receive(p, c);
        else if (fds[i].revents & POLLOUT)
            say(c, c->more);
    }
    if (fds[1].revents)
        accept_one(p);
    bool on = !p->stop;
    (void)pthread_mutex_unlock(&p->lock);
    return on;
}

static void *run(void *ctx)
{
    struct peer *p = ctx;
    struct pollfd fds[CONNECTIONS_MAX + 2];
    size_t owners[CONNECTIONS_MAX + 2];
    size_t count;
    do {
        fds[0] = (struct pollfd){.fd = p->wake, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = p->listener, .events = POLLIN};
        count = 2;
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
            const struct connection *c = &p->connections[i];
            if (c->fd < 0)
                continue;
            owners[count] = i;
            fds[count++] = (struct pollfd){.fd = c->fd,
                                           .events = (short)(c->more ? POLLIN | POLLOUT : POLLIN)};
        }
    } while (serve(p, fds, owners, count));
    return NULL;
}

static void listen_somewhere(struct peer *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (p->listener < 0 || bind(p->listener, (struct sockaddr *)&at, size) != 0 ||
        listen(p->listener, CONNECTIONS_MAX) != 0 ||
        getsockname(p->listener, (struct sockaddr *)&at, &size) != 0)
        abort();
    p->url = sam_xasprintf("http://127.0.0.1:%u", ntohs(at.sin_port));
}

struct peer *peer_new(const struct peer_step *steps, size_t count)
{
    struct peer *p = sam_xcalloc(1, sizeof(*p));
    if (count == 0 || count > STEPS_MAX)
        abort();
    memcpy(p->steps, steps, count * sizeof(*steps));
    p->steps_count = count;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        p->connections[i].fd = -1;
    listen_somewhere(p);
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->wake < 0 || pthread_mutex_init(&p->lock, NULL) != 0 ||
        pthread_create(&p->thread, NULL, run, p) != 0)
        abort();
    return p;
}

static void wake(struct peer *p)
{
    const uint64_t one = 1;
    (void)!write(p->wake, &one, sizeof(one));
}

void peer_free(struct peer *p)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stop = true;
    (void)pthread_mutex_unlock(&p->lock);
    wake(p);
    (void)pthread_join(p->thread, NULL);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (p->connections[i].fd >= 0)
            drop(p, &p->connections[i], false);
    }
    for (size_t i = 0; i < REQUESTS_KEPT; i++)
        free(p->requests[i]);
    if (p->listener >= 0)
        (void)close(p->listener);
    (void)close(p->wake);
    (void)pthread_mutex_destroy(&p->lock);
    free(p->url);
    free(p);
}

const char *peer_url(const struct peer *p)
{
    return p->url;
}

static size_t reading(struct peer *p, const size_t *value)
{
    (void)pthread_mutex_lock(&p->lock);
    size_t n = *value;
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}

size_t peer_executed(struct peer *p)
{
    return reading(p, &p->executed);
}

size_t peer_connections(struct peer *p)
{
    return reading(p, &p->accepted);
}

size_t peer_most_held(struct peer *p)
{
    return reading(p, &p->most_held);
}

size_t peer_used(struct peer *p, size_t n)
{
    return n < REQUESTS_KEPT ? reading(p, &p->used[n]) : 0;
}

char *peer_request(struct peer *p, size_t n)
{
    (void)pthread_mutex_lock(&p->lock);
    char *text = sam_xstrdup(n < REQUESTS_KEPT && p->requests[n] ? p->requests[n] : "");
    (void)pthread_mutex_unlock(&p->lock);
    return text;
}

void peer_let_go(struct peer *p, const char *bytes)
{
    (void)pthread_mutex_lock(&p->lock);
    p->let_go = bytes;
    (void)pthread_mutex_unlock(&p->lock);
    wake(p);
}
