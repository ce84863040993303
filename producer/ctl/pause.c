/* pause --all, resume --all: the switch for everything. It stands at the workspace, so it covers
 * accounts and campaigns that come later, and leaves alone what each of them is. A claim reads it,
 * so it reaches what is in Kafka; the ledger has it for each account, so a restore knows it. */
#include <inttypes.h>
#include <poll.h>

#include "common/adapters/outbox.h"
#include "producer/ctl/catch_up.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/schedule.h"

#include "common/base/banned.h"

#define WAIT_MS      5000 /* for the ledger to have it */
#define WAIT_STEP_MS 100

/* $1 text name, NULL = all. No lock of an account is waited for: a pause acts at once. What is
 * paused is told to the ledger again: in a database that was restored it is a pause of before, and
 * a resume that the ledger is about to bring would end it. */
static const char pause_sql[] =
    "UPDATE workspaces SET paused_at = coalesce(paused_at, sam_now()), "
    "version = sam_next_version(version) WHERE $1::text IS NULL OR name = $1 "
    "RETURNING id, version";
/* $1 workspace, $2 bool behind. */
static const char resume_sql[] =
    "UPDATE workspaces SET paused_at = NULL, version = sam_change_version(version, $2) "
    "WHERE paused_at IS NOT NULL AND id = $1 RETURNING id, version";
static const char accounts_sql[] =
    "SELECT id FROM linkedin_accounts WHERE workspace_id = $1 ORDER BY id";
static const char workspaces_sql[] =
    "SELECT id, name, paused_at FROM workspaces WHERE $1::text IS NULL OR name = $1 ORDER BY name";
static const char untold_sql[] =
    "SELECT count(*) FROM outbox WHERE published_at IS NULL AND event_type = 'sam.workspace.v1'";

struct change {
    const char *sql;
    enum workspace_status to;
    const char *name;      /* of the workspace, NULL = all */
    const struct uuid *id; /* of the workspace, NULL = all */
    int64_t workspaces;    /* what was changed */
    int64_t accounts;
};

static enum pg_failure tell_accounts(struct ctl *c, struct change *x, struct outbox *o,
                                     const struct uuid *workspace_id, int64_t version)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), workspace_id);
    enum pg_failure failure = pg_exec(c->pg, accounts_sql, &c->params, &r);
    for (int row = 0; !failure && row < pg_rows(r); row++) {
        struct event event = {.type = EVENT_WORKSPACE,
                              .workspace_id = *workspace_id,
                              .account_id = pg_uuid(r, row, 0),
                              .workspace = {.status = x->to, .version = version}};
        outbox_add(o, &event);
        x->accounts++;
    }
    return failure;
}

static enum pg_failure change(struct ctl *c, struct change *x)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o;
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    x->workspaces = x->accounts = 0;
    enum pg_failure failure = outbox_begin(&o, c->pg, &c->params);
    if (failure)
        return failure;
    if (x->id)
        pg_add_uuid(ctl_params(c), x->id);
    else
        pg_add_text(ctl_params(c), x->name);
    if (x->to == WORKSPACE_RUNNING)
        pg_add_bool(&c->params, c->behind);
    failure = pg_exec(c->pg, x->sql, &c->params, &r);
    for (int row = 0; !failure && row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        failure = tell_accounts(c, x, &o, &id, pg_i64(r, row, 1));
        x->workspaces++;
    }
    return failure ? failure : outbox_write(&o, c->pg, &c->params);
}

static enum pg_failure pause_them(struct ctl *c, void *arg)
{
    return change(c, arg);
}

/* One workspace at a time: all of its accounts are locked, first. */
static enum pg_failure resume_one(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s;
    struct change *x = arg;
    enum pg_failure failure = schedule_lock_workspace(&s, c, x->id);
    if (failure || (failure = change(c, x)) || x->workspaces == 0)
        return failure;
    failure = schedule_release(&s, c, (const char *const[]){"all_paused", NULL}, NULL, NULL);
    return failure ? failure : schedule_kick(&s, c);
}

static enum ctl_exit find_workspaces(struct ctl *c, struct pg_result **ret)
{
    enum ctl_exit e = ctl_connect(c);
    if (e)
        return e;
    pg_add_text(ctl_params(c), c->workspace);
    if ((e = ctl_query(c, workspaces_sql, ret)))
        return e;
    if (pg_rows(*ret) > 0)
        return CTL_DONE;
    return c->workspace ? ctl_fail("there is no workspace %s; `samctl workspace list` shows them",
                                   c->workspace)
                        : ctl_fail("there is no workspace yet: `samctl workspace add NAME` makes "
                                   "one");
}

/* Restored from a backup, the database would know of it only by the ledger. */
static enum ctl_exit await_ledger(struct ctl *c)
{
    for (int64_t waited_ms = 0; waited_ms <= WAIT_MS; waited_ms += WAIT_STEP_MS) {
        SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
        ctl_params(c);
        enum ctl_exit e = ctl_query(c, untold_sql, &r);
        if (e || pg_i64(r, 0, 0) == 0)
            return e;
        (void)poll(NULL, 0, WAIT_STEP_MS);
    }
    ctl_say(c,
            "note: it is not in the ledger yet (is sam-producer running?): until then a restored "
            "backup would not know of it");
    return CTL_DONE;
}

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

static enum ctl_exit told(struct ctl *c, const struct change *x, const char *sentence)
{
    char count[32];
    (void)snprintf(count, sizeof(count), "%" PRId64, x->workspaces);
    ctl_result(c, "status", workspace_status_name(x->to), "workspaces_changed", count, NULL);
    ctl_say(c, "%" PRId64 " workspace%s, %" PRId64 " account%s: %s", x->workspaces,
            plural(x->workspaces), x->accounts, plural(x->accounts), sentence);
    return x->accounts ? await_ledger(c) : CTL_DONE;
}

static enum ctl_exit already(struct ctl *c, enum workspace_status status, const char *sentence)
{
    ctl_result(c, "status", workspace_status_name(status), "workspaces_changed", "0", NULL);
    ctl_say(c, "%s", sentence);
    return CTL_DONE;
}

enum ctl_exit command_pause_all(struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct change x = {.sql = pause_sql, .to = WORKSPACE_PAUSED, .name = c->workspace};
    enum ctl_exit e;
    if (!args_has(&c->args, "all"))
        return ctl_wrong_use("what is to be paused? --all, or see `samctl campaign pause` and "
                             "`samctl account pause`");
    if ((e = find_workspaces(c, &r)) || (e = ctl_transaction(c, pause_them, &x)))
        return e;
    bool were_paused = true;
    for (int row = 0; row < pg_rows(r); row++)
        were_paused = were_paused && !pg_null(r, row, 2);
    if (were_paused)
        return already(c, WORKSPACE_PAUSED, "everything is paused already");
    return told(c, &x,
                "no call begins any more, neither sends nor looks for replies; what is under way "
                "ends within seconds. `samctl resume --all` lets it go on");
}

enum ctl_exit command_resume_all(struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct change sum = {.to = WORKSPACE_RUNNING};
    enum ctl_exit e;
    if (!args_has(&c->args, "all"))
        return ctl_wrong_use("what is to go on? --all, or see `samctl campaign resume` and "
                             "`samctl account resume`");
    if ((e = ctl_connect(c)) || (e = catch_up(c)) || (e = find_workspaces(c, &r)))
        return e;
    for (int row = 0; !e && row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        struct change x = {.sql = resume_sql, .to = WORKSPACE_RUNNING, .id = &id};
        if (pg_null(r, row, 2))
            continue;
        e = ctl_transaction(c, resume_one, &x);
        if (e)
            break;
        sum.workspaces += x.workspaces;
        sum.accounts += x.accounts;
    }
    if (e && sum.workspaces)
        ctl_say(c, "%" PRId64 " workspace%s before that one go on already; the others are paused",
                sum.workspaces, plural(sum.workspaces));
    if (e)
        return e;
    if (sum.workspaces == 0)
        return already(c, WORKSPACE_RUNNING, "nothing was paused by `samctl pause --all`");
    if ((e = told(c, &sum, "they go on, within their limits; what was paused on its own stays so")))
        return e;
    catch_up_note(c);
    return CTL_DONE;
}
