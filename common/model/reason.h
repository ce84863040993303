/* common/model/reason.h - why an item is not sent now, or ended unsent: one code, one sentence.
 *
 * The code stands in send_queue.reason, in metrics, in `samctl why`; the sentence is for people. */
#ifndef SAM_MODEL_REASON_H
#define SAM_MODEL_REASON_H

#include <stdbool.h>

#include "common/base/attr.h"

#define REASON_MAP(X)                                                                              \
    X(REASON_NONE, "none", "nothing stands in the way")                                            \
    X(REASON_SCHEDULED, "scheduled", "its planned time has not come")                              \
    X(REASON_LATE, "late", "its planned time is long past: the planner gives it another")          \
    X(REASON_SPACING, "spacing", "the account's last call is too recent")                          \
    X(REASON_DAILY_CAP, "daily_cap", "the account's daily cap of calls is used up")                \
    X(REASON_NOT_PLANNED, "not_planned", "the planner has not given it a time yet")                \
    X(REASON_DAILY_INVITATIONS, "daily_invitations", "the day's invitations are used up")          \
    X(REASON_WEEKLY_INVITATIONS, "weekly_invitations", "the invitations of 7 days are used up")    \
    X(REASON_MONTHLY_NOTES, "monthly_notes",                                                       \
      "the month's invitations with a note are used up (a free account has few)")                  \
    X(REASON_DAILY_MESSAGES, "daily_messages", "the day's messages are used up")                   \
    X(REASON_DAILY_PROFILE_VIEWS, "daily_profile_views", "the day's profile views are used up")    \
    X(REASON_CAMPAIGN_DAILY_CAP, "campaign_daily_cap", "the campaign's daily cap is used up")      \
    X(REASON_HOURS, "hours", "outside the campaign's hours")                                       \
    X(REASON_WEEKEND, "weekend", "weekend in the campaign's country")                              \
    X(REASON_HOLIDAY, "holiday", "public holiday in the campaign's country")                       \
    X(REASON_NO_WINDOW, "no_window", "the campaign's calendar never opens")                        \
    X(REASON_CAMPAIGN_NOT_STARTED, "campaign_not_started", "the campaign has not begun")           \
    X(REASON_CAMPAIGN_DRAFT, "campaign_draft", "the campaign has not been started")                \
    X(REASON_CAMPAIGN_PAUSED, "campaign_paused", "the campaign is paused")                         \
    X(REASON_CAMPAIGN_FIRST_SENT, "campaign_first_sent",                                           \
      "the first messages are planned or sent; the campaign waits for an OK")                      \
    X(REASON_CAMPAIGN_ENDED, "campaign_ended", "the campaign is past its end or completed")        \
    X(REASON_CAMPAIGN_STOPPED, "campaign_stopped", "the campaign was stopped")                     \
    X(REASON_ALL_PAUSED, "all_paused", "an operator has paused everything")                        \
    X(REASON_ACCOUNT_PAUSED, "account_paused", "the account is paused by an operator")             \
    X(REASON_ACCOUNT_RESTING, "account_resting", "the account rests after a provider limit")       \
    X(REASON_INVITATIONS_RESTING, "invitations_resting",                                           \
      "the account's invitations rest after a provider limit; follow-ups go on")                   \
    X(REASON_ACCOUNT_DISCONNECTED, "account_disconnected", "the account is logged out")            \
    X(REASON_ACCOUNT_RESTRICTED, "account_restricted", "LinkedIn has restricted the account")      \
    X(REASON_ACCOUNT_BLOCKED, "account_blocked", "an event of the account was set aside")          \
    X(REASON_ACCOUNT_BUSY, "account_busy", "another call of the account is under way")             \
    X(REASON_PERSON_STOPPED, "person_stopped", "the person replied, opted out or was closed")      \
    X(REASON_PERSON_STOPPED_ELSEWHERE, "person_stopped_elsewhere",                                 \
      "the same human replied or opted out in another campaign")                                   \
    X(REASON_PERSON_HELD, "person_held", "the person is on hold")                                  \
    X(REASON_PERSON_ENDED, "person_ended", "the person's campaign has ended")                      \
    X(REASON_PERSON_REMOVED, "person_removed", "the person was taken out of the campaign")         \
    X(REASON_NOT_CONNECTED, "not_connected", "the invitation has not been accepted")               \
    X(REASON_ALREADY_CONNECTED, "already_connected", "the person is a connection already")         \
    X(REASON_ALREADY_INVITED, "already_invited", "an invitation is pending already, sent by hand") \
    X(REASON_STEP_PASSED, "step_passed", "the person is past this message already")                \
    X(REASON_ALREADY_CONTACTED, "already_contacted", "the same human was contacted before")        \
    X(REASON_BLOCKLISTED, "blocklisted", "the person stands on the blocklist, or was forgotten")   \
    X(REASON_NOT_PREPARED, "not_prepared", "the reads before the send have not succeeded")         \
    X(REASON_PROFILE_NOT_FOUND, "profile_not_found", "the profile cannot be found")                \
    X(REASON_TEXT_INVALID, "text_invalid", "the text cannot be rendered for this person")          \
    X(REASON_TEXT_REFUSED, "text_refused",                                                         \
      "Unipile refused this message's text: change it, then `samctl campaign update`")             \
    X(REASON_STEP_GONE, "step_gone", "the campaign no longer has this message")                    \
    X(REASON_NOT_CLAIMED, "not_claimed", "no worker took the job in time")                         \
    X(REASON_NOT_EXECUTED, "not_executed", "the last attempt was not executed")                    \
    X(REASON_THROTTLED, "throttled", "Unipile reported a provider limit")                          \
    X(REASON_REFUSED, "refused", "Unipile refused the call for this person")                       \
    X(REASON_ATTEMPTS_USED_UP, "attempts_used_up", "five attempts in a row were not executed")     \
    X(REASON_OUTCOME_UNKNOWN, "outcome_unknown", "it is not known whether the call happened")      \
    X(REASON_STALE_JOB, "stale_job", "the job is older than the item's last dispatch")             \
    X(REASON_LEDGER_UNAVAILABLE, "ledger_unavailable",                                             \
      "Kafka does not take the record that must stand before a call")                              \
    X(REASON_GATE_CLOSED, "gate_closed", "the ledger has not been applied far enough")             \
    X(REASON_SETUP_BROKEN, "setup_broken", "Unipile refuses our API key")

#define REASON_ENUM_ROW(id, name, text) id,
enum reason { REASON_MAP(REASON_ENUM_ROW) REASON_N };
#undef REASON_ENUM_ROW

const char *reason_name(enum reason r);
const char *reason_sentence(enum reason r);
/* A waiting item of this reason has its moment from limits, rests and calendars alone, so the
 * planner may give it another one. Others wait to be tried again, for an event, or for an operator.
 */
bool reason_moves(enum reason r);
/* A waiting item of this reason stands for a person or a text that something else must happen to
 * first: nobody goes out at its moment, whoever else waits for one. */
bool reason_holds_back(enum reason r);
/* 0 done; -EINVAL unknown. */
SAM_MUSTCHECK int reason_parse(const char *text, enum reason *ret);

#endif
