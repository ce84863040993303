/* common/policy/decide.h - may this item go now, and if not, why and when? The one policy of SAM.
 *
 * Planner, publish, claim, forecast, preview and `samctl why` all call policy_decide(); no rule of
 * it is repeated in SQL or elsewhere. Pure: plain values in, a verdict out; no clock, no I/O, no
 * allocation, no zones (model/calendar turns zones into intervals and day starts).
 *
 * Order of the rules: what ends an item comes before what makes it wait, and among the waits the
 * one with a standing cause (campaign, account, person) before calendar, lateness, caps, spacing.
 * A WAIT gives the earliest time at which this rule could let it go; the other rules are asked
 * again then.
 */
#ifndef SAM_POLICY_DECIDE_H
#define SAM_POLICY_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "common/model/interval.h"
#include "common/model/reason.h"
#include "common/model/status.h"

enum verdict_kind {
    VERDICT_GO,
    VERDICT_WAIT,  /* back to the schedule, next_at_ms set */
    VERDICT_CANCEL /* this item ends unsent */
};

struct verdict {
    enum verdict_kind kind;
    enum reason reason;
    int64_t next_at_ms; /* WAIT: when to ask again, > now_ms; TIME_NEVER_MS = only an operator or
                           an event can change it */
};

#define MONTHLY_NOTES_ANY                                                                          \
    INT64_C(-1) /* policy_limits.monthly_notes: the plan has no such limit                         \
                 */

struct policy_campaign {
    enum campaign_status status;
    enum campaign_type type;
    enum note_limit on_note_limit;
    int64_t start_at_ms;            /* 0 = at once */
    int64_t end_at_ms;              /* TIME_NEVER_MS = none */
    int64_t daily_cap;              /* calls of this campaign per account's local day, 0 = none */
    int64_t contact_again_after_ms; /* since our last message to the human, 0 = never */
};

struct policy_limits {
    int64_t spacing_ms;
    int64_t jitter_ms; /* largest random extra */
    int64_t daily_cap;
    int64_t daily_invitations;
    int64_t weekly_invitations; /* rolling 7 days */
    int64_t daily_messages;
    int64_t daily_profile_views;
    int64_t monthly_notes; /* invitations with a note in the account's local calendar month */
    bool spread;           /* the planner spreads a day's calls over its window (limits.pace) */
};

struct policy_account {
    enum account_status status;
    int64_t rest_until_ms; /* 0 = none; of an account that is paused it counts when it is resumed */
    int64_t invitations_rest_until_ms; /* likewise; messages go on */
    bool blocked;                      /* an event of the account is set aside */
    bool all_paused;                   /* its workspace is: `samctl pause --all` */
    struct policy_limits limits;
};

enum contact {
    CONTACT_FREE, /* none of the person's identities is in `contacted` */
    CONTACT_OWN,  /* those that are, are there by this very item */
    CONTACT_TAKEN /* another item has written to this human first */
};

struct policy_person {
    enum person_status status;
    bool held;              /* hold_reason is set */
    bool stopped_elsewhere; /* same human has a stopping status in another campaign */
    bool blocklisted;
    bool contacted;   /* we have written to them in this campaign */
    bool replied_now; /* prepare has just seen a message that the database may not know yet */
    enum contact contact;
    int64_t last_written_ms; /* with contact_again_after_ms: our last message to the human, by any
                              * campaign and account; 0 = not known */
};

struct policy_item {
    enum call_kind kind;      /* invitation or message */
    bool first_step;          /* connection_request or direct_message_1 */
    bool first_contact;       /* nobody of this campaign has written to them yet: the first step,
                               * or the follow-up to somebody who was connected already */
    bool text_refused;        /* somebody is held for it: this message of the campaign stops */
    bool text_too_long;       /* for the account as it is now: it was planned for another plan */
    bool noted;               /* an invitation that has a note */
    bool requires_connection; /* connector follow-ups */
    bool costs_profile_view;  /* the profile is looked at before it: a first contact, published */
    bool handed_out;          /* its job is with a worker: it is not late any more, however long
                               * that takes, or a backlog would send jobs around for ever */
    int64_t scheduled_at_ms;  /* planned time; earlier is "scheduled"; 0 = it has none */
};

/* Counted from send_attempts. A counter above its limit only needs to be known as "limit + 1". */
struct policy_usage {
    int64_t last_call_end_ms; /* end of the account's latest write call, 0 = none. An attempt that
                                 has no end counts with its start_by plus the HTTP timeout. */
    int64_t jitter_ms;        /* the extra drawn for the gap after that call */
    int64_t calls_today;      /* write calls on the account's local day */
    int64_t invitations_today;
    int64_t messages_today;
    int64_t profile_views_today;
    int64_t invitations_week;
    int64_t oldest_invitation_ms; /* of the rolling 7 days; when it ages out a place is free */
    int64_t campaign_today;
    int64_t notes_month; /* invitations with a note in the account's local calendar month */
};

struct policy_facts {
    int64_t now_ms; /* the database's clock, sam_now() */
    struct policy_item item;
    struct policy_campaign campaign;
    struct policy_account account;
    struct policy_person person;
    const struct policy_usage *usage; /* NULL: not loaded; spacing and caps are not judged (only
                                         publish does that; it sends nothing) */
    int64_t day_start_ms;             /* of the account's local day that contains now */
    int64_t next_day_start_ms;        /* > now_ms */
    int64_t next_month_start_ms;      /* likewise */
    const struct interval *windows;   /* ascending, disjoint; the first ends after now_ms */
    size_t windows_count;             /* 0 = the calendar never opens (within what was computed) */
};

/* Is the planned time so long past that the item goes back to planning? An outage, a restored
 * database, the lid of a laptop: all that fell due meanwhile would go in one burst. 0 = it has no
 * planned time, and is not late. */
bool policy_is_late(int64_t scheduled_at_ms, int64_t now_ms);

/* Does the planner give the item another moment, and not just the verdict's? After a full day or a
 * calendar that is closed all that were put off for it would come together, at the first moment of
 * the next window. */
bool policy_replans(const struct verdict *verdict);

/* The random extra of the gap after a call, 0 to jitter_ms: a function of the attempt's id, so that
 * it is the same whoever asks, and nobody can re-roll it by asking often. */
int64_t policy_jitter_ms(const struct uuid *attempt_id, int64_t jitter_ms);

/* The month's notes are used up, and the campaign would rather go without one: policy_decide() lets
 * it go, and whoever sends it leaves the note out. Of a message, or without usage: false. */
bool policy_leave_note_out(const struct policy_facts *facts);

/* Others of the workspace have written to the human, so long ago that the campaign may begin anew.
 */
bool policy_contact_again(const struct policy_facts *facts);

/* What holds the account back whatever its items are: everything paused, or how it stands. GO =
 * nothing. Reads account and now_ms of the facts alone. */
struct verdict policy_account(const struct policy_facts *facts);

/* A call begins at the latest so long after its claim (start_by): the claim asks for then too. */
#define POLICY_START_BY_MS (15 * SECOND_MS)

/* Cannot fail; keeps no pointer. */
struct verdict policy_decide(const struct policy_facts *facts);

/* The same, for now and for a later moment up to which the call may begin (start_by): GO only when
 * both agree (the window may close in between). A day change in between is not asked: counts of
 * the day before only make it stricter. */
struct verdict policy_decide_until(const struct policy_facts *facts, int64_t start_by_ms);

#endif
