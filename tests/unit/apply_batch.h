/* tests/unit/apply_batch.h - a batch of one account, person and item, and the events that meet it.
 */
#ifndef SAM_TESTS_APPLY_BATCH_H
#define SAM_TESTS_APPLY_BATCH_H

#include <string.h>

#include "common/base/clock.h"
#include "worker/apply.h"

#define NOW INT64_C(1800000000000)

static inline struct uuid id(unsigned n)
{
    struct uuid u = {{0}};
    u.b[15] = (uint8_t)n;
    return u;
}

enum { ACCOUNT = 1, CAMPAIGN = 2, PERSON = 3, ITEM = 4, ATTEMPT = 5, OTHER_ATTEMPT = 6 };

/* One account, person and item that is sending by one open attempt. */
static inline void setup(struct apply_batch *b, enum campaign_type type, enum person_status status,
                         int64_t step)
{
    memset(b, 0, sizeof(*b));
    b->accounts = sam_xcalloc(1, sizeof(*b->accounts));
    b->accounts_count = 1;
    b->accounts[0] = (struct apply_account){
        .id = id(ACCOUNT), .status = ACCOUNT_ACTIVE, .limits = {.spacing_ms = 120000}};
    b->people = sam_xcalloc(1, sizeof(*b->people));
    b->people_count = 1;
    b->people[0] = (struct apply_person){.id = id(PERSON),
                                         .account_id = id(ACCOUNT),
                                         .campaign_id = id(CAMPAIGN),
                                         .type = type,
                                         .status = status,
                                         .loaded = status,
                                         .contacted_at_ms = step > 0 ? NOW - DAY_MS : 0,
                                         .next_step = step,
                                         .steps_count = 3,
                                         .give_up_after_ms = 21 * DAY_MS,
                                         .after_ms = {0, DAY_MS, 2 * DAY_MS}};
    b->items = sam_xcalloc(1, sizeof(*b->items));
    b->items_count = 1;
    b->items[0] = (struct apply_item){.id = id(ITEM),
                                      .account_id = id(ACCOUNT),
                                      .campaign_id = id(CAMPAIGN),
                                      .person_id = id(PERSON),
                                      .status = ITEM_SENDING,
                                      .loaded = ITEM_SENDING,
                                      .step = step,
                                      .attempt_id = id(ATTEMPT)};
    b->attempts = sam_xcalloc(2, sizeof(*b->attempts));
    b->attempts_count = 1;
    b->attempts[0] = (struct apply_attempt){.id = id(ATTEMPT), .item_id = id(ITEM)};
    apply_index(b);
}

static inline struct event ended(enum outcome outcome, enum call_kind kind)
{
    return (struct event){.type = EVENT_ATTEMPT_ENDED,
                          .account_id = id(ACCOUNT),
                          .attempt = {.id = id(ATTEMPT),
                                      .campaign_id = id(CAMPAIGN),
                                      .person_id = id(PERSON),
                                      .item_id = id(ITEM),
                                      .kind = kind,
                                      .started_at_ms = NOW - 5 * SECOND_MS,
                                      .ended_at_ms = NOW,
                                      .outcome = outcome}};
}

#endif
