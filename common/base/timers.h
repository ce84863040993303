/* common/base/timers.h - a min-heap of moments, with the nodes inside their owners.
 *
 * Pure: moves no clock. A node is in at most one heap. Memory: one pointer per node in the heap. */
#ifndef SAM_BASE_TIMERS_H
#define SAM_BASE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer_node {
    int64_t at_ms;
    size_t place; /* 1-based place in the heap, 0 = in none; zero-initialise */
};

struct timers {
    struct timer_node **nodes; /* nodes[0] is the earliest */
    size_t count;
    size_t cap;
};

void timers_deinit(struct timers *t);
/* Adds the node, or moves it when it is in the heap already. */
void timers_set(struct timers *t, struct timer_node *node, int64_t at_ms);
/* Takes it out; nothing happens when it is in none. */
void timers_remove(struct timers *t, struct timer_node *node);
/* The earliest node, NULL when empty; stays in the heap. */
struct timer_node *timers_first(const struct timers *t);

#endif
