/* tests/simulator/list.h - a growing array of pointers, which it does not own. */
#ifndef SAM_SIMULATOR_LIST_H
#define SAM_SIMULATOR_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/base/attr.h"

struct list {
    void **items;
    uint32_t count;
    uint32_t cap;
};

static inline void list_add(struct list *l, void *item)
{
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 2;
        l->items = sam_xrealloc(l->items, l->cap * sizeof(*l->items));
    }
    l->items[l->count++] = item;
}

static inline void list_deinit(struct list *l)
{
    free(l->items);
    *l = (struct list){0};
}

#endif
