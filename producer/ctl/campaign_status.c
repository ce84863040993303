/* campaign start, pause, resume, stop: one status, told to each account's ledger, and what it means
 * for the items that wait. A claim reads the status itself, so it reaches what is in Kafka. */
#include <inttypes.h>

#include "common/adapters/outbox.h"
#include "common/adapters/verdicts.h"
#include "producer/ctl/catch_up.h"
#include "producer/ctl/closed_campaigns.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/schedule.h"

#include "common/base/banned.h"

struct status_change {
    struct lookup_campaign campaign;
    enum campaign_status to;
    int64_t first; /* start --first N; 0 = all */
};

/* $1 campaign, $2 text status, $3 text what it was, $4 int messages that may be planned, 0 = as
 * before, $5 bool behind. */
static const char status_sql[] =
    "UPDATE campaigns SET status = $2, version = sam_change_version(version, $5), "
    "updated_at = sam_now(), first_left = coalesce(nullif($4::int, 0), first_left) "
    "WHERE id = $1 AND status = $3 RETURNING version";
/* $1 campaign, $2 uuid[] accounts. */
static const char cancel_sql[] =
    "UPDATE send_queue i SET status = 'cancelled', reason = 'campaign_stopped' "
    "WHERE i.account_id = ANY ($2) AND i.campaign_id = $1 AND i.status = 'pending' "
    "RETURNING i.id";
/* $1 campaign, $2 account, $3 rows at most. */
static const char rest_sql[] =
    "UPDATE campaign_prospects SET next_at = NULL WHERE id IN (SELECT p.id FROM "
    "campaign_prospects p WHERE p.account_id = $2 AND p.campaign_id = $1 AND p.next_at IS NOT NULL "
    "ORDER BY p.id LIMIT $3 FOR UPDATE)";
static const char idle_sql[] =
    "SELECT (SELECT count(*) FROM (SELECT FROM campaign_prospects p WHERE p.campaign_id = $1 "
    "LIMIT 1) x), (SELECT string_agg(a.name || ' (' || a.status || ')', ', ') "
    "FROM campaign_accounts ca JOIN linkedin_accounts a ON a.id = ca.account_id "
    "WHERE ca.campaign_id = $1 AND a.status <> 'active')";

#define PEOPLE_PER_TRANSACTION 5000

static enum pg_failure tell_status(struct ctl *c, const struct status_change *x,
                                   const struct schedule *s, int64_t version)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o;
    enum pg_failure failure = outbox_begin(&o, c->pg, &c->params);
    for (size_t i = 0; !failure && i < s->count; i++) {
        struct event event = {
            .type = EVENT_CAMPAIGN,
            .workspace_id = x->campaign.workspace_id,
            .account_id = s->accounts[i],
            .campaign = {.id = x->campaign.id, .status = x->to, .version = version}};
        outbox_add(&o, &event);
    }
    return failure ? failure : outbox_write(&o, c->pg, &c->params);
}

/* What waits is cancelled; the identities of people to whom nothing went are free again. */
static enum pg_failure cancel_items(struct ctl *c, const struct status_change *x,
                                    const struct schedule *s)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), &x->campaign.id);
    schedule_add_accounts(s, &c->params);
    enum pg_failure failure = pg_exec(c->pg, cancel_sql, &c->params, &r);
    if (failure)
        return failure;
    pg_array_open(ctl_params(c), PG_ARRAY_UUID);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        pg_item_uuid(&c->params, &id);
    }
    pg_array_close(&c->params);
    failure = pg_exec(c->pg, verdicts_contacted_sql, &c->params, NULL);
    return failure ? failure : schedule_due(s, c);
}

/* Whoever starts it again wants a refused text tried once more. $1 campaign. */
static const char try_again_sql[] = "UPDATE campaign_prospects SET hold_reason = NULL "
                                    "WHERE campaign_id = $1 AND hold_reason = 'text_refused'";

static enum pg_failure change_status(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s;
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const struct status_change *x = arg;
    enum pg_failure failure = schedule_lock_campaign(&s, c, &x->campaign.id);
    if (failure)
        return failure;
    pg_add_uuid(ctl_params(c), &x->campaign.id);
    pg_add_text(&c->params, campaign_status_name(x->to));
    pg_add_text(&c->params, campaign_status_name(x->campaign.status));
    pg_add_i32(&c->params, (int32_t)x->first);
    pg_add_bool(&c->params, c->behind && x->to == CAMPAIGN_RUNNING);
    if ((failure = pg_exec(c->pg, status_sql, &c->params, &r)))
        return failure;
    if (pg_rows(r) == 0)
        return ctl_refuse(c, "somebody else has just changed the campaign; look and try again");
    if ((failure = tell_status(c, x, &s, pg_i64(r, 0, 0))))
        return failure;
    if (x->to == CAMPAIGN_STOPPED)
        return cancel_items(c, x, &s);
    if (x->to != CAMPAIGN_RUNNING)
        return PG_FINE;
    pg_add_uuid(ctl_params(c), &x->campaign.id);
    if ((failure = pg_exec(c->pg, try_again_sql, &c->params, NULL)))
        return failure;
    failure = schedule_release(&s, c, (const char *const[]){"campaign_", "text_refused", NULL},
                               &x->campaign.id, NULL);
    return failure ? failure : schedule_replan(&s, c, &x->campaign.id); /* others have planned on */
}

static enum ctl_exit not_allowed(struct ctl *c, const struct status_change *x)
{
    bool applied = true;
    enum ctl_exit e = x->to == CAMPAIGN_PAUSED ? catch_up_look(c, &applied) : CTL_DONE;
    if (e)
        return e;
    return ctl_fail("campaign %s is %s; it cannot become %s%s", c->args.words[0],
                    campaign_status_name(x->campaign.status), campaign_status_name(x->to),
                    applied ? ""
                            : ". The ledger is still being applied to this database and may "
                              "start it: `samctl pause --all` holds everything");
}

/* The campaign of the first word, to another status; from: what it must be, for the message. */
static enum ctl_exit to_status(struct ctl *c, enum campaign_status to, struct status_change *x,
                               bool *ret_already)
{
    const char *name = c->args.words[0];
    enum ctl_exit e;
    *ret_already = false;
    x->to = to;
    if ((e = ctl_connect(c)) || (e = lookup_campaign(c, name, &x->campaign)))
        return e;
    *ret_already = x->campaign.status == to;
    if (!campaign_transition_allowed(x->campaign.status, to))
        return not_allowed(c, x);
    /* A pause is told to the ledger even so: in a database that was restored it is of before, and a
     * resume that the ledger is about to bring would end it. */
    if ((!*ret_already || to == CAMPAIGN_PAUSED) && (e = ctl_transaction(c, change_status, x)))
        return e;
    if (*ret_already) {
        ctl_result(c, "campaign", name, "status", campaign_status_name(to), NULL);
        ctl_say(c, "campaign %s is %s already", name, campaign_status_name(to));
        return CTL_DONE;
    }
    ctl_result(c, "campaign", name, "status", campaign_status_name(to), "was",
               campaign_status_name(x->campaign.status), NULL);
    return CTL_DONE;
}

/* What a user would wonder about a minute later. */
static enum ctl_exit warn_idle(struct ctl *c, const struct lookup_campaign *campaign)
{
    catch_up_note(c);
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), &campaign->id);
    enum ctl_exit e = ctl_query(c, idle_sql, &r);
    if (e)
        return e;
    if (pg_i64(r, 0, 0) == 0)
        ctl_say(c, "note: nobody is approved yet: `samctl approve --campaign %s --all`",
                c->args.words[0]);
    if (!pg_null(r, 0, 1))
        ctl_say(c, "note: not active: %s; `samctl account resume` lets them send",
                pg_text(r, 0, 1));
    return CTL_DONE;
}

/* ---- start: all, or the first N until somebody says OK --------------------------------------- */

#define FIRST_MAX 1000000

static void say_runs(const struct ctl *c, int64_t first)
{
    if (first)
        ctl_say(c,
                "campaign %s runs: %" PRId64 " message%s at most, then it waits for an OK "
                "(`samctl campaign start %s`)",
                c->args.words[0], first, first == 1 ? "" : "s", c->args.words[0]);
    else
        ctl_say(c, "campaign %s runs", c->args.words[0]);
}

/* $1 campaign, $2 int messages that may be planned, 0 = all. */
static const char first_sql[] =
    "UPDATE campaigns SET first_left = nullif($2::int, 0), updated_at = sam_now() WHERE id = $1 "
    "AND status = 'running' AND first_left IS NOT NULL";

struct first_ok {
    struct uuid campaign_id;
    int64_t first; /* 0 = all */
    bool changed;
};

static enum pg_failure say_ok(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s;
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct first_ok *ok = arg;
    enum pg_failure failure = schedule_lock_campaign(&s, c, &ok->campaign_id);
    if (failure)
        return failure;
    pg_add_uuid(ctl_params(c), &ok->campaign_id);
    pg_add_i32(&c->params, (int32_t)ok->first);
    if ((failure = pg_exec(c->pg, first_sql, &c->params, &r)))
        return failure;
    ok->changed = pg_affected(r) == 1;
    return ok->changed ? schedule_kick(&s, c) : PG_FINE;
}

/* A campaign that runs: the OK for its rest, or for some more. */
static enum ctl_exit start_again(struct ctl *c, const struct lookup_campaign *campaign,
                                 int64_t first)
{
    struct first_ok ok = {.campaign_id = campaign->id, .first = first};
    enum ctl_exit e = ctl_transaction(c, say_ok, &ok);
    if (e)
        return e;
    if (!ok.changed && first)
        return ctl_fail("campaign %s runs without a limit already; `samctl campaign pause %s` "
                        "halts it",
                        c->args.words[0], c->args.words[0]);
    ctl_result(c, "campaign", c->args.words[0], "status", campaign_status_name(CAMPAIGN_RUNNING),
               NULL);
    if (ok.changed)
        say_runs(c, first);
    else
        ctl_say(c, "campaign %s is running already", c->args.words[0]);
    return CTL_DONE;
}

enum ctl_exit command_campaign_start(struct ctl *c)
{
    struct status_change x = {.first = 0};
    char why[ARGS_WHY_BYTES];
    bool already;
    enum ctl_exit e;
    if (args_number(&c->args, "first", 1, FIRST_MAX, &x.first, why) != 0)
        return ctl_wrong_use("%s", why);
    if ((e = ctl_connect(c)) || (e = catch_up(c)) ||
        (e = lookup_campaign(c, c->args.words[0], &x.campaign)))
        return e;
    if (x.campaign.status == CAMPAIGN_PAUSED)
        return ctl_fail("campaign %s is paused: `samctl campaign resume %s`", c->args.words[0],
                        c->args.words[0]);
    if (x.campaign.status == CAMPAIGN_RUNNING)
        return start_again(c, &x.campaign, x.first);
    if ((e = closed_campaigns_check(c, &x.campaign.id)) ||
        (e = to_status(c, CAMPAIGN_RUNNING, &x, &already)) || already)
        return e;
    say_runs(c, x.first);
    return warn_idle(c, &x.campaign);
}

enum ctl_exit command_campaign_pause(struct ctl *c)
{
    struct status_change x = {.first = 0};
    bool already;
    enum ctl_exit e = to_status(c, CAMPAIGN_PAUSED, &x, &already);
    if (!e && !already)
        ctl_say(c, "campaign %s is paused; what is already being sent ends within seconds",
                c->args.words[0]);
    return e;
}

enum ctl_exit command_campaign_resume(struct ctl *c)
{
    struct status_change x = {.first = 0};
    bool already;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = catch_up(c)) ||
        (e = lookup_campaign(c, c->args.words[0], &x.campaign)))
        return e;
    if (x.campaign.status == CAMPAIGN_DRAFT)
        return ctl_fail("campaign %s was never started: `samctl campaign start %s`",
                        c->args.words[0], c->args.words[0]);
    if ((e = to_status(c, CAMPAIGN_RUNNING, &x, &already)) || already)
        return e;
    ctl_say(c, "campaign %s runs", c->args.words[0]);
    return warn_idle(c, &x.campaign);
}

/* ---- stop: the people of a large campaign, some thousands at a time -------------------------- */

struct people_rest {
    const struct status_change *x;
    struct uuid account_id;
    int64_t rows;
};

static enum pg_failure rest_some(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct people_rest *p = arg;
    pg_add_uuid(ctl_params(c), &p->x->campaign.id);
    pg_add_uuid(&c->params, &p->account_id);
    pg_add_i64(&c->params, PEOPLE_PER_TRANSACTION);
    enum pg_failure failure = pg_exec(c->pg, rest_sql, &c->params, &r);
    if (!failure)
        p->rows = pg_affected(r);
    return failure;
}

static enum ctl_exit rest_people(struct ctl *c, const struct status_change *x)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    int64_t rested = 0;
    pg_add_uuid(ctl_params(c), &x->campaign.id);
    enum ctl_exit e = ctl_query(
        c, "SELECT account_id FROM campaign_accounts WHERE campaign_id = $1 ORDER BY 1", &r);
    for (int row = 0; !e && row < pg_rows(r); row++) {
        struct people_rest p = {.x = x, .account_id = pg_uuid(r, row, 0)};
        do {
            e = ctl_transaction(c, rest_some, &p);
            rested += p.rows;
            if (rested >= PEOPLE_PER_TRANSACTION)
                ctl_progress(c, rested, "people");
        } while (!e && p.rows == PEOPLE_PER_TRANSACTION);
    }
    if (rested >= PEOPLE_PER_TRANSACTION)
        ctl_progress(c, rested, NULL);
    return e;
}

/* Again on a stopped campaign: finishes what an interrupted stop has left. */
enum ctl_exit command_campaign_stop(struct ctl *c)
{
    struct status_change x = {.first = 0};
    bool already;
    enum ctl_exit e = to_status(c, CAMPAIGN_STOPPED, &x, &already);
    if (!e)
        e = rest_people(c, &x);
    if (!e && !already)
        ctl_say(c, "campaign %s is stopped for good; what was waiting is cancelled",
                c->args.words[0]);
    return e;
}
