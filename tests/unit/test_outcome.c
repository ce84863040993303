/* common/model/outcome: what each error type of Unipile means after a write call. */
#include <errno.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/outcome.h"
#include "tests/test.h"

#include "common/base/banned.h"

struct row {
    const char *type;
    enum outcome outcome;
    enum refusal refusal;       /* with OUTCOME_REFUSED */
    const char *account_status; /* with OUTCOME_ACCOUNT_BROKEN */
};

/* Every type that the table knows, once. A new type needs its row here: its meaning is a decision.
 */
static const struct row rows[] = {
    {"cannot_resend_yet", OUTCOME_THROTTLED, 0, NULL},
    {"cannot_resend_within_24hrs", OUTCOME_THROTTLED, 0, NULL},
    {"limit_exceeded", OUTCOME_THROTTLED, 0, NULL},
    {"limit_too_high", OUTCOME_THROTTLED, 0, NULL},
    {"connection_limit_reached", OUTCOME_THROTTLED, 0, NULL},
    {"insufficient_credits", OUTCOME_THROTTLED, 0, NULL},
    {"too_many_requests", OUTCOME_THROTTLED, 0, NULL},

    {"invalid_recipient", OUTCOME_REFUSED, REFUSAL_FAIL, NULL},
    {"blocked_recipient", OUTCOME_REFUSED, REFUSAL_FAIL, NULL},
    {"user_unreachable", OUTCOME_REFUSED, REFUSAL_FAIL, NULL},
    {"cannot_invite_attendee", OUTCOME_REFUSED, REFUSAL_FAIL, NULL},
    {"not_allowed_inmail", OUTCOME_REFUSED, REFUSAL_FAIL, NULL},
    {"cant_send_message", OUTCOME_REFUSED, REFUSAL_FAIL, NULL},
    {"invalid_message", OUTCOME_REFUSED, REFUSAL_TEXT, NULL},
    {"invalid_parameters", OUTCOME_REFUSED, REFUSAL_TEXT, NULL},
    {"missing_parameters", OUTCOME_REFUSED, REFUSAL_TEXT, NULL},
    {"malformed_request", OUTCOME_REFUSED, REFUSAL_TEXT, NULL},
    {"content_too_large", OUTCOME_REFUSED, REFUSAL_TEXT, NULL},
    {"too_many_characters", OUTCOME_REFUSED, REFUSAL_TEXT, NULL},
    {"unescaped_characters", OUTCOME_REFUSED, REFUSAL_TEXT, NULL},
    {"resource_access_restricted", OUTCOME_REFUSED, REFUSAL_FAIL, NULL},
    {"already_connected", OUTCOME_REFUSED, REFUSAL_CONNECTED, NULL},
    {"already_invited_recently", OUTCOME_REFUSED, REFUSAL_HOLD, NULL},
    {"action_already_performed", OUTCOME_REFUSED, REFUSAL_HOLD, NULL},
    {"unprocessable_entity", OUTCOME_REFUSED, REFUSAL_HOLD, NULL},
    {"resource_not_found", OUTCOME_REFUSED, REFUSAL_HOLD, NULL},
    {"invalid_resource_identifier", OUTCOME_REFUSED, REFUSAL_HOLD, NULL},
    {"no_connection_with_recipient", OUTCOME_REFUSED, REFUSAL_LATER, NULL},

    {"disconnected_account", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"disconnected_feature", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"invalid_credentials", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"expired_credentials", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"checkpoint_error", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"invalid_checkpoint_solution", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"multiple_sessions", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"wrong_account", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"account_mismatch", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"session_mismatch", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"captcha_not_supported", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"invalid_proxy_credentials", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"unknown_authentication_context", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"action_required", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"account_configuration_error", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"invalid_account", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"payment_error", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"feature_not_subscribed", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"subscription_required", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},
    {"account_restricted", OUTCOME_ACCOUNT_BROKEN, 0, "restricted"},

    {"missing_credentials", OUTCOME_SETUP_BROKEN, 0, NULL},
    {"insufficient_privileges", OUTCOME_SETUP_BROKEN, 0, NULL},
    {"insufficient_permissions", OUTCOME_SETUP_BROKEN, 0, NULL},
    {"unauthorized", OUTCOME_ACCOUNT_BROKEN, 0, "disconnected"},

    {"unexpected_error", OUTCOME_UNKNOWN, 0, NULL},
    {"provider_error", OUTCOME_UNKNOWN, 0, NULL},
    {"provider_unreachable", OUTCOME_UNKNOWN, 0, NULL},
    {"authentication_intent_error", OUTCOME_UNKNOWN, 0, NULL},
    {"feature_not_implemented", OUTCOME_UNKNOWN, 0, NULL},
    {"no_client_session", OUTCOME_UNKNOWN, 0, NULL},
    {"no_channel", OUTCOME_UNKNOWN, 0, NULL},
    {"no_handler", OUTCOME_UNKNOWN, 0, NULL},
    {"network_down", OUTCOME_UNKNOWN, 0, NULL},
    {"service_unavailable", OUTCOME_UNKNOWN, 0, NULL},
    {"request_timeout", OUTCOME_UNKNOWN, 0, NULL},
    {"realtime_client_not_initialized", OUTCOME_UNKNOWN, 0, NULL},
};

static const struct row *row_of(const char *type)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].type, type) == 0)
            return &rows[i];
    }
    return NULL;
}

static void test_each_type_has_its_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        const struct row *want = &rows[i];
        const struct error_type *got = error_type_find(want->type);
        if (!got) {
            fail_msg("%s: not in the table", want->type);
            return;
        }
        if (got->outcome != want->outcome)
            fail_msg("%s: %s, not %s", want->type, outcome_name(got->outcome),
                     outcome_name(want->outcome));
        if (want->outcome == OUTCOME_REFUSED && got->refusal != want->refusal)
            fail_msg("%s: %s, not %s", want->type, refusal_name(got->refusal),
                     refusal_name(want->refusal));
        if (want->account_status)
            assert_string_equal(got->account_status, want->account_status);
        else
            assert_null(got->account_status);
    }
}

static void test_the_table_holds_nothing_else(void **state)
{
    (void)state;
    size_t count = 0;
    const struct error_type *types = error_types(&count);
    assert_int_equal(count, SAM_ARRAY_LEN(rows));
    for (size_t i = 0; i < count; i++) {
        if (!row_of(types[i].type))
            fail_msg("%s: in the table, not in the test", types[i].type);
        assert_ptr_equal(error_type_find(types[i].type), &types[i]); /* no type twice */
    }
}

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

static void test_waits_of_the_types(void **state)
{
    (void)state;
    size_t count = 0;
    const struct error_type *types = error_types(&count);
    assert_int_equal(error_type_find("cannot_resend_yet")->wait_ms, 6 * HOUR_MS);
    assert_int_equal(error_type_find("limit_exceeded")->wait_ms, DAY_MS);
    assert_int_equal(error_type_find("connection_limit_reached")->wait_ms, DAY_MS);
    assert_int_equal(error_type_find("too_many_requests")->wait_ms, 15 * MINUTE_MS);
    assert_int_equal(error_type_find("no_connection_with_recipient")->wait_ms, HOUR_MS);
    for (size_t i = 0; i < count; i++) {
        bool waits = types[i].outcome == OUTCOME_THROTTLED ||
                     (types[i].outcome == OUTCOME_REFUSED && types[i].refusal == REFUSAL_LATER);
        assert_int_equal(types[i].wait_ms > 0, waits);
    }
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
        "invalid_url",
        "invalid_request",
        "invalid_action",
        "expired_link",
        "unsupported_media_type",
        "invalid_post",
        "comments_disabled",
        "insufficient_job_slot",
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
        cmocka_unit_test(test_each_type_has_its_class),
        cmocka_unit_test(test_the_table_holds_nothing_else),
        cmocka_unit_test(test_no_answer_is_repeated_by_itself),
        cmocka_unit_test(test_waits_of_the_types),
        cmocka_unit_test(test_the_prefix_may_be_there),
        cmocka_unit_test(test_an_unknown_type_is_judged_by_its_status),
        cmocka_unit_test(test_names_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
