#include "producer/ctl/catch_up.h"

#include <poll.h>

#include "common/base/clock.h"
#include "producer/applied.h"

#include "common/base/banned.h"

#define WAIT_MS (15 * SECOND_MS)
#define STEP_MS 100
#define SAY_MS  SECOND_MS /* a producer that has just begun needs less */
/* One program without the other may be about to connect again: a worker that was frozen, a failover
 * of Postgres, a rollout. */
#define ALONE_MS (5 * SECOND_MS)

static const char applied_sql[] =
    "SELECT p.sum >= n.applied, n.halted > 0, n.run, n.alive, p.halt FROM "
    "(SELECT max(substring(application_name FROM '" APPLIED_SUM "')::bigint) AS applied, "
    "max(substring(application_name FROM '" APPLIED_HALTED "')::int) AS halted, "
    "coalesce(bool_or(application_name LIKE '" APPLIED_PROGRAM "%') "
    "AND bool_or(application_name LIKE 'sam-worker%'), false) AS run, "
    "coalesce(bool_or(application_name LIKE '" APPLIED_PROGRAM "%' "
    "OR application_name LIKE 'sam-worker%'), false) AS alive "
    "FROM pg_stat_activity WHERE datname = current_database()) n, "
    "(SELECT coalesce(sum(next_offset), 0) AS sum, min('partition ' || partition || ': ' "
    "|| halted_reason) AS halt FROM ledger_positions) p";
enum applied_column { COL_APPLIED, COL_HALTED, COL_RUN, COL_ALIVE, COL_HALT };

static enum ctl_exit refuse(const struct pg_result *r)
{
    if (!pg_null(r, 0, COL_HALT))
        return ctl_fail("nothing was changed: the ledger cannot be applied to this database (%s); "
                        "see `samctl ledger status`",
                        pg_text(r, 0, COL_HALT));
    return ctl_fail("nothing was changed: the ledger is still being applied to this database, and "
                    "may hold a stop that it does not know yet; `samctl ledger status` tells how "
                    "far it is, then try again");
}

enum ctl_exit catch_up_look(struct ctl *c, bool *ret_applied)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    ctl_params(c);
    enum ctl_exit e = ctl_query(c, applied_sql, &r);
    if (!e)
        *ret_applied = !pg_null(r, 0, COL_APPLIED) && pg_bool(r, 0, COL_APPLIED);
    return e;
}

static void say_once(const struct ctl *c, const struct pg_result *r, bool *said)
{
    const char *what = pg_bool(r, 0, COL_RUN)
                           ? "the ledger is being applied to this database"
                           : "of sam-producer and sam-worker only one is connected";
    if (!*said)
        ctl_say(c, "waiting: %s", what);
    *said = true;
}

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
        bool applied = !pg_null(r, 0, COL_APPLIED) && pg_bool(r, 0, COL_APPLIED);
        int64_t waited_ms = clock_boot_ms() - begun_ms;
        bool unknowable =
            !pg_bool(r, 0, COL_RUN) && (!pg_bool(r, 0, COL_ALIVE) || waited_ms >= ALONE_MS);
        c->behind = applied ? pg_bool(r, 0, COL_HALTED) : unknowable;
        if (applied || c->behind)
            return CTL_DONE;
        if (waited_ms >= WAIT_MS)
            return refuse(r);
        if (waited_ms >= SAY_MS)
            say_once(c, r, &said);
        (void)poll(NULL, 0, STEP_MS);
    }
}

void catch_up_note(const struct ctl *c)
{
    if (c->behind)
        ctl_say(c, "note: this database may lack what the ledger holds (do sam-producer and "
                   "sam-worker run? `samctl ledger status`): a later pause or stop there goes "
                   "before this change");
}
