#include "common/adapters/facts.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

/* Who waits for another moment has none yet, but for the delay of a follow-up. */
#define MOMENT "CASE WHEN i.step > 0 OR NOT i.replan THEN i.scheduled_for END"
/* Columns in the order of facts.c: enum column. */
#define ITEM_COLUMNS                                                                               \
    "i.id, i.workspace_id, i.account_id, i.campaign_id, i.prospect_id, i.status, i.dispatch, "     \
    "i.failures, i.unclaimed, i.step, " MOMENT ", i.message, i.message_type, "                     \
    "i.requires_connection, "                                                                      \
    "p.status, p.hold_reason IS NOT NULL, p.contacted_at, " FACTS_SINCE ", p.chat_id, "            \
    "c.status, c.campaign_type, c.start_at, c.end_at, c.daily_cap, "                               \
    "c.on_note_limit, " FACTS_CALENDAR_COLUMNS                                                     \
    ", a.status, a.blocked_reason IS NOT NULL, ws.paused_at IS NOT NULL, "                         \
    "a.unipile_id, a.plan, " FACTS_FRAME_COLUMNS ", "

/* clang-format off */
/* A human has several names: the imported ones, and those that the profile has just told (j), which
 * differ where a public name was changed. All of them count. P6 looks at the same human in every
 * campaign of the workspace. (SELECT true ... LIMIT 1), not EXISTS: that may become a hash of a
 * whole index. Name by name, not IN (list): while a table is small, or was small when it was last
 * analysed, Postgres keeps a list as a filter and reads the whole of an index for each item. */
#define STOPPED(column, list)                                                                      \
    "(SELECT true FROM unnest(ARRAY[" list "]) AS n(name) CROSS JOIN LATERAL "                     \
    "(SELECT FROM campaign_prospects o WHERE o.workspace_id = p.workspace_id "                     \
    "AND o." column " = n.name AND o.id <> p.id "                                                  \
    "AND o.status IN ('replied', 'opted_out', 'converted', 'not_interested') AND NOT "             \
    "sam_old_reply(o.status, o.replied_at, c.contact_again_after_ms) LIMIT 1) o LIMIT 1)"
/* A follow-up's row may stand there by the invitation that came before it. */
#define CONTACTED(list)                                                                            \
    "(SELECT bool_and(k.item_id = i.id OR (i.step > 0 AND k.prospect_id = i.prospect_id)) "        \
    "FROM unnest(ARRAY[" list "]) AS n(identity) CROSS JOIN LATERAL (SELECT * FROM contacted "     \
    "WHERE workspace_id = i.workspace_id AND identity = n.identity LIMIT 1) k)"
/* Who is on hold for the blocklist already waits, and goes on when the entry is taken away. */
#define PERSON_COLUMNS(vanities, providers, identities)                                            \
    "p.first_name, p.last_name, p.doubt_waived, "                                                  \
    "coalesce(" STOPPED("vanity", vanities) ", " STOPPED("provider_id", providers) "), "           \
    "p.hold_reason IS DISTINCT FROM 'blocklisted' AND "                                            \
    "sam_is_blocked(i.workspace_id, ARRAY[" identities "]), "                                      \
    "i.step = 0 OR p.last_sent_at IS NULL, "                                                       \
    CONTACTED(identities) ", c.contact_again_after_ms, CASE WHEN c.contact_again_after_ms > 0 "    \
    "THEN sam_last_written(i.workspace_id, ARRAY[" vanities "], ARRAY[" providers "], p.id) "      \
    "END, "                                                                                        \
    "(SELECT true FROM campaign_prospects WHERE campaign_id = i.campaign_id "                      \
    "AND next_step = i.step AND hold_reason = 'text_refused' LIMIT 1)"
/* clang-format on */

/* LATERAL … LIMIT 1: looked up row by row, by the key, whatever the planner believes. */
#define ITEM_JOINS                                                                                 \
    "CROSS JOIN LATERAL (SELECT * FROM send_queue WHERE id = j.item_id LIMIT 1) i "                \
    "CROSS JOIN LATERAL (SELECT * FROM campaign_prospects WHERE id = i.prospect_id LIMIT 1) p "    \
    "CROSS JOIN LATERAL (SELECT * FROM campaigns WHERE id = i.campaign_id LIMIT 1) c "             \
    "CROSS JOIN LATERAL (SELECT * FROM linkedin_accounts WHERE id = i.account_id LIMIT 1) a "      \
    "CROSS JOIN LATERAL (SELECT paused_at FROM workspaces WHERE id = i.workspace_id LIMIT 1) ws "

/* clang-format off */
const char facts_sql[] =
    "SELECT j.n, " ITEM_COLUMNS "p.provider_id, p.vanity, "
    PERSON_COLUMNS("p.vanity", "p.provider_id", "'v:' || p.vanity, 'p:' || p.provider_id")
    " FROM unnest($1::uuid[]) WITH ORDINALITY AS j(item_id, n) " ITEM_JOINS;

/* The counts are index-only (send_attempts_account, send_attempts_noted) and bounded, each by its
 * own cap: none hides the rows of another. An attempt of an older release does not say whether it
 * had a note: in doubt it had. Profile views are counted for whom one is still to be made. The
 * account's last call needs its row. */
const char facts_usage_sql[] =
    "SELECT j.n, " ITEM_COLUMNS "coalesce(j.provider_id, p.provider_id), "
    "coalesce(j.vanity, p.vanity), "
    PERSON_COLUMNS("p.vanity, j.vanity", "p.provider_id, j.provider_id",
                   "'v:' || p.vanity, 'v:' || j.vanity, 'p:' || p.provider_id, "
                   "'p:' || j.provider_id")
    ", l.id, l.ended_at, d.calls, d.invitations, d.messages, "
    "CASE WHEN i.step = 0 OR p.last_sent_at IS NULL THEN "
    "(SELECT count(*) FROM (SELECT FROM send_attempts t WHERE t.account_id = i.account_id "
    "AND NOT t.untried AND t.started_at >= j.day_start AND t.kind = 'profile_view' "
    "ORDER BY t.started_at DESC LIMIT $8) v) ELSE 0 END, d.campaign, w.invitations, w.oldest, "
    "m.notes FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $9::text[], "
    "$10::timestamptz[]) WITH ORDINALITY "
    "AS j(item_id, provider_id, day_start, vanity, month_start, n) " ITEM_JOINS
    "LEFT JOIN LATERAL (SELECT t.id, coalesce(t.ended_at, t.start_by + $6 * interval '1 ms') "
    "AS ended_at FROM send_attempts t WHERE t.account_id = i.account_id "
    "AND NOT t.untried AND t.kind <> 'profile_view' ORDER BY t.started_at DESC LIMIT 1) l ON true "
    "CROSS JOIN LATERAL (SELECT count(*) AS calls, "
    "count(*) FILTER (WHERE t.kind = 'invitation') AS invitations, "
    "count(*) FILTER (WHERE t.kind = 'message') AS messages, "
    "count(*) FILTER (WHERE t.campaign_id = i.campaign_id) "
    "AS campaign FROM (SELECT kind, campaign_id FROM send_attempts "
    "WHERE account_id = i.account_id AND NOT untried AND started_at >= j.day_start "
    "AND kind <> 'profile_view' "
    "ORDER BY started_at DESC LIMIT $4) t) d "
    "CROSS JOIN LATERAL (SELECT count(*) AS invitations, min(t.started_at) AS oldest "
    "FROM (SELECT started_at FROM send_attempts WHERE account_id = i.account_id "
    "AND NOT untried AND started_at > $7 AND kind = 'invitation' "
    "AND i.message_type = 'connection_request' ORDER BY started_at DESC LIMIT $5) t) w "
    "CROSS JOIN LATERAL (SELECT count(*) AS notes FROM (SELECT FROM send_attempts "
    "WHERE account_id = i.account_id AND NOT untried AND kind = 'invitation' "
    "AND noted IS NOT FALSE AND started_at >= j.month_start "
    "AND i.message_type = 'connection_request' AND i.message <> '' "
    "ORDER BY started_at DESC LIMIT $11) t) m";

const char facts_accounts_sql[] =
    "SELECT j.n, d.calls, d.invitations, d.messages, w.invitations "
    "FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS j(account_id, day_start, n) "
    "CROSS JOIN LATERAL (SELECT count(*) AS calls, "
    "count(*) FILTER (WHERE t.kind = 'invitation') AS invitations, "
    "count(*) FILTER (WHERE t.kind = 'message') AS messages "
    "FROM (SELECT kind FROM send_attempts "
    "WHERE account_id = j.account_id AND NOT untried AND started_at >= j.day_start "
    "AND kind <> 'profile_view' ORDER BY started_at DESC LIMIT $3) t) d "
    "CROSS JOIN LATERAL (SELECT count(*) AS invitations FROM (SELECT FROM send_attempts "
    "WHERE account_id = j.account_id AND NOT untried AND started_at > $4 "
    "AND kind = 'invitation' ORDER BY started_at DESC LIMIT $5) t) w";
/* clang-format on */

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void facts_usage_ask(const struct facts *f, const struct facts_ask *asks, size_t count,
                     int64_t now_ms, struct pg_params *params)
{
    int64_t day_rows = 1;
    int64_t week_rows = 1;
    int64_t view_rows = 1;
    int64_t note_rows = 0;
    for (size_t i = 0; i < count; i++) {
        day_rows = most(day_rows, facts_day_rows(&asks[i].frame->limits));
        week_rows = most(week_rows, facts_week_rows(&asks[i].frame->limits));
        view_rows = most(view_rows, facts_view_rows(&asks[i].frame->limits));
        note_rows = most(note_rows, facts_note_rows(&asks[i].frame->limits));
    }
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, count, true, pg_item_uuid(params, &asks[i].item_id));
    PG_COLUMN(params, PG_ARRAY_TEXT, count, true, pg_item_filled(params, asks[i].provider_id));
    PG_COLUMN(params, PG_ARRAY_TIME, count, true,
              pg_item_time(params, asks[i].frame->day_start_ms));
    pg_add_i64(params, day_rows);
    pg_add_i64(params, week_rows);
    pg_add_i64(params, facts_call_timeout_ms(f));
    pg_add_time(params, now_ms - WEEK_MS);
    pg_add_i64(params, view_rows);
    PG_COLUMN(params, PG_ARRAY_TEXT, count, true, pg_item_filled(params, asks[i].vanity));
    PG_COLUMN(params, PG_ARRAY_TIME, count, true,
              pg_item_time(params, asks[i].frame->month_start_ms));
    pg_add_i64(params, note_rows);
}

void facts_accounts_ask(const struct uuid *ids, const struct facts_frame *frames, size_t count,
                        int64_t now_ms, struct pg_params *params)
{
    int64_t day_rows = 1;
    int64_t week_rows = 1;
    for (size_t i = 0; i < count; i++) {
        day_rows = most(day_rows, facts_day_rows(&frames[i].limits));
        week_rows = most(week_rows, facts_week_rows(&frames[i].limits));
    }
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, count, true, pg_item_uuid(params, &ids[i]));
    PG_COLUMN(params, PG_ARRAY_TIME, count, true, pg_item_time(params, frames[i].day_start_ms));
    pg_add_i64(params, day_rows);
    pg_add_time(params, now_ms - WEEK_MS);
    pg_add_i64(params, week_rows);
}
