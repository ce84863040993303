/* campaign create, list. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/campaign_file.h"
#include "producer/ctl/campaign_change.h"
#include "producer/ctl/campaign_warnings.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"

#include "common/base/banned.h"

static const char list_sql[] =
    "SELECT c.name, c.campaign_type, c.status, c.country, c.timezone, "
    "string_agg(a.name, ', ' ORDER BY ca.position), json_agg(a.name ORDER BY ca.position)::text, "
    "jsonb_array_length(c.steps), c.start_at, c.end_at, c.daily_cap, c.created_at, c.id "
    "FROM campaigns c JOIN campaign_accounts ca ON ca.campaign_id = c.id "
    "JOIN linkedin_accounts a ON a.id = ca.account_id WHERE c.workspace_id = $1 "
    "GROUP BY c.id ORDER BY c.name";
static const struct column list_columns[] = {{"campaign", "campaign", COLUMN_TEXT},
                                             {"campaign_type", "type", COLUMN_TEXT},
                                             {"status", "status", COLUMN_TEXT},
                                             {"country", "country", COLUMN_TEXT},
                                             {"timezone", "timezone", COLUMN_TEXT},
                                             {NULL, "accounts", COLUMN_TEXT},
                                             {"accounts", NULL, COLUMN_JSON},
                                             {"steps", "messages", COLUMN_NUMBER},
                                             {"start_at", "starts", COLUMN_TIME},
                                             {"end_at", "ends", COLUMN_TIME},
                                             {"daily_cap", "cap", COLUMN_NUMBER},
                                             {"created_at", "created", COLUMN_TIME},
                                             {"id", NULL, COLUMN_UUID}};

/* ---- create -------------------------------------------------------------------------------- */

/* Parameters of campaign_change_params(). */
static const char create_sql[] =
    "INSERT INTO campaigns (id, workspace_id, name, campaign_type, country, subdivision, timezone, "
    "opens_minute, closes_minute, weekend_mask, holidays, on_note_limit, give_up_after_ms, "
    "start_at, end_at, daily_cap, steps, source, contact_again_after_ms) VALUES ($1, $2, $3, $4, "
    "$5, $6, $7, $8, $9, "
    "nullif($10, -1), $11, $12, $13, $14, $15, nullif($16, 0), $17, $18, nullif($19, 0)) "
    "ON CONFLICT (workspace_id, name) DO NOTHING";
static enum pg_failure create(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const struct campaign_change *x = arg;
    campaign_change_params(x, &c->params);
    enum pg_failure failure = pg_exec(c->pg, create_sql, &c->params, &r);
    if (failure)
        return failure;
    if (pg_affected(r) == 0)
        return ctl_refuse(c,
                          "there is a campaign %s in the workspace already; `samctl campaign "
                          "update %s` changes it",
                          x->file->name, c->args.words[0]);
    return campaign_change_write_accounts(x, c);
}

enum ctl_exit command_campaign_create(struct ctl *c)
{
    SAM_CLEANUP(campaign_change_deinit) struct campaign_change x = {.id = uuid_v7()};
    char id[UUID_TEXT_BYTES];
    enum ctl_exit e;
    if ((e = campaign_change_read(&x, c->args.words[0])) || (e = ctl_connect(c)) ||
        (e = campaign_change_workspace(&x, c)) || (e = campaign_change_accounts(&x, c)) ||
        (e = campaign_change_end(&x, c)) || (e = campaign_change_opens(&x, c)) ||
        (e = ctl_transaction(c, create, &x)))
        return e;
    uuid_format(&x.id, id);
    ctl_result(c, "campaign", x.file->name, "id", id, "status", "draft", NULL);
    ctl_say(c, "campaign %s made (draft): %s, %zu message%s, %zu account%s", x.file->name,
            campaign_type_name(x.file->type), x.file->steps_count,
            x.file->steps_count == 1 ? "" : "s", x.file->accounts_count,
            x.file->accounts_count == 1 ? "" : "s");
    ctl_say(c,
            "next: `samctl import people.csv --campaign %s`, `samctl approve`, `samctl campaign "
            "start %s`",
            x.file->name, x.file->name);
    campaign_warnings_tell(x.file, c);
    return CTL_DONE;
}

/* ---- list ---------------------------------------------------------------------------------- */

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
