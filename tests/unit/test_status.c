/* common/model: the lists of statuses and reasons. */
#include <errno.h>
#include <string.h>

#include "common/model/reason.h"
#include "common/model/status.h"
#include "tests/test.h"

#include "common/base/banned.h"

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
        cmocka_unit_test(test_each_status_is_open_or_stops_or_neither),
        cmocka_unit_test(test_names_round_trip),
        cmocka_unit_test(test_a_reason_has_a_sentence_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
