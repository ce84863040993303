#include "common/model/reason.h"

#include <errno.h>
#include <string.h>

#include "common/base/banned.h"

#define NAME_ROW(id, name, text)     name,
#define SENTENCE_ROW(id, name, text) text,
static const char *const names[] = {REASON_MAP(NAME_ROW)};
static const char *const sentences[] = {REASON_MAP(SENTENCE_ROW)};

const char *reason_name(enum reason r)
{
    return (unsigned)r < REASON_N ? names[r] : "?";
}

const char *reason_sentence(enum reason r)
{
    return (unsigned)r < REASON_N ? sentences[r] : "?";
}

bool reason_moves(enum reason r)
{
    switch ((int)r) {
    case REASON_SCHEDULED:
    case REASON_LATE:
    case REASON_SPACING:
    case REASON_DAILY_CAP:
    case REASON_DAILY_INVITATIONS:
    case REASON_WEEKLY_INVITATIONS:
    case REASON_MONTHLY_NOTES:
    case REASON_DAILY_MESSAGES:
    case REASON_DAILY_PROFILE_VIEWS:
    case REASON_CAMPAIGN_DAILY_CAP:
    case REASON_HOURS:
    case REASON_WEEKEND:
    case REASON_HOLIDAY:
    case REASON_NO_WINDOW:
    case REASON_CAMPAIGN_NOT_STARTED:
    case REASON_ACCOUNT_RESTING:
    case REASON_INVITATIONS_RESTING:
        return true;
    default:
        return false;
    }
}

bool reason_holds_back(enum reason r)
{
    return r == REASON_PERSON_HELD || r == REASON_TEXT_REFUSED || r == REASON_TEXT_INVALID ||
           r == REASON_STEP_GONE;
}

int reason_parse(const char *text, enum reason *ret)
{
    for (int i = 0; i < REASON_N; i++) {
        if (strcmp(names[i], text) == 0) {
            *ret = (enum reason)i;
            return 0;
        }
    }
    return -EINVAL;
}
