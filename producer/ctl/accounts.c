#include "producer/ctl/accounts.h"

#include <string.h>

#include "common/base/murmur2.h"
#include "common/model/job.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/outbox.h"
#include "producer/ctl/schedule.h"

#include "common/base/banned.h"

/* $1 id, $2 workspace, $3 name, $4 unipile id, $5 country, $6 zone, $7 plan, $8 key hash,
 * $9 bigint[] limits and the days of the ramp; below 0 = none. */
#define OWN(n) "CASE WHEN $9[" n "] >= 0 THEN $9[" n "] END"
static const char add_sql[] =
    "INSERT INTO linkedin_accounts (id, workspace_id, name, unipile_id, country, timezone, plan, "
    "key_hash, spacing_ms, jitter_ms, daily_cap, daily_invitations, weekly_invitations, "
    "daily_messages, daily_profile_views, ramp_days, ramp_from) VALUES ($1, $2, $3, $4, $5, $6, "
    "$7, $8, " OWN("1") ", " OWN("2") ", " OWN("3") ", " OWN("4") ", " OWN("5") ", " OWN(
        "6") ", " OWN("7") ", CASE WHEN $9[8] > 0 THEN $9[8] END, "
                           "CASE WHEN $9[8] > 0 THEN sam_now() END) ON CONFLICT DO NOTHING";
static const char add_schedule_sql[] = "INSERT INTO account_schedule (account_id) VALUES ($1)";
static const char add_sync_sql[] =
    "INSERT INTO sync_schedule (account_id, kind) VALUES ($1, 'relations'), ($1, 'replies')";

/* $1 id, $2 country, $3 zone, $4 plan (NULL = stays), $5 bigint[] as above; -1 = stays. */
#define CHANGED(column, n)                                                                         \
    column " = CASE WHEN $5[" n "] = -1 THEN " column " WHEN $5[" n "] >= 0 THEN $5[" n "] END"
static const char set_sql[] =
    "UPDATE linkedin_accounts SET country = coalesce($2, country), "
    "timezone = coalesce($3, timezone), plan = coalesce($4, "
    "plan), " CHANGED("spacing_ms", "1") ", " CHANGED("jitter_ms", "2") ", " CHANGED(
        "daily_cap",
        "3") ", " CHANGED("daily_invitations",
                          "4") ", " CHANGED("weekly_invitations",
                                            "5") ", " CHANGED("daily_messages",
                                                              "6") ", " CHANGED("daily_"
                                                                                "profile_"
                                                                                "views",
                                                                                "7") ", "
                                                                                     "ramp_"
                                                                                     "days "
                                                                                     "= "
                                                                                     "CASE "
                                                                                     "WHEN "
                                                                                     "$5[8]"
                                                                                     " = "
                                                                                     "-1 "
                                                                                     "THEN "
                                                                                     "ramp_"
                                                                                     "days "
                                                                                     "WHEN "
                                                                                     "$5[8]"
                                                                                     " > 0 "
                                                                                     "THEN "
                                                                                     "$5[8]"
                                                                                     " END,"
                                                                                     " "
                                                                                     "ramp_"
                                                                                     "from "
                                                                                     "= "
                                                                                     "CASE "
                                                                                     "WHEN "
                                                                                     "$5[8]"
                                                                                     " = "
                                                                                     "-1 "
                                                                                     "THEN "
                                                                                     "ramp_"
                                                                                     "from "
                                                                                     "WHEN "
                                                                                     "$5[8]"
                                                                                     " > 0 "
                                                                                     "THEN "
                                                                                     "sam_"
                                                                                     "now()"
                                                                                     " END "
                                                                                     "WHERE"
                                                                                     " id "
                                                                                     "= $1";

static const char status_sql[] =
    "UPDATE linkedin_accounts SET status = $2, status_reason = NULL, rest_until = NULL, "
    "rest_count = 0, version = version + 1 WHERE id = $1 RETURNING version";

static const char list_sql[] =
    "SELECT a.id, a.name, a.unipile_id, a.status, coalesce(a.blocked_reason, a.status_reason), "
    "a.rest_until, a.country, a.timezone, a.plan, "
    "(SELECT count(*) FROM send_attempts t WHERE t.account_id = a.id AND t.kind <> 'profile_view' "
    "AND t.started_at > sam_now() - interval '24 hours'), "
    "a.spacing_ms, a.daily_cap, a.daily_invitations, a.weekly_invitations, a.daily_messages, "
    "a.ramp_days FROM linkedin_accounts a WHERE a.workspace_id = $1 ORDER BY a.name";
static const struct column list_columns[] = {
    {"id", NULL, COLUMN_UUID},
    {"account", "account", COLUMN_TEXT},
    {"unipile_id", "unipile id", COLUMN_TEXT},
    {"status", "status", COLUMN_TEXT},
    {"status_reason", "why", COLUMN_TEXT},
    {"rest_until", "rests until", COLUMN_TIME},
    {"country", "country", COLUMN_TEXT},
    {"timezone", "timezone", COLUMN_TEXT},
    {"plan", "plan", COLUMN_TEXT},
    {"calls_24h", "calls 24h", COLUMN_NUMBER},
    {"spacing", "spacing", COLUMN_DURATION},
    {"daily_cap", "cap", COLUMN_NUMBER},
    {"daily_invitations", "inv/day", COLUMN_NUMBER},
    {"weekly_invitations", "inv/week", COLUMN_NUMBER},
    {"daily_messages", "msg/day", COLUMN_NUMBER},
    {"ramp_days", "ramp", COLUMN_NUMBER},
};

struct account_change {
    const char *name;
    const char *unipile_id;
    struct uuid id;
    struct uuid workspace_id;
    struct account_options options;
    enum account_status status;
};

static void add_limits(struct pg_params *params, const struct account_options *o)
{
    pg_array_open(params, PG_ARRAY_I64);
    for (size_t i = 0; i < ACCOUNT_LIMITS; i++)
        pg_item_i64(params, o->limits[i]);
    pg_item_i64(params, o->ramp_days);
    pg_array_close(params);
}

static enum pg_failure add(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const struct account_change *a = arg;
    char key[UUID_TEXT_BYTES];
    uuid_format(&a->id, key);
    struct pg_params *params = ctl_params(c);
    pg_add_uuid(params, &a->id);
    pg_add_uuid(params, &a->workspace_id);
    pg_add_text(params, a->name);
    pg_add_text(params, a->unipile_id);
    pg_add_text(params, a->options.country);
    pg_add_text(params, a->options.timezone);
    pg_add_text(params, a->options.plan ? a->options.plan : account_plan_name(PLAN_FREE));
    pg_add_i32(params, murmur2_key_hash(key));
    add_limits(params, &a->options);
    enum pg_failure failure = pg_exec(c->pg, add_sql, params, &r);
    if (failure)
        return failure;
    if (pg_affected(r) == 0)
        return ctl_refuse(c, "an account with this name is in the workspace already, or one with "
                             "this Unipile id in some workspace");
    pg_add_uuid(ctl_params(c), &a->id);
    failure = pg_exec(c->pg, add_schedule_sql, params, NULL);
    return failure ? failure : pg_exec(c->pg, add_sync_sql, params, NULL);
}

enum ctl_exit command_account_add(struct ctl *c)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    struct account_change a = {
        .name = c->args.words[0], .unipile_id = args_get(&c->args, "unipile-id"), .id = uuid_v7()};
    struct lookup_workspace w;
    char id[UUID_TEXT_BYTES];
    enum ctl_exit e = ctl_settings(c);
    if (e)
        return e;
    if (!a.unipile_id || !*a.unipile_id || strlen(a.unipile_id) > UNIPILE_ID_MAX)
        problems_add(&problems, "--unipile-id: needed; `samctl account discover` lists them");
    if (!args_has(&c->args, "country"))
        problems_add(&problems, "--country: needed, ISO 3166, e.g. DE");
    if (!*a.name)
        problems_add(&problems, "an account needs a name");
    account_options_read(c, &a.options, &problems);
    if (problems_any(&problems)) {
        (void)ctl_problems(&problems);
        return CTL_WRONG_USE;
    }
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    a.workspace_id = w.id;
    if ((e = ctl_transaction(c, add, &a)))
        return e;
    uuid_format(&a.id, id);
    ctl_result(c, "account", a.name, "id", id, "timezone", a.options.timezone, NULL);
    ctl_say(c, "account %s added to workspace %s (%s, %s)", a.name, w.name, a.options.country,
            a.options.timezone);
    return CTL_DONE;
}

static enum pg_failure set(struct ctl *c, void *arg)
{
    /* what a limit has put off is asked again */
    static const char *const limits[] = {"daily_", "weekly_", "spacing", NULL};
    SAM_CLEANUP(schedule_deinit) struct schedule s;
    const struct account_change *a = arg;
    enum pg_failure failure = schedule_lock_account(&s, c, &a->id);
    if (failure)
        return failure;
    struct pg_params *params = ctl_params(c);
    pg_add_uuid(params, &a->id);
    pg_add_text(params, a->options.country[0] ? a->options.country : NULL);
    pg_add_text(params, a->options.timezone[0] ? a->options.timezone : NULL);
    pg_add_text(params, a->options.plan);
    add_limits(params, &a->options);
    failure = pg_exec(c->pg, set_sql, params, NULL);
    if (!failure)
        failure = schedule_release(&s, c, limits, NULL, NULL);
    return failure ? failure : schedule_kick(&s, c);
}

enum ctl_exit command_account_set(struct ctl *c)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    struct account_change a = {.name = c->args.words[0]};
    struct lookup_account account;
    enum ctl_exit e = ctl_settings(c);
    if (e)
        return e;
    if (c->args.options_count == 0)
        return ctl_wrong_use("account set: what is to be changed?");
    account_options_read(c, &a.options, &problems);
    if (problems_any(&problems)) {
        (void)ctl_problems(&problems);
        return CTL_WRONG_USE;
    }
    if ((e = ctl_connect(c)) || (e = lookup_account(c, a.name, &account)))
        return e;
    a.id = account.id;
    if ((e = ctl_transaction(c, set, &a)))
        return e;
    ctl_result(c, "account", a.name, NULL);
    ctl_say(c, "account %s changed", a.name);
    return CTL_DONE;
}

/* ---- pause, resume -------------------------------------------------------------------------- */

static enum pg_failure tell_status(struct ctl *c, const struct account_change *a, int64_t version)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o;
    enum pg_failure failure = outbox_begin(&o, c);
    if (failure)
        return failure;
    struct event event = {.type = EVENT_ACCOUNT,
                          .workspace_id = a->workspace_id,
                          .account_id = a->id,
                          .account = {.status = a->status, .version = version}};
    outbox_add(&o, &event);
    return outbox_write(&o, c);
}

static enum pg_failure change_status(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s;
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    const struct account_change *a = arg;
    enum pg_failure failure = schedule_lock_account(&s, c, &a->id);
    if (failure)
        return failure;
    pg_add_uuid(ctl_params(c), &a->id);
    pg_add_text(&c->params, account_status_name(a->status));
    failure = pg_exec(c->pg, status_sql, &c->params, &r);
    if (failure || (failure = tell_status(c, a, pg_i64(r, 0, 0))))
        return failure;
    if (a->status != ACCOUNT_ACTIVE)
        return PG_FINE;
    failure = schedule_release(&s, c, (const char *const[]){"account_", NULL}, NULL, NULL);
    return failure ? failure : schedule_kick(&s, c);
}

static enum ctl_exit to_status(struct ctl *c, enum account_status status, const char *done)
{
    struct account_change a = {.name = c->args.words[0], .status = status};
    struct lookup_account account;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = lookup_account(c, a.name, &account)))
        return e;
    a.id = account.id;
    a.workspace_id = account.workspace_id;
    if (account.status == status) {
        ctl_result(c, "account", a.name, "status", account_status_name(status), NULL);
        ctl_say(c, "account %s is %s already", a.name, account_status_name(status));
        return CTL_DONE;
    }
    if ((e = ctl_transaction(c, change_status, &a)))
        return e;
    ctl_result(c, "account", a.name, "status", account_status_name(status), "was",
               account_status_name(account.status), NULL);
    ctl_say(c, "account %s %s (it was %s)", a.name, done, account_status_name(account.status));
    return CTL_DONE;
}

enum ctl_exit command_account_pause(struct ctl *c)
{
    return to_status(c, ACCOUNT_PAUSED, "sends nothing until it is resumed");
}

enum ctl_exit command_account_resume(struct ctl *c)
{
    return to_status(c, ACCOUNT_ACTIVE, "is active");
}

enum ctl_exit command_account_list(struct ctl *c)
{
    struct lookup_workspace w;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    return ctl_list(c, list_sql, list_columns, SAM_ARRAY_LEN(list_columns),
                    "there is no account yet: `samctl account add` takes one in");
}
