#include "tests/devbroker/topics.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/banned.h"

static bool name_fits(const char *name, size_t n)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    bool dots = (n == 1 && name[0] == '.') || (n == 2 && memcmp(name, "..", 2) == 0);
    return n > 0 && n <= TOPIC_NAME_MAX && !dots && strspn(name, legal) >= n;
}

static bool read_partitions(const char *text, const char *end, int *ret)
{
    char *stop;
    errno = 0;
    long value = strtol(text, &stop, 10);
    if (errno || stop == text || stop != end || value < 1 || value > TOPIC_PARTITIONS_MAX)
        return false;
    *ret = (int)value;
    return true;
}

static bool is_there(const struct topics *topics, const char *name)
{
    for (size_t i = 0; i < topics->count; i++) {
        if (strcmp(topics->items[i].name, name) == 0)
            return true;
    }
    return false;
}

static const char *read_topic(const char *text, const char *end, struct topics *topics)
{
    if (topics->count == TOPICS_MAX)
        return "one topic too many";
    struct topic *t = &topics->items[topics->count];
    const char *colon = memchr(text, ':', (size_t)(end - text));
    size_t n = (size_t)((colon ? colon : end) - text);
    if (!name_fits(text, n))
        return "a topic's name has 1 to 249 letters, digits, dots, hyphens and underscores";
    if (!colon || !read_partitions(colon + 1, end, &t->partitions))
        return "after the name, a colon and a number of partitions from 1 to 1024";
    memcpy(t->name, text, n);
    t->name[n] = '\0';
    if (is_there(topics, t->name))
        return "named twice";
    topics->count++;
    return NULL;
}

void topics_parse(const char *text, struct topics *topics, struct problems *problems)
{
    for (;;) {
        const char *end = text + strcspn(text, ",");
        const char *why = read_topic(text, end, topics);
        if (why)
            problems_add(problems, "--topics \"%.*s\": %s", (int)(end - text), text, why);
        if (!*end)
            return;
        text = end + 1;
    }
}
