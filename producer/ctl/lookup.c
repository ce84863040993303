#include "producer/ctl/lookup.h"

#include <stdio.h>

#include "common/base/banned.h"

/* $1 text: name or NULL. Two rows are enough to see a choice. */
static const char workspace_sql[] = "SELECT id, name FROM workspaces "
                                    "WHERE $1::text IS NULL OR name = $1 ORDER BY name LIMIT 5";
/* $1 uuid workspace, $2 text name. */
static const char account_sql[] =
    "SELECT id, workspace_id, status FROM linkedin_accounts WHERE workspace_id = $1 AND name = $2";
static const char campaign_sql[] = "SELECT id, workspace_id, campaign_type, status FROM campaigns "
                                   "WHERE workspace_id = $1 AND name = $2";

enum ctl_exit lookup_workspace(struct ctl *c, struct lookup_workspace *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_text(ctl_params(c), c->workspace);
    enum ctl_exit e = ctl_query(c, workspace_sql, &r);
    if (e)
        return e;
    if (pg_rows(r) == 0 && c->workspace)
        return ctl_fail("there is no workspace %s; `samctl workspace list` shows them",
                        c->workspace);
    if (pg_rows(r) == 0)
        return ctl_fail("there is no workspace yet: `samctl workspace add NAME` makes one");
    if (pg_rows(r) > 1)
        return ctl_fail("there are several workspaces (%s, %s%s): say --workspace NAME",
                        pg_text(r, 0, 1), pg_text(r, 1, 1), pg_rows(r) > 2 ? ", …" : "");
    ret->id = pg_uuid(r, 0, 0);
    (void)snprintf(ret->name, sizeof(ret->name), "%s", pg_text(r, 0, 1));
    return CTL_DONE;
}

/* A row of the workspace by its name. */
static enum ctl_exit by_name(struct ctl *c, const char *sql, const char *what, const char *name,
                             struct pg_result **ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct lookup_workspace w;
    enum ctl_exit e = lookup_workspace(c, &w);
    if (e)
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    pg_add_text(&c->params, name);
    if ((e = ctl_query(c, sql, &r)))
        return e;
    if (pg_rows(r) == 0)
        return ctl_fail("there is no %s %s in workspace %s; `samctl %s list` shows them", what,
                        name, w.name, what);
    *ret = r;
    r = NULL;
    return CTL_DONE;
}

enum ctl_exit lookup_account(struct ctl *c, const char *name, struct lookup_account *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    enum ctl_exit e = by_name(c, account_sql, "account", name, &r);
    if (e)
        return e;
    ret->id = pg_uuid(r, 0, 0);
    ret->workspace_id = pg_uuid(r, 0, 1);
    if (account_status_parse(pg_text(r, 0, 2), &ret->status) != 0)
        return ctl_fail("account %s has a status that this program does not know", name);
    return CTL_DONE;
}

enum ctl_exit lookup_campaign(struct ctl *c, const char *name, struct lookup_campaign *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    enum ctl_exit e = by_name(c, campaign_sql, "campaign", name, &r);
    if (e)
        return e;
    ret->id = pg_uuid(r, 0, 0);
    ret->workspace_id = pg_uuid(r, 0, 1);
    if (campaign_type_parse(pg_text(r, 0, 2), &ret->type) != 0 ||
        campaign_status_parse(pg_text(r, 0, 3), &ret->status) != 0)
        return ctl_fail("campaign %s is of a kind that this program does not know", name);
    return CTL_DONE;
}

enum ctl_exit lookup_campaign_option(struct ctl *c, struct lookup_campaign *ret)
{
    const char *name = args_get(&c->args, "campaign");
    if (!name)
        return ctl_wrong_use("which campaign? --campaign NAME");
    return lookup_campaign(c, name, ret);
}
