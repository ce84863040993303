#include "common/base/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define EVENTS_PER_TURN 256
#define HOOKS_MAX       16
#define WAIT_MAX_MS     1000 /* a turn at least once a second: the liveness probe watches turns */

struct loop_watch {
    int fd;
    loop_fd_fn *fn; /* NULL = removed; freed at the end of the turn */
    void *ctx;
    struct loop_watch *next_dead;
};

struct loop {
    int epoll_fd;
    bool stopped;
    int64_t now_ms;
    struct timers timers;
    struct loop_watch *dead; /* events of this turn may still point to them */
    struct {
        loop_turn_fn *fn;
        void *ctx;
    } hooks[HOOKS_MAX];
    int hooks_count;
};

struct loop *loop_new(void)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct loop *loop = sam_xcalloc(1, sizeof(*loop));
    loop->epoll_fd = fd;
    loop->now_ms = clock_boot_ms();
    return loop;
}

static void free_dead(struct loop *loop)
{
    while (loop->dead) {
        struct loop_watch *watch = loop->dead;
        loop->dead = watch->next_dead;
        free(watch);
    }
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    free_dead(loop);
    timers_deinit(&loop->timers);
    (void)close(loop->epoll_fd);
    free(loop);
}

static uint32_t epoll_bits(unsigned events)
{
    return (events & LOOP_READ ? (uint32_t)EPOLLIN : 0) |
           (events & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0);
}

struct loop_watch *loop_watch(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn, void *ctx)
{
    struct loop_watch *watch = sam_xcalloc(1, sizeof(*watch));
    *watch = (struct loop_watch){.fd = fd, .fn = fn, .ctx = ctx};
    struct epoll_event event = {.events = epoll_bits(events), .data.ptr = watch};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(watch);
        return NULL;
    }
    return watch;
}

void loop_watch_change(struct loop *loop, struct loop_watch *watch, unsigned events)
{
    struct epoll_event event = {.events = epoll_bits(events), .data.ptr = watch};
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
    if (!watch)
        return;
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->fn = NULL;
    watch->next_dead = loop->dead;
    loop->dead = watch;
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_boot_ms)
{
    timers_set(&loop->timers, &timer->node, at_boot_ms);
}

void loop_timer_after(struct loop *loop, struct loop_timer *timer, int64_t delay_ms)
{
    timers_set(&loop->timers, &timer->node, clock_boot_ms() + delay_ms);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
    timers_remove(&loop->timers, &timer->node);
}

void loop_on_turn(struct loop *loop, loop_turn_fn *fn, void *ctx)
{
    if (loop->hooks_count == HOOKS_MAX)
        abort(); /* fixed at build-up */
    loop->hooks[loop->hooks_count].fn = fn;
    loop->hooks[loop->hooks_count].ctx = ctx;
    loop->hooks_count++;
}

int64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

static int wait_ms(const struct loop *loop)
{
    const struct timer_node *first = timers_first(&loop->timers);
    if (!first)
        return WAIT_MAX_MS;
    int64_t left = first->at_ms - clock_boot_ms();
    if (left <= 0)
        return 0;
    return left < WAIT_MAX_MS ? (int)left : WAIT_MAX_MS;
}

static void call_watches(const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        struct loop_watch *watch = events[i].data.ptr;
        unsigned bits = 0;
        if (events[i].events & EPOLLIN)
            bits |= LOOP_READ;
        if (events[i].events & EPOLLOUT)
            bits |= LOOP_WRITE;
        if (events[i].events & (EPOLLERR | EPOLLHUP))
            bits |= LOOP_ERROR;
        if (watch->fn)
            watch->fn(watch->ctx, bits);
    }
}

/* Only timers that were due at the start of the turn: one that sets itself to "now" waits a turn.
 */
static void call_timers(struct loop *loop)
{
    for (;;) {
        struct timer_node *node = timers_first(&loop->timers);
        if (!node || node->at_ms > loop->now_ms)
            return;
        timers_remove(&loop->timers, node);
        struct loop_timer *timer = (struct loop_timer *)(void *)node; /* node is its first member */
        timer->fn(timer->ctx);
    }
}

int loop_run(struct loop *loop)
{
    struct epoll_event events[EVENTS_PER_TURN];
    loop->stopped = false;
    while (!loop->stopped) {
        int n = epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, wait_ms(loop));
        if (n < 0 && errno != EINTR)
            return -errno;
        loop->now_ms = clock_boot_ms();
        call_watches(events, n < 0 ? 0 : n);
        call_timers(loop);
        for (int i = 0; i < loop->hooks_count; i++)
            loop->hooks[i].fn(loop->hooks[i].ctx);
        free_dead(loop);
    }
    return 0;
}
