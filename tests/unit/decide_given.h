/* tests/unit/decide_given.h - what policy_decide() is asked about in the tests: an invitation to
 * which nothing is opposed. */
#ifndef SAM_TESTS_DECIDE_GIVEN_H
#define SAM_TESTS_DECIDE_GIVEN_H

#include "common/base/attr.h"
#include "common/base/clock.h"
#include "common/policy/decide.h"

#define NOW        INT64_C(1800000000000)
#define TODAY      (NOW - 4 * HOUR_MS)
#define TOMORROW   (NOW + 20 * HOUR_MS)
#define OPENS      (NOW - HOUR_MS)
#define CLOSES     (NOW + 3 * HOUR_MS)
#define REOPENS    (NOW + 19 * HOUR_MS)
#define NEVER      TIME_NEVER_MS
#define NEXT_MONTH (TOMORROW + 9 * DAY_MS)

/* Every case changes something about it. */
struct given {
    struct policy_facts f;
    struct policy_usage u;
};

static inline void given_init(struct given *g)
{
    static const struct interval windows[] = {
        {OPENS, CLOSES, REASON_HOURS},
        {REOPENS, REOPENS + 8 * HOUR_MS, REASON_HOLIDAY},
    };
    static const struct policy_limits limits = {.spacing_ms = 2 * MINUTE_MS,
                                                .jitter_ms = MINUTE_MS,
                                                .daily_cap = 40,
                                                .daily_invitations = 25,
                                                .weekly_invitations = 100,
                                                .daily_messages = 30,
                                                .daily_profile_views = 80};
    *g = (struct given){.f = {.now_ms = NOW,
                              .item = {.kind = CALL_INVITATION,
                                       .first_step = true,
                                       .first_contact = true,
                                       .scheduled_at_ms = 0},
                              .campaign = {.status = CAMPAIGN_RUNNING,
                                           .type = CAMPAIGN_CONNECTOR,
                                           .end_at_ms = NEVER},
                              .account = {.status = ACCOUNT_ACTIVE, .limits = limits},
                              .person = {.status = PERSON_PENDING, .contact = CONTACT_FREE},
                              .day_start_ms = TODAY,
                              .next_day_start_ms = TOMORROW,
                              .next_month_start_ms = NEXT_MONTH,
                              .windows = windows,
                              .windows_count = SAM_ARRAY_LEN(windows)}};
    g->f.usage = &g->u;
}

#endif
