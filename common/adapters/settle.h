/* common/adapters/settle.h - the end of an attempt of which nobody knew whether it happened, told
 * by somebody who does: an operator who has looked at LinkedIn, or the person's own reply. It goes
 * to the ledger by the outbox (outbox.h), and from there to Postgres as every outcome does. */
#ifndef SAM_ADAPTERS_SETTLE_H
#define SAM_ADAPTERS_SETTLE_H

#include "common/adapters/pg.h"
#include "common/model/event.h"

/* A condition on an item i and an attempt t of it: an end is on its way which the ledger does not
 * have yet; or an answer, which it may have while nobody has applied it. */
#define SETTLE_ON_ITS_WAY                                                                          \
    "(SELECT true FROM outbox o WHERE o.record_key = i.account_id::text "                          \
    "AND o.event_type = 'sam.attempt.ended.v1' AND o.payload::json->>'item_id' = i.id::text "      \
    "AND (o.published_at IS NULL OR (o.payload::json->>'error_type' "                              \
    "IN ('" EVENT_SETTLED_BY_PERSON "', '" EVENT_SETTLED_BY_REPLY "') "                            \
    "AND o.created_at >= t.started_at)) LIMIT 1) IS NOT NULL "

/* The columns that settle_attempt() reads, of send_attempts AS t, and which of them may have
 * happened (a profile view is no send). */
#define SETTLE_COLUMNS                                                                             \
    "t.id, t.workspace_id, t.account_id, t.campaign_id, t.prospect_id, t.item_id, "                \
    "t.message_type, t.kind, t.identities[1], t.identities[2], t.started_at, t.start_by, "         \
    "coalesce(t.ended_at, t.start_by) "
#define SETTLE_COLUMNS_N 13

#define SETTLE_OPEN "t.kind <> 'profile_view' AND (t.outcome IS NULL OR t.outcome = 'unknown') "

/* The row's attempt as an attempt.ended that says nothing yet (OUTCOME_UNKNOWN). false: it is of a
 * kind that this release does not know. */
SAM_MUSTCHECK bool settle_attempt(const struct pg_result *r, int row, struct event *ret);
/* The row's attempt was sent, or it was not; `by`: EVENT_SETTLED_BY_…. PG_UNKNOWN_VALUE: it is of a
 * kind that this release does not know (pg_unknown_value() has told). */
SAM_MUSTCHECK enum pg_failure settle_event(struct pg *pg, const struct pg_result *r, int row,
                                           bool sent, const char *by, struct event *ret);

#endif
