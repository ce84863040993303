/* unknown list, settle: sends of which nobody knows whether they happened. Workers look for them
 * (worker/unknowns.h); an operator who has looked at LinkedIn may say so before, and has to where
 * that came to nothing; it goes to the ledger as the end of the attempt, and from there to
 * Postgres as every outcome does. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/outbox.h"
#include "common/adapters/settle.h"
#include "common/base/clock.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"

#include "common/base/banned.h"

#define WAIT_MS      5000
#define WAIT_STEP_MS 100

/* $1 workspace. */
static const char list_sql[] =
    "SELECT i.id, t.started_at, a.name, c.name, coalesce(p.vanity, p.provider_id), "
    "concat_ws(' ', p.first_name, p.last_name), i.message_type, t.error_type, "
    "t.unseen_at, " SETTLE_ON_ITS_WAY
    "FROM linkedin_accounts a JOIN send_queue i ON i.account_id = a.id AND i.status = 'unknown' "
    "JOIN campaigns c ON c.id = i.campaign_id JOIN campaign_prospects p ON p.id = i.prospect_id "
    "LEFT JOIN send_attempts t ON t.id = i.attempt_id WHERE a.workspace_id = $1 "
    "ORDER BY t.started_at, i.id";
static const struct column list_columns[] = {{"item_id", "id", COLUMN_UUID},
                                             {"started_at", "began", COLUMN_TIME},
                                             {"account", "account", COLUMN_TEXT},
                                             {"campaign", "campaign", COLUMN_TEXT},
                                             {"person", "person", COLUMN_TEXT},
                                             {"name", "name", COLUMN_TEXT},
                                             {"message_type", "message", COLUMN_TEXT},
                                             {"error_type", "error", COLUMN_TEXT},
                                             {"unseen_at", "not found at", COLUMN_TIME},
                                             {"settling", "settling", COLUMN_BOOL}};

/* $1 item, $2 workspace. Attempts of the item that may have happened, the latest first. */
static const char attempts_sql[] =
    "SELECT " SETTLE_COLUMNS "FROM send_queue i JOIN send_attempts t ON t.item_id = i.id "
    "WHERE i.id = $1 AND i.workspace_id = $2 AND i.status = 'unknown' AND " SETTLE_OPEN
    "ORDER BY t.started_at DESC";
static const char status_sql[] = "SELECT status FROM send_queue WHERE id = $1";
/* One operator at a time for an account: the lock that every writer of its items takes first. */
static const char lock_sql[] =
    "SELECT FROM account_schedule s JOIN send_queue i ON i.account_id = s.account_id "
    "WHERE i.id = $1 FOR UPDATE OF s";
static const char pending_sql[] =
    "SELECT " SETTLE_ON_ITS_WAY
    "FROM send_queue i LEFT JOIN send_attempts t ON t.id = i.attempt_id "
    "WHERE i.id = $1 AND i.workspace_id = $2";

struct settlement {
    struct uuid item_id;
    struct uuid workspace_id;
    bool sent;
};

enum ctl_exit command_unknown_list(struct ctl *c)
{
    struct lookup_workspace w;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    return ctl_list(c, list_sql, list_columns, SAM_ARRAY_LEN(list_columns),
                    "the outcome of every send is known");
}

static enum pg_failure settle(struct ctl *c, void *arg)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o = {.count = 0};
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(pg_result_freep) struct pg_result *pending = NULL;
    const struct settlement *s = arg;
    char id[UUID_TEXT_BYTES];
    uuid_format(&s->item_id, id);
    pg_add_uuid(ctl_params(c), &s->item_id);
    enum pg_failure failure = pg_exec(c->pg, lock_sql, &c->params, NULL);
    pg_add_uuid(ctl_params(c), &s->item_id);
    pg_add_uuid(&c->params, &s->workspace_id);
    if (!failure)
        failure = pg_exec(c->pg, pending_sql, &c->params, &pending);
    if (failure)
        return failure;
    if (pg_rows(pending) > 0 && pg_bool(pending, 0, 0))
        return ctl_refuse(c, "it is being settled already: the answer waits for the ledger");
    pg_add_uuid(ctl_params(c), &s->item_id);
    pg_add_uuid(&c->params, &s->workspace_id);
    failure = pg_exec(c->pg, attempts_sql, &c->params, &r);
    if (failure)
        return failure;
    if (pg_rows(r) == 0)
        return ctl_refuse(c, "nothing unknown has the id %s; `samctl unknown list` shows them", id);
    failure = outbox_begin(&o, c->pg, &c->params);
    /* once sent it was sent by the latest attempt: nothing is known about the ones before it */
    for (int row = 0; !failure && row < (s->sent ? 1 : pg_rows(r)); row++) {
        struct event event;
        failure = settle_event(c->pg, r, row, s->sent, EVENT_SETTLED_BY_PERSON, &event);
        if (!failure)
            outbox_add(&o, &event);
    }
    return failure ? failure : outbox_write(&o, c->pg, &c->params);
}

/* Waits a little for producer and worker to carry it to the ledger and back. */
static enum ctl_exit await(struct ctl *c, const struct settlement *s)
{
    for (int64_t waited_ms = 0; waited_ms <= WAIT_MS; waited_ms += WAIT_STEP_MS) {
        SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
        pg_add_uuid(ctl_params(c), &s->item_id);
        enum ctl_exit e = ctl_query(c, status_sql, &r);
        if (e)
            return e;
        if (pg_rows(r) == 1 && strcmp(pg_text(r, 0, 0), "unknown") != 0) {
            ctl_result(c, "status", pg_text(r, 0, 0), NULL);
            ctl_say(c, "settled: it is %s now", pg_text(r, 0, 0));
            return CTL_DONE;
        }
        (void)poll(NULL, 0, WAIT_STEP_MS);
    }
    ctl_result(c, "status", "settling", NULL);
    ctl_say(c, "kept; it takes effect when sam-producer and sam-worker have brought it to the "
               "ledger");
    return CTL_DONE;
}

enum ctl_exit command_unknown_settle(struct ctl *c)
{
    struct lookup_workspace w;
    struct settlement s = {.sent = strcmp(c->args.words[1], "sent") == 0};
    enum ctl_exit e;
    if (!s.sent && strcmp(c->args.words[1], "not-sent") != 0)
        return ctl_wrong_use("%.40s: what was it, sent or not-sent?", c->args.words[1]);
    if (uuid_parse(c->args.words[0], &s.item_id) != 0)
        return ctl_wrong_use("%.60s is no id; `samctl unknown list` shows them", c->args.words[0]);
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    s.workspace_id = w.id;
    if ((e = ctl_transaction(c, settle, &s)))
        return e;
    return await(c, &s);
}
