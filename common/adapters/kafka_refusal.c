#include "common/adapters/kafka_refusal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

/* Its place, or the count. */
static size_t find(const struct kafka_refusals *r, const char *name)
{
    size_t i = 0;
    while (i < r->count && strcmp(r->items[i].name, name) != 0)
        i++;
    return i;
}

bool kafka_refusal_of(const struct kafka_refusals *r, const char *name)
{
    return find(r, name) < r->count;
}

bool kafka_refusal_note(struct kafka_refusals *r, const char *what, const char *name,
                        const char *right, int64_t now_ms)
{
    size_t i = find(r, name);
    if (i < r->count)
        r->items[i].noted_ms = now_ms;
    if (i < r->count || r->count == KAFKA_REFUSALS_MAX)
        return false;
    r->items[r->count].noted_ms = now_ms;
    (void)snprintf(r->items[r->count].name, sizeof(r->items[0].name), "%s", name);
    (void)snprintf(r->items[r->count].text, sizeof(r->items[0].text),
                   "the broker refuses %s %s: give the user of kafka.properties the right %s on it",
                   what, name, right);
    r->count++;
    return true;
}

void kafka_refusal_over(struct kafka_refusals *r, const char *name)
{
    size_t i = find(r, name);
    if (i == r->count)
        return;
    r->count--;
    memmove(&r->items[i], &r->items[i + 1], (r->count - i) * sizeof(r->items[0]));
}

void kafka_refusal_expire(struct kafka_refusals *r, int64_t now_ms, int64_t after_ms)
{
    for (size_t i = r->count; i-- > 0;) {
        if (now_ms - r->items[i].noted_ms >= after_ms)
            kafka_refusal_over(r, r->items[i].name);
    }
}

const char *kafka_refusal_text(const struct kafka_refusals *r)
{
    return r->count > 0 ? r->items[0].text : NULL;
}

const char *kafka_refusal_newest(const struct kafka_refusals *r)
{
    assert(r->count > 0);
    return r->items[r->count - 1].text;
}
