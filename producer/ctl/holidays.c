/* holiday add, list, remove: own dates of a workspace, beside the public holidays. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/model/calendar.h"
#include "common/model/subdivision.h"
#include "producer/ctl/campaign_warnings.h"
#include "producer/ctl/closed_campaigns.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/own_dates.h"
#include "producer/ctl/schedule.h"

#include "common/base/banned.h"

/* $1 workspace, $2 text[] days, $3 text[] names, $4 bool[] worked. Of a day that is given twice the
 * last counts. */
static const char add_sql[] =
    "INSERT INTO holidays AS h (workspace_id, day, name, working) "
    "SELECT DISTINCT ON (x.day) $1, x.day::date, x.name, x.working "
    "FROM unnest($2::text[], $3::text[], $4::bool[]) WITH ORDINALITY AS x(day, name, working, n) "
    "ORDER BY x.day, x.n DESC ON CONFLICT (workspace_id, day) DO UPDATE "
    "SET name = excluded.name, working = excluded.working";
static const char count_sql[] = "SELECT count(*) FROM holidays WHERE workspace_id = $1";
/* $1 workspace, $2 text[] days. */
static const char remove_sql[] =
    "DELETE FROM holidays WHERE workspace_id = $1 AND day IN "
    "(SELECT x::date FROM unnest($2::text[]) AS x) RETURNING to_char(day, 'YYYY-MM-DD')";
/* $1 workspace, $2 first day, $3 last day. */
static const char own_sql[] =
    "SELECT to_char(day, 'YYYY-MM-DD'), working, name FROM holidays WHERE workspace_id = $1 "
    "AND day BETWEEN $2::text::date AND $3::text::date ORDER BY day";
struct change {
    const struct own_dates *dates;
    struct uuid workspace_id;
    struct pg_result *gone; /* owned */
};

static enum pg_failure add(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const struct change *h = arg;
    const struct own_dates *d = h->dates;
    enum pg_failure failure = schedule_lock_workspace(&s, c, &h->workspace_id);
    if (failure)
        return failure;
    struct pg_params *params = ctl_params(c);
    pg_add_uuid(params, &h->workspace_id);
    own_dates_add_days(d, params);
    PG_COLUMN(params, PG_ARRAY_TEXT, d->count, true, pg_item_text(params, d->rows[i].name));
    PG_COLUMN(params, PG_ARRAY_BOOL, d->count, true, pg_item_bool(params, d->rows[i].working));
    failure = pg_exec(c->pg, add_sql, params, NULL);
    pg_add_uuid(ctl_params(c), &h->workspace_id);
    if (!failure)
        failure = pg_exec(c->pg, count_sql, params, &r);
    if (!failure && pg_i64(r, 0, 0) > OWN_DATES_MAX)
        return ctl_refuse(c, "the workspace would have %" PRId64 " own dates, it has room for %d",
                          pg_i64(r, 0, 0), OWN_DATES_MAX);
    return failure ? failure : schedule_replan(&s, c, NULL);
}

enum ctl_exit command_holiday_add(struct ctl *c)
{
    SAM_CLEANUP(own_dates_deinit) struct own_dates dates = {.count = 0};
    struct change h = {.dates = &dates};
    struct lookup_workspace w;
    char count[24];
    enum ctl_exit e;
    if ((e = own_dates_read(&dates, c)) || (e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    h.workspace_id = w.id;
    if ((e = ctl_transaction(c, add, &h)))
        return e;
    (void)snprintf(count, sizeof(count), "%zu", dates.count);
    ctl_result(c, "workspace", w.name, "dates", count, NULL);
    ctl_say(c,
            "%s own dates of workspace %s written: campaigns that observe holidays follow them, "
            "whatever their country",
            count, w.name);
    return closed_campaigns_tell(c, &w.id);
}

static enum pg_failure take_off(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    struct change *h = arg;
    pg_result_freep(&h->gone); /* of an earlier try */
    h->gone = NULL;
    enum pg_failure failure = schedule_lock_workspace(&s, c, &h->workspace_id);
    if (failure)
        return failure;
    pg_add_uuid(ctl_params(c), &h->workspace_id);
    own_dates_add_days(h->dates, &c->params);
    failure = pg_exec(c->pg, remove_sql, &c->params, &h->gone);
    return failure ? failure : schedule_replan(&s, c, NULL);
}

static bool was_there(const struct change *h, const char *day)
{
    for (int row = 0; row < pg_rows(h->gone); row++) {
        if (strcmp(pg_text(h->gone, row, 0), day) == 0)
            return true;
    }
    return false;
}

enum ctl_exit command_holiday_remove(struct ctl *c)
{
    SAM_CLEANUP(own_dates_deinit) struct own_dates dates = {.count = 0};
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    struct change h = {.dates = &dates};
    struct lookup_workspace w;
    char day[DAY_TEXT_BYTES];
    char count[24];
    enum ctl_exit e;
    if ((e = own_dates_read(&dates, c)) || (e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    h.workspace_id = w.id;
    if ((e = ctl_transaction(c, take_off, &h)))
        return e;
    for (size_t i = 0; i < dates.count; i++) {
        day_format(dates.rows[i].day, day);
        if (!was_there(&h, day))
            problems_add(&problems, "%s is no own date of workspace %s", day, w.name);
    }
    (void)snprintf(count, sizeof(count), "%d", pg_rows(h.gone));
    ctl_result(c, "workspace", w.name, "removed", count, NULL);
    ctl_say(c, "%s own dates of workspace %s removed", count, w.name);
    pg_result_free(h.gone);
    return ctl_problems(&problems);
}

/* ---- list ---------------------------------------------------------------------------------- */

static const struct column list_columns[] = {{"day", "day", COLUMN_TEXT},
                                             {"kind", "kind", COLUMN_TEXT},
                                             {"name", "name", COLUMN_TEXT},
                                             {"of", "of", COLUMN_TEXT},
                                             {"estimated", "estimated", COLUMN_BOOL}};

struct listing {
    struct table table;
    const struct pg_result *own;
    int next;                           /* of the own ones */
    const struct holiday_table *public; /* NULL = none */
    const char *of;
};

static void list_row(struct listing *l, const char *day, bool worked, const char *name,
                     const char *of, bool estimated)
{
    table_text(&l->table, day);
    table_text(&l->table, worked ? "worked" : "holiday");
    table_text(&l->table, name && *name ? name : NULL);
    table_text(&l->table, of);
    table_bool(&l->table, estimated);
}

static void list_day(struct listing *l, int64_t day)
{
    struct holiday holiday = {.name = NULL};
    char text[DAY_TEXT_BYTES];
    day_format(day, text);
    if (l->next < pg_rows(l->own) && strcmp(pg_text(l->own, l->next, 0), text) == 0) {
        list_row(l, text, pg_bool(l->own, l->next, 1), pg_text(l->own, l->next, 2), "own", false);
        l->next++;
    }
    enum day_kind kind = l->public ? holiday_table_day(l->public, day, &holiday) : DAY_USUAL;
    if (kind != DAY_USUAL)
        list_row(l, text, kind == DAY_WORKED, holiday.name, l->of, holiday.estimated);
}

/* The public holidays of --country and --subdivision; NULL: none were asked for. */
static enum ctl_exit find_public(const struct ctl *c, const struct holiday_table **ret)
{
    const char *country = args_get(&c->args, "country");
    const char *subdivision = args_get(&c->args, "subdivision");
    *ret = NULL;
    if (!country)
        return subdivision ? ctl_wrong_use("--subdivision needs --country") : CTL_DONE;
    if (country_check(country) != 0)
        return ctl_wrong_use("--country: must be an ISO 3166 code like DE or US, or XK (Kosovo)");
    if (subdivision && !subdivision_known(country, subdivision)) {
        SAM_CLEANUP(buf_deinit) struct buf why = BUF_INIT(4000);
        subdivision_unknown(country, subdivision, &why);
        return ctl_wrong_use("--subdivision: %s", buf_text(&why));
    }
    *ret = holiday_table_find(country, subdivision ? subdivision : "");
    if (!*ret) /* it has only a weekend of its own */
        *ret = holiday_table_find(country, "");
    return CTL_DONE;
}

/* --year, or the present one, from its first day to its last. */
static enum ctl_exit read_year(struct ctl *c, int64_t *ret_from, int64_t *ret_to)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *now = NULL;
    char first[DAY_TEXT_BYTES];
    char last[DAY_TEXT_BYTES];
    char why[ARGS_WHY_BYTES];
    int64_t year = 0;
    if (args_number(&c->args, "year", 1970, 2199, &year, why) != 0)
        return ctl_wrong_use("holiday list: %s", why);
    ctl_params(c);
    enum ctl_exit e = ctl_query(c, "SELECT extract(year FROM sam_now())::bigint", &now);
    if (e)
        return e;
    year = year ? year : pg_i64(now, 0, 0);
    (void)snprintf(first, sizeof(first), "%04d-01-01", (int)year);
    (void)snprintf(last, sizeof(last), "%04d-12-31", (int)year);
    if (day_parse(first, ret_from) != 0 || day_parse(last, ret_to) != 0)
        return ctl_fail("the year %" PRId64 " cannot be shown", year);
    return CTL_DONE;
}

static enum ctl_exit find_own(struct ctl *c, const struct uuid *workspace_id, int64_t from,
                              int64_t to, struct pg_result **ret)
{
    char first[DAY_TEXT_BYTES];
    char last[DAY_TEXT_BYTES];
    day_format(from, first);
    day_format(to, last);
    pg_add_uuid(ctl_params(c), workspace_id);
    pg_add_text(&c->params, first);
    pg_add_text(&c->params, last);
    return ctl_query(c, own_sql, ret);
}

enum ctl_exit command_holiday_list(struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *own = NULL;
    const char *country = args_get(&c->args, "country");
    const char *subdivision = args_get(&c->args, "subdivision");
    struct listing l = {.next = 0};
    struct lookup_workspace w;
    char of[SUBDIVISION_BYTES + 4];
    int64_t from = 0;
    int64_t to = 0;
    enum ctl_exit e;
    if ((e = find_public(c, &l.public)) || (e = ctl_connect(c)) || (e = read_year(c, &from, &to)) ||
        (e = lookup_workspace(c, &w)) || (e = find_own(c, &w.id, from, to, &own)))
        return e;
    (void)snprintf(of, sizeof(of), "%s%s%s", country ? country : "", subdivision ? "-" : "",
                   subdivision ? subdivision : "");
    l.own = own;
    l.of = of;
    table_init(&l.table, list_columns, SAM_ARRAY_LEN(list_columns), c->json, stdout);
    for (int64_t day = from; day <= to; day++)
        list_day(&l, day);
    table_end(&l.table);
    table_deinit(&l.table);
    if (pg_rows(own) == 0)
        ctl_say(c, "the workspace has no own dates in that year%s",
                l.public ? "" : "; --country shows the public ones");
    if (country)
        campaign_warnings_no_holidays(country, c);
    if (l.public && to > HOLIDAY_TABLE_LAST_DAY)
        ctl_say(c, "the table of public holidays ends with 2035");
    return CTL_DONE;
}
