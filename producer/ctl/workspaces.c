#include "producer/ctl/commands.h"
#include "producer/ctl/names.h"

#include "common/base/banned.h"

static const char add_sql[] =
    "INSERT INTO workspaces (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
static const char list_sql[] =
    "SELECT w.id, w.name, (SELECT count(*) FROM linkedin_accounts a WHERE a.workspace_id = w.id), "
    "(SELECT count(*) FROM campaigns c WHERE c.workspace_id = w.id), w.paused_at, w.created_at "
    "FROM workspaces w ORDER BY w.name";
static const struct column list_columns[] = {{"id", NULL, COLUMN_UUID},
                                             {"workspace", "workspace", COLUMN_TEXT},
                                             {"accounts", "accounts", COLUMN_NUMBER},
                                             {"campaigns", "campaigns", COLUMN_NUMBER},
                                             {"paused_at", "paused", COLUMN_TIME},
                                             {"created_at", "created", COLUMN_TIME}};

enum ctl_exit command_workspace_add(struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const char *name = c->args.words[0];
    struct uuid id = uuid_v7();
    char text[UUID_TEXT_BYTES];
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    enum ctl_exit e;
    names_check("the workspace's name", name, &problems);
    if (problems_any(&problems)) {
        (void)ctl_problems(&problems);
        return CTL_WRONG_USE;
    }
    if ((e = ctl_connect(c)))
        return e;
    pg_add_uuid(ctl_params(c), &id);
    pg_add_text(&c->params, name);
    if ((e = ctl_query(c, add_sql, &r)))
        return e;
    if (pg_affected(r) == 0)
        return ctl_fail("there is a workspace %s already", name);
    uuid_format(&id, text);
    ctl_result(c, "workspace", name, "id", text, NULL);
    ctl_say(c, "workspace %s added", name);
    return CTL_DONE;
}

enum ctl_exit command_workspace_list(struct ctl *c)
{
    enum ctl_exit e = ctl_connect(c);
    if (e)
        return e;
    ctl_params(c);
    return ctl_list(c, list_sql, list_columns, SAM_ARRAY_LEN(list_columns),
                    "there is no workspace yet: `samctl workspace add NAME` makes one");
}
