#include "producer/ctl/lost_attempts.h"

#include "producer/ctl/event_meaning.h"

#include "common/base/banned.h"

/* $1 attempts; one of two events of the same. */
static const char missing_sql[] =
    "SELECT min(x.n) FROM unnest($1::uuid[]) WITH ORDINALITY AS x(id, n) WHERE NOT EXISTS "
    "(SELECT FROM send_attempts t WHERE t.id = x.id) GROUP BY x.id ORDER BY 1";
/* $1 people, $2 workspaces, $3 identities of a first contact: the same human may stand in another
 * campaign. */
static const char people_sql[] =
    "WITH x AS (SELECT * FROM unnest($2::uuid[], $3::text[]) AS x(workspace_id, identity)) "
    "SELECT " PEOPLE_COLUMNS "FROM campaign_prospects p JOIN campaigns c ON c.id = p.campaign_id "
    "JOIN linkedin_accounts a ON a.id = p.account_id "
    "WHERE p.id IN (SELECT * FROM unnest($1::uuid[]) "
    "UNION ALL SELECT q.id FROM x JOIN campaigns d ON d.workspace_id = x.workspace_id "
    "JOIN campaign_prospects q ON q.campaign_id = d.id AND q.vanity = substr(x.identity, 3) "
    "WHERE x.identity LIKE 'v:%' AND q.contacted_at IS NULL "
    "UNION ALL SELECT q.id FROM x JOIN campaign_prospects q "
    "ON q.provider_id = substr(x.identity, 3) AND q.workspace_id = x.workspace_id "
    "WHERE x.identity LIKE 'p:%' AND q.contacted_at IS NULL) ORDER BY p.id";

void lost_attempts_add(struct lost_attempts *l, const char *record, size_t bytes)
{
    struct event event;
    if (!event_meaning_attempt(record, bytes, &event))
        return;
    l->events = sam_xrealloc(l->events, (l->count + 1) * sizeof(*l->events));
    l->events[l->count++] = event;
}

static enum pg_failure leave_missing(struct lost_attempts *l, struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct pg_params *p = ctl_params(c);
    PG_COLUMN(p, PG_ARRAY_UUID, l->count, true, pg_item_uuid(p, &l->events[i].attempt.id));
    enum pg_failure failure = pg_exec(c->pg, missing_sql, p, &r);
    if (failure)
        return failure;
    for (int row = 0; row < pg_rows(r); row++)
        l->events[row] = l->events[pg_i64(r, row, 0) - 1];
    l->count = (size_t)pg_rows(r);
    return PG_FINE;
}

static void add_identities(const struct lost_attempts *l, struct pg_params *p)
{
    for (int text = 0; text < 2; text++) {
        pg_array_open(p, text ? PG_ARRAY_TEXT : PG_ARRAY_UUID);
        for (size_t i = 0; i < l->count * EVENT_IDENTITIES_MAX; i++) {
            const struct event *e = &l->events[i / EVENT_IDENTITIES_MAX];
            const char *identity = e->attempt.identities[i % EVENT_IDENTITIES_MAX];
            if (identity[0] && text)
                pg_item_text(p, identity);
            else if (identity[0])
                pg_item_uuid(p, &e->workspace_id);
        }
        pg_array_close(p);
    }
}

/* Nothing more is sent to who has ended. */
static void leave_open(struct people *people)
{
    size_t count = 0;
    for (size_t i = 0; i < people->count; i++) {
        if (person_status_open(people->rows[i].status))
            people->rows[count++] = people->rows[i];
    }
    people->count = count;
}

enum pg_failure lost_attempts_load(struct lost_attempts *l, struct ctl *c)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    enum pg_failure failure = l->count ? leave_missing(l, c) : PG_FINE;
    if (failure || l->count == 0)
        return failure;
    struct pg_params *p = ctl_params(c);
    PG_COLUMN(p, PG_ARRAY_UUID, l->count, true, pg_item_uuid(p, &l->events[i].attempt.person_id));
    add_identities(l, p);
    if ((failure = pg_exec(c->pg, people_sql, p, &r)))
        return failure;
    people_deinit(&l->people);
    if (!people_read(r, &l->people))
        return ctl_refuse(c, "a person of whom an event tells has a status that this program does "
                             "not know; nothing was changed");
    leave_open(&l->people);
    return PG_FINE;
}

bool lost_attempts_has_person(const struct lost_attempts *l, const struct event *attempt)
{
    for (size_t i = 0; i < l->people.count; i++) {
        if (uuid_equal(&l->people.rows[i].id, &attempt->attempt.person_id))
            return true;
    }
    return false;
}

void lost_attempts_deinit(struct lost_attempts *l)
{
    free(l->events);
    people_deinit(&l->people);
    *l = (struct lost_attempts){.count = 0};
}
