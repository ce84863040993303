#include "producer/said.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

bool said_news(struct said *s, const char *step, enum pg_failure failure, const char *state,
               int64_t now_boot_ms)
{
    size_t i = 0;
    while (i < SAID_STEPS_MAX - 1 && s->steps[i].step && strcmp(s->steps[i].step, step) != 0)
        i++;
    bool same = s->steps[i].step && strcmp(s->steps[i].step, step) == 0 &&
                s->steps[i].failure == failure && strcmp(s->steps[i].state, state) == 0;
    if (same && now_boot_ms - s->steps[i].at_boot_ms < MINUTE_MS)
        return false;
    s->steps[i].step = step;
    s->steps[i].at_boot_ms = now_boot_ms;
    s->steps[i].failure = failure;
    (void)snprintf(s->steps[i].state, sizeof(s->steps[i].state), "%s", state);
    return true;
}
