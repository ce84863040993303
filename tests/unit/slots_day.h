/* tests/unit/slots_day.h - two days of an account, nine to five, for the tests of slots.h. */
#ifndef SAM_TESTS_SLOTS_DAY_H
#define SAM_TESTS_SLOTS_DAY_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/clock.h"
#include "common/policy/slots.h"
#include "tests/test.h"

#define DAY_0  INT64_C(1800000000000) /* the account's local midnight */
#define OPENS  (9 * HOUR_MS)
#define CLOSES (17 * HOUR_MS)
#define GAP    (2 * MINUTE_MS)
#define NONE   (-1)

static const struct interval office[] = {
    {DAY_0 + OPENS, DAY_0 + CLOSES, REASON_HOURS},
    {DAY_0 + DAY_MS + OPENS, DAY_0 + DAY_MS + CLOSES, REASON_HOURS},
};

static const struct policy_limits limits = {.spacing_ms = GAP,
                                            .jitter_ms = MINUTE_MS,
                                            .daily_cap = 5,
                                            .daily_invitations = 2,
                                            .weekly_invitations = 100,
                                            .daily_messages = 3,
                                            .daily_profile_views = 1};

static inline void begin(struct slots *s, const struct policy_limits *l, int64_t first_free_ms)
{
    const struct slots_day days[] = {{.start_ms = DAY_0, .end_ms = DAY_0 + DAY_MS},
                                     {.start_ms = DAY_0 + DAY_MS, .end_ms = DAY_0 + 2 * DAY_MS}};
    slots_init(s, &(struct slots_start){.limits = l,
                                        .days = days,
                                        .days_count = SAM_ARRAY_LEN(days),
                                        .first_free_ms = first_free_ms,
                                        .horizon_end_ms = DAY_0 + 2 * DAY_MS});
}

static inline struct slots_wish wish_of(enum call_kind kind)
{
    return (struct slots_wish){
        .kind = kind, .windows = office, .windows_count = SAM_ARRAY_LEN(office)};
}

/* The moment after DAY_0, or NONE. */
static inline int64_t take(struct slots *s, struct slots_wish wish)
{
    int64_t at_ms = 12345;
    if (slots_take(s, &wish, &at_ms))
        return at_ms - DAY_0;
    assert_int_equal(at_ms, 12345); /* untouched */
    return NONE;
}

#endif
