/* common/model/outcome: what is known by no type, and names. (The types: test_error_types.c.) */
#include <errno.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/outcome.h"
#include "tests/test.h"

#include "common/base/banned.h"

/* P2: an answer of Unipile itself never says that a call may be repeated by itself. */
static void test_no_answer_is_repeated_by_itself(void **state)
{
    (void)state;
    size_t count = 0;
    const struct error_type *types = error_types(&count);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(types[i].outcome, OUTCOME_NOT_EXECUTED);
    for (int status = 0; status < 700; status++)
        assert_int_not_equal(error_type_by_status(status).outcome, OUTCOME_NOT_EXECUTED);
}

static void test_the_prefix_may_be_there(void **state)
{
    (void)state;
    const struct error_type *row = error_type_find("already_connected");
    assert_ptr_equal(error_type_find("errors/already_connected"), row);
    /* invented names that public code looks for, types of other routes, and near misses */
    static const char *const unknown[] = {
        "",
        "errors/",
        "errors",
        "errors/errors/already_connected",
        "Errors/already_connected",
        "already_invited",
        "cant_resend_yet",
        "connection_already_exists",
        "already_connected ",
        "api/too_many_requests",
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(unknown); i++) {
        if (error_type_find(unknown[i]))
            fail_msg("\"%s\" has a row", unknown[i]);
    }
}

static void test_an_unknown_type_is_judged_by_its_status(void **state)
{
    (void)state;
    for (int status = 0; status < 700; status++) {
        struct error_type e = error_type_by_status(status);
        enum outcome want = OUTCOME_UNKNOWN;
        if (status == 429)
            want = OUTCOME_THROTTLED;
        else if (status >= 400 && status < 500 && status != 408)
            want = OUTCOME_REFUSED;
        if (e.outcome != want)
            fail_msg("%d: %s, not %s", status, outcome_name(e.outcome), outcome_name(want));
        if (want == OUTCOME_REFUSED)
            assert_int_equal(e.refusal, REFUSAL_HOLD);
        assert_int_equal(e.wait_ms, want == OUTCOME_THROTTLED ? 15 * MINUTE_MS : 0);
        assert_string_equal(e.type, "");
        assert_null(e.account_status);
    }
}

static void test_names_round_trip(void **state)
{
    (void)state;
    enum outcome o = OUTCOME_SENT;
    enum refusal r = REFUSAL_FAIL;
    for (int i = 0; i < OUTCOME_N; i++) {
        assert_int_equal(outcome_parse(outcome_name((enum outcome)i), &o), 0);
        assert_int_equal(o, i);
    }
    for (int i = 0; i < REFUSAL_N; i++) {
        assert_int_equal(refusal_parse(refusal_name((enum refusal)i), &r), 0);
        assert_int_equal(r, i);
    }
    assert_int_equal(outcome_parse("Sent", &o), -EINVAL);
    assert_int_equal(refusal_parse("", &r), -EINVAL);
    assert_int_equal(o, OUTCOME_N - 1);
    assert_int_equal(r, REFUSAL_N - 1);
    assert_string_equal(outcome_name(OUTCOME_N), "?");
    assert_string_equal(refusal_name(REFUSAL_N), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_answer_is_repeated_by_itself),
        cmocka_unit_test(test_the_prefix_may_be_there),
        cmocka_unit_test(test_an_unknown_type_is_judged_by_its_status),
        cmocka_unit_test(test_names_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
