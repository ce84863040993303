/* migrate, config: what comes before everything else. */
#include <stdio.h>
#include <string.h>

#include "common/adapters/migrate.h"
#include "common/base/clock.h"
#include "producer/ctl/block_fill.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/schedule.h"

#include "common/base/banned.h"

/* Of migrate; the Job in deploy/kubernetes may last longer. */
#define PATIENCE_MS (10 * MINUTE_MS)

static const struct column step_columns[] = {{"version", "version", COLUMN_NUMBER},
                                             {"name", "name", COLUMN_TEXT},
                                             {"state", "state", COLUMN_TEXT},
                                             {"oldest_program", "oldest program", COLUMN_NUMBER},
                                             {"applied_at", "applied", COLUMN_TIME}};

static void show_steps(const struct ctl *c, const struct migrate_status *s)
{
    struct table t;
    table_init(&t, step_columns, SAM_ARRAY_LEN(step_columns), c->json, stdout);
    for (size_t i = 0; i < s->count; i++) {
        table_number(&t, s->steps[i].version);
        table_text(&t, s->steps[i].name);
        table_text(&t, migrate_step_state_name(s->steps[i].state));
        table_number(&t, s->steps[i].oldest_program);
        table_time(&t, s->steps[i].applied_at_ms);
    }
    table_end(&t);
    table_deinit(&t);
}

static void tell_step(void *ctx, const struct migrate_step *step)
{
    ctl_say(ctx, "applying %s", step->name);
    (void)fflush(stdout); /* seen in a Job's log while it lasts */
}

static void tell_holders(void *ctx, const char *holders)
{
    ctl_say(ctx, "waits for %s, tries again every %d s; programs go on meanwhile", holders,
            (int)(MIGRATE_EVERY_MS / SECOND_MS));
    (void)fflush(stdout);
}

static enum ctl_exit show_status(struct ctl *c)
{
    struct migrate_status status;
    char rolling[MIGRATE_WHY_BYTES];
    enum pg_failure failure = migrate_read(c->pg, &status);
    if (failure)
        return ctl_sql_failed(c, failure);
    show_steps(c, &status);
    migrate_tell_rolling(&status, rolling);
    if (rolling[0])
        ctl_say(c, "%s", rolling);
    if (status.state == MIGRATE_AHEAD)
        ctl_say(c, "%s", status.why);
    enum ctl_exit e = migrate_fits(status.state) ? CTL_DONE : ctl_fail("%s", status.why);
    migrate_status_deinit(&status);
    return e;
}

/* Workspaces that have somebody without keys. */
static const char to_fill_sql[] =
    "SELECT id FROM workspaces w WHERE (SELECT true FROM campaign_prospects p "
    "WHERE p.workspace_id = w.id AND p.block_keys IS NULL AND p.status IN ('pending', 'approved', "
    "'connection_request_sent', 'connected', 'messaging') LIMIT 1) "
    "OR (SELECT true FROM prospect_approval_data d WHERE d.workspace_id = w.id "
    "AND d.block_keys IS NULL AND d.status <> 'rejected' LIMIT 1) ORDER BY id";
/* People of an older release, or of its dump, by what the blocklist finds them. */
static enum pg_failure fill_keys(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    (void)arg;
    enum pg_failure failure = pg_exec(c->pg, to_fill_sql, NULL, &r);
    for (int row = 0; !failure && row < pg_rows(r); row++) {
        SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
        struct uuid id = pg_uuid(r, row, 0);
        failure = schedule_lock_workspace(&s, c, &id);
        if (!failure)
            failure = block_fill(c, &id, NULL);
    }
    return failure;
}

enum ctl_exit command_migrate(struct ctl *c)
{
    struct migrate_status status;
    char why[ARGS_WHY_BYTES];
    struct migrate_options options = {
        .applies = tell_step, .waits = tell_holders, .ctx = c, .patience_ms = PATIENCE_MS};
    if (args_duration(&c->args, "wait", &options.patience_ms, why) != 0)
        return ctl_wrong_use("%s", why);
    enum ctl_exit e = ctl_connect_any(c);
    if (e || args_has(&c->args, "status"))
        return e ? e : show_status(c);
    enum pg_failure failure = migrate_apply(c->pg, &options, &status);
    if (failure == PG_RETRY)
        return ctl_fail("Postgres: %s; what was applied before stands: end what holds the tables, "
                        "or let it end, and run it again (--wait DURATION: for longer)",
                        pg_error(c->pg));
    if (failure)
        return ctl_sql_failed(c, failure);
    if (status.state == MIGRATE_EQUAL && !(e = ctl_transaction(c, fill_keys, NULL)))
        ctl_say(c, "the schema is version %d", migrate_version());
    else if (status.state == MIGRATE_AHEAD)
        ctl_say(c, "%s", status.why);
    else if (!e)
        e = ctl_fail("%s", status.why);
    if (c->json)
        show_steps(c, &status);
    migrate_status_deinit(&status);
    return e;
}

enum ctl_exit command_config(struct ctl *c)
{
    SAM_CLEANUP(buf_deinit) struct buf out = BUF_INIT(1 << 20);
    if (strcmp(c->args.words[0], "sample") == 0)
        settings_sample(&out);
    else if (strcmp(c->args.words[0], "document") == 0)
        settings_document(&out);
    else
        return ctl_wrong_use("config prints `sample` or `document`");
    (void)fputs(buf_text(&out), stdout);
    return CTL_DONE;
}
