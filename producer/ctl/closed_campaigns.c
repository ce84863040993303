#include "producer/ctl/closed_campaigns.h"

#include "common/adapters/facts.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

/* So far ahead is looked for an open hour: two years in a row differ by their moving feasts only.
 */
#define LOOK_AHEAD_MS (366 * DAY_MS)

#define CAMPAIGN_COLUMNS                                                                           \
    "SELECT sam_now(), c.end_at, c.start_at, "                                                     \
    "c.name, " FACTS_CALENDAR_COLUMNS " FROM campaigns c "
/* $1 workspace. */
static const char campaigns_sql[] =
    CAMPAIGN_COLUMNS "WHERE c.workspace_id = $1 AND c.status IN ('draft', 'running', 'paused') "
                     "AND c.holidays ORDER BY c.name";
static const char campaign_sql[] = CAMPAIGN_COLUMNS "WHERE c.id = $1";
enum campaign_column { COL_NOW, COL_END, COL_START, COL_NAME, COL_CALENDAR };

static int64_t end_of(const struct pg_result *r, int row)
{
    return pg_null(r, row, COL_END) ? TIME_NEVER_MS : pg_time_ms(r, row, COL_END);
}

/* Where it is looked for an open hour; empty: the campaign is over. */
static struct interval span(int64_t now_ms, int64_t start_at_ms, int64_t end_at_ms)
{
    int64_t from_ms = start_at_ms > now_ms ? start_at_ms : now_ms;
    int64_t until_ms = from_ms + LOOK_AHEAD_MS;
    return (struct interval){.from_at_ms = from_ms,
                             .to_at_ms = end_at_ms < until_ms ? end_at_ms : until_ms};
}

static bool opens(const struct calendar *calendar, const struct interval *span)
{
    struct interval window;
    return calendar_windows(calendar, span->from_at_ms, span->to_at_ms, &window, 1) > 0 &&
           window.from_at_ms < span->to_at_ms;
}

enum ctl_exit closed_campaigns_over(const char *what, int64_t now_ms, int64_t end_at_ms)
{
    char text[32];
    if (end_at_ms > now_ms)
        return CTL_DONE;
    table_time_text(end_at_ms, text);
    return ctl_fail("%s: end_at: %s is over, nothing would be sent", what, text);
}

enum ctl_exit closed_campaigns_refuse(const char *what, const struct calendar *calendar,
                                      int64_t now_ms, int64_t start_at_ms, int64_t end_at_ms)
{
    char from[32];
    char until[32];
    struct interval s = span(now_ms, start_at_ms, end_at_ms);
    if (end_at_ms <= now_ms || opens(calendar, &s))
        return CTL_DONE;
    table_time_text(s.from_at_ms, from);
    table_time_text(s.to_at_ms, until);
    return ctl_fail("%s: hours, weekend, holidays: from %s to %s there is no open hour, nothing "
                    "would be sent; the workspace's own dates count too (`samctl holiday list`)",
                    what, from, until);
}

enum ctl_exit closed_campaigns_check(struct ctl *c, const struct uuid *campaign_id)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct calendar calendar;
    pg_add_uuid(ctl_params(c), campaign_id);
    enum ctl_exit e = ctl_query(c, campaign_sql, &r);
    if (e || pg_rows(r) == 0)
        return e;
    const char *name = pg_text(r, 0, COL_NAME);
    int64_t now_ms = pg_time_ms(r, 0, COL_NOW);
    int64_t end_at_ms = end_of(r, 0);
    facts_read_calendar(r, 0, COL_CALENDAR, &calendar);
    if ((e = closed_campaigns_over(name, now_ms, end_at_ms)) || !calendar.zone)
        return e;
    return closed_campaigns_refuse(name, &calendar, now_ms, pg_time_ms(r, 0, COL_START), end_at_ms);
}

enum ctl_exit closed_campaigns_tell(struct ctl *c, const struct uuid *workspace_id)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), workspace_id);
    enum ctl_exit e = ctl_query(c, campaigns_sql, &r);
    if (e)
        return e;
    for (int row = 0; row < pg_rows(r); row++) {
        struct calendar calendar;
        int64_t now_ms = pg_time_ms(r, row, COL_NOW);
        int64_t end_at_ms = end_of(r, row);
        struct interval s = span(now_ms, pg_time_ms(r, row, COL_START), end_at_ms);
        facts_read_calendar(r, row, COL_CALENDAR, &calendar);
        if (calendar.zone && end_at_ms > now_ms && !opens(&calendar, &s))
            ctl_say(c, "note: campaign %s has no open hour in the coming year any more",
                    pg_text(r, row, COL_NAME));
    }
    return CTL_DONE;
}
