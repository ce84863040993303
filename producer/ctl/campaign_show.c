/* campaign show: for people with all that it has become, for programs as the file that it could be
 * made from again. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/campaign_file.h"
#include "common/model/reason.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"

#include "common/base/banned.h"

/* $1 campaign. The first columns are those that people see. */
static const char show_sql[] =
    "SELECT c.name, c.campaign_type, c.status, c.country, c.subdivision, c.timezone, "
    "(SELECT string_agg(a.name, ', ' ORDER BY ca.position) FROM campaign_accounts ca "
    "JOIN linkedin_accounts a ON a.id = ca.account_id WHERE ca.campaign_id = c.id), "
    "to_char(make_interval(mins => c.opens_minute), 'HH24:MI') || '-' || "
    "to_char(make_interval(mins => c.closes_minute), 'HH24:MI'), "
    "CASE WHEN c.weekend_mask IS NULL THEN 'as in ' || c.country ELSE "
    "(SELECT coalesce(string_agg(d.name, ', ' ORDER BY d.n), 'none') FROM unnest(ARRAY['monday', "
    "'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) WITH ORDINALITY "
    "AS d(name, n) WHERE c.weekend_mask >> (d.n - 1)::integer & 1 = 1) END, "
    "c.holidays, c.on_note_limit, c.give_up_after_ms, c.start_at, c.end_at, c.daily_cap, "
    "c.contact_again_after_ms, "
    "c.first_left, c.created_at, c.steps::text, c.opens_minute, c.closes_minute, "
    "coalesce(c.weekend_mask, -1), w.name FROM campaigns c "
    "JOIN workspaces w ON w.id = c.workspace_id WHERE c.id = $1";
enum show_column {
    COL_NAME,
    COL_TYPE,
    COL_STATUS,
    COL_COUNTRY,
    COL_SUBDIVISION,
    COL_TIMEZONE,
    COL_ACCOUNTS,
    COL_HOURS,
    COL_WEEKEND,
    COL_HOLIDAYS,
    COL_NOTE_LIMIT,
    COL_GIVE_UP,
    COL_START,
    COL_END,
    COL_CAP,
    COL_CONTACT_AGAIN,
    COL_FIRST_LEFT,
    COL_CREATED,
    COL_STEPS,
    COL_OPENS,
    COL_CLOSES,
    COL_WEEKEND_MASK,
    COL_WORKSPACE
};
static const struct column columns[] = {{NULL, "campaign", COLUMN_TEXT},
                                        {NULL, "type", COLUMN_TEXT},
                                        {NULL, "status", COLUMN_TEXT},
                                        {NULL, "country", COLUMN_TEXT},
                                        {NULL, "subdivision", COLUMN_TEXT},
                                        {NULL, "timezone", COLUMN_TEXT},
                                        {NULL, "accounts", COLUMN_TEXT},
                                        {NULL, "hours", COLUMN_TEXT},
                                        {NULL, "weekend", COLUMN_TEXT},
                                        {NULL, "holidays", COLUMN_BOOL},
                                        {NULL, "long notes", COLUMN_TEXT},
                                        {NULL, "give up after", COLUMN_DURATION},
                                        {NULL, "starts", COLUMN_TIME},
                                        {NULL, "ends", COLUMN_TIME},
                                        {NULL, "daily cap", COLUMN_NUMBER},
                                        {NULL, "contact again after", COLUMN_DURATION},
                                        {NULL, "left until an OK", COLUMN_NUMBER},
                                        {NULL, "created", COLUMN_TIME}};
static const char accounts_sql[] =
    "SELECT a.name FROM campaign_accounts ca JOIN linkedin_accounts a ON a.id = ca.account_id "
    "WHERE ca.campaign_id = $1 ORDER BY ca.position, a.name";

static void show_messages(const struct campaign_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char after[DURATION_TEXT_BYTES];
        duration_format(steps[i].after_ms, after);
        (void)printf("\n%s%s%s%s\n%s\n", steps[i].message_type, i ? " (after " : "", i ? after : "",
                     i ? ")" : "", *steps[i].text ? steps[i].text : "(no note)");
    }
}

/* $1 campaign. */
static const char held_sql[] =
    "SELECT next_step, hold_reason = 'text_refused', count(*) FROM campaign_prospects "
    "WHERE campaign_id = $1 AND hold_reason IN ('text_refused', 'text_invalid') "
    "GROUP BY 1, 2 ORDER BY 1, 2";

/* A message that stands still, for everybody or for some, must not have to be looked for. */
static enum ctl_exit show_held(struct ctl *c, const struct uuid *id,
                               const struct campaign_step *steps, size_t count)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), id);
    enum ctl_exit e = ctl_query(c, held_sql, &r);
    for (int row = 0; !e && row < pg_rows(r); row++) {
        size_t step = (size_t)pg_i64(r, row, 0);
        int64_t people = pg_i64(r, row, 2);
        const char *message = step < count ? steps[step].message_type : "a message";
        if (pg_bool(r, row, 1))
            (void)printf("\n%s stands still: %s (%s)\n", message,
                         reason_sentence(REASON_TEXT_REFUSED), reason_name(REASON_TEXT_REFUSED));
        else
            (void)printf("\n%" PRId64
                         " %s on hold before %s: %s (%s); `samctl preview` shows why\n",
                         people, people == 1 ? "person is" : "people are", message,
                         reason_sentence(REASON_TEXT_INVALID), reason_name(REASON_TEXT_INVALID));
    }
    return e;
}

static enum ctl_exit show_people(struct ctl *c, const struct uuid *id, const struct pg_result *r,
                                 const struct campaign_step *steps, size_t steps_count)
{
    struct table t;
    table_init_upright(&t, columns, SAM_ARRAY_LEN(columns), false, stdout);
    table_row(&t, r, 0, 0);
    table_end(&t);
    table_deinit(&t);
    show_messages(steps, steps_count);
    return show_held(c, id, steps, steps_count);
}

static char *text_or_null(const struct pg_result *r, int col)
{
    return pg_null(r, 0, col) ? NULL : sam_xstrdup(pg_text(r, 0, col));
}

/* f: zeroed but for the steps. */
static bool fill(struct campaign_file *f, const struct pg_result *r, const struct pg_result *names)
{
    f->workspace = text_or_null(r, COL_WORKSPACE);
    f->name = text_or_null(r, COL_NAME);
    f->subdivision = text_or_null(r, COL_SUBDIVISION);
    f->timezone = text_or_null(r, COL_TIMEZONE);
    (void)snprintf(f->country, sizeof(f->country), "%s", pg_text(r, 0, COL_COUNTRY));
    f->opens_minute = (int)pg_i64(r, 0, COL_OPENS);
    f->closes_minute = (int)pg_i64(r, 0, COL_CLOSES);
    f->weekend_mask = (int)pg_i64(r, 0, COL_WEEKEND_MASK);
    f->holidays = pg_bool(r, 0, COL_HOLIDAYS);
    f->give_up_after_ms = pg_i64(r, 0, COL_GIVE_UP);
    f->start_at_ms = pg_time_ms(r, 0, COL_START);
    f->end_at_ms = pg_time_ms(r, 0, COL_END);
    f->daily_cap = pg_null(r, 0, COL_CAP) ? 0 : pg_i64(r, 0, COL_CAP);
    f->contact_again_after_ms =
        pg_null(r, 0, COL_CONTACT_AGAIN) ? 0 : pg_i64(r, 0, COL_CONTACT_AGAIN);
    f->accounts = sam_xcalloc((size_t)pg_rows(names) + 1, sizeof(*f->accounts));
    for (int row = 0; row < pg_rows(names); row++)
        f->accounts[f->accounts_count++] = sam_xstrdup(pg_text(names, row, 0));
    return campaign_type_parse(pg_text(r, 0, COL_TYPE), &f->type) == 0 &&
           note_limit_parse(pg_text(r, 0, COL_NOTE_LIMIT), &f->on_note_limit) == 0;
}

static enum ctl_exit show(struct ctl *c, const struct uuid *id, const struct pg_result *r,
                          const struct pg_result *names)
{
    struct campaign_file *f SAM_CLEANUP(campaign_file_freep) = sam_xcalloc(1, sizeof(*f));
    SAM_CLEANUP(buf_deinit) struct buf out = BUF_INIT((size_t)CAMPAIGN_FILE_MAX_BYTES * 8);
    const char *steps = pg_text(r, 0, COL_STEPS);
    if (campaign_steps_from_json(steps, strlen(steps), f->steps, &f->steps_count) != 0 ||
        !fill(f, r, names))
        return ctl_fail("campaign %s is of a kind that this program does not know",
                        c->args.words[0]);
    if (!c->json)
        return show_people(c, id, r, f->steps, f->steps_count);
    campaign_file_write(f, &out);
    (void)printf("%s\n", buf_text(&out));
    return CTL_DONE;
}

enum ctl_exit command_campaign_show(struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(pg_result_freep) struct pg_result *names = NULL;
    struct lookup_campaign campaign;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = lookup_campaign(c, c->args.words[0], &campaign)))
        return e;
    pg_add_uuid(ctl_params(c), &campaign.id);
    if ((e = ctl_query(c, show_sql, &r)) || (e = ctl_query(c, accounts_sql, &names)))
        return e;
    return show(c, &campaign.id, r, names);
}
