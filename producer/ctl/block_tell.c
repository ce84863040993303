#include "producer/ctl/block_tell.h"

#include <stdio.h>

#include "common/adapters/outbox.h"

#include "common/base/banned.h"

/* $1 workspace. Accounts of one remainder are in one partition. While the topics have the fewest
 * partitions that they ever had, each remainder is one; later, a gate opens only when all
 * partitions are applied. */
static const char accounts_sql[] =
    "SELECT DISTINCT ON (part) id, CASE WHEN l.least_partitions > 0 "
    "THEN a.key_hash % l.least_partitions ELSE a.key_hash END AS part "
    "FROM linkedin_accounts a LEFT JOIN ledger l ON true WHERE a.workspace_id = $1 "
    "ORDER BY part, id";

enum pg_failure block_tell_begin(struct block_tell *t, struct ctl *c,
                                 const struct uuid *workspace_id, enum block_kind kind)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    block_tell_deinit(t);
    t->workspace_id = *workspace_id;
    t->kind = kind;
    pg_add_uuid(ctl_params(c), workspace_id);
    enum pg_failure failure = pg_exec(c->pg, accounts_sql, &c->params, &r);
    if (failure)
        return failure;
    t->accounts = sam_xcalloc((size_t)pg_rows(r) + 1, sizeof(*t->accounts));
    for (int row = 0; row < pg_rows(r); row++)
        t->accounts[t->count++] = pg_uuid(r, row, 0);
    return PG_FINE;
}

static void tell_value(const struct block_tell *t, struct outbox *o,
                       const struct event_blocklist *change)
{
    for (size_t i = 0; i < t->count; i++) {
        struct event event = {.type = EVENT_BLOCKLIST,
                              .workspace_id = t->workspace_id,
                              .account_id = t->accounts[i],
                              .blocklist = *change};
        outbox_add(o, &event);
    }
}

/* At most a batch of the rows from *row on; *row is moved past them. */
static enum pg_failure tell_batch(const struct block_tell *t, struct ctl *c,
                                  const struct pg_result *changed, bool listed, int *row)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o = {.count = 0};
    enum pg_failure failure = outbox_begin(&o, c->pg, &c->params);
    if (failure)
        return failure;
    for (int n = 0; n < BLOCK_TELL_BATCH && *row < pg_rows(changed); n++, (*row)++) {
        struct event_blocklist change = {.kind = t->kind,
                                         .listed = listed,
                                         .version = pg_i64(changed, *row, 1),
                                         .happened_at_ms = o.now_ms};
        (void)snprintf(change.value, sizeof(change.value), "%s", pg_text(changed, *row, 0));
        tell_value(t, &o, &change);
    }
    return outbox_write(&o, c->pg, &c->params);
}

enum pg_failure block_tell(const struct block_tell *t, struct ctl *c,
                           const struct pg_result *changed, bool listed)
{
    enum pg_failure failure = PG_FINE;
    for (int row = 0; !failure && row < pg_rows(changed);)
        failure = tell_batch(t, c, changed, listed, &row);
    return failure;
}

void block_tell_note(const struct block_tell *t, const struct ctl *c)
{
    if (t->count == 0)
        ctl_say(c, "note: the workspace has no account yet, so the ledger cannot know of it: after "
                   "a restore of an older dump add it again");
}

void block_tell_deinit(struct block_tell *t)
{
    free(t->accounts);
    *t = (struct block_tell){.count = 0};
}
