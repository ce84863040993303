#include "producer/ctl/person_hold.h"

#include <stdio.h>

#include "common/base/banned.h"

/* In the lock order of the tree. $1 people. */
static const char lock_sql[] =
    "SELECT id FROM campaign_prospects WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
/* $1 people, $2 the statuses that were seen, $3 reason. */
static const char hold_sql[] =
    "UPDATE campaign_prospects p SET hold_reason = $3, version = sam_next_version(p.version) "
    "FROM unnest($1::uuid[], $2::text[]) AS x(id, status) "
    "WHERE p.id = x.id AND p.status = x.status RETURNING p.id, p.version";

void person_decision_tell(struct outbox *o, const struct person_decision *d, int64_t version)
{
    struct event event = {.type = EVENT_PERSON,
                          .workspace_id = d->person->workspace_id,
                          .account_id = d->person->account_id,
                          .person = {.id = d->person->id,
                                     .campaign_id = d->person->campaign_id,
                                     .finding = d->finding,
                                     .happened_at_ms = o->now_ms,
                                     .version = version,
                                     .status = d->status}};
    (void)snprintf(event.person.reason, sizeof(event.person.reason), "%s", d->reason);
    outbox_add(o, &event);
}

/* The row of the result that is about the person; -1 = none. */
static int row_of(const struct pg_result *r, const struct uuid *person_id)
{
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        if (uuid_equal(&id, person_id))
            return row;
    }
    return -1;
}

static void add_ids(struct pg_params *p, const struct people *people)
{
    PG_COLUMN(p, PG_ARRAY_UUID, people->count, true, pg_item_uuid(p, &people->rows[i].id));
}

enum pg_failure people_hold(struct ctl *c, const struct people *people, const char *reason)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(outbox_deinit) struct outbox o = {.count = 0};
    struct pg_params *p = ctl_params(c);
    enum pg_failure failure;
    if (people->count == 0)
        return PG_FINE;
    add_ids(p, people);
    if ((failure = pg_exec(c->pg, lock_sql, p, NULL)))
        return failure;
    add_ids(ctl_params(c), people);
    PG_COLUMN(p, PG_ARRAY_TEXT, people->count, true,
              pg_item_text(p, person_status_name(people->rows[i].status)));
    pg_add_text(p, reason);
    if ((failure = pg_exec(c->pg, hold_sql, p, &r)) ||
        (failure = outbox_begin(&o, c->pg, &c->params)))
        return failure;
    for (size_t i = 0; i < people->count; i++) {
        struct person_decision d = {
            .person = &people->rows[i], .finding = FINDING_HOLD, .reason = reason};
        int row = row_of(r, &d.person->id);
        if (row < 0)
            return ctl_refuse(
                c, "campaign %s: the person's status has just changed; look and try again",
                d.person->campaign);
        person_decision_tell(&o, &d, pg_i64(r, row, 1));
    }
    return outbox_write(&o, c->pg, &c->params);
}
