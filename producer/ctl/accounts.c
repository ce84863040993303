/* account add, set: a LinkedIn account and its own limits. */
#include "producer/ctl/accounts.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/murmur2.h"
#include "common/model/job.h"
#include "producer/ctl/account_plan.h"
#include "producer/ctl/account_zone.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/names.h"
#include "producer/ctl/schedule.h"

#include "common/base/banned.h"

/* $1 id, $2 workspace, $3 name, $4 unipile id, $5 country, $6 zone, $7 plan, $8 key hash,
 * $9 bigint[] limits and the days of the ramp; below 0 = none. */
#define OWN(n) ", CASE WHEN $9[" n "] >= 0 THEN $9[" n "] END"
// clang-format off
static const char add_sql[] =
    "INSERT INTO linkedin_accounts (id, workspace_id, name, unipile_id, country, timezone, plan, "
    "key_hash, spacing_ms, jitter_ms, daily_cap, daily_invitations, weekly_invitations, "
    "daily_messages, daily_profile_views, monthly_notes, ramp_days, ramp_from) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8"
    OWN("1") OWN("2") OWN("3") OWN("4") OWN("5") OWN("6") OWN("7") OWN("8")
    ", CASE WHEN $9[9] > 0 THEN $9[9] END, CASE WHEN $9[9] > 0 THEN sam_now() END) "
    "ON CONFLICT DO NOTHING";
// clang-format on
static const char add_schedule_sql[] = "INSERT INTO account_schedule (account_id) VALUES ($1)";
static const char add_sync_sql[] =
    "INSERT INTO sync_schedule (account_id, kind, next_at) VALUES ($1, 'relations', NULL), "
    "($1, 'replies', sam_now())";

/* $1 id, $2 country, $3 zone, $4 plan, $6 Unipile id (NULL = stays), $5 bigint[] as above; -1 =
 * stays. A macro by line, which clang-format cannot do. */
#define CHANGED(column, n)                                                                         \
    column " = CASE WHEN $5[" n "] = -1 THEN " column " WHEN $5[" n "] >= 0 THEN $5[" n "] END, "
// clang-format off
static const char set_sql[] =
    "UPDATE linkedin_accounts SET "
    CHANGED("spacing_ms", "1")
    CHANGED("jitter_ms", "2")
    CHANGED("daily_cap", "3")
    CHANGED("daily_invitations", "4")
    CHANGED("weekly_invitations", "5")
    CHANGED("daily_messages", "6")
    CHANGED("daily_profile_views", "7")
    CHANGED("monthly_notes", "8")
    "ramp_days = CASE WHEN $5[9] = -1 THEN ramp_days WHEN $5[9] > 0 THEN $5[9] END, "
    "ramp_from = CASE WHEN $5[9] = -1 THEN ramp_from WHEN $5[9] > 0 THEN sam_now() END, "
    "country = coalesce($2, country), timezone = coalesce($3, timezone), "
    "plan = coalesce($4, plan), unipile_id = coalesce($6, unipile_id) WHERE id = $1";
// clang-format on

/* What stands in the way of a name and a Unipile id. $1 workspace, $2 name, $3 Unipile id, $4 the
 * account itself. */
static const char clash_sql[] =
    "SELECT EXISTS (SELECT FROM linkedin_accounts WHERE workspace_id = $1 AND name = $2 "
    "AND id <> $4), (SELECT w.name || '/' || a.name FROM linkedin_accounts a JOIN workspaces w "
    "ON w.id = a.workspace_id WHERE a.unipile_id = $3 AND a.id <> $4), "
    "EXISTS (SELECT FROM send_attempts WHERE account_id = $4 AND NOT untried)";

struct account_change {
    const char *name;
    const char *unipile_id;
    struct uuid id;
    struct uuid workspace_id;
    struct account_options options;
    struct account_plan_change plan; /* what another one has changed */
};

static void add_limits(struct pg_params *params, const struct account_options *o)
{
    pg_array_open(params, PG_ARRAY_I64);
    for (size_t i = 0; i < ACCOUNT_LIMITS; i++)
        pg_item_i64(params, o->limits[i]);
    pg_item_i64(params, o->ramp_days);
    pg_array_close(params);
}

static enum pg_failure find_clash(struct ctl *c, const struct account_change *a,
                                  struct pg_result **ret)
{
    pg_add_uuid(ctl_params(c), &a->workspace_id);
    pg_add_text(&c->params, a->name);
    pg_add_text(&c->params, a->unipile_id);
    pg_add_uuid(&c->params, &a->id);
    return pg_exec(c->pg, clash_sql, &c->params, ret);
}

static enum pg_failure refuse_clash(struct ctl *c, const struct account_change *a)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    enum pg_failure failure = find_clash(c, a, &r);
    if (failure)
        return failure;
    if (pg_bool(r, 0, 0))
        return ctl_refuse(c, "there is an account %s in the workspace already", a->name);
    return ctl_refuse(c, "the Unipile id %s is that of account %s already (workspace/account)",
                      a->unipile_id, pg_text(r, 0, 1));
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
        return refuse_clash(c, a);
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
    if (!a.unipile_id || !*a.unipile_id)
        problems_add(&problems, "--unipile-id: needed; `samctl account discover` lists them");
    else
        names_check_id("--unipile-id", a.unipile_id, UNIPILE_ID_MAX, &problems);
    if (!args_has(&c->args, "country"))
        problems_add(&problems, "--country: needed, ISO 3166, e.g. DE");
    names_check("the account's name", a.name, &problems);
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

/* A mistyped one can be put right; after the first call the ids that are kept belong to it. */
static enum pg_failure check_unipile_id(struct ctl *c, const struct account_change *a)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    if (!a->unipile_id)
        return PG_FINE;
    enum pg_failure failure = find_clash(c, a, &r);
    if (failure)
        return failure;
    if (!pg_null(r, 0, 1))
        return refuse_clash(c, a);
    if (pg_bool(r, 0, 2))
        return ctl_refuse(c,
                          "account %s has written already, its Unipile id stays: add the other "
                          "one as an account of its own",
                          a->name);
    return PG_FINE;
}

static enum pg_failure set(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s;
    struct account_change *a = arg;
    enum pg_failure failure = schedule_lock_account(&s, c, &a->id);
    if (failure || (failure = check_unipile_id(c, a)))
        return failure;
    if (a->options.timezone[0] && (failure = account_zone_keep_day(c, &a->id, a->options.timezone)))
        return failure;
    struct pg_params *params = ctl_params(c);
    pg_add_uuid(params, &a->id);
    pg_add_text(params, a->options.country[0] ? a->options.country : NULL);
    pg_add_text(params, a->options.timezone[0] ? a->options.timezone : NULL);
    pg_add_text(params, a->options.plan);
    add_limits(params, &a->options);
    pg_add_text(params, a->unipile_id);
    failure = pg_exec(c->pg, set_sql, params, NULL);
    if (!failure && a->options.plan)
        failure = account_plan_changed(&a->plan, c, &s);
    return failure ? failure : schedule_replan(&s, c, NULL);
}

enum ctl_exit command_account_set(struct ctl *c)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    struct account_change a = {.name = c->args.words[0],
                               .unipile_id = args_get(&c->args, "unipile-id")};
    struct lookup_account account;
    enum ctl_exit e = ctl_settings(c);
    if (e)
        return e;
    if (c->args.options_count == 0)
        return ctl_wrong_use("account set: what is to be changed?");
    if (a.unipile_id)
        names_check_id("--unipile-id", a.unipile_id, UNIPILE_ID_MAX, &problems);
    account_options_read(c, &a.options, &problems);
    if (problems_any(&problems)) {
        (void)ctl_problems(&problems);
        return CTL_WRONG_USE;
    }
    if ((e = ctl_connect(c)) || (e = lookup_account(c, a.name, &account)))
        return e;
    a.id = account.id;
    a.workspace_id = account.workspace_id;
    if ((e = ctl_transaction(c, set, &a)))
        return e;
    ctl_result(c, "account", a.name, NULL);
    ctl_say(c, "account %s changed", a.name);
    if (a.plan.changed)
        ctl_say(c, "%" PRId64 " waiting notes written anew by its plan", a.plan.changed);
    if (a.plan.held)
        ctl_say(c, "%" PRId64 " people are on hold, their note cannot be sent: %s", a.plan.held,
                a.plan.problem);
    return CTL_DONE;
}
