#include "producer/plan_sql.h"

#include "common/adapters/facts.h"

#include "common/base/banned.h"

void plan_add_accounts(struct pg_params *params, const struct plan_batch *b)
{
    pg_array_open(params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->accounts_count; i++)
        pg_item_uuid(params, &b->accounts[i].id);
    pg_array_close(params);
}

/* LATERAL with LIMIT or OFFSET: looked up row by row, by index, whatever the planner believes. */
const char plan_lock_sql[] = "SELECT s.account_id FROM account_schedule s CROSS JOIN LATERAL "
                             "(SELECT * FROM linkedin_accounts WHERE id = s.account_id LIMIT 1) a "
                             "WHERE s.plan_at <= $1 AND a.key_hash % $2 = ANY ($3) "
                             "AND (SELECT NOT a.plan = ANY ($5)) "
                             "ORDER BY s.plan_at LIMIT $4 FOR UPDATE OF s SKIP LOCKED";

/* By a statement of its own: the one that locks sees them as they were when it began, and what was
 * planned by limits that have just been changed would not be planned again. */
const char plan_accounts_sql[] =
    "SELECT x.id, a.workspace_id, a.plan, " FACTS_FRAME_COLUMNS
    " FROM unnest($1::uuid[]) WITH ORDINALITY AS x(id, n) CROSS JOIN LATERAL "
    "(SELECT * FROM linkedin_accounts WHERE id = x.id LIMIT 1) a ORDER BY x.n";

const char plan_usage_sql[] =
    "SELECT j.n, l.ended_at, d.calls, d.invitations, d.messages, v.views, w.invitations, "
    "m.notes, w.oldest, w.tonight "
    "FROM unnest($1::uuid[], $2::timestamptz[], $8::timestamptz[], $10::timestamptz[]) "
    "WITH ORDINALITY "
    "AS j(account_id, day_start, month_start, week_tonight, n) "
    "LEFT JOIN LATERAL (SELECT coalesce(t.ended_at, t.start_by + $5 * interval '1 ms') AS ended_at "
    "FROM send_attempts t WHERE t.account_id = j.account_id AND NOT t.untried "
    "AND t.kind <> 'profile_view' "
    "ORDER BY t.started_at DESC LIMIT 1) l ON true "
    "CROSS JOIN LATERAL (SELECT count(*) AS calls, "
    "count(*) FILTER (WHERE t.kind = 'invitation') AS invitations, "
    "count(*) FILTER (WHERE t.kind = 'message') AS messages "
    "FROM (SELECT kind FROM send_attempts WHERE account_id = j.account_id "
    "AND NOT untried AND started_at >= j.day_start AND kind <> 'profile_view' "
    "ORDER BY started_at DESC LIMIT $3) t) d "
    "CROSS JOIN LATERAL (SELECT count(*) AS views FROM (SELECT FROM send_attempts "
    "WHERE account_id = j.account_id AND NOT untried AND started_at >= j.day_start "
    "AND kind = 'profile_view' "
    "ORDER BY started_at DESC LIMIT $7) t) v "
    "CROSS JOIN LATERAL (SELECT count(*) AS invitations, min(t.started_at) AS oldest, "
    "count(*) FILTER (WHERE t.started_at > j.week_tonight) AS tonight "
    "FROM (SELECT started_at FROM send_attempts "
    "WHERE account_id = j.account_id AND NOT untried AND started_at > $6 AND kind = 'invitation' "
    "ORDER BY started_at DESC LIMIT $4) t) w "
    "CROSS JOIN LATERAL (SELECT count(*) AS notes FROM (SELECT FROM send_attempts "
    "WHERE account_id = j.account_id AND NOT untried AND kind = 'invitation' "
    "AND noted IS NOT FALSE AND started_at >= j.month_start "
    "ORDER BY started_at DESC LIMIT $9) t) m";

const char plan_waiting_sql[] =
    "SELECT j.n, i.scheduled_for, i.message_type = 'connection_request', i.status <> 'pending', "
    "p.last_sent_at, i.step, i.campaign_id, "
    "i.message_type = 'connection_request' AND i.message <> '', i.id, i.replan, "
    "p.connected_at, i.reason, i.status = 'sending' "
    "FROM unnest($1::uuid[]) WITH ORDINALITY AS j(account_id, n) "
    "CROSS JOIN LATERAL ((SELECT * FROM send_queue w WHERE w.account_id = j.account_id "
    "AND w.status = 'pending' ORDER BY w.priority, w.scheduled_for, w.id LIMIT 1000) UNION ALL "
    "(SELECT * FROM send_queue w "
    "WHERE w.account_id = j.account_id AND w.status IN ('published', 'sending') LIMIT 1)) i "
    "CROSS JOIN LATERAL (SELECT last_sent_at, connected_at "
    "FROM campaign_prospects WHERE id = i.prospect_id LIMIT 1) p "
    "ORDER BY j.n, i.scheduled_for, i.id";

/* A message whose text was refused waits for another text: nobody is placed for it, nor hides those
 * who could be. */
#define NOT_REFUSED                                                                                \
    "(SELECT true FROM campaign_prospects r WHERE r.campaign_id = p.campaign_id "                  \
    "AND r.next_step = p.next_step AND r.hold_reason = 'text_refused' LIMIT 1) IS NULL "

/* Follow-ups apart from first contacts, so that neither hides the other; both by the plan index. */
#define PEOPLE_COLUMNS                                                                             \
    "p.id, p.next_step, p.next_at, p.last_sent_at IS NULL AS first_contact, "                      \
    "p.status, p.first_name, "                                                                     \
    "p.last_name, p.company, p.title, p.custom::text AS custom "
const char plan_people_sql[] =
    "SELECT j.n, c.id, q.* FROM unnest($1::uuid[]) WITH ORDINALITY AS j(account_id, n) "
    "CROSS JOIN LATERAL "
    "(SELECT campaign_id FROM campaign_accounts WHERE account_id = j.account_id OFFSET 0) ca "
    "CROSS JOIN LATERAL (SELECT * FROM campaigns WHERE id = ca.campaign_id LIMIT 1) c "
    "CROSS JOIN LATERAL ((SELECT " PEOPLE_COLUMNS "FROM campaign_prospects p "
    "WHERE p.account_id = j.account_id AND p.campaign_id = c.id AND p.next_step > 0 "
    "AND p.next_at <= $2 AND p.hold_reason IS NULL AND " NOT_REFUSED
    "ORDER BY p.next_at, p.id LIMIT $3) "
    "UNION ALL (SELECT " PEOPLE_COLUMNS "FROM campaign_prospects p "
    "WHERE p.account_id = j.account_id AND p.campaign_id = c.id AND NOT (p.next_step > 0) "
    "AND p.next_at <= $2 AND p.hold_reason IS NULL AND " NOT_REFUSED
    "ORDER BY p.next_at, p.id LIMIT $3)) q "
    "WHERE c.status = 'running' AND coalesce(c.first_left, 1) > 0 ORDER BY j.n, c.id, q.next_at, "
    "q.id";

const char plan_campaigns_sql[] =
    "SELECT c.steps::text, c.on_note_limit, c.start_at, c.end_at, c.campaign_type, "
    "c.workspace_id, c.first_left, " FACTS_CALENDAR_COLUMNS
    ", c.daily_cap, c.status = 'running' FROM campaigns c WHERE c.id = ANY ($1)";

const char plan_spent_sql[] =
    "SELECT j.n, k.campaign_id, d.calls "
    "FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS j(account_id, day_start, n) "
    "CROSS JOIN unnest($3::uuid[], $4::bigint[]) AS k(campaign_id, cap) "
    "CROSS JOIN LATERAL (SELECT true FROM campaign_accounts "
    "WHERE campaign_id = k.campaign_id AND account_id = j.account_id LIMIT 1) ca "
    "CROSS JOIN LATERAL (SELECT count(*) AS calls FROM (SELECT FROM send_attempts t "
    "WHERE t.account_id = j.account_id AND NOT t.untried AND t.started_at >= j.day_start "
    "AND t.campaign_id = k.campaign_id AND t.kind <> 'profile_view' LIMIT k.cap) t) d "
    "WHERE d.calls > 0";

/* By id, so that two producers cannot wait for each other. */
const char plan_first_left_sql[] =
    "SELECT id, first_left FROM campaigns WHERE id = ANY ($1) AND first_left IS NOT NULL "
    "ORDER BY id FOR UPDATE";

const char plan_first_taken_sql[] =
    "UPDATE campaigns c SET first_left = c.first_left - x.taken "
    "FROM unnest($1::uuid[], $2::int[]) AS x(id, taken) WHERE c.id = x.id";

const char plan_insert_sql[] =
    "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, "
    "message_type, step, requires_connection, priority, scheduled_for, message, note_done) "
    "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], "
    "$7::int[], $8::bool[], $9::int[], $10::timestamptz[], $11::text[], "
    "$12::text[]) "
    "ON CONFLICT (prospect_id, message_type, campaign_id) DO NOTHING RETURNING prospect_id";

/* Earlier than before, it no longer waits for what had put it off; nor is it late any more. */
const char plan_move_sql[] =
    "UPDATE send_queue i SET scheduled_for = m.at, replan = NOT m.placed, "
    "reason = CASE WHEN m.reason IS NOT NULL THEN m.reason "
    "WHEN m.at < i.scheduled_for OR i.reason = 'late' THEN 'scheduled' ELSE i.reason END, "
    "reason_detail = CASE WHEN m.reason IS NULL AND m.at >= i.scheduled_for "
    "THEN i.reason_detail END "
    "FROM unnest($1::uuid[], $2::timestamptz[], $3::bool[], $4::text[]) "
    "AS m(id, at, placed, reason) WHERE i.id = m.id AND i.status = 'pending'";

const char plan_queued_sql[] = "UPDATE campaign_prospects SET next_at = NULL WHERE id = ANY ($1)";

/* With a live item the person only waits for it; behind one that has ended nothing would ever
 * follow, and only somebody can say what is right. */
const char plan_conflict_sql[] =
    "UPDATE campaign_prospects p SET next_at = CASE WHEN q.live THEN NULL ELSE p.next_at END, "
    "hold_reason = CASE WHEN q.live THEN p.hold_reason ELSE 'already_planned' END "
    "FROM unnest($1::uuid[]) AS n(id) CROSS JOIN LATERAL (SELECT (SELECT true FROM send_queue i "
    "WHERE i.prospect_id = n.id AND i.status IN ('pending', 'published', 'sending', 'unknown') "
    "LIMIT 1) AS live OFFSET 0) q WHERE p.id = n.id";

const char plan_hold_sql[] =
    "UPDATE campaign_prospects p SET hold_reason = h.reason "
    "FROM unnest($1::uuid[], $2::text[]) AS h(id, reason) WHERE p.id = h.id";

/* The next person's time, by two probes of the plan index per campaign. */
#define NEXT_PERSON                                                                                \
    "(SELECT min(n.at) FROM campaign_accounts ca "                                                 \
    "JOIN campaigns c ON c.id = ca.campaign_id AND c.status = 'running' "                          \
    "AND coalesce(c.first_left, 1) > 0 "                                                           \
    "CROSS JOIN LATERAL ((SELECT p.next_at AS at FROM campaign_prospects p "                       \
    "WHERE p.account_id = s.account_id AND p.campaign_id = c.id AND p.next_step > 0 "              \
    "AND p.next_at IS NOT NULL AND p.hold_reason IS NULL AND " NOT_REFUSED                         \
    "ORDER BY p.next_at LIMIT 1) "                                                                 \
    "UNION ALL (SELECT p.next_at FROM campaign_prospects p "                                       \
    "WHERE p.account_id = s.account_id AND p.campaign_id = c.id AND NOT (p.next_step > 0) "        \
    "AND p.next_at IS NOT NULL AND p.hold_reason IS NULL AND " NOT_REFUSED                         \
    "ORDER BY p.next_at LIMIT 1)) n "                                                              \
    "WHERE ca.account_id = s.account_id)"
const char plan_schedule_sql[] =
    "UPDATE account_schedule s SET "
    "plan_at = CASE WHEN x.ask THEN " NEXT_PERSON " ELSE x.plan_at END, "
    "due_at = CASE WHEN x.first_at IS NULL THEN s.due_at "
    "ELSE least(s.due_at, x.first_at) END "
    "FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bool[]) "
    "AS x(account_id, plan_at, first_at, ask) WHERE s.account_id = x.account_id";
