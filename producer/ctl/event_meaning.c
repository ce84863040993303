#include "producer/ctl/event_meaning.h"

#include <stdio.h>
#include <string.h>

#include "common/model/event.h"

#include "common/base/banned.h"

/* An end repeats all that its start says, so it is tried first; and every event reads as a marker,
 * which is of no account. */
static const enum event_type tried[] = {EVENT_ATTEMPT_ENDED, EVENT_ATTEMPT_STARTED, EVENT_PERSON,
                                        EVENT_CAMPAIGN,      EVENT_ACCOUNT,         EVENT_WORKSPACE,
                                        EVENT_BLOCKLIST};

/* An end with a bad field reads as a start, and is none. */
static bool is_broken_end(enum event_type type, const char *record)
{
    return type == EVENT_ATTEMPT_STARTED &&
           (strstr(record, "\"outcome\"") || strstr(record, "\"ended_at\""));
}

static bool read_event(const char *record, size_t bytes, struct event *ret)
{
    char why[RECORD_WHY_BYTES];
    for (size_t i = 0; i < SAM_ARRAY_LEN(tried); i++) {
        if (event_decode(event_type_name(tried[i]), record, bytes, ret, why) == 0 &&
            !is_broken_end(tried[i], record))
            return true;
    }
    return false;
}

bool event_meaning_attempt(const char *record, size_t bytes, struct event *ret)
{
    struct event event;
    char why[RECORD_WHY_BYTES];
    for (size_t i = 0; i < SAM_ARRAY_LEN(tried); i++) {
        if (tried[i] != EVENT_ATTEMPT_ENDED && tried[i] != EVENT_ATTEMPT_STARTED)
            continue;
        if (event_decode(event_type_name(tried[i]), record, bytes, &event, why) == 0) {
            *ret = event;
            return true;
        }
    }
    return false;
}

/* Of an attempt that only this event tells of. */
#define HELD                                                                                       \
    "; if its start is not in the database, the person is put on hold when this is cleared, "      \
    "released only after a look at LinkedIn: `samctl person release`"

static void say_attempt(struct event_meaning *m, const struct event *event)
{
    char item[UUID_TEXT_BYTES];
    uuid_format(&event->attempt.item_id, item);
    if (event->type == EVENT_ATTEMPT_ENDED)
        (void)snprintf(m->text, sizeof(m->text),
                       "how the %s of item %s ended (%s) is not in the database: it is open or "
                       "unknown, and stays so until `samctl unknown settle %s sent|not-sent`" HELD,
                       call_kind_name(event->attempt.kind), item,
                       outcome_name(event->attempt.outcome), item);
    else
        (void)snprintf(m->text, sizeof(m->text),
                       "the %s of item %s may have been made, and no limit counts it: look at "
                       "LinkedIn before the account goes on" HELD,
                       call_kind_name(event->attempt.kind), item);
}

void event_meaning(struct event_meaning *ret, const char *record, size_t bytes)
{
    struct event event = {.type = EVENT_MARKER};
    *ret = (struct event_meaning){.type = NULL};
    if (!read_event(record, bytes, &event)) {
        (void)snprintf(ret->text, sizeof(ret->text),
                       "what it said is not known%s; if it told how an attempt ended, that "
                       "attempt is open or unknown and stays so until `samctl unknown settle`%s",
                       event_meaning_attempt(record, bytes, &event)
                           ? ""
                           : ", and nobody can tell which person it was about: a message that it "
                             "told of may be sent again, so look at LinkedIn what the account has "
                             "sent",
                       event_meaning_attempt(record, bytes, &event) ? HELD : "");
        return;
    }
    ret->type = event_type_name(event.type);
    switch (event.type) {
    case EVENT_ATTEMPT_STARTED:
    case EVENT_ATTEMPT_ENDED:
        say_attempt(ret, &event);
        break;
    case EVENT_PERSON:
        (void)snprintf(ret->text, sizeof(ret->text),
                       "what was learned about a person (%s) is not in the database: if nothing "
                       "more may be sent to them, `samctl person set`",
                       finding_name(event.person.finding));
        break;
    case EVENT_CAMPAIGN:
        (void)snprintf(ret->text, sizeof(ret->text),
                       "a campaign's change to %s is not made: see `samctl campaign list`",
                       campaign_status_name(event.campaign.status));
        break;
    case EVENT_ACCOUNT:
        (void)snprintf(
            ret->text, sizeof(ret->text), "%s",
            event.account.is_sync
                ? "the end of a look for replies or acceptances: the next look repeats it"
                : "a change of the account's status is not made: see `samctl account "
                  "list`");
        break;
    case EVENT_WORKSPACE:
        (void)snprintf(ret->text, sizeof(ret->text),
                       "a change of everything to %s is not made: see `samctl status`, and "
                       "`samctl pause --all`",
                       workspace_status_name(event.workspace.status));
        break;
    case EVENT_BLOCKLIST:
        (void)snprintf(ret->text, sizeof(ret->text),
                       "a change of the blocklist is not made (%s %s %.200s): see `samctl "
                       "blocklist list`, and `samctl blocklist %s` again",
                       event.blocklist.listed ? "add" : "remove",
                       block_kind_name(event.blocklist.kind), event.blocklist.value,
                       event.blocklist.listed ? "add" : "remove");
        break;
    case EVENT_MARKER:
    case EVENT_TYPE_N:
        break;
    }
}
