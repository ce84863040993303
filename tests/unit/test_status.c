/* common/model: the status lists and the full product of their transitions. */
#include <errno.h>
#include <string.h>

#include "common/model/reason.h"
#include "common/model/status.h"
#include "tests/test.h"

#include "common/base/banned.h"

/* Rows and columns in the order of the list; 'x' = may move. The same-status diagonal is set. */
static const char *const connector[PERSON_STATUS_N] = {
    [PERSON_PENDING] = "x.xx.xxxx.x",
    [PERSON_APPROVED] = ".xxx.xxxx.x",
    [PERSON_CONNECTION_REQUEST_SENT] = "..xx.xxxxxx",
    [PERSON_CONNECTED] = "...xxxxxxxx",
    [PERSON_MESSAGING] = "....xxxxxxx",
    [PERSON_REPLIED] = ".....xxxx..",
    [PERSON_OPTED_OUT] = "......x....",
    [PERSON_CONVERTED] = "......xx...",
    [PERSON_NOT_INTERESTED] = "......x.x..",
    [PERSON_COMPLETED] = ".....xx..x.",
    [PERSON_FAILED] = ".....xx...x",
};

static const char *const messenger[PERSON_STATUS_N] = {
    [PERSON_PENDING] = "x...xxxxx.x",
    [PERSON_APPROVED] = ".x..xxxxx.x",
    [PERSON_CONNECTION_REQUEST_SENT] = "..x..xxxx.x",
    [PERSON_CONNECTED] = "...x.xxxx.x",
    [PERSON_MESSAGING] = "....xxxxxxx",
    [PERSON_REPLIED] = ".....xxxx..",
    [PERSON_OPTED_OUT] = "......x....",
    [PERSON_CONVERTED] = "......xx...",
    [PERSON_NOT_INTERESTED] = "......x.x..",
    [PERSON_COMPLETED] = ".....xx..x.",
    [PERSON_FAILED] = ".....xx...x",
};

static const char *const item[ITEM_STATUS_N] = {
    [ITEM_PENDING] = "xx....x",   [ITEM_PUBLISHED] = "xxx...x", [ITEM_SENDING] = "x.xxxxx",
    [ITEM_SENT] = "...x...",      [ITEM_FAILED] = "....x..",    [ITEM_UNKNOWN] = "x..xxx.",
    [ITEM_CANCELLED] = "......x",
};

static const char *const item_evidence[ITEM_STATUS_N] = {
    [ITEM_PENDING] = "xxxx.xx",   [ITEM_PUBLISHED] = "xxxx.xx", [ITEM_SENDING] = "x.xxxxx",
    [ITEM_SENT] = "..xx.x.",      [ITEM_FAILED] = "..xxxx.",    [ITEM_UNKNOWN] = "x.xxxx.",
    [ITEM_CANCELLED] = "..xx.xx",
};

static const char *const campaign[CAMPAIGN_STATUS_N] = {
    [CAMPAIGN_DRAFT] = "xx..x",     [CAMPAIGN_RUNNING] = ".xxxx", [CAMPAIGN_PAUSED] = ".xx.x",
    [CAMPAIGN_COMPLETED] = ".x.xx", [CAMPAIGN_STOPPED] = "....x",
};

/* o = an operator may, u = an answer of Unipile may, x = both may. Time moves one only. */
static const char *const account[ACCOUNT_STATUS_N] = {
    [ACCOUNT_ACTIVE] = "xouuu",       [ACCOUNT_PAUSED] = "ox.uu",     [ACCOUNT_RESTING] = "ooxuu",
    [ACCOUNT_DISCONNECTED] = "o..xu", [ACCOUNT_RESTRICTED] = "o...x",
};

static void expect(const char *what, const char *from, const char *to, char want, bool got)
{
    if (got != (want == 'x'))
        fail_msg("%s: %s -> %s is %s", what, from, to, got ? "allowed" : "refused");
}

static void test_a_person_moves_as_the_table_says(void **state)
{
    (void)state;
    for (int from = 0; from < PERSON_STATUS_N; from++) {
        assert_int_equal(strlen(connector[from]), PERSON_STATUS_N);
        assert_int_equal(strlen(messenger[from]), PERSON_STATUS_N);
        for (int to = 0; to < PERSON_STATUS_N; to++) {
            enum person_status a = (enum person_status)from;
            enum person_status b = (enum person_status)to;
            expect("connector", person_status_name(a), person_status_name(b), connector[from][to],
                   person_transition_allowed(CAMPAIGN_CONNECTOR, a, b));
            expect("messenger", person_status_name(a), person_status_name(b), messenger[from][to],
                   person_transition_allowed(CAMPAIGN_MESSENGER, a, b));
        }
    }
}

static void test_an_item_moves_as_the_table_says(void **state)
{
    (void)state;
    for (int from = 0; from < ITEM_STATUS_N; from++) {
        assert_int_equal(strlen(item[from]), ITEM_STATUS_N);
        assert_int_equal(strlen(item_evidence[from]), ITEM_STATUS_N);
        for (int to = 0; to < ITEM_STATUS_N; to++) {
            enum item_status a = (enum item_status)from;
            enum item_status b = (enum item_status)to;
            expect("ordinary", item_status_name(a), item_status_name(b), item[from][to],
                   item_transition_allowed(a, b));
            expect("evidence", item_status_name(a), item_status_name(b), item_evidence[from][to],
                   item_transition_by_evidence(a, b));
        }
    }
}

static void test_a_campaign_moves_as_the_table_says(void **state)
{
    (void)state;
    for (int from = 0; from < CAMPAIGN_STATUS_N; from++) {
        assert_int_equal(strlen(campaign[from]), CAMPAIGN_STATUS_N);
        for (int to = 0; to < CAMPAIGN_STATUS_N; to++) {
            enum campaign_status a = (enum campaign_status)from;
            enum campaign_status b = (enum campaign_status)to;
            expect("campaign", campaign_status_name(a), campaign_status_name(b), campaign[from][to],
                   campaign_transition_allowed(a, b));
        }
    }
}

static void test_an_account_moves_as_the_table_says(void **state)
{
    (void)state;
    for (int from = 0; from < ACCOUNT_STATUS_N; from++) {
        assert_int_equal(strlen(account[from]), ACCOUNT_STATUS_N);
        for (int to = 0; to < ACCOUNT_STATUS_N; to++) {
            enum account_status a = (enum account_status)from;
            enum account_status b = (enum account_status)to;
            char who = account[from][to];
            bool rested = a == b || (a == ACCOUNT_RESTING && b == ACCOUNT_ACTIVE);
            expect("operator", account_status_name(a), account_status_name(b),
                   who == 'o' ? 'x' : who, account_transition_allowed(ACCOUNT_BY_OPERATOR, a, b));
            expect("unipile", account_status_name(a), account_status_name(b),
                   who == 'u' ? 'x' : who, account_transition_allowed(ACCOUNT_BY_UNIPILE, a, b));
            expect("time", account_status_name(a), account_status_name(b), rested ? 'x' : '.',
                   account_transition_allowed(ACCOUNT_BY_TIME, a, b));
        }
    }
}

static void test_each_status_is_open_or_stops_or_neither(void **state)
{
    (void)state;
    /* o = open, s = stops, . = has ended without a stop */
    static const char kinds[] = "ooooossss..";
    assert_int_equal(strlen(kinds), PERSON_STATUS_N);
    for (int s = 0; s < PERSON_STATUS_N; s++) {
        assert_int_equal(person_status_open((enum person_status)s), kinds[s] == 'o');
        assert_int_equal(person_status_stops((enum person_status)s), kinds[s] == 's');
    }
}

/* Every name of a list is read back as itself, and no two are equal; other texts are refused and
 * leave the value as it was. */
#define CHECK_NAMES(prefix, type, count)                                                           \
    do {                                                                                           \
        static const char *const bad_[] = {"", " ", "?", "Pending", "pending ", "none_such"};      \
        enum type got_ = (enum type)0;                                                             \
        for (int i_ = 0; i_ < (count); i_++) {                                                     \
            got_ = (enum type)((count)-1 - i_);                                                    \
            assert_int_equal(prefix##_parse(prefix##_name((enum type)i_), &got_), 0);              \
            assert_int_equal(got_, i_);                                                            \
        }                                                                                          \
        for (size_t i_ = 0; i_ < SAM_ARRAY_LEN(bad_); i_++)                                        \
            assert_int_equal(prefix##_parse(bad_[i_], &got_), -EINVAL);                            \
        assert_int_equal(got_, (count)-1);                                                         \
        assert_string_equal(prefix##_name((enum type)(count)), "?");                               \
        assert_string_equal(prefix##_name((enum type) - 1), "?");                                  \
    } while (0)

static void test_names_round_trip(void **state)
{
    (void)state;
    CHECK_NAMES(person_status, person_status, PERSON_STATUS_N);
    CHECK_NAMES(item_status, item_status, ITEM_STATUS_N);
    CHECK_NAMES(campaign_status, campaign_status, CAMPAIGN_STATUS_N);
    CHECK_NAMES(workspace_status, workspace_status, WORKSPACE_STATUS_N);
    CHECK_NAMES(account_status, account_status, ACCOUNT_STATUS_N);
    CHECK_NAMES(campaign_type, campaign_type, CAMPAIGN_TYPE_N);
    CHECK_NAMES(call_kind, call_kind, CALL_KIND_N);
    CHECK_NAMES(account_plan, account_plan, ACCOUNT_PLAN_N);
    CHECK_NAMES(note_limit, note_limit, NOTE_LIMIT_N);
    CHECK_NAMES(note_done, note_done, NOTE_DONE_N);
    CHECK_NAMES(reason, reason, REASON_N);
}

static void test_a_reason_has_a_sentence_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_N; i++) {
        const char *sentence = reason_sentence((enum reason)i);
        assert_true(strlen(sentence) > 10);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(sentence, reason_sentence((enum reason)j));
    }
    assert_string_equal(reason_sentence(REASON_N), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_person_moves_as_the_table_says),
        cmocka_unit_test(test_an_item_moves_as_the_table_says),
        cmocka_unit_test(test_a_campaign_moves_as_the_table_says),
        cmocka_unit_test(test_an_account_moves_as_the_table_says),
        cmocka_unit_test(test_each_status_is_open_or_stops_or_neither),
        cmocka_unit_test(test_names_round_trip),
        cmocka_unit_test(test_a_reason_has_a_sentence_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
