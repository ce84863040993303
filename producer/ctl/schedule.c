#include "producer/ctl/schedule.h"

#include "common/adapters/verdicts.h"

#include "common/base/banned.h"

static const char lock_account_sql[] =
    "SELECT account_id FROM account_schedule WHERE account_id = $1 FOR UPDATE";
static const char lock_campaign_sql[] =
    "SELECT s.account_id FROM account_schedule s WHERE s.account_id IN "
    "(SELECT ca.account_id FROM campaign_accounts ca WHERE ca.campaign_id = $1) "
    "ORDER BY s.account_id FOR UPDATE OF s";
static const char lock_workspace_sql[] =
    "SELECT s.account_id FROM account_schedule s WHERE s.account_id IN "
    "(SELECT a.id FROM linkedin_accounts a WHERE a.workspace_id = $1) "
    "ORDER BY s.account_id FOR UPDATE OF s";
static enum pg_failure lock(struct schedule *s, struct ctl *c, const char *sql,
                            const struct uuid *id)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    *s = (struct schedule){.count = 0};
    pg_add_uuid(ctl_params(c), id);
    enum pg_failure failure = pg_exec(c->pg, sql, &c->params, &r);
    if (failure)
        return failure;
    s->count = (size_t)pg_rows(r);
    s->accounts = sam_xcalloc(s->count + 1, sizeof(*s->accounts));
    for (size_t i = 0; i < s->count; i++)
        s->accounts[i] = pg_uuid(r, (int)i, 0);
    return PG_FINE;
}

enum pg_failure schedule_lock_account(struct schedule *s, struct ctl *c,
                                      const struct uuid *account_id)
{
    return lock(s, c, lock_account_sql, account_id);
}

enum pg_failure schedule_lock_campaign(struct schedule *s, struct ctl *c,
                                       const struct uuid *campaign_id)
{
    return lock(s, c, lock_campaign_sql, campaign_id);
}

enum pg_failure schedule_lock_workspace(struct schedule *s, struct ctl *c,
                                        const struct uuid *workspace_id)
{
    return lock(s, c, lock_workspace_sql, workspace_id);
}

void schedule_deinit(struct schedule *s)
{
    free(s->accounts);
    *s = (struct schedule){.count = 0};
}

void schedule_add_accounts(const struct schedule *s, struct pg_params *params)
{
    pg_array_open(params, PG_ARRAY_UUID);
    for (size_t i = 0; i < s->count; i++)
        pg_item_uuid(params, &s->accounts[i]);
    pg_array_close(params);
}

enum pg_failure schedule_kick(const struct schedule *s, struct ctl *c)
{
    schedule_add_accounts(s, ctl_params(c));
    return pg_exec(c->pg, verdicts_replan_sql, &c->params, NULL);
}

enum pg_failure schedule_due(const struct schedule *s, struct ctl *c)
{
    schedule_add_accounts(s, ctl_params(c));
    return pg_exec(c->pg, verdicts_due_sql, &c->params, NULL);
}

enum pg_failure schedule_release(const struct schedule *s, struct ctl *c, const char *const *causes,
                                 const struct uuid *campaign_id, const struct uuid *prospect_id)
{
    size_t causes_count = 0;
    while (causes[causes_count])
        causes_count++;
    size_t n = s->count * causes_count;
    struct pg_params *params = ctl_params(c);
    PG_COLUMN(params, PG_ARRAY_UUID, n, true, pg_item_uuid(params, &s->accounts[i % s->count]));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, true, pg_item_text(params, causes[i / s->count]));
    PG_COLUMN(params, PG_ARRAY_UUID, n, true, pg_item_uuid(params, campaign_id));
    pg_add_uuid(params, prospect_id);
    enum pg_failure failure = pg_exec(c->pg, verdicts_let_go_sql, &c->params, NULL);
    return failure ? failure : schedule_due(s, c);
}

enum pg_failure schedule_replan(const struct schedule *s, struct ctl *c,
                                const struct uuid *campaign_id)
{
    schedule_add_accounts(s, ctl_params(c));
    pg_add_uuid(&c->params, campaign_id);
    verdicts_add_moving(&c->params);
    enum pg_failure failure = pg_exec(c->pg, verdicts_move_sql, &c->params, NULL);
    return failure ? failure : schedule_kick(s, c);
}
