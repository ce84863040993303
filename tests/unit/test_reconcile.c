/* What a look at Unipile says of a send whose end nobody knows. */
#include "common/policy/reconcile.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define START INT64_C(1800000000000)
#define OVER  (START + 55 * SECOND_MS)
#define AFTER (15 * MINUTE_MS)
#define NBSP  "\xc2\xa0"
#define TEXT  "Hello Ada,\nhow are you?"

static const struct reconcile_sought sought = {
    .text = TEXT, .first_started_ms = START, .over_ms = OVER};

static void test_a_text_is_known_whatever_became_of_its_blanks(void **state)
{
    (void)state;
    static const char *const same[] = {TEXT, "Hello Ada,\r\nhow are you?",
                                       "Hello Ada, how are you?",
                                       NBSP "Hello" NBSP NBSP "Ada,\n\n how are you? \t"};
    static const char *const other[] = {"", "Hello Ada,\nhow are you", "Hello Ida,\nhow are you?",
                                        "Hello Ada,\nhow are you? PS"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(same); i++)
        assert_int_equal(reconcile_match(&sought, same[i], START), RECONCILE_OURS);
    for (size_t i = 0; i < SAM_ARRAY_LEN(other); i++)
        assert_int_equal(reconcile_match(&sought, other[i], START), RECONCILE_OTHER_TEXT);
}

static void test_a_message_of_another_time_is_not_ours(void **state)
{
    (void)state;
    const struct reconcile_sought restored = {.first_started_ms = START, .over_ms = OVER};
    const struct reconcile_sought *const either[] = {&sought, &restored};
    for (size_t i = 0; i < SAM_ARRAY_LEN(either); i++) {
        const int64_t first = START - RECONCILE_CLOCKS_MS, last = OVER + RECONCILE_CLOCKS_MS;
        assert_int_equal(reconcile_match(either[i], TEXT, first - 1), RECONCILE_OTHER_TIME);
        assert_int_equal(reconcile_match(either[i], TEXT, first), RECONCILE_OURS);
        assert_int_equal(reconcile_match(either[i], TEXT, last), RECONCILE_OURS);
        assert_int_equal(reconcile_match(either[i], TEXT, last + 1), RECONCILE_OTHER_TIME);
        assert_int_equal(reconcile_match(either[i], TEXT, 0), RECONCILE_OURS); /* not told */
    }
    assert_int_equal(reconcile_match(&restored, "whatever", START), RECONCILE_OURS);
    assert_int_equal(reconcile_match(&sought, "whatever", START), RECONCILE_OTHER_TEXT);
}

struct judged {
    const char *name;
    int64_t at_ms; /* from OVER on */
    int64_t unseen_ms;
    int64_t found;
    int64_t others;
    bool never_again;
    enum reconcile_verdict is;
};

static const struct judged cases[] = {
    {"found, while the call may still be under way", -1, 0, 1, 0, false, RECONCILE_WAIT},
    {"found at once", 0, 0, 1, 0, false, RECONCILE_SEEN},
    {"found late", 9 * DAY_MS, OVER + AFTER, 1, 3, false, RECONCILE_SEEN},
    {"found after it was not", 2 * AFTER, OVER + AFTER, 1, 0, true, RECONCILE_SEEN},
    {"twice", 0, 0, 2, 0, false, RECONCILE_TWICE},
    {"twice, and late", 9 * DAY_MS, OVER + AFTER, 7, 0, false, RECONCILE_TWICE},
    {"not found, too early", AFTER - 1, 0, 0, 0, false, RECONCILE_WAIT},
    {"not found", AFTER, 0, 0, 0, false, RECONCILE_UNSEEN},
    {"not found again, too early", 2 * AFTER - 1, OVER + AFTER, 0, 0, false, RECONCILE_WAIT},
    {"not found again", 2 * AFTER, OVER + AFTER, 0, 0, false, RECONCILE_NOT_SENT},
    {"not found again, never to be repeated", 2 * AFTER, OVER + AFTER, 0, 0, true, RECONCILE_ASK},
    {"not found again, but another text is there", 2 * AFTER, OVER + AFTER, 0, 1, false,
     RECONCILE_ASK},
};

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(cases); i++) {
        const struct judged *c = &cases[i];
        struct reconcile_sought s = sought;
        s.unseen_ms = c->unseen_ms;
        const struct reconcile_look look = {OVER + c->at_ms, AFTER, !c->never_again, c->found,
                                            c->others};
        if (reconcile_judge(&s, &look) != c->is)
            fail_msg("%s: %d", c->name, (int)reconcile_judge(&s, &look));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_is_known_whatever_became_of_its_blanks),
        cmocka_unit_test(test_a_message_of_another_time_is_not_ours),
        cmocka_unit_test(test_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
