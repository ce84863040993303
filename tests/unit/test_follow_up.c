/* common/policy/follow_up: from what a message's delay counts. */
#include "common/base/attr.h"
#include "common/base/clock.h"
#include "common/policy/follow_up.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define CONNECTED INT64_C(1800000000000)
#define SENT      (CONNECTED + DAY_MS)

static void test_what_a_delay_counts_from(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum campaign_type type;
        int64_t step, connected_at_ms, last_sent_at_ms, want;
    } rows[] = {
        {"after the acceptance", CAMPAIGN_CONNECTOR, 1, CONNECTED, SENT, CONNECTED + HOUR_MS},
        {"after the first message", CAMPAIGN_CONNECTOR, 2, CONNECTED, SENT, SENT + HOUR_MS},
        {"of a connection", CAMPAIGN_MESSENGER, 1, CONNECTED, SENT, SENT + HOUR_MS},
        {"not accepted", CAMPAIGN_CONNECTOR, 1, 0, SENT, 0},
        {"nothing was sent", CAMPAIGN_MESSENGER, 1, CONNECTED, 0, 0},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        int64_t got = policy_follow_up_ms(rows[i].type, rows[i].step, HOUR_MS,
                                          rows[i].connected_at_ms, rows[i].last_sent_at_ms);
        if (got != rows[i].want)
            fail_msg("%s: %lld", rows[i].name, (long long)got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_delay_counts_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
