/* account pause, resume, list: what an account is doing. */
#include "common/adapters/outbox.h"
#include "common/model/status.h"
#include "producer/ctl/catch_up.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/schedule.h"
#include "producer/ctl/unipile_account.h"

#include "common/base/banned.h"

/* A rest that Unipile asked for outlives a pause, and so does how often it did (the next one is
 * twice as long). $1 account, $2 status, $3 behind, $4 "active". */
static const char status_sql[] =
    "UPDATE linkedin_accounts SET status = CASE WHEN $2 = $4 AND rest_until > sam_now() "
    "THEN 'resting' ELSE $2 END, status_reason = CASE WHEN rest_until > sam_now() "
    "THEN status_reason END, version = sam_change_version(version, $3) WHERE id = $1 "
    "AND status = ANY ($5) "
    "RETURNING version, CASE WHEN status = 'resting' THEN rest_until END";

static const char list_sql[] =
    "SELECT a.id, a.name, a.unipile_id, a.status, coalesce(a.blocked_reason, a.status_reason), "
    "a.rest_until, a.invitations_rest_until, a.country, a.timezone, a.plan, "
    "(SELECT count(*) FROM send_attempts t WHERE t.account_id = a.id AND NOT t.untried "
    "AND t.kind <> 'profile_view' AND t.started_at > sam_now() - interval '24 hours'), "
    "a.spacing_ms, a.daily_cap, a.daily_invitations, a.weekly_invitations, a.daily_messages, "
    "a.daily_profile_views, a.monthly_notes, a.ramp_days "
    "FROM linkedin_accounts a WHERE a.workspace_id = $1 ORDER BY a.name";
static const struct column list_columns[] = {
    {"id", NULL, COLUMN_UUID},
    {"account", "account", COLUMN_TEXT},
    {"unipile_id", "unipile id", COLUMN_TEXT},
    {"status", "status", COLUMN_TEXT},
    {"status_reason", "why", COLUMN_TEXT},
    {"rest_until", "rests until", COLUMN_TIME},
    {"invitations_rest_until", "invitations rest until", COLUMN_TIME},
    {"country", "country", COLUMN_TEXT},
    {"timezone", "timezone", COLUMN_TEXT},
    {"plan", "plan", COLUMN_TEXT},
    {"calls_24h", "calls 24h", COLUMN_NUMBER},
    {"spacing", "spacing", COLUMN_DURATION},
    {"daily_cap", "cap", COLUMN_NUMBER},
    {"daily_invitations", "inv/day", COLUMN_NUMBER},
    {"weekly_invitations", "inv/week", COLUMN_NUMBER},
    {"daily_messages", "msg/day", COLUMN_NUMBER},
    {"daily_profile_views", "views/day", COLUMN_NUMBER},
    {"monthly_notes", "notes/month", COLUMN_NUMBER},
    {"ramp_days", "ramp", COLUMN_NUMBER},
};

struct status_change {
    const char *name;
    struct uuid id;
    struct uuid workspace_id;
    enum account_status status;
    bool looked;           /* Unipile says that it is well */
    int64_t rest_until_ms; /* when it was resumed, 0 = it does not rest */
};

static enum pg_failure tell_status(struct ctl *c, const struct status_change *a, int64_t version)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o;
    enum pg_failure failure = outbox_begin(&o, c->pg, &c->params);
    if (failure)
        return failure;
    struct event event = {.type = EVENT_ACCOUNT,
                          .workspace_id = a->workspace_id,
                          .account_id = a->id,
                          .account = {.status = a->status, .version = version}};
    outbox_add(&o, &event);
    return outbox_write(&o, c->pg, &c->params);
}

/* From where the change is right: a worker may have heard of Unipile since the account was read. */
static bool from(const struct status_change *a, enum account_status was)
{
    bool broken = was == ACCOUNT_DISCONNECTED || was == ACCOUNT_RESTRICTED;
    if (a->status == ACCOUNT_ACTIVE && broken && !a->looked)
        return false;
    return was == a->status || account_transition_allowed(ACCOUNT_BY_OPERATOR, was, a->status);
}

static enum pg_failure change_status(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s;
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct status_change *a = arg;
    enum pg_failure failure = schedule_lock_account(&s, c, &a->id);
    if (failure)
        return failure;
    pg_add_uuid(ctl_params(c), &a->id);
    pg_add_text(&c->params, account_status_name(a->status));
    pg_add_bool(&c->params, c->behind && a->status == ACCOUNT_ACTIVE);
    pg_add_text(&c->params, account_status_name(ACCOUNT_ACTIVE));
    PG_COLUMN(&c->params, PG_ARRAY_TEXT, ACCOUNT_STATUS_N, from(a, (enum account_status)i),
              pg_item_text(&c->params, account_status_name((enum account_status)i)));
    failure = pg_exec(c->pg, status_sql, &c->params, &r);
    if (!failure && pg_rows(r) == 0)
        return ctl_refuse(c, "Unipile has just told something else of the account; look (`samctl "
                             "account list`) and try again");
    if (failure || (failure = tell_status(c, a, pg_i64(r, 0, 0))))
        return failure;
    a->rest_until_ms = pg_time_ms(r, 0, 1);
    if (a->status != ACCOUNT_ACTIVE)
        return PG_FINE;
    failure = schedule_release(&s, c, (const char *const[]){"account_", NULL}, NULL, NULL);
    return failure ? failure : schedule_kick(&s, c);
}

static void tell_done(struct ctl *c, const struct status_change *a, enum account_status was,
                      const char *done)
{
    enum account_status now = a->rest_until_ms ? ACCOUNT_RESTING : a->status;
    char until[32];
    ctl_result(c, "account", a->name, "status", account_status_name(now), "was",
               account_status_name(was), NULL);
    table_time_text(a->rest_until_ms, until);
    if (a->rest_until_ms)
        ctl_say(c,
                "account %s rests until %s, as Unipile has asked for it, and then goes on by "
                "itself (it was %s)",
                a->name, until, account_status_name(was));
    else
        ctl_say(c, "account %s %s (it was %s)", a->name, done, account_status_name(was));
}

static enum ctl_exit to_status(struct ctl *c, enum account_status status, const char *done)
{
    struct status_change a = {.name = c->args.words[0], .status = status};
    struct lookup_account account;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (status == ACCOUNT_ACTIVE && (e = catch_up(c))) ||
        (e = lookup_account(c, a.name, &account)))
        return e;
    a.id = account.id;
    a.workspace_id = account.workspace_id;
    /* A pause is told to the ledger even so: in a database that was restored it is of before. */
    if (account.status == status && status == ACCOUNT_PAUSED &&
        (e = ctl_transaction(c, change_status, &a)))
        return e;
    if (!account_transition_allowed(ACCOUNT_BY_OPERATOR, account.status, status)) {
        ctl_result(c, "account", a.name, "status", account_status_name(account.status), NULL);
        ctl_say(c, "account %s is %s: it sends nothing already, until it is resumed", a.name,
                account_status_name(account.status));
        return CTL_DONE;
    }
    if (account.status == status) {
        ctl_result(c, "account", a.name, "status", account_status_name(status), NULL);
        ctl_say(c, "account %s is %s already", a.name, account_status_name(status));
        return CTL_DONE;
    }
    bool broken = account.status == ACCOUNT_DISCONNECTED || account.status == ACCOUNT_RESTRICTED;
    if (broken && status == ACCOUNT_ACTIVE && (e = unipile_account_look(c, &a.id, a.name)))
        return e;
    a.looked = broken;
    if ((e = ctl_transaction(c, change_status, &a)))
        return e;
    tell_done(c, &a, account.status, done);
    catch_up_note(c);
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
