#include "producer/ctl/account_plan.h"

#include <string.h>

#include "producer/ctl/waiting_texts.h"

#include "common/base/banned.h"

/* $1 uuid[] the account. Only invitations have notes. */
static const char release_sql[] =
    "UPDATE campaign_prospects p SET hold_reason = NULL FROM campaign_accounts ca "
    "WHERE ca.account_id = ANY ($1) AND p.campaign_id = ca.campaign_id "
    "AND p.account_id = ca.account_id AND p.status IN ('pending', 'approved') "
    "AND p.campaign_type = 'connector' AND p.hold_reason = 'text_invalid'";
/* $1 uuid[] the account: the campaigns of which a note of it waits. */
static const char campaigns_sql[] =
    "SELECT DISTINCT campaign_id FROM send_queue WHERE account_id = ANY ($1) "
    "AND status IN ('pending', 'published') AND message_type = 'connection_request'";

static enum pg_failure refresh(struct account_plan_change *plan, struct ctl *c,
                               const struct schedule *account, const struct uuid *campaign_id)
{
    struct waiting_texts texts = {.campaign_id = campaign_id, .accounts = account};
    enum pg_failure failure = waiting_texts_refresh(&texts, c);
    if (failure)
        return failure;
    if (texts.held && !plan->held)
        memcpy(plan->problem, texts.problem, sizeof(plan->problem));
    plan->changed += texts.changed;
    plan->held += texts.held;
    return PG_FINE;
}

enum pg_failure account_plan_changed(struct account_plan_change *ret, struct ctl *c,
                                     const struct schedule *account)
{
    static const char *const causes[] = {"text_invalid", "person_held", "monthly_", NULL};
    SAM_CLEANUP(pg_result_freep) struct pg_result *campaigns = NULL;
    *ret = (struct account_plan_change){.changed = 0};
    schedule_add_accounts(account, ctl_params(c));
    enum pg_failure failure = pg_exec(c->pg, release_sql, &c->params, NULL);
    schedule_add_accounts(account, ctl_params(c));
    if (!failure)
        failure = pg_exec(c->pg, campaigns_sql, &c->params, &campaigns);
    for (int i = 0; !failure && i < pg_rows(campaigns); i++) {
        struct uuid id = pg_uuid(campaigns, i, 0);
        failure = refresh(ret, c, account, &id);
    }
    return failure ? failure : schedule_release(account, c, causes, NULL, NULL);
}
