#include "common/base/timers.h"

#include "common/base/attr.h"

#include "common/base/banned.h"

void timers_deinit(struct timers *t)
{
    free(t->nodes);
    *t = (struct timers){0};
}

static void put(struct timers *t, size_t place, struct timer_node *node)
{
    t->nodes[place - 1] = node;
    node->place = place;
}

static void sift_up(struct timers *t, struct timer_node *node)
{
    size_t place = node->place;
    while (place > 1 && t->nodes[place / 2 - 1]->at_ms > node->at_ms) {
        put(t, place, t->nodes[place / 2 - 1]);
        place /= 2;
    }
    put(t, place, node);
}

static void sift_down(struct timers *t, struct timer_node *node)
{
    size_t place = node->place;
    for (;;) {
        size_t child = place * 2;
        if (child > t->count)
            break;
        if (child < t->count && t->nodes[child]->at_ms < t->nodes[child - 1]->at_ms)
            child++;
        if (t->nodes[child - 1]->at_ms >= node->at_ms)
            break;
        put(t, place, t->nodes[child - 1]);
        place = child;
    }
    put(t, place, node);
}

void timers_set(struct timers *t, struct timer_node *node, int64_t at_ms)
{
    if (node->place == 0) {
        if (t->count == t->cap) {
            t->cap = t->cap ? t->cap * 2 : 64;
            t->nodes = sam_xrealloc(t->nodes, t->cap * sizeof(*t->nodes));
        }
        t->count++;
        put(t, t->count, node);
    }
    node->at_ms = at_ms;
    sift_up(t, node);
    sift_down(t, node);
}

void timers_remove(struct timers *t, struct timer_node *node)
{
    if (node->place == 0)
        return;
    struct timer_node *last = t->nodes[t->count - 1];
    size_t place = node->place;
    t->count--;
    node->place = 0;
    if (last == node)
        return;
    put(t, place, last);
    sift_up(t, last);
    sift_down(t, last);
}

struct timer_node *timers_first(const struct timers *t)
{
    return t->count ? t->nodes[0] : NULL;
}
