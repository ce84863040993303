/* queue, replies: what is to go out, and what came in. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/reply_texts.h"
#include "producer/ctl/waiting_items.h"

#include "common/base/banned.h"

#define ROWS_USUAL 200
#define ROWS_MAX   1000000

/* Names are looked up for what is shown only. $1 workspace, $2 account or NULL, $3 campaign or
 * NULL, $4 rows. */
static const char queue_sql[] =
    "SELECT i.id, i.scheduled_for, i.account, c.name, coalesce(p.vanity, p.provider_id), "
    "i.message_type, i.status, i.reason, i.reason_detail, i.dispatch, i.failures, "
    "nullif(i.note_done, 'as_written') "
    "FROM (SELECT w.*, a.name AS account "
    "FROM linkedin_accounts a CROSS JOIN LATERAL (" WAITING_ITEMS ") w "
    "WHERE a.workspace_id = $1 AND ($2::uuid IS NULL OR a.id = $2) "
    "AND ($3::uuid IS NULL OR w.campaign_id = $3) ORDER BY w.scheduled_for, w.id LIMIT $4) i "
    "CROSS JOIN LATERAL (SELECT name FROM campaigns WHERE id = i.campaign_id LIMIT 1) c "
    "CROSS JOIN LATERAL (SELECT vanity, provider_id FROM campaign_prospects "
    "WHERE id = i.prospect_id LIMIT 1) p ORDER BY i.scheduled_for, i.id";
static const struct column queue_columns[] = {
    {"item_id", NULL, COLUMN_UUID},           {"scheduled_for", "when", COLUMN_TIME},
    {"account", "account", COLUMN_TEXT},      {"campaign", "campaign", COLUMN_TEXT},
    {"person", "person", COLUMN_TEXT},        {"message_type", "message", COLUMN_TEXT},
    {"status", "status", COLUMN_TEXT},        {"reason", "reason", COLUMN_TEXT},
    {"reason_detail", "detail", COLUMN_TEXT}, {"dispatch", "dispatch", COLUMN_NUMBER},
    {"failures", "failures", COLUMN_NUMBER},  {"note", "note", COLUMN_TEXT}};

/* $1 workspace, $2 since. */
static const char replies_sql[] =
    "SELECT m.received_at, m.class, coalesce(p.vanity, p.provider_id), "
    "concat_ws(' ', p.first_name, p.last_name), p.company, c.name, a.name, p.status, m.chat_id, "
    "m.message_id FROM inbound_messages m JOIN campaign_prospects p ON p.id = m.prospect_id "
    "JOIN campaigns c ON c.id = p.campaign_id JOIN linkedin_accounts a ON a.id = m.account_id "
    "WHERE m.workspace_id = $1 AND m.received_at >= $2 ORDER BY m.received_at, m.id";
static const struct column replies_columns[] = {
    {"received_at", "at", COLUMN_TIME},  {"class", "class", COLUMN_TEXT},
    {"person", "person", COLUMN_TEXT},   {"name", "name", COLUMN_TEXT},
    {"company", "company", COLUMN_TEXT}, {"campaign", "campaign", COLUMN_TEXT},
    {"account", "account", COLUMN_TEXT}, {"status", "status", COLUMN_TEXT},
    {"chat_id", "chat", COLUMN_TEXT},    {"message_id", NULL, COLUMN_TEXT},
    {"text", "text", COLUMN_TEXT}};
#define REPLIES_PLAIN (SAM_ARRAY_LEN(replies_columns) - 1) /* without the text */
enum replies_column { COL_CHAT_ID = 8, COL_MESSAGE_ID };

enum ctl_exit command_queue(struct ctl *c)
{
    struct lookup_workspace w;
    struct lookup_account account = {.status = ACCOUNT_ACTIVE};
    struct lookup_campaign campaign = {.status = CAMPAIGN_DRAFT};
    char why[ARGS_WHY_BYTES];
    int64_t rows = c->json ? ROWS_MAX : ROWS_USUAL;
    const char *account_name = args_get(&c->args, "account");
    bool of_campaign = args_has(&c->args, "campaign");
    enum ctl_exit e;
    if (args_number(&c->args, "limit", 1, ROWS_MAX, &rows, why) != 0)
        return ctl_wrong_use("queue: %s", why);
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &w)) ||
        (account_name && (e = lookup_account(c, account_name, &account))) ||
        (of_campaign && (e = lookup_campaign_option(c, &campaign))))
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    pg_add_uuid(&c->params, account_name ? &account.id : NULL);
    pg_add_uuid(&c->params, of_campaign ? &campaign.id : NULL);
    pg_add_i64(&c->params, rows);
    return ctl_list(c, queue_sql, queue_columns, SAM_ARRAY_LEN(queue_columns),
                    "nothing waits in the queue; `samctl why PERSON` tells about one person");
}

/* Who has answered to a colleague's account: SAM keeps no chat of it. */
static void tell_elsewhere(const struct ctl *c, const struct pg_result *r)
{
    int count = 0;
    for (int row = 0; row < pg_rows(r); row++)
        count += pg_null(r, row, COL_CHAT_ID) ? 1 : 0;
    if (count)
        ctl_say(c,
                "%d replies came to another account of the workspace than the one that writes to "
                "the person: read them on LinkedIn",
                count);
}

/* With what each one wrote: the only column that is not in Postgres. */
static enum ctl_exit list_with_texts(struct ctl *c, const char *none)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(table_deinit) struct table t;
    struct reply_texts texts;
    const char *text;
    table_init(&t, replies_columns, SAM_ARRAY_LEN(replies_columns), c->json, stdout);
    reply_texts_init(&texts, c);
    enum ctl_exit e = ctl_query(c, replies_sql, &r);
    for (int row = 0; !e && row < pg_rows(r); row++) {
        e = reply_texts_find(&texts, pg_text(r, row, COL_CHAT_ID), pg_text(r, row, COL_MESSAGE_ID),
                             &text);
        if (e)
            break;
        table_some(&t, r, row, 0, REPLIES_PLAIN);
        table_text(&t, text);
    }
    table_end(&t);
    reply_texts_deinit(&texts);
    if (!e && pg_rows(r) == 0)
        ctl_say(c, "%s", none);
    if (!e)
        tell_elsewhere(c, r);
    return e;
}

enum ctl_exit command_replies(struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *now = NULL;
    struct lookup_workspace w;
    char why[ARGS_WHY_BYTES];
    int64_t since_ms = DAY_MS;
    char none[80];
    enum ctl_exit e;
    if (args_duration(&c->args, "since", &since_ms, why) != 0)
        return ctl_wrong_use("replies: %s", why);
    /* a week, or ten times as far as was asked */
    int64_t farther_days = since_ms < 7 * DAY_MS ? 7 : 10 * (since_ms / DAY_MS);
    (void)snprintf(none, sizeof(none),
                   "no replies in this time; --since %" PRId64 "d looks farther back",
                   farther_days);
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    ctl_params(c);
    if ((e = ctl_query(c, "SELECT sam_now()", &now)))
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    pg_add_time(&c->params, pg_time_ms(now, 0, 0) - since_ms);
    if (args_has(&c->args, "text"))
        return list_with_texts(c, none);
    return ctl_list(c, replies_sql, replies_columns, REPLIES_PLAIN, none);
}
