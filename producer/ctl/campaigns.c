#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/campaign_file.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"

#include "common/base/banned.h"

/* $1 id, $2 workspace, $3 name, $4 type, $5 country, $6 subdivision, $7 zone, $8 opens, $9 closes,
 * $10 weekend (-1 = the country's), $11 holidays, $12 on_note_limit, $13 give up, $14 start, $15
 * end, $16 cap (0 = none), $17 steps, $18 source. */
static const char create_sql[] =
    "INSERT INTO campaigns (id, workspace_id, name, campaign_type, country, subdivision, timezone, "
    "opens_minute, closes_minute, weekend_mask, holidays, on_note_limit, give_up_after_ms, "
    "start_at, end_at, daily_cap, steps, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
    "nullif($10, -1), $11, $12, $13, $14, $15, nullif($16, 0), $17, $18) "
    "ON CONFLICT (workspace_id, name) DO NOTHING";
/* $1 campaign, $2 uuid[] accounts, in their order. */
static const char accounts_sql[] =
    "INSERT INTO campaign_accounts (campaign_id, account_id, position) "
    "SELECT $1, x.id, x.n FROM unnest($2::uuid[]) WITH ORDINALITY AS x(id, n) "
    "ON CONFLICT (campaign_id, account_id) DO NOTHING";
/* $1 workspace, $2 text[] names. */
static const char account_ids_sql[] =
    "SELECT a.id FROM unnest($2::text[]) WITH ORDINALITY AS x(name, n) "
    "LEFT JOIN linkedin_accounts a ON a.workspace_id = $1 AND a.name = x.name ORDER BY x.n";

#define CAMPAIGN_COLUMNS                                                                           \
    "c.name, c.campaign_type, c.status, c.country, c.timezone, "                                   \
    "(SELECT string_agg(a.name, ', ' ORDER BY ca.position) FROM campaign_accounts ca "             \
    "JOIN linkedin_accounts a ON a.id = ca.account_id WHERE ca.campaign_id = c.id), "              \
    "jsonb_array_length(c.steps), c.start_at, c.end_at, c.daily_cap, c.created_at, "               \
    "c.steps::text, "                                                                              \
    "c.id "
static const char list_sql[] =
    "SELECT " CAMPAIGN_COLUMNS "FROM campaigns c WHERE c.workspace_id = $1 ORDER BY c.name";
static const char show_sql[] =
    "SELECT " CAMPAIGN_COLUMNS ", to_char(make_interval(mins => c.opens_minute), 'HH24:MI') || "
    "'-' || to_char(make_interval(mins => c.closes_minute), 'HH24:MI'), c.weekend_mask, "
    "c.holidays, c.subdivision, c.on_note_limit, c.give_up_after_ms FROM campaigns c "
    "WHERE c.id = $1";
#define LIST_COLUMNS                                                                               \
    {"campaign", "campaign", COLUMN_TEXT}, {"campaign_type", "type", COLUMN_TEXT},                 \
        {"status", "status", COLUMN_TEXT}, {"country", "country", COLUMN_TEXT},                    \
        {"timezone", "timezone", COLUMN_TEXT}, {"accounts", "accounts", COLUMN_TEXT},              \
        {"steps", "messages", COLUMN_NUMBER}, {"start_at", "starts", COLUMN_TIME},                 \
        {"end_at", "ends", COLUMN_TIME}, {"daily_cap", "cap", COLUMN_NUMBER},                      \
        {"created_at", "created", COLUMN_TIME}, {"message_templates", NULL, COLUMN_JSON},          \
    {                                                                                              \
        "id", NULL, COLUMN_UUID                                                                    \
    }
static const struct column list_columns[] = {LIST_COLUMNS};
static const struct column show_columns[] = {LIST_COLUMNS,
                                             {"hours", "hours", COLUMN_TEXT},
                                             {"weekend_mask", NULL, COLUMN_NUMBER},
                                             {"holidays", "holidays", COLUMN_BOOL},
                                             {"subdivision", "subdivision", COLUMN_TEXT},
                                             {"on_note_limit", "long notes", COLUMN_TEXT},
                                             {"give_up_after", "give up after", COLUMN_DURATION}};

/* ---- check, create ------------------------------------------------------------------------- */

struct campaign_change {
    struct campaign_file *file; /* owned */
    char *source;               /* owned: the file as it was given */
    struct uuid id;
    struct uuid workspace_id;
    struct uuid *accounts; /* owned; in the order of the file */
};

static void change_deinit(struct campaign_change *x)
{
    campaign_file_free(x->file);
    free(x->source);
    free(x->accounts);
}

static enum ctl_exit read_campaign(struct ctl *c, const char *path, struct campaign_change *x)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    size_t bytes;
    (void)c;
    x->source = ctl_read_file(path, CAMPAIGN_FILE_MAX_BYTES, &bytes);
    if (!x->source)
        return CTL_FAILED;
    x->file = campaign_file_parse(path, x->source, bytes, &problems);
    return x->file ? CTL_DONE : ctl_problems(&problems);
}

static const struct column check_columns[] = {
    {"campaign", "campaign", COLUMN_TEXT},   {"campaign_type", "type", COLUMN_TEXT},
    {"country", "country", COLUMN_TEXT},     {"timezone", "timezone", COLUMN_TEXT},
    {"accounts", "accounts", COLUMN_NUMBER}, {"steps", "messages", COLUMN_NUMBER}};

enum ctl_exit command_campaign_check(struct ctl *c)
{
    SAM_CLEANUP(change_deinit) struct campaign_change x = {.file = NULL};
    SAM_CLEANUP(table_deinit) struct table t;
    table_init_upright(&t, check_columns, SAM_ARRAY_LEN(check_columns), c->json, stdout);
    enum ctl_exit e = read_campaign(c, c->args.words[0], &x);
    if (e)
        return e;
    table_text(&t, x.file->name);
    table_text(&t, campaign_type_name(x.file->type));
    table_text(&t, x.file->country);
    table_text(&t, x.file->timezone);
    table_number(&t, (int64_t)x.file->accounts_count);
    table_number(&t, (int64_t)x.file->steps_count);
    table_end(&t);
    return CTL_DONE;
}

/* The workspace of the file and that of --workspace must not differ. */
static enum ctl_exit find_workspace(struct ctl *c, struct campaign_change *x)
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

static enum ctl_exit find_accounts(struct ctl *c, struct campaign_change *x)
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
        if (pg_null(r, (int)i, 0))
            problems_add(&problems,
                         "%s: accounts: there is no account %s in the workspace; "
                         "`samctl account list` shows them",
                         c->args.words[0], x->file->accounts[i]);
    }
    return ctl_problems(&problems);
}

static enum pg_failure write_accounts(struct ctl *c, const struct campaign_change *x)
{
    pg_add_uuid(ctl_params(c), &x->id);
    pg_array_open(&c->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < x->file->accounts_count; i++)
        pg_item_uuid(&c->params, &x->accounts[i]);
    pg_array_close(&c->params);
    return pg_exec(c->pg, accounts_sql, &c->params, NULL);
}

/* $1 .. $18 of create_sql, and of the statement that changes a campaign. */
static void add_campaign(struct pg_params *params, const struct campaign_change *x)
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
}

static enum pg_failure create(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const struct campaign_change *x = arg;
    add_campaign(&c->params, x);
    enum pg_failure failure = pg_exec(c->pg, create_sql, &c->params, &r);
    if (failure)
        return failure;
    if (pg_affected(r) == 0)
        return ctl_refuse(c,
                          "there is a campaign %s in the workspace already; `samctl campaign "
                          "update %s` changes it",
                          x->file->name, c->args.words[0]);
    return write_accounts(c, x);
}

enum ctl_exit command_campaign_create(struct ctl *c)
{
    SAM_CLEANUP(change_deinit) struct campaign_change x = {.id = uuid_v7()};
    enum ctl_exit e;
    if ((e = read_campaign(c, c->args.words[0], &x)) || (e = ctl_connect(c)) ||
        (e = find_workspace(c, &x)) || (e = find_accounts(c, &x)) ||
        (e = ctl_transaction(c, create, &x)))
        return e;
    ctl_say(c, "campaign %s made (draft): %s, %zu message%s, %zu account%s", x.file->name,
            campaign_type_name(x.file->type), x.file->steps_count,
            x.file->steps_count == 1 ? "" : "s", x.file->accounts_count,
            x.file->accounts_count == 1 ? "" : "s");
    ctl_say(c,
            "next: `samctl import people.csv --campaign %s`, `samctl approve`, `samctl campaign "
            "start %s`",
            x.file->name, x.file->name);
    return CTL_DONE;
}

/* ---- list, show ---------------------------------------------------------------------------- */

enum ctl_exit command_campaign_list(struct ctl *c)
{
    struct lookup_workspace w;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    return ctl_list(c, list_sql, list_columns, SAM_ARRAY_LEN(list_columns),
                    "there is no campaign yet: `samctl campaign create FILE` makes one");
}

static void show_messages(const char *json)
{
    struct campaign_step steps[CAMPAIGN_STEPS_MAX];
    size_t count = 0;
    if (campaign_steps_from_json(json, strlen(json), steps, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        char after[DURATION_TEXT_BYTES];
        duration_format(steps[i].after_ms, after);
        (void)printf("\n%s%s%s%s\n%s\n", steps[i].message_type, i ? " (after " : "", i ? after : "",
                     i ? ")" : "", *steps[i].text ? steps[i].text : "(no note)");
    }
    campaign_steps_deinit(steps, count);
}

enum ctl_exit command_campaign_show(struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(table_deinit) struct table t;
    table_init_upright(&t, show_columns, SAM_ARRAY_LEN(show_columns), c->json, stdout);
    struct lookup_campaign campaign;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = lookup_campaign(c, c->args.words[0], &campaign)))
        return e;
    pg_add_uuid(ctl_params(c), &campaign.id);
    if ((e = ctl_query(c, show_sql, &r)))
        return e;
    table_row(&t, r, 0, 0);
    table_end(&t);
    if (!c->json)
        show_messages(pg_text(r, 0, 11));
    return CTL_DONE;
}
