/* When a job that waits in a worker is read for, laid by and claimed: each millisecond of it. */
#include "tests/test.h"
#include "worker/waiting_job.h"

#include "common/base/banned.h"

#define DUE_MS    (40 * MINUTE_MS) /* by a clock that began at boot */
#define AROUND_MS (2 * PREPARED_FOR_MS)

/* Looked at `now`: what is laid by comes up later than now, or the loop takes it up for ever. */
static struct waiting_next at(int64_t now, bool prepared)
{
    struct waiting_next next = waiting_job_next(now, DUE_MS, prepared);
    if (next.step == WAITING_LATER)
        assert_true(next.at_boot_ms > now);
    else
        assert_int_equal(next.at_boot_ms, 0);
    return next;
}

static void test_a_prepared_job_waits_until_it_is_due(void **state)
{
    (void)state;
    for (int64_t now = DUE_MS - AROUND_MS; now < DUE_MS; now++) {
        assert_int_equal(at(now, true).step, WAITING_LATER);
        assert_int_equal(at(now, true).at_boot_ms, DUE_MS);
    }
    for (int64_t now = DUE_MS; now < DUE_MS + AROUND_MS; now++)
        assert_int_equal(at(now, true).step, WAITING_CLAIM);
}

static void test_a_job_is_read_for_five_seconds_before_it_is_due(void **state)
{
    (void)state;
    for (int64_t now = DUE_MS - AROUND_MS; now < DUE_MS - 5000; now++) {
        assert_int_equal(at(now, false).step, WAITING_LATER);
        assert_int_equal(at(now, false).at_boot_ms, DUE_MS - 5000);
    }
    for (int64_t now = DUE_MS - 5000; now < DUE_MS + AROUND_MS; now++)
        assert_int_equal(at(now, false).step, WAITING_READ);
}

/* From any moment before it, by the moments that it is laid by to: read once, claimed when due. */
static void test_every_job_comes_to_its_claim_in_three_looks(void **state)
{
    (void)state;
    for (int64_t ahead = -AROUND_MS; ahead < AROUND_MS; ahead++) {
        int64_t now = DUE_MS - ahead;
        bool prepared = false;
        int looks = 0;
        struct waiting_next next;
        while ((next = at(now, prepared)).step != WAITING_CLAIM) {
            assert_true(++looks <= 3);
            if (next.step == WAITING_LATER)
                now = next.at_boot_ms;
            else
                prepared = true;
        }
        assert_int_equal(now, ahead > 0 ? DUE_MS : DUE_MS - ahead);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_prepared_job_waits_until_it_is_due),
        cmocka_unit_test(test_a_job_is_read_for_five_seconds_before_it_is_due),
        cmocka_unit_test(test_every_job_comes_to_its_claim_in_three_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
