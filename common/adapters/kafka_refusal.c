#include "common/adapters/kafka_refusal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

/* Its place, or the count. text: NULL = whatever is said of it. */
static size_t find(const struct kafka_refusals *r, const char *name, const char *text)
{
    size_t i = 0;
    while (i < r->count &&
           (strcmp(r->items[i].name, name) != 0 || (text && strcmp(r->items[i].text, text) != 0)))
        i++;
    return i;
}

static void drop(struct kafka_refusals *r, size_t i)
{
    r->count--;
    memmove(&r->items[i], &r->items[i + 1], (r->count - i) * sizeof(r->items[0]));
}

static bool note(struct kafka_refusals *r, const char *name, const char *text, size_t bytes,
                 int64_t now_ms)
{
    size_t i = find(r, name, text);
    bool news = i == r->count;
    if (i == KAFKA_REFUSALS_MAX)
        return false;
    if (news) {
        (void)snprintf(r->items[i].name, sizeof(r->items[0].name), "%s", name);
        (void)snprintf(r->items[i].text, sizeof(r->items[0].text), "%s", text);
        r->count++;
    }
    r->items[i].bytes = bytes;
    r->items[i].noted_ms = now_ms;
    return news;
}

bool kafka_refusal_of(const struct kafka_refusals *r, const char *name)
{
    return find(r, name, NULL) < r->count;
}

bool kafka_refusal_note(struct kafka_refusals *r, const char *what, const char *name,
                        const char *right, int64_t now_ms)
{
    char text[sizeof(r->items[0].text)];
    (void)snprintf(text, sizeof(text),
                   "the broker refuses %s %s: give the user of kafka.properties the right %s on it",
                   what, name, right);
    return note(r, name, text, 0, now_ms);
}

bool kafka_refusal_note_record(struct kafka_refusals *r, const char *topic, size_t bytes,
                               const char *why, int64_t now_ms)
{
    char text[sizeof(r->items[0].text)];
    (void)snprintf(text, sizeof(text), "Kafka does not take records of %s: %s", topic, why);
    return note(r, topic, text, bytes, now_ms);
}

void kafka_refusal_taken(struct kafka_refusals *r, const char *topic, size_t bytes)
{
    for (size_t i = r->count; i-- > 0;) {
        if (bytes >= r->items[i].bytes && strcmp(r->items[i].name, topic) == 0)
            drop(r, i);
    }
}

void kafka_refusal_over(struct kafka_refusals *r, const char *name)
{
    kafka_refusal_taken(r, name, SIZE_MAX);
}

void kafka_refusal_expire(struct kafka_refusals *r, int64_t now_ms, int64_t after_ms)
{
    for (size_t i = r->count; i-- > 0;) {
        if (now_ms - r->items[i].noted_ms >= after_ms)
            drop(r, i);
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
