#include "worker/accounts_seen.h"

#include <search.h>
#include <stdlib.h>

#include "common/base/timers.h"

#include "common/base/banned.h"

struct seen {
    struct timer_node due; /* first: found from the heap's pointer; in no heap while under way */
    struct uuid id;
    uint64_t mark;     /* 0 = not known */
    uint64_t digest;   /* of the last record; 0 = none */
    int64_t looked_ms; /* 0 = never */
    uint64_t walk;     /* the last that has met it, or in which it was added */
    bool touched;      /* while it is under way */
    bool lost;         /* its last record has not arrived */
};

struct accounts_seen {
    void *tree; /* of struct seen, by id */
    struct timers due;
    size_t count;
    size_t max;
    size_t lost;
    uint64_t walk; /* that goes on */
    bool full;     /* met in it */
};

struct accounts_seen *accounts_seen_new(size_t max)
{
    struct accounts_seen *s = sam_xcalloc(1, sizeof(*s));
    s->max = max;
    return s;
}

static int by_id(const void *x, const void *y)
{
    const struct seen *a = x;
    const struct seen *b = y;
    return uuid_compare(&a->id, &b->id);
}

void accounts_seen_clear(struct accounts_seen *s)
{
    tdestroy(s->tree, free);
    timers_deinit(&s->due);
    *s = (struct accounts_seen){.max = s->max};
}

void accounts_seen_free(struct accounts_seen *s)
{
    if (!s)
        return;
    accounts_seen_clear(s);
    free(s);
}

size_t accounts_seen_count(const struct accounts_seen *s)
{
    return s->count;
}

size_t accounts_seen_lost_count(const struct accounts_seen *s)
{
    return s->lost;
}

static struct seen *find(struct accounts_seen *s, const struct uuid *id)
{
    const struct seen key = {.id = *id};
    struct seen *const *found = tfind(&key, &s->tree, by_id);
    return found ? *found : NULL;
}

/* NULL: there is no room. A new one is due at once. */
static struct seen *find_or_add(struct accounts_seen *s, const struct uuid *id, int64_t now_ms)
{
    struct seen *a = find(s, id);
    if (a)
        return a;
    if (s->count == s->max) {
        s->full = true;
        return NULL;
    }
    a = sam_xcalloc(1, sizeof(*a));
    a->id = *id;
    a->walk = s->walk;
    if (!tsearch(a, &s->tree, by_id))
        abort();
    s->count++;
    timers_set(&s->due, &a->due, now_ms);
    return a;
}

static void touch(struct accounts_seen *s, struct seen *a, int64_t now_ms)
{
    int64_t at_ms = a->looked_ms ? a->looked_ms + ACCOUNTS_SEEN_EVERY_MS : now_ms;
    if (a->due.place == 0)
        a->touched = true;
    else if (a->due.at_ms > at_ms)
        timers_set(&s->due, &a->due, at_ms);
}

void accounts_seen_touch(struct accounts_seen *s, const struct uuid *id, int64_t now_ms)
{
    struct seen *a = find_or_add(s, id, now_ms);
    if (a)
        touch(s, a, now_ms);
}

void accounts_seen_mark(struct accounts_seen *s, const struct uuid *id, uint64_t mark,
                        int64_t now_ms)
{
    struct seen *a = find_or_add(s, id, now_ms);
    if (!a)
        return;
    a->walk = s->walk;
    if (a->mark == mark)
        return;
    a->mark = mark;
    touch(s, a, now_ms);
}

/* A pass over all of them. */
struct pass {
    struct accounts_seen *all;
    int64_t now_ms;
};

static void touch_unmet(const void *node, VISIT visit, void *ctx)
{
    struct seen *a = *(struct seen *const *)node;
    const struct pass *w = ctx;
    if ((visit == postorder || visit == leaf) && a->walk != w->all->walk)
        touch(w->all, a, w->now_ms);
}

bool accounts_seen_walked(struct accounts_seen *s, int64_t now_ms)
{
    struct pass w = {s, now_ms};
    bool room = !s->full;
    twalk_r(s->tree, touch_unmet, &w);
    s->walk++;
    s->full = false;
    return room;
}

size_t accounts_seen_take(struct accounts_seen *s, int64_t now_ms, struct uuid *ids, size_t max)
{
    size_t n = 0;
    struct timer_node *first;
    while (n < max && (first = timers_first(&s->due)) && first->at_ms <= now_ms) {
        struct seen *a = (struct seen *)first;
        timers_remove(&s->due, first);
        a->touched = false;
        ids[n++] = a->id;
    }
    return n;
}

void accounts_seen_looked(struct accounts_seen *s, const struct uuid *id, int64_t now_ms,
                          int64_t again_ms)
{
    struct seen *a = find(s, id);
    if (!a)
        return;
    int64_t soonest_ms = now_ms + ACCOUNTS_SEEN_EVERY_MS;
    a->looked_ms = now_ms;
    timers_set(&s->due, &a->due, a->touched || again_ms < soonest_ms ? soonest_ms : again_ms);
    a->touched = false;
}

bool accounts_seen_changed(struct accounts_seen *s, const struct uuid *id, uint64_t digest)
{
    struct seen *a = find(s, id);
    if (!a || a->digest == digest)
        return false;
    a->digest = digest;
    return true;
}

static void set_lost(struct accounts_seen *s, struct seen *a, bool lost)
{
    s->lost += (size_t)lost - (size_t)a->lost;
    a->lost = lost;
}

void accounts_seen_lost(struct accounts_seen *s, const struct uuid *id, int64_t again_ms)
{
    struct seen *a = find(s, id);
    if (!a)
        return;
    a->digest = 0;
    set_lost(s, a, true);
    if (a->due.place == 0)
        a->touched = true;
    else if (a->due.at_ms > again_ms)
        timers_set(&s->due, &a->due, again_ms);
}

void accounts_seen_arrived(struct accounts_seen *s, const struct uuid *id)
{
    struct seen *a = find(s, id);
    if (a)
        set_lost(s, a, false);
}

static void doubt_one(const void *node, VISIT visit, void *ctx)
{
    struct seen *a = *(struct seen *const *)node;
    const struct pass *d = ctx;
    if (visit != postorder && visit != leaf)
        return;
    a->digest = 0;
    touch(d->all, a, d->now_ms);
}

void accounts_seen_doubt(struct accounts_seen *s, int64_t now_ms)
{
    struct pass d = {s, now_ms};
    twalk_r(s->tree, doubt_one, &d);
}

void accounts_seen_forget(struct accounts_seen *s, const struct uuid *id)
{
    struct seen *a = find(s, id);
    if (!a)
        return;
    set_lost(s, a, false);
    (void)tdelete(a, &s->tree, by_id);
    timers_remove(&s->due, &a->due);
    s->count--;
    free(a);
}
