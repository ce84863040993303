#include "common/model/status.h"

#include <string.h>

#include "common/model/names.h"

#include "common/base/banned.h"

NAMES_DEFINE(person_status, PERSON_STATUS_MAP, PERSON_STATUS_N)
NAMES_DEFINE(item_status, ITEM_STATUS_MAP, ITEM_STATUS_N)
NAMES_DEFINE(campaign_status, CAMPAIGN_STATUS_MAP, CAMPAIGN_STATUS_N)
NAMES_DEFINE(workspace_status, WORKSPACE_STATUS_MAP, WORKSPACE_STATUS_N)
NAMES_DEFINE(account_status, ACCOUNT_STATUS_MAP, ACCOUNT_STATUS_N)
NAMES_DEFINE(campaign_type, CAMPAIGN_TYPE_MAP, CAMPAIGN_TYPE_N)
NAMES_DEFINE(call_kind, CALL_KIND_MAP, CALL_KIND_N)
NAMES_DEFINE(account_plan, ACCOUNT_PLAN_MAP, ACCOUNT_PLAN_N)
NAMES_DEFINE(note_limit, NOTE_LIMIT_MAP, NOTE_LIMIT_N)
NAMES_DEFINE(note_done, NOTE_DONE_MAP, NOTE_DONE_N)

const char *note_done_sentence(enum note_done n)
{
    switch (n) {
    case NOTE_CUT_SHORT:
        return "the note is too long and is cut";
    case NOTE_LEFT_OUT:
        return "the note is too long and is left out";
    case NOTE_LEFT_OUT_MONTHLY:
        return "the account's notes of this month are used up and it is left out";
    case NOTE_AS_WRITTEN:
    case NOTE_DONE_N:
        break;
    }
    return NULL;
}

#define BIT(s) (1u << (s))
#define OPEN                                                                                       \
    (BIT(PERSON_PENDING) | BIT(PERSON_APPROVED) | BIT(PERSON_CONNECTION_REQUEST_SENT) |            \
     BIT(PERSON_CONNECTED) | BIT(PERSON_MESSAGING))
#define ACCOUNT_BROKEN (BIT(ACCOUNT_DISCONNECTED) | BIT(ACCOUNT_RESTRICTED))
#define ENDINGS                                                                                    \
    (BIT(PERSON_REPLIED) | BIT(PERSON_OPTED_OUT) | BIT(PERSON_CONVERTED) |                         \
     BIT(PERSON_NOT_INTERESTED) | BIT(PERSON_FAILED))

/* To which statuses each may move, in either kind of campaign. */
static const unsigned person_both[PERSON_STATUS_N] = {
    [PERSON_PENDING] = ENDINGS,
    [PERSON_APPROVED] = ENDINGS,
    [PERSON_CONNECTION_REQUEST_SENT] = ENDINGS,
    [PERSON_CONNECTED] = ENDINGS,
    [PERSON_MESSAGING] = ENDINGS | BIT(PERSON_COMPLETED),
    [PERSON_REPLIED] = BIT(PERSON_OPTED_OUT) | BIT(PERSON_CONVERTED) | BIT(PERSON_NOT_INTERESTED),
    [PERSON_OPTED_OUT] = 0,
    [PERSON_CONVERTED] = BIT(PERSON_OPTED_OUT),
    [PERSON_NOT_INTERESTED] = BIT(PERSON_OPTED_OUT),
    [PERSON_COMPLETED] = BIT(PERSON_OPTED_OUT) | BIT(PERSON_REPLIED),
    [PERSON_FAILED] = BIT(PERSON_OPTED_OUT) | BIT(PERSON_REPLIED),
};

static const unsigned person_connector[PERSON_STATUS_N] = {
    [PERSON_PENDING] = BIT(PERSON_CONNECTION_REQUEST_SENT) | BIT(PERSON_CONNECTED),
    [PERSON_APPROVED] = BIT(PERSON_CONNECTION_REQUEST_SENT) | BIT(PERSON_CONNECTED),
    [PERSON_CONNECTION_REQUEST_SENT] = BIT(PERSON_CONNECTED) | BIT(PERSON_COMPLETED),
    [PERSON_CONNECTED] = BIT(PERSON_MESSAGING) | BIT(PERSON_COMPLETED),
};

static const unsigned person_messenger[PERSON_STATUS_N] = {
    [PERSON_PENDING] = BIT(PERSON_MESSAGING),
    [PERSON_APPROVED] = BIT(PERSON_MESSAGING),
};

static const unsigned item_ordinary[ITEM_STATUS_N] = {
    [ITEM_PENDING] = BIT(ITEM_PUBLISHED) | BIT(ITEM_CANCELLED),
    [ITEM_PUBLISHED] = BIT(ITEM_PENDING) | BIT(ITEM_SENDING) | BIT(ITEM_CANCELLED),
    [ITEM_SENDING] = BIT(ITEM_SENT) | BIT(ITEM_FAILED) | BIT(ITEM_UNKNOWN) | BIT(ITEM_PENDING) |
                     BIT(ITEM_CANCELLED),
    [ITEM_UNKNOWN] = BIT(ITEM_SENT) | BIT(ITEM_PENDING) | BIT(ITEM_FAILED),
};

static const unsigned campaign_moves[CAMPAIGN_STATUS_N] = {
    [CAMPAIGN_DRAFT] = BIT(CAMPAIGN_RUNNING) | BIT(CAMPAIGN_STOPPED),
    [CAMPAIGN_RUNNING] = BIT(CAMPAIGN_PAUSED) | BIT(CAMPAIGN_COMPLETED) | BIT(CAMPAIGN_STOPPED),
    [CAMPAIGN_PAUSED] = BIT(CAMPAIGN_RUNNING) | BIT(CAMPAIGN_STOPPED),
    [CAMPAIGN_COMPLETED] = BIT(CAMPAIGN_RUNNING) | BIT(CAMPAIGN_STOPPED),
};

static const unsigned account_moves[ACCOUNT_CAUSE_N][ACCOUNT_STATUS_N] = {
    [ACCOUNT_BY_OPERATOR] =
        {
            [ACCOUNT_ACTIVE] = BIT(ACCOUNT_PAUSED),
            [ACCOUNT_PAUSED] = BIT(ACCOUNT_ACTIVE),
            [ACCOUNT_RESTING] = BIT(ACCOUNT_ACTIVE) | BIT(ACCOUNT_PAUSED),
            [ACCOUNT_DISCONNECTED] = BIT(ACCOUNT_ACTIVE),
            [ACCOUNT_RESTRICTED] = BIT(ACCOUNT_ACTIVE),
        },
    /* what a call in flight still hears of an account that was paused is no reason to rest */
    [ACCOUNT_BY_UNIPILE] =
        {
            [ACCOUNT_ACTIVE] = BIT(ACCOUNT_RESTING) | ACCOUNT_BROKEN,
            [ACCOUNT_PAUSED] = ACCOUNT_BROKEN,
            [ACCOUNT_RESTING] = ACCOUNT_BROKEN,
            [ACCOUNT_DISCONNECTED] = BIT(ACCOUNT_RESTRICTED),
        },
    [ACCOUNT_BY_TIME] = {[ACCOUNT_RESTING] = BIT(ACCOUNT_ACTIVE)},
};

bool person_status_open(enum person_status s)
{
    return (OPEN & BIT(s)) != 0;
}

bool person_status_stops(enum person_status s)
{
    return s == PERSON_REPLIED || s == PERSON_OPTED_OUT || s == PERSON_CONVERTED ||
           s == PERSON_NOT_INTERESTED;
}

bool person_transition_allowed(enum campaign_type type, enum person_status from,
                               enum person_status to)
{
    unsigned own = type == CAMPAIGN_CONNECTOR ? person_connector[from] : person_messenger[from];
    return from == to || ((person_both[from] | own) & BIT(to)) != 0;
}

bool item_transition_allowed(enum item_status from, enum item_status to)
{
    return from == to || (item_ordinary[from] & BIT(to)) != 0;
}

bool item_transition_by_evidence(enum item_status from, enum item_status to)
{
    return item_transition_allowed(from, to) || to == ITEM_SENDING || to == ITEM_SENT ||
           to == ITEM_UNKNOWN;
}

bool campaign_transition_allowed(enum campaign_status from, enum campaign_status to)
{
    return from == to || (campaign_moves[from] & BIT(to)) != 0;
}

bool account_transition_allowed(enum account_cause cause, enum account_status from,
                                enum account_status to)
{
    return from == to || (account_moves[cause][from] & BIT(to)) != 0;
}
