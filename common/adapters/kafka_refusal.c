#include "common/adapters/kafka_refusal.h"

#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

bool kafka_refusal_note(struct kafka_refusal *r, const char *what, const char *name,
                        const char *right)
{
    if (strcmp(r->name, name) == 0)
        return false;
    (void)snprintf(r->name, sizeof(r->name), "%s", name);
    (void)snprintf(r->text, sizeof(r->text),
                   "the broker refuses %s %s: give the user of kafka.properties the right %s on it",
                   what, name, right);
    return true;
}

void kafka_refusal_over(struct kafka_refusal *r, const char *name)
{
    if (strcmp(r->name, name) == 0)
        r->name[0] = '\0';
}

const char *kafka_refusal_text(const struct kafka_refusal *r)
{
    return r->name[0] ? r->text : NULL;
}
