/* campaign update: a file changes the campaign that it names. What waits is written anew in place;
 * nothing that was sent is touched, and nobody is contacted a second time. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/policy/follow_up.h"
#include "producer/ctl/campaign_change.h"
#include "producer/ctl/campaign_columns.h"
#include "producer/ctl/campaign_warnings.h"
#include "producer/ctl/catch_up.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/schedule.h"
#include "producer/ctl/waiting_texts.h"

#include "common/base/banned.h"

/* Parameters of campaign_change_params(). */
static const char update_sql[] =
    "UPDATE campaigns SET country = $5, subdivision = $6, timezone = $7, opens_minute = $8, "
    "closes_minute = $9, weekend_mask = nullif($10, -1), holidays = $11, on_note_limit = $12, "
    "give_up_after_ms = $13, start_at = $14, end_at = $15, daily_cap = nullif($16, 0), "
    "steps = $17, source = $18, contact_again_after_ms = nullif($19, 0), updated_at = sam_now() "
    "WHERE id = $1 AND workspace_id = $2 AND name = $3 AND campaign_type = $4 "
    "AND status <> 'stopped'";
/* $1 campaign, $2 uuid[] the file's accounts: others that have people. */
static const char leaving_sql[] =
    "SELECT string_agg(a.name, ', ' ORDER BY a.name) FROM campaign_accounts ca "
    "JOIN linkedin_accounts a ON a.id = ca.account_id "
    "WHERE ca.campaign_id = $1 AND NOT ca.account_id = ANY ($2) AND (EXISTS (SELECT FROM "
    "campaign_prospects p WHERE p.campaign_id = $1 AND p.account_id = ca.account_id) OR EXISTS ("
    "SELECT FROM prospect_approval_data d WHERE d.campaign_id = $1 "
    "AND d.account_id = ca.account_id AND d.status = 'pending'))";
static const char leave_sql[] =
    "DELETE FROM campaign_accounts WHERE campaign_id = $1 AND NOT account_id = ANY ($2)";
static const char order_sql[] =
    "UPDATE campaign_accounts ca SET position = x.n FROM unnest($2::uuid[]) WITH ORDINALITY "
    "AS x(id, n) WHERE ca.campaign_id = $1 AND ca.account_id = x.id";
/* Delays reach the people who wait for their next message. $1 campaign, $2 bigint[] after ms of
 * each step, $3 boolean[] does it count from the acceptance. */
static const char delays_sql[] =
    "UPDATE campaign_prospects p SET next_at = x.at FROM (SELECT q.id, CASE "
    "WHEN ($3::boolean[])[q.next_step + 1] THEN q.connected_at ELSE q.last_sent_at END "
    "+ ($2::bigint[])[q.next_step + 1] * interval '1 ms' AS at FROM campaign_prospects q "
    "WHERE q.campaign_id = $1 AND q.next_step > 0 AND q.next_at IS NOT NULL "
    "AND q.status IN ('connected', 'messaging')) x "
    "WHERE p.id = x.id AND x.at IS NOT NULL AND p.next_at <> x.at";
/* Who has had the last message that the campaign still has. $1 campaign, $2 steps. */
static const char complete_sql[] =
    "UPDATE campaign_prospects SET status = 'completed', next_at = NULL WHERE campaign_id = $1 "
    "AND status IN ('connected', 'messaging') AND next_step >= $2";
/* Held for a text that may be right now; the planner holds them again if it is not. $1 campaign. */
static const char release_sql[] =
    "UPDATE campaign_prospects SET hold_reason = NULL WHERE campaign_id = $1 "
    "AND hold_reason IN ('text_invalid', 'step_gone') "
    "AND status IN ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging')";
/* A refused text stops the others as well: it is forgotten whatever became of the one who is held,
 * but only where the file has another one. Before the campaign is written. $1 campaign, $2 steps,
 * $3 what becomes of a note that is too long. */
static const char release_refused_sql[] =
    "UPDATE campaign_prospects p SET hold_reason = NULL FROM campaigns c WHERE c.id = $1 "
    "AND p.campaign_id = $1 AND p.hold_reason = 'text_refused' "
    "AND (c.steps::jsonb -> p.next_step::integer ->> 'text' IS DISTINCT FROM "
    "$2::jsonb -> p.next_step::integer ->> 'text' OR (p.next_step = 0 AND c.on_note_limit <> $3))";
/* $1 campaign. */
static const char still_sql[] = "SELECT count(DISTINCT next_step) FROM campaign_prospects "
                                "WHERE campaign_id = $1 AND hold_reason = 'text_refused'";
/* When messages may go, as one text: a file that changes it gives what waits other moments. */
static const char when_sql[] =
    "SELECT concat_ws('|', country, coalesce(subdivision, ''), timezone, opens_minute, "
    "closes_minute, coalesce(weekend_mask, -1), holidays, coalesce(daily_cap, 0), start_at, "
    "coalesce(end_at, 'infinity'), (SELECT string_agg(s.step ->> 'after_ms', ',' ORDER BY s.n) "
    "FROM jsonb_array_elements(steps::jsonb) WITH ORDINALITY AS s(step, n))) "
    "FROM campaigns WHERE id = $1";
/* What an item waited for that the file may have changed. */
static const char *const causes[] = {
    "hours",        "weekend",      "holiday",     "no_window", "campaign_",
    "text_refused", "text_invalid", "person_held", "monthly_",  NULL};

struct update {
    struct campaign_change change;
    struct lookup_campaign campaign;
    struct waiting_texts texts;
    int64_t completed;
    int64_t still; /* messages that stand still: the file has the text that was refused */
};

static enum pg_failure exec_campaign(struct ctl *c, const struct update *u, const char *sql,
                                     struct pg_result **ret)
{
    pg_add_uuid(ctl_params(c), &u->campaign.id);
    campaign_change_add_accounts(&u->change, &c->params);
    return pg_exec(c->pg, sql, &c->params, ret);
}

static enum pg_failure write_campaign(struct ctl *c, const struct update *u)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    campaign_change_params(&u->change, &c->params);
    enum pg_failure failure = pg_exec(c->pg, update_sql, &c->params, &r);
    if (!failure && pg_affected(r) == 0)
        return ctl_refuse(c, "somebody else has just changed the campaign; look and try again");
    return failure;
}

static enum pg_failure change_accounts(struct ctl *c, const struct update *u)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    enum pg_failure failure = exec_campaign(c, u, leaving_sql, &r);
    if (failure)
        return failure;
    if (!pg_null(r, 0, 0))
        return ctl_refuse(c, "%s: accounts: %s cannot leave: people of the campaign are theirs",
                          c->args.words[0], pg_text(r, 0, 0));
    failure = exec_campaign(c, u, leave_sql, NULL);
    return failure ? failure : exec_campaign(c, u, order_sql, NULL);
}

static enum pg_failure release_refused(struct ctl *c, struct update *u)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const struct campaign_file *f = u->change.file;
    SAM_CLEANUP(freep) char *steps = campaign_steps_to_json(f->steps, f->steps_count);
    pg_add_uuid(ctl_params(c), &u->campaign.id);
    pg_add_json(&c->params, steps);
    pg_add_text(&c->params, note_limit_name(f->on_note_limit));
    enum pg_failure failure = pg_exec(c->pg, release_refused_sql, &c->params, NULL);
    pg_add_uuid(ctl_params(c), &u->campaign.id);
    if (!failure)
        failure = pg_exec(c->pg, still_sql, &c->params, &r);
    if (!failure)
        u->still = pg_i64(r, 0, 0);
    return failure;
}

static enum pg_failure change_delays(struct ctl *c, const struct update *u)
{
    const struct campaign_file *f = u->change.file;
    pg_add_uuid(ctl_params(c), &u->campaign.id);
    pg_array_open(&c->params, PG_ARRAY_I64);
    for (size_t i = 0; i < f->steps_count; i++)
        pg_item_i64(&c->params, f->steps[i].after_ms);
    pg_array_close(&c->params);
    pg_array_open(&c->params, PG_ARRAY_BOOL);
    for (size_t i = 0; i < f->steps_count; i++)
        pg_item_bool(&c->params, policy_follows_acceptance(f->type, (int64_t)i));
    pg_array_close(&c->params);
    return pg_exec(c->pg, delays_sql, &c->params, NULL);
}

static enum pg_failure change_people(struct ctl *c, struct update *u)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), &u->campaign.id);
    enum pg_failure failure = pg_exec(c->pg, release_sql, &c->params, NULL);
    if (!failure)
        failure = change_delays(c, u);
    pg_add_uuid(ctl_params(c), &u->campaign.id);
    pg_add_i32(&c->params, (int32_t)u->change.file->steps_count);
    if (!failure)
        failure = pg_exec(c->pg, complete_sql, &c->params, &r);
    if (!failure)
        u->completed = pg_affected(r);
    return failure;
}

static enum pg_failure read_when(struct ctl *c, const struct update *u, struct pg_result **ret)
{
    pg_add_uuid(ctl_params(c), &u->campaign.id);
    return pg_exec(c->pg, when_sql, &c->params, ret);
}

/* New texts alone are written in place (waiting_texts.h): their messages keep their time. */
static enum pg_failure reschedule(struct ctl *c, const struct update *u, const struct schedule *s,
                                  const struct pg_result *before)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *now = NULL;
    enum pg_failure failure = read_when(c, u, &now);
    if (failure)
        return failure;
    failure = schedule_release(s, c, causes, &u->campaign.id, NULL);
    if (!failure && strcmp(pg_text(before, 0, 0), pg_text(now, 0, 0)) != 0)
        return schedule_replan(s, c, &u->campaign.id);
    return failure ? failure : schedule_kick(s, c);
}

static enum pg_failure update(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    SAM_CLEANUP(pg_result_freep) struct pg_result *when = NULL;
    struct update *u = arg;
    enum pg_failure failure = campaign_change_write_accounts(&u->change, c);
    if (!failure)
        failure = schedule_lock_campaign(&s, c, &u->campaign.id); /* old and new ones */
    if (!failure)
        failure = read_when(c, u, &when);
    if (!failure)
        failure = release_refused(c, u);
    if (!failure)
        failure = write_campaign(c, u);
    if (!failure)
        failure = change_accounts(c, u);
    if (!failure)
        failure = change_people(c, u);
    u->texts.campaign_id = &u->campaign.id;
    u->texts.accounts = &s;
    if (!failure)
        failure = waiting_texts_refresh(&u->texts, c);
    return failure ? failure : reschedule(c, u, &s, when);
}

static enum ctl_exit check(struct ctl *c, const struct update *u)
{
    if (u->campaign.status == CAMPAIGN_STOPPED)
        return ctl_fail("campaign %s is stopped, which is final: make a new one",
                        u->change.file->name);
    if (u->campaign.type != u->change.file->type)
        return ctl_fail("%s: campaign_type: campaign %s is a %s, and stays one", c->args.words[0],
                        u->change.file->name, campaign_type_name(u->campaign.type));
    return CTL_DONE;
}

static void tell_json(const struct ctl *c, const struct update *u)
{
    SAM_CLEANUP(buf_deinit) struct buf line = BUF_INIT(8000);
    if (!c->json)
        return;
    buf_adds(&line, "{\"campaign\":");
    buf_add_json(&line, u->change.file->name);
    buf_addf(&line,
             ",\"changed\":%" PRId64 ",\"cancelled\":%" PRId64 ",\"completed\":%" PRId64
             ",\"held\":%" PRId64 "}",
             u->texts.changed, u->texts.gone, u->completed, u->texts.held);
    (void)printf("%s\n", buf_text(&line));
}

enum ctl_exit command_campaign_update(struct ctl *c)
{
    SAM_CLEANUP(campaign_change_deinit) struct campaign_change change = {.file = NULL};
    struct update u = {.completed = 0};
    enum ctl_exit e;
    if ((e = campaign_change_read(&change, c->args.words[0])) || (e = ctl_connect(c)) ||
        (e = catch_up(c)) || (e = campaign_change_workspace(&change, c)) ||
        (e = lookup_campaign(c, change.file->name, &u.campaign)))
        return e;
    change.id = u.campaign.id;
    if ((e = campaign_change_accounts(&change, c)) || (e = campaign_change_opens(&change, c)) ||
        (e = campaign_columns_check_file(change.file, &change.workspace_id, c)))
        return e;
    u.change = change;
    if ((e = check(c, &u)) || (e = ctl_transaction(c, update, &u)))
        return e;
    tell_json(c, &u);
    ctl_say(c, "campaign %s changed: %" PRId64 " waiting texts written anew", change.file->name,
            u.texts.changed);
    if (u.texts.gone || u.completed)
        ctl_say(c,
                "%" PRId64 " waiting messages cancelled and %" PRId64 " people completed: the "
                "campaign no longer has these messages",
                u.texts.gone, u.completed);
    if (u.still)
        ctl_say(c,
                "%" PRId64 " messages stand still: the file has the very text that Unipile "
                "refused; `samctl campaign pause` and `resume` let it be tried once more",
                u.still);
    if (u.texts.held)
        ctl_say(c, "%" PRId64 " people are on hold, their text cannot be sent: %s", u.texts.held,
                u.texts.problem);
    campaign_warnings_tell(change.file, c);
    return CTL_DONE;
}
