#include "worker/offsets.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/attr.h"

#include "common/base/banned.h"

void offsets_deinit(struct offsets *o)
{
    free(o->open);
    memset(o, 0, sizeof(*o));
}

void offsets_reset(struct offsets *o)
{
    o->head = 0;
    o->count = 0;
}

static int64_t *at(const struct offsets *o, size_t i)
{
    return &o->open[(o->head + i) % o->capacity];
}

static int64_t value(int64_t entry)
{
    return entry < 0 ? -entry - 1 : entry;
}

static void grow(struct offsets *o)
{
    size_t capacity = o->capacity ? o->capacity * 2 : 64;
    int64_t *open = sam_xcalloc(capacity, sizeof(*open));
    for (size_t i = 0; i < o->count; i++)
        open[i] = *at(o, i);
    free(o->open);
    o->open = open;
    o->head = 0;
    o->capacity = capacity;
}

void offsets_add(struct offsets *o, int64_t offset)
{
    if (o->count == o->capacity)
        grow(o);
    *at(o, o->count++) = offset;
}

static int64_t *find(const struct offsets *o, int64_t offset)
{
    size_t low = 0;
    size_t high = o->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t v = value(*at(o, middle));
        if (v == offset)
            return at(o, middle);
        if (v < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool offsets_settle(struct offsets *o, int64_t offset, int64_t *ret_next)
{
    int64_t *entry = find(o, offset);
    if (!entry || *entry < 0)
        return false;
    *entry = -offset - 1;
    if (*at(o, 0) >= 0)
        return false;
    while (o->count > 0 && *at(o, 0) < 0) {
        *ret_next = value(*at(o, 0)) + 1;
        o->head = (o->head + 1) % o->capacity;
        o->count--;
    }
    return true;
}
