#include "producer/ctl/people.h"

#include <stdio.h>

#include "common/model/identity.h"

#include "common/base/banned.h"

#define JOINS                                                                                      \
    "CROSS JOIN LATERAL (SELECT name FROM linkedin_accounts WHERE id = p.account_id LIMIT 1) a "   \
    "WHERE c.workspace_id = $1 AND ($3::uuid IS NULL OR c.id = $3) "
#define ORDER "ORDER BY c.name, p.id"

/* $1 workspace, $2 what is looked for, $3 campaign or NULL. Each by its own index. */
static const char by_vanity_sql[] =
    "SELECT " PEOPLE_COLUMNS "FROM campaigns c JOIN campaign_prospects p ON p.campaign_id = c.id "
    "AND p.vanity = $2 " JOINS ORDER;
static const char by_provider_sql[] =
    "SELECT " PEOPLE_COLUMNS "FROM campaign_prospects p CROSS JOIN LATERAL "
    "(SELECT * FROM campaigns WHERE id = p.campaign_id LIMIT 1) c " JOINS
    "AND p.provider_id = $2 " ORDER;
static const char by_id_sql[] =
    "SELECT " PEOPLE_COLUMNS "FROM campaign_prospects p JOIN campaigns c ON c.id = p.campaign_id "
    "AND p.id = $2 " JOINS ORDER;
static const char waiting_sql[] =
    "SELECT c.name, d.status FROM campaigns c JOIN prospect_approval_data d ON "
    "d.campaign_id = c.id AND (d.vanity = $2 OR d.provider_id = $2) "
    "WHERE c.workspace_id = $1 AND ($3::uuid IS NULL OR c.id = $3) LIMIT 1";

struct wanted {
    struct uuid workspace_id;
    struct uuid campaign_id; /* null = any */
    struct uuid id;
    struct identity identity;
};

static void add_params(struct ctl *c, const struct wanted *w, bool by_id)
{
    pg_add_uuid(ctl_params(c), &w->workspace_id);
    if (by_id)
        pg_add_uuid(&c->params, &w->id);
    else
        pg_add_text(&c->params, w->identity.text);
    pg_add_uuid(&c->params, uuid_is_null(&w->campaign_id) ? NULL : &w->campaign_id);
}

static bool read_row(const struct pg_result *r, int row, struct person *p)
{
    p->id = pg_uuid(r, row, 0);
    p->campaign_id = pg_uuid(r, row, 1);
    p->account_id = pg_uuid(r, row, 2);
    p->workspace_id = pg_uuid(r, row, 3);
    p->held = pg_bool(r, row, 6);
    (void)snprintf(p->campaign, sizeof(p->campaign), "%s", pg_text(r, row, 7));
    (void)snprintf(p->account, sizeof(p->account), "%s", pg_text(r, row, 8));
    return campaign_type_parse(pg_text(r, row, 4), &p->type) == 0 &&
           person_status_parse(pg_text(r, row, 5), &p->status) == 0;
}

bool people_read(const struct pg_result *r, struct people *ret)
{
    bool known = true;
    ret->count = (size_t)pg_rows(r);
    ret->rows = sam_xcalloc(ret->count + 1, sizeof(*ret->rows));
    for (size_t i = 0; i < ret->count; i++)
        known = read_row(r, (int)i, &ret->rows[i]) && known;
    return known;
}

static enum ctl_exit nobody(struct ctl *c, const struct wanted *w, bool by_id, const char *text)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    if (by_id)
        return ctl_fail("there is nobody with the id %s", text);
    add_params(c, w, false);
    enum ctl_exit e = ctl_query(c, waiting_sql, &r);
    if (e)
        return e;
    if (pg_rows(r) == 0)
        return ctl_fail("%s is in no campaign of the workspace", w->identity.text);
    return ctl_fail("%s was imported into campaign %s and is %s: `samctl approve --campaign %s "
                    "--person %s` lets them take part",
                    w->identity.text, pg_text(r, 0, 0),
                    pg_text(r, 0, 1)[0] == 'p' ? "not approved yet" : pg_text(r, 0, 1),
                    pg_text(r, 0, 0), w->identity.text);
}

static enum ctl_exit find(struct ctl *c, const struct wanted *w, bool by_id, struct people *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const char *sql = by_id                                 ? by_id_sql
                      : w->identity.kind == IDENTITY_VANITY ? by_vanity_sql
                                                            : by_provider_sql;
    add_params(c, w, by_id);
    enum ctl_exit e = ctl_query(c, sql, &r);
    if (e)
        return e;
    if (!people_read(r, ret))
        return ctl_fail("the person has a status that this program does not know");
    return CTL_DONE;
}

static enum ctl_exit find_wanted(struct ctl *c, const char *text, struct wanted *w, bool *ret_by_id,
                                 struct people *ret)
{
    struct lookup_workspace workspace;
    struct lookup_campaign campaign;
    enum ctl_exit e = lookup_workspace(c, &workspace);
    *ret = (struct people){.count = 0};
    if (e)
        return e;
    w->workspace_id = workspace.id;
    if (args_has(&c->args, "campaign")) {
        if ((e = lookup_campaign_option(c, &campaign)))
            return e;
        w->campaign_id = campaign.id;
    }
    *ret_by_id = uuid_parse(text, &w->id) == 0;
    enum identity_problem bad = *ret_by_id ? IDENTITY_OK : identity_parse(text, &w->identity);
    if (bad != IDENTITY_OK)
        return ctl_fail("%.100s: %s", text, identity_problem_text(bad));
    return find(c, w, *ret_by_id, ret);
}

enum ctl_exit people_find(struct ctl *c, const char *text, struct people *ret)
{
    struct wanted w = {.identity = {.text = ""}};
    bool by_id = false;
    enum ctl_exit e = find_wanted(c, text, &w, &by_id, ret);
    return e || ret->count ? e : nobody(c, &w, by_id, text);
}

enum ctl_exit people_find_named(struct ctl *c, const char *text, struct people *ret)
{
    struct wanted w = {.identity = {.text = ""}};
    bool by_id = false;
    enum ctl_exit e = find_wanted(c, text, &w, &by_id, ret);
    return e || ret->count || !by_id ? e : nobody(c, &w, by_id, text);
}

void people_deinit(struct people *p)
{
    free(p->rows);
    *p = (struct people){.count = 0};
}
