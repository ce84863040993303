#include "producer/ctl/account_zone.h"

#include <string.h>

#include "common/model/calendar.h"
#include "common/policy/kept_day.h"

#include "common/base/banned.h"

static const char read_sql[] = "SELECT timezone, kept_day_from, kept_day_until, sam_now() "
                               "FROM linkedin_accounts WHERE id = $1";
static const char keep_sql[] =
    "UPDATE linkedin_accounts SET kept_day_from = $2, kept_day_until = $3 WHERE id = $1";

enum pg_failure account_zone_keep_day(struct ctl *c, const struct uuid *account_id,
                                      const char *new_zone)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), account_id);
    enum pg_failure failure = pg_exec(c->pg, read_sql, &c->params, &r);
    if (failure || pg_rows(r) == 0 || strcmp(pg_text(r, 0, 0), new_zone) == 0)
        return failure;
    const struct zone *zone = zone_find(pg_text(r, 0, 0));
    int64_t now_ms = pg_time_ms(r, 0, 3);
    if (!zone) /* tzdata has lost it: the account has sent nothing */
        return PG_FINE;
    int64_t day = zone_day(zone, now_ms);
    struct day_span today = {zone_day_start_ms(zone, day), zone_day_start_ms(zone, day + 1)};
    struct day_span kept = {pg_time_ms(r, 0, 1), pg_time_ms(r, 0, 2)};
    kept = policy_keep_day(today, kept, now_ms);
    pg_add_uuid(ctl_params(c), account_id);
    pg_add_time(&c->params, kept.from_ms);
    pg_add_time(&c->params, kept.until_ms);
    return pg_exec(c->pg, keep_sql, &c->params, NULL);
}
