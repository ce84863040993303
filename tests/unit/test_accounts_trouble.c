/* worker/accounts_trouble: each cause is said once and ended by itself. */
#include "tests/test.h"
#include "worker/accounts_trouble.h"

#include "common/base/banned.h"

#define NOW INT64_C(1000000)

static FILE *nowhere;
static struct log quiet_log;

static int open_log(void **state)
{
    (void)state;
    nowhere = fopen("/dev/null", "we");
    log_init(&quiet_log, "test", nowhere, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    return nowhere ? 0 : -1;
}

static int close_log(void **state)
{
    (void)state;
    return fclose(nowhere);
}

static void assert_lines(uint64_t warned, uint64_t ended)
{
    assert_int_equal(quiet_log.lines[LOG_LEVEL_WARN], warned);
    assert_int_equal(quiet_log.lines[LOG_LEVEL_INFO], ended);
}

static void test_one_that_lasts_is_said_once_whatever_goes_on_beside_it(void **state)
{
    struct accounts_trouble t = {.log = &quiet_log, .topic = "sam.accounts"};
    (void)state;
    accounts_trouble_over(&t, ACCOUNTS_REFUSED);
    assert_lines(0, 0);
    assert_int_equal(accounts_trouble_ms(&t, NOW), 0);
    for (int i = 0; i < 5; i++) {
        accounts_trouble_is(&t, ACCOUNTS_FULL, "too many", NOW + i);
        accounts_trouble_over(&t, ACCOUNTS_REFUSED); /* a record has arrived */
        assert_int_equal(accounts_trouble_ms(&t, NOW + i), i);
    }
    assert_lines(1, 0);
    accounts_trouble_is(&t, ACCOUNTS_REFUSED, "refused", NOW + 10);
    accounts_trouble_is(&t, ACCOUNTS_REFUSED, "an ACL forbids it", NOW + 11); /* another reason */
    accounts_trouble_over(&t, ACCOUNTS_FULL);
    assert_int_equal(accounts_trouble_ms(&t, NOW + 20), 20);
    assert_lines(3, 0);
    accounts_trouble_over(&t, ACCOUNTS_REFUSED);
    accounts_trouble_over(&t, ACCOUNTS_REFUSED);
    assert_lines(3, 1);
    assert_int_equal(accounts_trouble_ms(&t, NOW + 30), 0);
    accounts_trouble_is(&t, ACCOUNTS_FULL, "too many", NOW + 40); /* it comes back */
    assert_lines(4, 1);
    assert_int_equal(accounts_trouble_ms(&t, NOW + 41), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_that_lasts_is_said_once_whatever_goes_on_beside_it,
                                        open_log, close_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
