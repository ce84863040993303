/* A message from somebody to whom nobody knows whether we have written proves that we have (P6). It
 * was seen while the call was under way or after it had become unknown; the person is held for it
 * as one who wrote first, and a release would write to them a second time. The end of the attempt
 * goes to the ledger; what follows from it, apply does (has_answered()). */
#include "common/adapters/outbox.h"
#include "common/adapters/settle.h"
#include "common/base/clock.h"
#include "common/policy/reply.h"
#include "producer/producer.h"

#include "common/base/banned.h"

#define EVIDENCE_MAX 500

/* Unknown items i of people p who are held so. Only few are unknown, and each person is looked up
 * by id: a join might read them all. */
#define HELD_FOR_A_MESSAGE                                                                         \
    "CROSS JOIN LATERAL (SELECT replied_at FROM campaign_prospects WHERE id = i.prospect_id "      \
    "AND hold_reason = '" EVENT_WROTE_FIRST "' AND replied_at IS NOT NULL LIMIT 1) p "

/* And the attempts t of such an item that the message may answer, while nobody has settled it. $2
 * by how much clocks may differ in ms. */
#define ANSWERED_ATTEMPTS                                                                          \
    "CROSS JOIN LATERAL (SELECT * FROM send_attempts WHERE item_id = i.id OFFSET 0) t "            \
    "WHERE i.status = 'unknown' AND " SETTLE_OPEN                                                  \
    "AND t.started_at <= p.replied_at + $2 * interval '1 ms' AND NOT (" SETTLE_ON_ITS_WAY ") "

/* The limit counts only what can be settled now: else the first rows, of other producers or of
 * answers that are on their way, would hide the rest for as long as they stand there. (An array,
 * for a join might read every account.) $1 partitions, $3 open ones, $4 items at most. */
static const char accounts_sql[] =
    "SELECT s.account_id FROM account_schedule s WHERE s.account_id = ANY (ARRAY("
    "SELECT i.account_id FROM send_queue i CROSS JOIN LATERAL (SELECT key_hash "
    "FROM linkedin_accounts WHERE id = i.account_id LIMIT 1) a " HELD_FOR_A_MESSAGE
        ANSWERED_ATTEMPTS "AND a.key_hash % $1 = ANY ($3) LIMIT $4)) FOR UPDATE OF s SKIP LOCKED";

/* Of each item the latest attempt that the message may answer. $1 uuid[] accounts, $3 items at
 * most. */
static const char attempts_sql[] =
    "SELECT DISTINCT ON (i.id) " SETTLE_COLUMNS
    "FROM send_queue i " HELD_FOR_A_MESSAGE ANSWERED_ATTEMPTS
    "AND i.account_id = ANY ($1) ORDER BY i.id, t.started_at DESC LIMIT $3";

static enum pg_failure settle(struct producer *p, const struct pg_result *accounts,
                              int64_t *ret_rows)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o = {.count = 0};
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_params_reset(&p->params);
    producer_add_uuids(p, accounts, 0);
    pg_add_i64(&p->params, REPLY_CLOCKS_MS);
    pg_add_i64(&p->params, EVIDENCE_MAX);
    enum pg_failure failure = pg_exec(p->pg, attempts_sql, &p->params, &r);
    if (failure || pg_rows(r) == 0)
        return failure;
    failure = outbox_begin(&o, p->pg, &p->params);
    for (int row = 0; !failure && row < pg_rows(r); row++) {
        struct event event;
        if (settle_event(p->pg, r, row, true, EVENT_SETTLED_BY_REPLY, &event) != PG_FINE) {
            producer_left_out(p, pg_error(p->pg));
            continue;
        }
        log_info(p->log, "settled_by_reply", LOG_UUID("item", &event.attempt.item_id));
        outbox_add(&o, &event);
    }
    *ret_rows = pg_rows(r);
    return failure ? failure : outbox_write(&o, p->pg, &p->params);
}

struct batch producer_evidence(struct producer *p)
{
    struct pg_result *accounts SAM_CLEANUP(pg_result_freep) = NULL;
    struct batch result = {0};
    enum pg_failure failure = pg_begin(p->pg);
    pg_params_reset(&p->params);
    pg_add_i32(&p->params, gate_partitions(p->gate));
    pg_add_i64(&p->params, REPLY_CLOCKS_MS);
    gate_add_open(p->gate, &p->params);
    pg_add_i64(&p->params, EVIDENCE_MAX);
    if (!failure)
        failure = pg_exec(p->pg, accounts_sql, &p->params, &accounts);
    if (!failure && pg_rows(accounts) > 0)
        failure = settle(p, accounts, &result.rows);
    if (!failure)
        failure = pg_commit(p->pg);
    return failure ? producer_failed(p, "evidence", failure) : result;
}
