#include "common/adapters/settle.h"

#include "common/base/banned.h"

enum column {
    COL_ID,
    COL_WORKSPACE,
    COL_ACCOUNT,
    COL_CAMPAIGN,
    COL_PERSON,
    COL_ITEM,
    COL_MESSAGE_TYPE,
    COL_KIND,
    COL_IDENTITY,
    COL_OTHER_IDENTITY,
    COL_STARTED_AT,
    COL_START_BY,
    COL_ENDED_AT
};

bool settle_attempt(const struct pg_result *r, int row, struct event *ret)
{
    *ret = (struct event){.type = EVENT_ATTEMPT_ENDED,
                          .workspace_id = pg_uuid(r, row, COL_WORKSPACE),
                          .account_id = pg_uuid(r, row, COL_ACCOUNT),
                          .attempt = {.id = pg_uuid(r, row, COL_ID),
                                      .campaign_id = pg_uuid(r, row, COL_CAMPAIGN),
                                      .person_id = pg_uuid(r, row, COL_PERSON),
                                      .item_id = pg_uuid(r, row, COL_ITEM),
                                      .started_at_ms = pg_time_ms(r, row, COL_STARTED_AT),
                                      .start_by_ms = pg_time_ms(r, row, COL_START_BY),
                                      .ended_at_ms = pg_time_ms(r, row, COL_ENDED_AT),
                                      .outcome = OUTCOME_UNKNOWN}};
    struct event_attempt *a = &ret->attempt;
    SAM_COPY(a->message_type, pg_text(r, row, COL_MESSAGE_TYPE));
    SAM_COPY(a->identities[0], pg_text(r, row, COL_IDENTITY));
    SAM_COPY(a->identities[1], pg_text(r, row, COL_OTHER_IDENTITY));
    return call_kind_parse(pg_text(r, row, COL_KIND), &a->kind) == 0;
}

enum pg_failure settle_event(struct pg *pg, const struct pg_result *r, int row, bool sent,
                             const char *by, struct event *ret)
{
    bool known = settle_attempt(r, row, ret);
    ret->attempt.outcome = sent ? OUTCOME_SENT : OUTCOME_NOT_EXECUTED;
    ret->attempt.untried = !sent;
    SAM_COPY(ret->attempt.error_type, by);
    return known ? PG_FINE : pg_unknown_value(pg, "send_attempts.kind", pg_text(r, row, COL_KIND));
}
