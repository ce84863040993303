/* campaign check: all that is wrong with a file. It needs no database; where there is one, the
 * accounts and its people's columns are looked at too. */
#include "common/adapters/migrate.h"
#include "producer/ctl/campaign_change.h"
#include "producer/ctl/campaign_columns.h"
#include "producer/ctl/campaign_warnings.h"
#include "producer/ctl/commands.h"

#include "common/base/banned.h"

static const struct column columns[] = {
    {"campaign", "campaign", COLUMN_TEXT},   {"campaign_type", "type", COLUMN_TEXT},
    {"country", "country", COLUMN_TEXT},     {"timezone", "timezone", COLUMN_TEXT},
    {"accounts", "accounts", COLUMN_NUMBER}, {"steps", "messages", COLUMN_NUMBER},
    {"accounts_checked", NULL, COLUMN_BOOL}};

/* Without a word where there is none: the file is what was asked about. */
static bool find_database(struct ctl *c)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    char why[MIGRATE_WHY_BYTES];
    enum migrate_state state = MIGRATE_EQUAL;
    c->settings = settings_load(c->config_path, &problems);
    if (!c->settings)
        return false;
    const struct pg_options options = {.conninfo = c->settings->postgres.conninfo,
                                       .application_name = "samctl"};
    if (pg_connect(&options, &c->pg, why, sizeof(why)) != 0)
        return false;
    if (migrate_check(c->pg, &state, why) == PG_FINE && migrate_fits(state))
        return true;
    pg_free(c->pg);
    c->pg = NULL;
    return false;
}

static void report(const struct ctl *c, const struct campaign_file *f, bool database)
{
    struct table t;
    table_init_upright(&t, columns, SAM_ARRAY_LEN(columns), c->json, stdout);
    table_text(&t, f->name);
    table_text(&t, campaign_type_name(f->type));
    table_text(&t, f->country);
    table_text(&t, f->timezone);
    table_number(&t, (int64_t)f->accounts_count);
    table_number(&t, (int64_t)f->steps_count);
    table_bool(&t, database);
    table_end(&t);
    table_deinit(&t);
    if (!database)
        ctl_say(c, "note: whether its accounts are there was not looked at, for want of a "
                   "database (`samctl doctor`)");
}

enum ctl_exit command_campaign_check(struct ctl *c)
{
    SAM_CLEANUP(campaign_change_deinit) struct campaign_change x = {.file = NULL};
    enum ctl_exit e = campaign_change_read(&x, c->args.words[0]);
    if (e)
        return e;
    bool database = find_database(c);
    if (database && !(e = campaign_change_workspace(&x, c)))
        e = campaign_change_accounts(&x, c);
    if (database && !e)
        e = campaign_columns_check_file(x.file, &x.workspace_id, c);
    enum ctl_exit end = campaign_change_end(&x, c);
    if (!end)
        end = campaign_change_opens(&x, c);
    if (e || end)
        return e ? e : end;
    report(c, x.file, database);
    campaign_warnings_tell(x.file, c);
    return CTL_DONE;
}
