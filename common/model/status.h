/* common/model/status.h - every status list of SAM, in one place, with its transitions.
 *
 * The names are the ones in Postgres, in records and on the screen; a test holds these lists and
 * tables equal to the database's CHECK constraints and triggers. A transition that is not in a
 * table is refused here and by the database. Status X to the same X is always allowed (no change).
 */
#ifndef SAM_MODEL_STATUS_H
#define SAM_MODEL_STATUS_H

#include <stdbool.h>

#include "common/base/attr.h"

/* A person of a campaign (campaign_prospects.status). */
#define PERSON_STATUS_MAP(X)                                                                       \
    X(PERSON_PENDING, "pending")                                                                   \
    X(PERSON_APPROVED, "approved")                                                                 \
    X(PERSON_CONNECTION_REQUEST_SENT, "connection_request_sent")                                   \
    X(PERSON_CONNECTED, "connected")                                                               \
    X(PERSON_MESSAGING, "messaging")                                                               \
    X(PERSON_REPLIED, "replied")                                                                   \
    X(PERSON_OPTED_OUT, "opted_out")                                                               \
    X(PERSON_CONVERTED, "converted")                                                               \
    X(PERSON_NOT_INTERESTED, "not_interested")                                                     \
    X(PERSON_COMPLETED, "completed")                                                               \
    X(PERSON_FAILED, "failed")

/* An item of the queue (send_queue.status). */
#define ITEM_STATUS_MAP(X)                                                                         \
    X(ITEM_PENDING, "pending")                                                                     \
    X(ITEM_PUBLISHED, "published")                                                                 \
    X(ITEM_SENDING, "sending")                                                                     \
    X(ITEM_SENT, "sent")                                                                           \
    X(ITEM_FAILED, "failed")                                                                       \
    X(ITEM_UNKNOWN, "unknown")                                                                     \
    X(ITEM_CANCELLED, "cancelled")

#define CAMPAIGN_STATUS_MAP(X)                                                                     \
    X(CAMPAIGN_DRAFT, "draft")                                                                     \
    X(CAMPAIGN_RUNNING, "running")                                                                 \
    X(CAMPAIGN_PAUSED, "paused")                                                                   \
    X(CAMPAIGN_COMPLETED, "completed")                                                             \
    X(CAMPAIGN_STOPPED, "stopped")

/* A workspace (workspaces.paused_at): paused = `samctl pause --all`, no call for any account. */
#define WORKSPACE_STATUS_MAP(X)                                                                    \
    X(WORKSPACE_RUNNING, "running")                                                                \
    X(WORKSPACE_PAUSED, "paused")

#define ACCOUNT_STATUS_MAP(X)                                                                      \
    X(ACCOUNT_ACTIVE, "active")                                                                    \
    X(ACCOUNT_PAUSED, "paused")                                                                    \
    X(ACCOUNT_RESTING, "resting")                                                                  \
    X(ACCOUNT_DISCONNECTED, "disconnected")                                                        \
    X(ACCOUNT_RESTRICTED, "restricted")

#define CAMPAIGN_TYPE_MAP(X)                                                                       \
    X(CAMPAIGN_CONNECTOR, "connector")                                                             \
    X(CAMPAIGN_MESSENGER, "messenger")

/* What is called at Unipile (send_attempts.kind). Profile views are counted, not spaced. */
#define CALL_KIND_MAP(X)                                                                           \
    X(CALL_INVITATION, "invitation")                                                               \
    X(CALL_MESSAGE, "message")                                                                     \
    X(CALL_PROFILE_VIEW, "profile_view")

/* LinkedIn plan of an account; decides the note's limit (text_limit.h). */
#define ACCOUNT_PLAN_MAP(X)                                                                        \
    X(PLAN_FREE, "free")                                                                           \
    X(PLAN_PREMIUM, "premium")                                                                     \
    X(PLAN_SALES_NAVIGATOR, "sales_navigator")                                                     \
    X(PLAN_RECRUITER, "recruiter")

/* What happens to an invitation's note that the account cannot send: it is longer than its limit,
 * or the month's notes are used up (campaigns.on_note_limit). */
#define NOTE_LIMIT_MAP(X)                                                                          \
    X(NOTE_HOLD, "hold")                                                                           \
    X(NOTE_WITHOUT, "without_note")                                                                \
    X(NOTE_CUT, "cut")

/* What was done to the note of an invitation (send_queue.note_done). */
#define NOTE_DONE_MAP(X)                                                                           \
    X(NOTE_AS_WRITTEN, "as_written")                                                               \
    X(NOTE_CUT_SHORT, "cut")                                                                       \
    X(NOTE_LEFT_OUT, "left_out")                                                                   \
    X(NOTE_LEFT_OUT_MONTHLY, "left_out_monthly") /* the month's notes were used up */

#define STATUS_ENUM_ROW(id, name) id,
enum person_status { PERSON_STATUS_MAP(STATUS_ENUM_ROW) PERSON_STATUS_N };
enum item_status { ITEM_STATUS_MAP(STATUS_ENUM_ROW) ITEM_STATUS_N };
enum campaign_status { CAMPAIGN_STATUS_MAP(STATUS_ENUM_ROW) CAMPAIGN_STATUS_N };
enum workspace_status { WORKSPACE_STATUS_MAP(STATUS_ENUM_ROW) WORKSPACE_STATUS_N };
enum account_status { ACCOUNT_STATUS_MAP(STATUS_ENUM_ROW) ACCOUNT_STATUS_N };
enum campaign_type { CAMPAIGN_TYPE_MAP(STATUS_ENUM_ROW) CAMPAIGN_TYPE_N };
enum call_kind { CALL_KIND_MAP(STATUS_ENUM_ROW) CALL_KIND_N };
enum account_plan { ACCOUNT_PLAN_MAP(STATUS_ENUM_ROW) ACCOUNT_PLAN_N };
enum note_limit { NOTE_LIMIT_MAP(STATUS_ENUM_ROW) NOTE_LIMIT_N };
enum note_done { NOTE_DONE_MAP(STATUS_ENUM_ROW) NOTE_DONE_N };
#undef STATUS_ENUM_ROW

/* Who moves an account. */
enum account_cause {
    ACCOUNT_BY_OPERATOR, /* `samctl account pause` and `resume`, told by the ledger too */
    ACCOUNT_BY_UNIPILE,  /* the answer to a call */
    ACCOUNT_BY_TIME,     /* a rest is over */
    ACCOUNT_CAUSE_N
};

/* NAME_name: the text, "?" for a value out of range. NAME_parse: 0 done; -EINVAL unknown. */
const char *person_status_name(enum person_status s);
SAM_MUSTCHECK int person_status_parse(const char *text, enum person_status *ret);
const char *item_status_name(enum item_status s);
SAM_MUSTCHECK int item_status_parse(const char *text, enum item_status *ret);
const char *campaign_status_name(enum campaign_status s);
SAM_MUSTCHECK int campaign_status_parse(const char *text, enum campaign_status *ret);
const char *workspace_status_name(enum workspace_status s);
SAM_MUSTCHECK int workspace_status_parse(const char *text, enum workspace_status *ret);
const char *account_status_name(enum account_status s);
SAM_MUSTCHECK int account_status_parse(const char *text, enum account_status *ret);
const char *campaign_type_name(enum campaign_type t);
SAM_MUSTCHECK int campaign_type_parse(const char *text, enum campaign_type *ret);
const char *call_kind_name(enum call_kind k);
SAM_MUSTCHECK int call_kind_parse(const char *text, enum call_kind *ret);
const char *account_plan_name(enum account_plan p);
SAM_MUSTCHECK int account_plan_parse(const char *text, enum account_plan *ret);
const char *note_limit_name(enum note_limit n);
SAM_MUSTCHECK int note_limit_parse(const char *text, enum note_limit *ret);
const char *note_done_name(enum note_done n);
SAM_MUSTCHECK int note_done_parse(const char *text, enum note_done *ret);
/* For people: what became of the note; NULL: it is as written. */
const char *note_done_sentence(enum note_done n);

/* pending, approved, connection_request_sent, connected, messaging: something may still be sent. */
bool person_status_open(enum person_status s);
/* replied, opted_out, converted, not_interested: nothing is sent to this human any more, in any
 * campaign of the workspace (promise P6). */
bool person_status_stops(enum person_status s);

/* May a person of a campaign of this type move from one status to the other? (design 3.13) */
bool person_transition_allowed(enum campaign_type type, enum person_status from,
                               enum person_status to);
/* Item transitions of the ordinary path (design 3.14). */
bool item_transition_allowed(enum item_status from, enum item_status to);
/* The ordinary path, or evidence from the ledger: any -> sending | sent | unknown. */
bool item_transition_by_evidence(enum item_status from, enum item_status to);
bool campaign_transition_allowed(enum campaign_status from, enum campaign_status to);
/* An account (design 3.13). An operator who lets it be active lets it go on resting where a rest
 * that Unipile has asked for is not over. One that is logged out or restricted sends nothing
 * already: it is not paused, for the resume of a pause would not ask whether Unipile has it back.
 * In C alone: apply writes the end of a batch, and from restricted an operator's resume and pause
 * lead to paused. */
bool account_transition_allowed(enum account_cause cause, enum account_status from,
                                enum account_status to);

#endif
