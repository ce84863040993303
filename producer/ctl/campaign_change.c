#include "producer/ctl/campaign_change.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/calendar.h"
#include "common/model/template.h"
#include "common/model/text_limit.h"
#include "producer/ctl/closed_campaigns.h"
#include "producer/ctl/lookup.h"

#include "common/base/banned.h"

/* $1 campaign, $2 uuid[] accounts, in their order. */
static const char accounts_sql[] =
    "INSERT INTO campaign_accounts (campaign_id, account_id, position) "
    "SELECT $1, x.id, x.n FROM unnest($2::uuid[]) WITH ORDINALITY AS x(id, n) "
    "ON CONFLICT (campaign_id, account_id) DO NOTHING";
/* $1 workspace, $2 text[] names. */
static const char account_ids_sql[] =
    "SELECT a.id, a.plan FROM unnest($2::text[]) WITH ORDINALITY AS x(name, n) "
    "LEFT JOIN linkedin_accounts a ON a.workspace_id = $1 AND a.name = x.name ORDER BY x.n";

/* $1 workspace. */
static const char now_sql[] = "SELECT sam_now(), (SELECT own_days FROM workspaces WHERE id = $1)";

void campaign_change_deinit(struct campaign_change *x)
{
    campaign_file_free(x->file);
    free(x->source);
    free(x->accounts);
}

enum ctl_exit campaign_change_read(struct campaign_change *x, const char *path)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    size_t bytes;
    x->source = ctl_read_file(path, CAMPAIGN_FILE_MAX_BYTES, &bytes);
    if (!x->source)
        return CTL_FAILED;
    x->file = campaign_file_parse(path, x->source, bytes, &problems);
    return x->file ? CTL_DONE : ctl_problems(&problems);
}

/* The workspace of the file and that of --workspace must not differ. */
enum ctl_exit campaign_change_workspace(struct campaign_change *x, struct ctl *c)
{
    struct lookup_workspace w;
    if (x->file->workspace && c->workspace && strcmp(x->file->workspace, c->workspace) != 0)
        return ctl_fail("%s: workspace: the file says %s, --workspace says %s", c->args.words[0],
                        x->file->workspace, c->workspace);
    if (x->file->workspace)
        c->workspace = x->file->workspace;
    enum ctl_exit e = lookup_workspace(c, &w);
    if (!e)
        x->workspace_id = w.id;
    return e;
}

/* r: keeps the text of the own dates; *ret_own_days is NULL without a database. */
static enum ctl_exit ask_now(const struct campaign_change *x, struct ctl *c, struct pg_result **r,
                             int64_t *ret_now_ms, const char **ret_own_days)
{
    *ret_now_ms = clock_wall_ms();
    *ret_own_days = NULL;
    if (!c->pg)
        return CTL_DONE;
    pg_add_uuid(ctl_params(c), &x->workspace_id);
    enum ctl_exit e = ctl_query(c, now_sql, r);
    if (e)
        return e;
    *ret_now_ms = pg_time_ms(*r, 0, 0);
    *ret_own_days = pg_text(*r, 0, 1);
    return CTL_DONE;
}

enum ctl_exit campaign_change_end(const struct campaign_change *x, struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    int64_t now_ms;
    const char *own_days;
    enum ctl_exit e = ask_now(x, c, &r, &now_ms, &own_days);
    return e ? e : closed_campaigns_over(c->args.words[0], now_ms, x->file->end_at_ms);
}

enum ctl_exit campaign_change_opens(const struct campaign_change *x, struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const struct campaign_file *f = x->file;
    int64_t now_ms;
    struct calendar calendar = {.zone = zone_find(f->timezone),
                                .opens_minute = f->opens_minute,
                                .closes_minute = f->closes_minute,
                                .weekend_mask = f->weekend_mask,
                                .holidays = f->holidays};
    (void)snprintf(calendar.country, sizeof(calendar.country), "%s", f->country);
    (void)snprintf(calendar.subdivision, sizeof(calendar.subdivision), "%s",
                   f->subdivision ? f->subdivision : "");
    enum ctl_exit e = ask_now(x, c, &r, &now_ms, &calendar.own_days);
    if (e)
        return e;
    return closed_campaigns_refuse(c->args.words[0], &calendar, now_ms, f->start_at_ms,
                                   f->end_at_ms);
}

/* Length of the note that everybody gets; 0 where a long one is not a reason to hold them. */
static size_t note_length(const struct campaign_file *f)
{
    SAM_CLEANUP(problems_deinit) struct problems none = PROBLEMS_INIT; /* told already */
    if (f->type != CAMPAIGN_CONNECTOR || f->on_note_limit != NOTE_HOLD)
        return 0;
    struct template *t SAM_CLEANUP(template_freep) =
        template_compile(f->steps[0].message_type, f->steps[0].text, &none);
    return t ? template_literal_length(t) : 0;
}

static void check_account(const struct campaign_change *x, const struct ctl *c,
                          const struct pg_result *r, size_t i, struct problems *problems)
{
    const char *name = x->file->accounts[i];
    const char *plan = pg_text(r, (int)i, 1);
    const char *type = x->file->steps[0].message_type;
    size_t length = note_length(x->file);
    enum account_plan known;
    if (account_plan_parse(plan, &known) != 0)
        known = PLAN_FREE; /* in doubt the shorter one */
    size_t max = text_limit_max(type, known);
    if (pg_null(r, (int)i, 0))
        problems_add(problems,
                     "%s: accounts: there is no account %s in the workspace; "
                     "`samctl account list` shows them",
                     c->args.words[0], name);
    else if (length > max)
        problems_add(problems,
                     "%s: message_templates.%s: has %zu characters without its variables, account "
                     "%s (%s) can send %zu; shorten it, or set on_note_limit",
                     c->args.words[0], type, length, name, plan, max);
}

enum ctl_exit campaign_change_accounts(struct campaign_change *x, struct ctl *c)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), &x->workspace_id);
    pg_array_open(&c->params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < x->file->accounts_count; i++)
        pg_item_text(&c->params, x->file->accounts[i]);
    pg_array_close(&c->params);
    enum ctl_exit e = ctl_query(c, account_ids_sql, &r);
    if (e)
        return e;
    x->accounts = sam_xcalloc(x->file->accounts_count + 1, sizeof(*x->accounts));
    for (size_t i = 0; i < x->file->accounts_count; i++) {
        x->accounts[i] = pg_uuid(r, (int)i, 0);
        check_account(x, c, r, i, &problems);
    }
    return ctl_problems(&problems);
}

void campaign_change_add_accounts(const struct campaign_change *x, struct pg_params *params)
{
    pg_array_open(params, PG_ARRAY_UUID);
    for (size_t i = 0; i < x->file->accounts_count; i++)
        pg_item_uuid(params, &x->accounts[i]);
    pg_array_close(params);
}

enum pg_failure campaign_change_write_accounts(const struct campaign_change *x, struct ctl *c)
{
    pg_add_uuid(ctl_params(c), &x->id);
    campaign_change_add_accounts(x, &c->params);
    return pg_exec(c->pg, accounts_sql, &c->params, NULL);
}

void campaign_change_params(const struct campaign_change *x, struct pg_params *params)
{
    const struct campaign_file *f = x->file;
    SAM_CLEANUP(freep) char *steps = campaign_steps_to_json(f->steps, f->steps_count);
    pg_params_reset(params);
    pg_add_uuid(params, &x->id);
    pg_add_uuid(params, &x->workspace_id);
    pg_add_text(params, f->name);
    pg_add_text(params, campaign_type_name(f->type));
    pg_add_text(params, f->country);
    pg_add_text(params, f->subdivision);
    pg_add_text(params, f->timezone);
    pg_add_i32(params, f->opens_minute);
    pg_add_i32(params, f->closes_minute);
    pg_add_i32(params, f->weekend_mask);
    pg_add_bool(params, f->holidays);
    pg_add_text(params, note_limit_name(f->on_note_limit));
    pg_add_i64(params, f->give_up_after_ms);
    pg_add_time(params, f->start_at_ms);
    pg_add_time(params, f->end_at_ms);
    pg_add_i64(params, f->daily_cap);
    pg_add_json(params, steps);
    pg_add_json(params, x->source);
    pg_add_i64(params, f->contact_again_after_ms);
}
