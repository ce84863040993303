/* person export: all that Postgres knows of a human, in every campaign of the workspace, as one
 * JSON object. Postgres builds it: a column that is added to a table is in it without a change. */
#include <stdio.h>

#include "producer/ctl/commands.h"
#include "producer/ctl/same_human.h"

#include "common/base/banned.h"

/* The rows of a table as a JSON array; t: its name in the condition. */
#define ROWS(table, condition, order)                                                              \
    "(SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY " order "), '[]') FROM " table                \
    " t WHERE " condition ")"
#define OF_HUMAN "t.prospect_id IN (SELECT id FROM human)"
/* The ids of the human's rows stand in the records: what the ledger is still to be told (and was
 * told lately), and what of it could not be applied. */
#define IN_RECORD(text) "EXISTS (SELECT FROM human WHERE strpos(" text ", human.id::text) > 0)"

/* clang-format off */
static const char export_sql[] =
    "WITH human AS MATERIALIZED (SELECT * FROM " SAME_HUMAN "), "
    "names AS MATERIALIZED (SELECT 'v:' || vanity AS name FROM human WHERE vanity IS NOT NULL "
    "UNION SELECT 'p:' || provider_id FROM human WHERE provider_id IS NOT NULL) "
    "SELECT (SELECT count(*) FROM human), jsonb_pretty(jsonb_build_object("
    "'workspace', (SELECT w.name FROM workspaces w WHERE w.id = $1), 'exported_at', sam_now(), "
    "'people', (SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object("
    "'campaign', c.name, 'account', a.name) ORDER BY c.name, p.id), '[]') "
    "FROM campaign_prospects p JOIN campaigns c ON c.id = p.campaign_id "
    "JOIN linkedin_accounts a ON a.id = p.account_id WHERE p.id IN (SELECT id FROM human)), "
    "'imported', " ROWS("prospect_approval_data", "t.id IN (SELECT id FROM human)", "t.id") ", "
    "'items', " ROWS("send_queue", OF_HUMAN, "t.scheduled_for, t.id") ", "
    "'attempts', " ROWS("send_attempts", OF_HUMAN, "t.started_at, t.id") ", "
    "'messages', " ROWS("campaign_messages", OF_HUMAN, "t.sent_at, t.id") ", "
    "'replies', " ROWS("inbound_messages", OF_HUMAN, "t.received_at, t.id") ", "
    "'contacted', " ROWS("contacted", "t.workspace_id = $1 "
        "AND t.identity IN (SELECT name FROM names)", "t.identity") ", "
    "'blocklist', " ROWS("blocklist", "t.workspace_id = $1 AND t.kind = 'person' "
        "AND t.value IN (SELECT substr(name, 3) FROM names)", "t.value") ", "
    "'blocklist_removed', " ROWS("blocklist_removed", "t.workspace_id = $1 AND t.kind = 'person' "
        "AND t.value IN (SELECT substr(name, 3) FROM names)", "t.value") ", "
    "'events', (SELECT coalesce(jsonb_agg(t.payload::jsonb ORDER BY t.id), '[]') FROM outbox t "
    "WHERE " IN_RECORD("t.payload") "), "
    "'events_set_aside', (SELECT coalesce(jsonb_agg(to_jsonb(t) - 'record' || jsonb_build_object("
    "'record', encode(t.record, 'escape')) ORDER BY t.at), '[]') FROM ledger_aside t "
    "WHERE " IN_RECORD("encode(t.record, 'escape')") ")))";
/* clang-format on */

enum ctl_exit command_person_export(struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct same_human human;
    enum ctl_exit e = same_human_read(c, c->args.words[0], &human);
    if (e)
        return e;
    same_human_params(c, &human);
    if ((e = ctl_query(c, export_sql, &r)))
        return e;
    if (pg_i64(r, 0, 0) == 0)
        return ctl_fail("%.100s is in no campaign of the workspace", c->args.words[0]);
    (void)printf("%s\n", pg_text(r, 0, 1));
    return CTL_DONE;
}
