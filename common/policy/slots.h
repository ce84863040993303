/* common/policy/slots.h - the planner's view of the policy: the free moments of one account.
 *
 * What waits or was handed out keeps its moment and the spacing after it; a wish gets the earliest
 * moment that is free, lies in its windows and that the caps allow, as policy_decide() will judge
 * them. A follow-up goes before new people: it sees only other follow-ups, and a first contact
 * that it displaces is given another time when it is due; but one of them has its place each day.
 * Pure, no allocation; jitter comes in as a number per slot. */
#ifndef SAM_POLICY_SLOTS_H
#define SAM_POLICY_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/policy/decide.h"

#define SLOTS_DAYS_MAX   4
#define SLOTS_BOOKED_MAX 400

struct slots_day {
    int64_t start_ms; /* the account's local day, [start, next day's start) */
    int64_t end_ms;
    int64_t calls;
    int64_t invitations;
    int64_t messages;
    int64_t profile_views;
    /* Of calls and messages: first contacts that only wait, which a follow-up may displace. */
    int64_t first_calls;
    int64_t first_messages;
    /* No first contact of the kind could come on it: nothing is left to them. */
    bool no_new_invitations;
    bool no_new_messages;
};

/* A moment that is taken, with the spacing after it. */
struct slots_booking {
    int64_t from_ms;
    int64_t to_ms;
    bool first;
};

struct slots {
    struct policy_limits limits;
    int64_t horizon_end_ms;
    int64_t first_free_ms;
    int64_t last_call_ms;
    bool new_invitations;
    bool new_messages;
    int64_t invitations_from_ms;
    int64_t invitations_week;
    /* As it began: what was sent, without what waits. */
    struct slots_day sent[SLOTS_DAYS_MAX];
    int64_t sent_week; /* of them, those that count until tonight */
    int64_t next_month_ms;
    int64_t notes[2]; /* invitations with a note: of this month, of the next one */
    struct slots_day days[SLOTS_DAYS_MAX];
    size_t days_count;
    struct slots_booking booked[SLOTS_BOOKED_MAX]; /* ascending by from_ms; may overlap */
    size_t booked_count;
};

/* Where an account stands; everything is copied. */
struct slots_start {
    const struct policy_limits *limits;
    /* Ascending, contiguous, the first contains now; counts of the calls that were sent. */
    const struct slots_day *days;
    size_t days_count;
    int64_t invitations_week;
    int64_t invitations_tonight; /* of them, those that are of the last 7 days as today ends */
    int64_t notes_month;         /* sent in this month */
    int64_t next_month_ms;       /* where the account's next month begins */
    int64_t first_free_ms;       /* max(now, last call end + spacing, end of the rest) */
    int64_t last_call_ms;        /* when the last call ended, 0 = none */
    /* Somebody waits for a first contact of the kind, in the queue or not. */
    bool new_invitations;
    bool new_messages;
    int64_t horizon_end_ms;
    int64_t invitations_from_ms; /* until then invitations rest; 0 = they do not */
};

void slots_init(struct slots *s, const struct slots_start *start);

/* What a campaign does on the account's days, for its own cap. */
struct slots_campaign {
    int64_t daily_cap;  /* calls of this campaign per account and day; 0 = none */
    int64_t sent_today; /* of days[0].calls: what was sent */
    bool new_people;    /* somebody of it waits for a first contact */
    bool invites;       /* its first contacts are invitations */
    struct {
        int64_t calls;
        int64_t first_calls; /* of them: first contacts that only wait */
    } days[SLOTS_DAYS_MAX];
};

struct slots_wish {
    enum call_kind kind;
    bool first; /* first contact, not a follow-up */
    bool costs_profile_view;
    bool noted; /* an invitation that goes with a note, or not at all */
    int64_t not_before_ms;
    const struct interval *windows; /* of the item's campaign, ascending; borrowed */
    size_t windows_count;
    int64_t jitter_ms;               /* the extra drawn for this slot, 0 .. limits.jitter_ms */
    struct slots_campaign *campaign; /* counted with the account; NULL = not known; borrowed */
};

/* An item that waits (pending, published, sending) for at_ms; what is overdue goes out today. Only
 * kind, first, costs_profile_view, noted, jitter_ms and campaign of the wish are looked at. */
void slots_waiting(struct slots *s, const struct slots_wish *wish, int64_t at_ms);

/* Could one more such call be made on the day of the moment, by what is counted already? */
bool slots_has_room(struct slots *s, const struct slots_wish *wish, int64_t at_ms);

/* The earliest slot at or after not_before_ms inside the windows that spacing and every cap allow;
 * books it. true: *ret_at_ms set. false: no slot before the horizon's end (nothing is booked).
 * With limits.spread it lies a share of the day's window from the calls beside it (spread.h), and
 * nearer only where the day would else end below what its caps allow; of a day that goes on beyond
 * the horizon that is not known yet.
 * While new people wait a follow-up leaves them one call of a day that may have two or more. */
bool slots_take(struct slots *s, const struct slots_wish *wish, int64_t *ret_at_ms);

/* Which limit a wish meets that got no slot, for a person who reads it; REASON_SCHEDULED: none of
 * them, but its windows or the calls beside it. */
enum reason slots_refusal(struct slots *s, const struct slots_wish *wish);

/* The new people have what they could get: what was left to them beyond that is free. false:
 * nothing was. */
bool slots_no_new_people(struct slots *s);

/* The first moment at or after at_ms inside the wish's windows, whatever the limits say. false:
 * none is known. */
bool slots_opens(const struct slots_wish *wish, int64_t at_ms, int64_t *ret_at_ms);

/* A note for an invitation that has just got this moment without one (wish.noted unset). false: the
 * notes of that month are used up. */
bool slots_take_note(struct slots *s, int64_t at_ms);

#endif
