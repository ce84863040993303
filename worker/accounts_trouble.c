#include "worker/accounts_trouble.h"

#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

void accounts_trouble_is(struct accounts_trouble *t, enum accounts_cause cause, const char *text,
                         int64_t now_ms)
{
    char *said = t->said[cause];
    if (strncmp(text, said, sizeof(t->said[cause]) - 1) == 0)
        return;
    (void)snprintf(said, sizeof(t->said[cause]), "%s", text);
    log_warn(t->log, "accounts_unwritten", LOG_STR("topic", t->topic), LOG_MSG(text));
    if (!t->since_ms)
        t->since_ms = now_ms;
}

void accounts_trouble_over(struct accounts_trouble *t, enum accounts_cause cause)
{
    if (!t->said[cause][0])
        return;
    t->said[cause][0] = '\0';
    for (int i = 0; i < ACCOUNTS_CAUSE_N; i++) {
        if (t->said[i][0])
            return;
    }
    t->since_ms = 0;
    log_info(t->log, "accounts_written", LOG_STR("topic", t->topic));
}

int64_t accounts_trouble_ms(const struct accounts_trouble *t, int64_t now_ms)
{
    return t->since_ms ? now_ms - t->since_ms : 0;
}
