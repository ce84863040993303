/* producer/plan_open.h - the places that an account has left: its slots, with what waits already in
 * its own place. The first half of plan_batch_place(). */
#ifndef SAM_PRODUCER_PLAN_OPEN_H
#define SAM_PRODUCER_PLAN_OPEN_H

#include <stdbool.h>

#include "producer/plan_batch.h"

/* Of an account: people or items that wait, both ordered by account. */
struct plan_slice {
    size_t from;
    size_t count;
};

/* As an item's slot is wished for: a note that may be left out asks for no month that has one. */
struct slots_wish plan_wish(struct plan_batch *b, const struct plan_waiting *w);

/* The note of what waits for this moment; where none is left the claim leaves it out. */
void plan_count_note(struct plan_batch *b, const struct plan_waiting *w, int64_t at_ms);

/* Is the item's place kept for it? Else a paused campaign, or people whom somebody is to look at,
 * would hold places of the account while others wait for them. Let go too early for all of them,
 * the claim puts off what the caps do not allow. */
bool plan_holds_place(const struct plan_batch *b, const struct plan_waiting *w);

/* Is it to get another moment in this round? */
bool plan_moves(const struct plan_batch *b, const struct plan_waiting *w);

/* Opens b->slots for the account, and counts what waits. */
void plan_open(struct plan_batch *b, struct plan_account *a, struct plan_slice waiting,
               struct plan_slice people);

#endif
