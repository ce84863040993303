/* common/adapters/kafka_refusal: what is refused stays until it is over, each for itself. */
#include <stdio.h>
#include <string.h>

#include "common/adapters/kafka_refusal.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void test_two_that_are_mended_one_after_the_other(void **state SAM_UNUSED)
{
    struct kafka_refusals r = {.count = 0};
    assert_null(kafka_refusal_text(&r));
    assert_true(kafka_refusal_note(&r, "the topic", "sam.jobs", "Read"));
    assert_true(kafka_refusal_note(&r, "the topic", "sam.sync", "Read"));
    assert_non_null(strstr(kafka_refusal_newest(&r), "sam.sync"));
    assert_false(kafka_refusal_note(&r, "the topic", "sam.jobs", "Read")); /* no news */
    assert_non_null(strstr(kafka_refusal_text(&r), "the topic sam.jobs"));
    kafka_refusal_over(&r, "sam.events"); /* was never refused */
    kafka_refusal_over(&r, "sam.jobs");
    assert_false(kafka_refusal_of(&r, "sam.jobs"));
    assert_true(kafka_refusal_of(&r, "sam.sync"));
    assert_non_null(strstr(kafka_refusal_text(&r), "sam.sync"));
    kafka_refusal_over(&r, "sam.sync");
    assert_null(kafka_refusal_text(&r));
    assert_true(kafka_refusal_note(&r, "the topic", "sam.jobs", "Read")); /* news again */
}

static void test_no_more_than_there_is_room_for(void **state SAM_UNUSED)
{
    struct kafka_refusals r = {.count = 0};
    char name[16];
    for (int i = 0; i < KAFKA_REFUSALS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "t%d", i);
        assert_true(kafka_refusal_note(&r, "the topic", name, "Read"));
    }
    assert_false(kafka_refusal_note(&r, "the topic", "one.more", "Read"));
    kafka_refusal_over(&r, "t3");
    assert_true(kafka_refusal_note(&r, "the topic", "one.more", "Read"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_that_are_mended_one_after_the_other),
        cmocka_unit_test(test_no_more_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
