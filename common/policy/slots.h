/* common/policy/slots.h - the planner's view of the policy: the next free moments of one account.
 *
 * A cursor walks forward through the horizon and hands out moments that respect the account's
 * spacing and caps as policy_decide() will judge them, given what was sent already and what the
 * cursor itself has handed out. Pure, no allocation; jitter comes in as a number per slot. */
#ifndef SAM_POLICY_SLOTS_H
#define SAM_POLICY_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/policy/decide.h"

#define SLOTS_DAYS_MAX 4

struct slots_day {
    int64_t start_ms; /* the account's local day, [start, next day's start) */
    int64_t end_ms;
    int64_t calls;
    int64_t invitations;
    int64_t messages;
    int64_t profile_views;
};

struct slots {
    struct policy_limits limits;
    int64_t horizon_end_ms;
    int64_t next_free_ms; /* earliest moment that spacing allows */
    int64_t invitations_week;
    struct slots_day days[SLOTS_DAYS_MAX];
    size_t days_count;
};

/* Where an account stands; everything is copied. */
struct slots_start {
    const struct policy_limits *limits;
    /* Ascending, contiguous, the first contains now. The caller fills in the counts: calls that
     * were sent AND items that wait (pending, published, sending) on their planned day. */
    const struct slots_day *days;
    size_t days_count;
    int64_t invitations_week;
    /* max(now, last call end + spacing + jitter, last waiting item + spacing) */
    int64_t first_free_ms;
    int64_t horizon_end_ms;
};

void slots_init(struct slots *s, const struct slots_start *start);

struct slots_wish {
    enum call_kind kind;
    bool costs_profile_view;
    int64_t not_before_ms;
    const struct interval *windows; /* of the item's campaign, ascending; borrowed */
    size_t windows_count;
    int64_t jitter_ms; /* the extra drawn for this slot, 0 .. limits.jitter_ms */
};

/* The earliest slot at or after not_before_ms inside the windows that every cap allows; books it.
 * true: *ret_at_ms set. false: no slot before the horizon's end (nothing is booked). */
bool slots_take(struct slots *s, const struct slots_wish *wish, int64_t *ret_at_ms);

#endif
