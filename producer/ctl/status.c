/* status: campaigns with their people by status, and accounts, at a glance. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/waiting_items.h"

#include "common/base/banned.h"

#define WATCH_MS       2000
#define WATCH_SHARE    4   /* a watch leaves the database alone for so many times as it takes */
#define ACCOUNTS_SHOWN 100 /* to people; those in trouble come first */

#define QUEUED                                                                                     \
    "count(*) FILTER (WHERE w.status <> 'unknown') AS queued, "                                    \
    "count(*) FILTER (WHERE w.status = 'unknown') AS unknown, "                                    \
    "min(w.scheduled_for) FILTER (WHERE w.status = 'pending') AS next_at"

/* $1 workspace. Each person, message and reply is counted once, by campaign; MATERIALIZED, for
 * otherwise everybody may be counted again for each campaign. */
static const char campaigns_sql[] =
    "WITH p AS MATERIALIZED (SELECT campaign_id, count(*) AS people, "
    "count(*) FILTER (WHERE status IN ('pending', 'approved')) AS pending, "
    "count(*) FILTER (WHERE status = 'connection_request_sent') AS invited, "
    "count(*) FILTER (WHERE status = 'connected') AS connected, "
    "count(*) FILTER (WHERE status = 'messaging') AS messaging, "
    "count(*) FILTER (WHERE status = 'replied') AS replied, "
    "count(*) FILTER (WHERE status = 'converted') AS converted, "
    "count(*) FILTER (WHERE status = 'not_interested') AS not_interested, "
    "count(*) FILTER (WHERE status = 'opted_out') AS opted_out, "
    "count(*) FILTER (WHERE status = 'completed') AS completed, "
    "count(*) FILTER (WHERE status = 'failed') AS failed, "
    "count(*) FILTER (WHERE hold_reason IS NOT NULL AND status IN ('pending', 'approved', "
    "'connection_request_sent', 'connected', 'messaging')) AS held "
    "FROM campaign_prospects WHERE workspace_id = $1 GROUP BY 1), "
    "w AS MATERIALIZED (SELECT campaign_id, count(*) AS waiting FROM prospect_approval_data "
    "WHERE workspace_id = $1 AND status = 'pending' GROUP BY 1), "
    "m AS MATERIALIZED (SELECT campaign_id, count(*) AS sent FROM campaign_messages "
    "WHERE workspace_id = $1 GROUP BY 1), "
    "r AS MATERIALIZED (SELECT x.campaign_id, count(*) AS replies FROM inbound_messages i "
    "JOIN campaign_prospects x ON x.id = i.prospect_id WHERE i.workspace_id = $1 GROUP BY 1), "
    "q AS MATERIALIZED (SELECT w.campaign_id, " QUEUED " FROM linkedin_accounts a "
    "CROSS JOIN LATERAL (" WAITING_ITEMS ") w WHERE a.workspace_id = $1 GROUP BY 1) "
    "SELECT 'campaign', c.name, c.campaign_type, c.status, coalesce(w.waiting, 0), "
    "coalesce(p.people, 0), coalesce(p.pending, 0), coalesce(p.invited, 0), "
    "coalesce(p.connected, 0), coalesce(p.messaging, 0), coalesce(p.replied, 0), "
    "coalesce(p.converted, 0), coalesce(p.not_interested, 0), coalesce(p.opted_out, 0), "
    "coalesce(p.completed, 0), coalesce(p.failed, 0), coalesce(p.held, 0), coalesce(m.sent, 0), "
    "coalesce(r.replies, 0), coalesce(q.queued, 0), coalesce(q.unknown, 0), q.next_at, "
    "c.first_left FROM campaigns c "
    "LEFT JOIN p ON p.campaign_id = c.id LEFT JOIN w ON w.campaign_id = c.id "
    "LEFT JOIN m ON m.campaign_id = c.id LEFT JOIN r ON r.campaign_id = c.id "
    "LEFT JOIN q ON q.campaign_id = c.id WHERE c.workspace_id = $1 ORDER BY c.name";
static const struct column campaign_columns[] = {
    {"kind", NULL, COLUMN_TEXT},
    {"campaign", "campaign", COLUMN_TEXT},
    {"campaign_type", "type", COLUMN_TEXT},
    {"status", "status", COLUMN_TEXT},
    {"to_approve", "to approve", COLUMN_NUMBER},
    {"people", "people", COLUMN_NUMBER},
    {"pending", "pending", COLUMN_NUMBER},
    {"connection_request_sent", "invited", COLUMN_NUMBER},
    {"connected", "connected", COLUMN_NUMBER},
    {"messaging", "messaging", COLUMN_NUMBER},
    {"replied", "replied", COLUMN_NUMBER},
    {"converted", NULL, COLUMN_NUMBER},
    {"not_interested", NULL, COLUMN_NUMBER},
    {"opted_out", "opted out", COLUMN_NUMBER},
    {"completed", "completed", COLUMN_NUMBER},
    {"failed", "failed", COLUMN_NUMBER},
    {"held", "held", COLUMN_NUMBER},
    {"sent", "sent", COLUMN_NUMBER},
    {"replies", "replies", COLUMN_NUMBER},
    {"queued", "queued", COLUMN_NUMBER},
    {"unknown", "unknown", COLUMN_NUMBER},
    {"next_at", "next", COLUMN_TIME},
    {"first_left", NULL, COLUMN_NUMBER},
};
/* $1 workspace: start --first N, and N are planned. */
static const char waiting_sql[] = "SELECT name FROM campaigns WHERE workspace_id = $1 "
                                  "AND status = 'running' AND first_left = 0 ORDER BY name";

static const char halts_sql[] =
    "SELECT count(halted_reason), count(*), min(halted_reason) FROM ledger_positions";

/* $1 workspace: accounts that an event blocks, and the first of these events. */
static const char blocked_sql[] =
    "SELECT count(*), min(a.name), (SELECT x.partition || ':' || x.event_offset "
    "FROM ledger_aside x JOIN linkedin_accounts o ON o.id = x.account_id "
    "WHERE x.cleared_at IS NULL AND o.workspace_id = $1 "
    "ORDER BY x.partition, x.event_offset LIMIT 1) FROM linkedin_accounts a "
    "WHERE a.workspace_id = $1 AND a.blocked_reason IS NOT NULL";

static const char accounts_sql[] =
    "SELECT 'account', a.name, CASE WHEN a.blocked_reason IS NULL THEN a.status ELSE 'blocked' "
    "END, coalesce(a.blocked_reason, a.status_reason), a.rest_until, coalesce(d.invitations, 0), "
    "coalesce(d.messages, 0), coalesce(q.queued, 0), coalesce(q.unknown, 0), q.next_at "
    "FROM (SELECT * FROM linkedin_accounts WHERE workspace_id = $1 "
    "ORDER BY status = 'active', name LIMIT $3) a "
    "LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE t.kind = 'invitation') AS invitations, "
    "count(*) FILTER (WHERE t.kind = 'message') AS messages FROM send_attempts t "
    "WHERE t.account_id = a.id AND NOT t.untried AND t.started_at > $2) d ON true "
    "LEFT JOIN LATERAL (SELECT " QUEUED " FROM (" WAITING_ITEMS ") w) q ON true "
    "ORDER BY a.status = 'active', a.name";
static const char count_sql[] = "SELECT count(*) FROM linkedin_accounts WHERE workspace_id = $1";
static const struct column account_columns[] = {
    {"kind", NULL, COLUMN_TEXT},
    {"account", "account", COLUMN_TEXT},
    {"status", "status", COLUMN_TEXT},
    {"status_reason", "why", COLUMN_TEXT},
    {"rest_until", "rests until", COLUMN_TIME},
    {"invitations_24h", "invitations 24h", COLUMN_NUMBER},
    {"messages_24h", "messages 24h", COLUMN_NUMBER},
    {"queued", "queued", COLUMN_NUMBER},
    {"unknown", "unknown", COLUMN_NUMBER},
    {"next_at", "next", COLUMN_TIME},
};

static enum ctl_exit count_the_rest(struct ctl *c, const struct lookup_workspace *w)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), &w->id);
    enum ctl_exit e = ctl_query(c, count_sql, &r);
    if (!e && pg_i64(r, 0, 0) > ACCOUNTS_SHOWN)
        ctl_say(c, "and %" PRId64 " more; --json lists all", pg_i64(r, 0, 0) - ACCOUNTS_SHOWN);
    return e;
}

static enum ctl_exit show_waiting(struct ctl *c, const struct lookup_workspace *w)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), &w->id);
    enum ctl_exit e = ctl_query(c, waiting_sql, &r);
    for (int row = 0; !e && row < pg_rows(r); row++)
        ctl_say(c,
                "%s: its first messages are planned or sent, the rest waits for an OK: "
                "`samctl campaign start %s`",
                pg_text(r, row, 0), pg_text(r, row, 0));
    return e;
}

/* Who has looked at the event lets the account go on. */
static enum ctl_exit show_blocked(struct ctl *c, const struct lookup_workspace *w)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), &w->id);
    enum ctl_exit e = ctl_query(c, blocked_sql, &r);
    if (e || pg_i64(r, 0, 0) == 0)
        return e;
    bool has_event = !pg_null(r, 0, 2);
    ctl_say(c,
            "%" PRId64
            " blocked: the ledger has an event that could not be applied; `samctl ledger "
            "status` shows them, `samctl ledger clear %s%s` lets the account go on",
            pg_i64(r, 0, 0), has_event ? "" : "--account ", pg_text(r, 0, has_event ? 2 : 1));
    return CTL_DONE;
}

/* Nothing at all goes for some accounts: first of all. */
static enum ctl_exit show_halts(struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    ctl_params(c);
    enum ctl_exit e = ctl_query(c, halts_sql, &r);
    if (!e && pg_i64(r, 0, 0) > 0)
        ctl_say(c,
                "NOTHING IS SENT for %" PRId64 " of %" PRId64 " partitions, the ledger does not "
                "fit the database: %s; see `samctl ledger status`\n",
                pg_i64(r, 0, 0), pg_i64(r, 0, 1), pg_text(r, 0, 2));
    return e;
}

/* $1 workspace. */
static const char paused_sql[] = "SELECT paused_at FROM workspaces WHERE id = $1";

static enum ctl_exit show_pause(struct ctl *c, const struct lookup_workspace *w)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    char text[32];
    pg_add_uuid(ctl_params(c), &w->id);
    enum ctl_exit e = ctl_query(c, paused_sql, &r);
    if (e || pg_rows(r) == 0 || pg_null(r, 0, 0))
        return e;
    table_time_text(pg_time_ms(r, 0, 0), text);
    ctl_say(c, "EVERYTHING IS PAUSED since %s; `samctl resume --all` lets it go on\n", text);
    return CTL_DONE;
}

static enum ctl_exit show(struct ctl *c, const struct lookup_workspace *w)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *now = NULL;
    enum ctl_exit e;
    ctl_params(c);
    if ((e = ctl_query(c, "SELECT sam_now() - interval '24 hours', sam_now()", &now)))
        return e;
    if (!c->json) {
        char text[32];
        table_time_text(pg_time_ms(now, 0, 1), text);
        ctl_say(c, "workspace %s, %s\n", w->name, text);
        if ((e = show_pause(c, w)) || (e = show_halts(c)))
            return e;
    }
    pg_add_uuid(ctl_params(c), &w->id);
    if ((e = ctl_list(c, campaigns_sql, campaign_columns, SAM_ARRAY_LEN(campaign_columns),
                      "there is no campaign yet: `samctl campaign create FILE` makes one")))
        return e;
    if (!c->json && (e = show_waiting(c, w)))
        return e;
    ctl_say(c, "%s", "");
    pg_add_uuid(ctl_params(c), &w->id);
    pg_add_time(&c->params, pg_time_ms(now, 0, 0));
    pg_add_i64(&c->params, c->json ? INT64_MAX : ACCOUNTS_SHOWN);
    if ((e = ctl_list(c, accounts_sql, account_columns, SAM_ARRAY_LEN(account_columns),
                      "there is no account yet: `samctl account add` takes one in")))
        return e;
    if (!c->json && (e = count_the_rest(c, w)))
        return e;
    return c->json ? CTL_DONE : show_blocked(c, w);
}

/* A lost connection does not end the watch: it goes on when Postgres is back. */
static enum ctl_exit reconnect(struct ctl *c)
{
    enum ctl_exit e;
    do {
        (void)poll(NULL, 0, WATCH_MS);
        pg_free(c->pg);
        c->pg = NULL;
        e = ctl_connect(c);
    } while (e && (!c->pg || !pg_connected(c->pg)));
    return e;
}

static enum ctl_exit watch(struct ctl *c, const struct lookup_workspace *w)
{
    for (;;) {
        int64_t began_ms = clock_boot_ms();
        if (!c->json && isatty(STDOUT_FILENO))
            (void)printf("\033[H\033[2J"); /* an empty screen */
        enum ctl_exit e = show(c, w);
        if (fflush(stdout) != 0)
            return CTL_DONE; /* nobody reads any more */
        if (e && !pg_connected(c->pg)) {
            e = reconnect(c);
        } else if (!e) {
            int64_t took_ms = clock_boot_ms() - began_ms;
            int64_t wait_ms = WATCH_SHARE * took_ms;
            (void)poll(NULL, 0, (int)(wait_ms > WATCH_MS ? wait_ms : WATCH_MS));
        }
        if (e)
            return e;
    }
}

enum ctl_exit command_status(struct ctl *c)
{
    struct lookup_workspace w;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    return args_has(&c->args, "watch") ? watch(c, &w) : show(c, &w);
}
