#include "producer/ctl/ledger_hold.h"

#include <stdlib.h>

#include "producer/ctl/people.h"
#include "producer/ctl/person_hold.h"

#include "common/base/banned.h"

#define PAGE_PEOPLE 500 /* held in one transaction */

/* $1 partitions, $2 until, $3 bool everywhere, $4 partitions of the topic. */
static const char accounts_sql[] =
    "SELECT a.id, max(x.until) FROM linkedin_accounts a "
    "JOIN unnest($1::int[], $2::timestamptz[]) AS x(partition, until) "
    "ON $3 OR a.key_hash % $4::int = x.partition GROUP BY a.id ORDER BY a.id";

#define OPEN "('pending', 'approved', 'connection_request_sent', 'connected', 'messaging')"
/* $1 accounts, $2 until. Due is whose step may be placed since a moment that lies before the loss
 * ended; whose step is in the queue, for it was due before it came there; and whose acceptance is
 * awaited: it may be among what is lost, with what was sent after it. One who is held already
 * counts for the others who are the same human. */
#define DUE_SQL                                                                                    \
    "WITH x AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS x(account_id, until)), "    \
    "due AS (SELECT p.id, p.workspace_id, p.vanity, p.provider_id, p.contacted_at "                \
    "FROM x JOIN linkedin_accounts a ON a.id = x.account_id "                                      \
    "JOIN campaigns c ON c.workspace_id = a.workspace_id AND c.status <> 'stopped' "               \
    "JOIN campaign_prospects p ON p.campaign_id = c.id AND p.account_id = a.id "                   \
    "WHERE p.status IN " OPEN " AND (p.next_at <= x.until "                                        \
    "OR (p.next_at IS NULL AND p.status = 'connection_request_sent') "                             \
    "OR EXISTS (SELECT FROM send_queue i WHERE i.prospect_id = p.id AND i.status IN "              \
    "('pending', 'published', 'sending', 'unknown')))), "                                          \
    "people AS (SELECT id FROM due "                                                               \
    "UNION SELECT q.id FROM due JOIN campaigns d ON d.workspace_id = due.workspace_id "            \
    "JOIN campaign_prospects q ON q.campaign_id = d.id AND q.vanity = due.vanity "                 \
    "WHERE due.contacted_at IS NULL AND q.contacted_at IS NULL "                                   \
    "UNION SELECT q.id FROM due JOIN campaign_prospects q ON q.provider_id = due.provider_id "     \
    "AND q.workspace_id = due.workspace_id "                                                       \
    "WHERE due.contacted_at IS NULL AND q.contacted_at IS NULL), "                                 \
    "found AS (SELECT p.id, p.account_id FROM people JOIN campaign_prospects p ON p.id = "         \
    "people.id WHERE p.hold_reason IS NULL AND p.status IN " OPEN ") "

static const char count_sql[] = DUE_SQL "SELECT count(*) FROM found";
/* $3 rows. */
static const char page_sql[] = DUE_SQL "SELECT id, account_id FROM found ORDER BY id LIMIT $3";
/* $1 accounts; in the lock order of the tree. */
static const char lock_sql[] = "SELECT account_id FROM account_schedule "
                               "WHERE account_id = ANY ($1) ORDER BY account_id FOR UPDATE";
/* $1 people: as they are now that their accounts are locked. */
static const char people_sql[] =
    "SELECT " PEOPLE_COLUMNS "FROM campaign_prospects p JOIN campaigns c ON c.id = p.campaign_id "
    "JOIN linkedin_accounts a ON a.id = p.account_id "
    "WHERE p.id = ANY ($1) AND p.hold_reason IS NULL AND p.status IN " OPEN " ORDER BY p.id";

enum ctl_exit ledger_hold_init(struct ledger_hold *h, struct ctl *c,
                               const struct ledger_loss *losses, size_t count, int32_t partitions,
                               bool everywhere)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct pg_params *p = ctl_params(c);
    *h = (struct ledger_hold){.count = 0};
    PG_COLUMN(p, PG_ARRAY_I32, count, true, pg_item_i32(p, losses[i].partition));
    PG_COLUMN(p, PG_ARRAY_TIME, count, true, pg_item_time(p, losses[i].until_ms));
    pg_add_bool(p, everywhere);
    pg_add_i32(p, partitions);
    enum ctl_exit e = ctl_query(c, accounts_sql, &r);
    if (e)
        return e;
    h->count = (size_t)pg_rows(r);
    h->accounts = sam_xcalloc(h->count + 1, sizeof(*h->accounts));
    h->until_ms = sam_xcalloc(h->count + 1, sizeof(*h->until_ms));
    for (size_t i = 0; i < h->count; i++) {
        h->accounts[i] = pg_uuid(r, (int)i, 0);
        h->until_ms[i] = pg_time_ms(r, (int)i, 1);
    }
    return CTL_DONE;
}

void ledger_hold_deinit(struct ledger_hold *h)
{
    free(h->accounts);
    free(h->until_ms);
    *h = (struct ledger_hold){.count = 0};
}

enum ctl_exit ledger_hold_count(const struct ledger_hold *h, struct ctl *c, int64_t *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct pg_params *p = ctl_params(c);
    PG_COLUMN(p, PG_ARRAY_UUID, h->count, true, pg_item_uuid(p, &h->accounts[i]));
    PG_COLUMN(p, PG_ARRAY_TIME, h->count, true, pg_item_time(p, h->until_ms[i]));
    enum ctl_exit e = ctl_query(c, count_sql, &r);
    if (!e)
        *ret = pg_i64(r, 0, 0);
    return e;
}

static void add_ids(struct pg_params *p, const struct pg_result *r, int column)
{
    pg_array_open(p, PG_ARRAY_UUID);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, column);
        pg_item_uuid(p, &id);
    }
    pg_array_close(p);
}

/* Some of one account, and those who are the same humans elsewhere. */
static enum pg_failure hold_page(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *page = NULL;
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(people_deinit) struct people people = {.count = 0};
    struct ledger_hold *h = arg;
    struct pg_params *p = ctl_params(c);
    enum pg_failure failure;
    h->page = 0;
    PG_COLUMN(p, PG_ARRAY_UUID, 1, true, pg_item_uuid(p, &h->accounts[h->next + i]));
    PG_COLUMN(p, PG_ARRAY_TIME, 1, true, pg_item_time(p, h->until_ms[h->next + i]));
    pg_add_i64(p, PAGE_PEOPLE);
    if ((failure = pg_exec(c->pg, page_sql, p, &page)) || pg_rows(page) == 0)
        return failure;
    add_ids(ctl_params(c), page, 1);
    if ((failure = pg_exec(c->pg, lock_sql, &c->params, NULL)))
        return failure;
    add_ids(ctl_params(c), page, 0);
    if ((failure = pg_exec(c->pg, people_sql, &c->params, &r)))
        return failure;
    if (!people_read(r, &people))
        return ctl_refuse(c, "somebody has a status that this program does not know; not everybody "
                             "is on hold, and no position was changed");
    h->page = (size_t)pg_rows(page); /* who is held by others meanwhile does not come again */
    return people_hold(c, &people, LEDGER_HOLD_REASON);
}

enum ctl_exit ledger_hold_all(struct ledger_hold *h, struct ctl *c)
{
    enum ctl_exit e = CTL_DONE;
    int64_t done = 0;
    for (h->next = 0; !e && h->next < h->count; h->next++) {
        do {
            e = ctl_transaction(c, hold_page, h);
            done += (int64_t)h->page;
            ctl_progress(c, done, "people on hold");
        } while (!e && h->page > 0);
    }
    ctl_progress(c, done, NULL);
    return e;
}
