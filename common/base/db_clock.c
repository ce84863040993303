#include "common/base/db_clock.h"

#include <stdio.h>

#include "common/base/banned.h"

/* How far outside of from..to the value 0 lies; 0 = inside. */
static int64_t outside(int64_t from, int64_t to)
{
    return from > 0 ? from : to < 0 ? to : 0;
}

static bool too_far(int64_t ms)
{
    return ms > DB_CLOCK_OFF_MS || ms < -DB_CLOCK_OFF_MS;
}

void db_clock_look(struct db_clock *t, const struct clock_reading *r)
{
    int64_t took_ms = r->answer_boot_ms - r->asked_boot_ms;
    int64_t least_ms = r->db_ms - r->answer_boot_ms;
    int64_t most_ms = r->db_ms - r->asked_boot_ms;
    int64_t wall_ms = r->db_ms - r->answer_at_ms;
    t->off_ms = outside(wall_ms, wall_ms + took_ms);
    t->off = too_far(t->off_ms);
    int64_t jump_ms = outside(least_ms - t->most_ms, most_ms - t->least_ms);
    if (t->known && too_far(jump_ms)) {
        t->jumped = true;
        t->jump_ms = jump_ms;
        t->jumped_boot_ms = r->answer_boot_ms;
    } else if (r->answer_boot_ms - t->jumped_boot_ms >= DB_CLOCK_REST_MS) {
        t->jumped = false;
    }
    t->known = true;
    t->least_ms = least_ms;
    t->most_ms = most_ms;
}

bool db_clock_good(const struct db_clock *t)
{
    return !t->off && !t->jumped;
}

void db_clock_text(const struct db_clock *t, char out[DB_CLOCK_TEXT_BYTES])
{
    if (t->off)
        (void)snprintf(out, DB_CLOCK_TEXT_BYTES, "the database's clock is %lld s off ours",
                       (long long)(t->off_ms / SECOND_MS));
    else
        (void)snprintf(out, DB_CLOCK_TEXT_BYTES,
                       "the database's clock has jumped by %lld s: it must be steady for %lld s",
                       (long long)(t->jump_ms / SECOND_MS),
                       (long long)(DB_CLOCK_REST_MS / SECOND_MS));
}
