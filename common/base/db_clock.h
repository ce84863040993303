/* common/base/db_clock.h - may the database's clock be relied on? (design 3.10)
 *
 * It decides on hours, days and caps, so one that is more than 5 s off this process's wall clock,
 * or that jumps against CLOCK_BOOTTIME, stops whatever acts by it. A jump that this process's wall
 * clock makes as well (one machine set right by NTP) leaves no other trace: then a minute without a
 * further one is waited for.
 *
 * A reading lies somewhere between the question and its answer; it counts as off only when no
 * moment of that span would do, so a slow answer is no fault of the clock. Pure: the clocks are
 * handed in. */
#ifndef SAM_BASE_DB_CLOCK_H
#define SAM_BASE_DB_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"

#define DB_CLOCK_OFF_MS  (5 * SECOND_MS)
#define DB_CLOCK_REST_MS MINUTE_MS

/* Zero-initialise: trusted, nothing known yet. */
struct db_clock {
    bool known;
    int64_t least_ms; /* the database's clock less CLOCK_BOOTTIME, at the last reading: from */
    int64_t most_ms;  /* ... to */
    int64_t jumped_boot_ms;
    int64_t jump_ms;
    bool jumped; /* less than DB_CLOCK_REST_MS ago */
    bool off;
    int64_t off_ms;
};

struct clock_reading {
    int64_t db_ms;          /* of the clock itself: the offset of a test in sam_now() is none */
    int64_t asked_boot_ms;  /* CLOCK_BOOTTIME before the question was sent */
    int64_t answer_boot_ms; /* and when the answer was there */
    int64_t answer_at_ms;   /* this process's wall clock then */
};

void db_clock_look(struct db_clock *t, const struct clock_reading *reading);
bool db_clock_good(const struct db_clock *t);

#define DB_CLOCK_TEXT_BYTES 120
/* One line for /readyz and the log; only while it is not trusted. */
void db_clock_text(const struct db_clock *t, char out[DB_CLOCK_TEXT_BYTES]);

#endif
