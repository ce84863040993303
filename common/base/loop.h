/* common/base/loop.h - one thread's event loop: file descriptors, timers, and a hook per turn.
 *
 * One turn: wait for events or the nearest timer, read the clock once, call what is ready, then
 * call the turn hooks in the order in which they were added (that is where batches are formed).
 * Callbacks may add, change and remove watches and timers at will, their own included. */
#ifndef SAM_BASE_LOOP_H
#define SAM_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/timers.h"

struct loop;
struct loop_watch;

#define LOOP_READ  1u
#define LOOP_WRITE 2u
#define LOOP_ERROR 4u /* only reported */

typedef void loop_fd_fn(void *ctx, unsigned events);
typedef void loop_timer_fn(void *ctx);
typedef void loop_turn_fn(void *ctx);

/* Embedded in its owner; zero-initialise, set fn and ctx. */
struct loop_timer {
    struct timer_node node;
    loop_timer_fn *fn;
    void *ctx;
};

/* NULL with errno set when the kernel refuses. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);
SAM_DEFINE_FREEP(loop)

/* The fd is borrowed; unwatch before closing it. NULL with errno set when the kernel refuses. */
SAM_MUSTCHECK struct loop_watch *loop_watch(struct loop *loop, int fd, unsigned events,
                                            loop_fd_fn *fn, void *ctx);
void loop_watch_change(struct loop *loop, struct loop_watch *watch, unsigned events);
/* NULL is allowed. */
void loop_unwatch(struct loop *loop, struct loop_watch *watch);

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_boot_ms);
void loop_timer_after(struct loop *loop, struct loop_timer *timer, int64_t delay_ms);
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

/* Called at the end of every turn; at most 16 hooks. */
void loop_on_turn(struct loop *loop, loop_turn_fn *fn, void *ctx);

/* CLOCK_BOOTTIME at the start of this turn. */
int64_t loop_now_ms(const struct loop *loop);

/* Turns until loop_stop(). 0, or a negative errno of the kernel's wait. */
SAM_MUSTCHECK int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
