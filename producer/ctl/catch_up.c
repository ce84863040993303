#include "producer/ctl/catch_up.h"

#include <poll.h>

#include "common/adapters/gate.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

#define WAIT_MS (15 * SECOND_MS)
#define STEP_MS 100
#define SAY_MS  SECOND_MS /* a producer that has just begun needs less */

/* A name in pg_stat_activity: it ends with the connection, and no dump takes it along. */
static const char applied_sql[] =
    "SELECT count(*) FILTER (WHERE application_name = '" GATE_APPLIED_NAME "') > 0, "
    "count(*) FILTER (WHERE application_name LIKE 'sam-producer%') > 0 AND "
    "count(*) FILTER (WHERE application_name LIKE 'sam-worker%') > 0 "
    "FROM pg_stat_activity WHERE datname = current_database()";

enum ctl_exit catch_up(struct ctl *c)
{
    int64_t begun_ms = clock_boot_ms();
    bool said = false;
    for (;;) {
        SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
        ctl_params(c);
        enum ctl_exit e = ctl_query(c, applied_sql, &r);
        if (e)
            return e;
        bool applied = pg_bool(r, 0, 0);
        bool is_being_applied = pg_bool(r, 0, 1);
        c->behind = !applied && !is_being_applied;
        if (applied || c->behind)
            return CTL_DONE;
        int64_t waited_ms = clock_boot_ms() - begun_ms;
        if (waited_ms >= WAIT_MS)
            return ctl_fail("nothing was changed: the ledger is still being applied to this "
                            "database, and may hold a stop that it does not know yet; "
                            "`samctl doctor` tells how far it is, then try again");
        if (waited_ms >= SAY_MS && !said)
            ctl_say(c, "waiting: the ledger is being applied to this database");
        said = waited_ms >= SAY_MS;
        (void)poll(NULL, 0, STEP_MS);
    }
}

void catch_up_note(const struct ctl *c)
{
    if (c->behind)
        ctl_say(
            c,
            "note: sam-producer and sam-worker do not both run, so this database may lack what the "
            "ledger holds: a later pause or stop there goes before this change");
}
