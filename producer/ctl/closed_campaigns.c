#include "producer/ctl/closed_campaigns.h"

#include "common/adapters/facts.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

/* $1 workspace. */
static const char campaigns_sql[] =
    "SELECT sam_now(), c.end_at, c.start_at, c.name, " FACTS_CALENDAR_COLUMNS
    " FROM campaigns c WHERE c.workspace_id = $1 AND c.status IN ('draft', 'running', 'paused') "
    "AND c.holidays ORDER BY c.name";
enum campaign_column { COL_NOW, COL_END, COL_START, COL_NAME, COL_CALENDAR };

static bool opens(const struct pg_result *r, int row)
{
    struct calendar calendar;
    struct interval window;
    int64_t now_ms = pg_time_ms(r, row, COL_NOW);
    int64_t start_ms = pg_time_ms(r, row, COL_START);
    int64_t from_ms = start_ms > now_ms ? start_ms : now_ms;
    facts_read_calendar(r, row, COL_CALENDAR, &calendar);
    if (!calendar.zone || (!pg_null(r, row, COL_END) && pg_time_ms(r, row, COL_END) <= now_ms))
        return true; /* told elsewhere, by its end */
    return calendar_windows(&calendar, from_ms, from_ms + LOOK_AHEAD_MS, &window, 1) > 0;
}

enum ctl_exit closed_campaigns_tell(struct ctl *c, const struct uuid *workspace_id)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), workspace_id);
    enum ctl_exit e = ctl_query(c, campaigns_sql, &r);
    if (e)
        return e;
    for (int row = 0; row < pg_rows(r); row++) {
        if (!opens(r, row))
            ctl_say(c, "note: campaign %s has no open hour in the coming year any more",
                    pg_text(r, row, COL_NAME));
    }
    return CTL_DONE;
}
