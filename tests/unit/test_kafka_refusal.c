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
    assert_true(kafka_refusal_note(&r, "the topic", "sam.jobs", "Read", 0));
    assert_true(kafka_refusal_note(&r, "the topic", "sam.sync", "Read", 0));
    assert_non_null(strstr(kafka_refusal_newest(&r), "sam.sync"));
    assert_false(kafka_refusal_note(&r, "the topic", "sam.jobs", "Read", 0)); /* no news */
    assert_non_null(strstr(kafka_refusal_text(&r), "the topic sam.jobs"));
    kafka_refusal_over(&r, "sam.events"); /* was never refused */
    kafka_refusal_over(&r, "sam.jobs");
    assert_false(kafka_refusal_of(&r, "sam.jobs"));
    assert_true(kafka_refusal_of(&r, "sam.sync"));
    assert_non_null(strstr(kafka_refusal_text(&r), "sam.sync"));
    kafka_refusal_over(&r, "sam.sync");
    assert_null(kafka_refusal_text(&r));
    assert_true(kafka_refusal_note(&r, "the topic", "sam.jobs", "Read", 0)); /* news again */
}

static void test_no_more_than_there_is_room_for(void **state SAM_UNUSED)
{
    struct kafka_refusals r = {.count = 0};
    char name[16];
    for (int i = 0; i < KAFKA_REFUSALS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "t%d", i);
        assert_true(kafka_refusal_note(&r, "the topic", name, "Read", 0));
    }
    assert_false(kafka_refusal_note(&r, "the topic", "one.more", "Read", 0));
    kafka_refusal_over(&r, "t3");
    assert_true(kafka_refusal_note(&r, "the topic", "one.more", "Read", 0));
}

/* Who writes no more is refused no more, and nobody would ever say so. */
static void test_one_that_nobody_renews(void **state SAM_UNUSED)
{
    struct kafka_refusals r = {.count = 0};
    assert_true(kafka_refusal_note(&r, "the topic", "dlq.sam.jobs", "Write", 1000));
    assert_true(kafka_refusal_note(&r, "the topic", "sam.events", "Write", 1000));
    assert_false(kafka_refusal_note(&r, "the topic", "sam.events", "Write", 5000));
    kafka_refusal_expire(&r, 6999, 6000);
    assert_int_equal(r.count, 2);
    kafka_refusal_expire(&r, 7000, 6000);
    assert_false(kafka_refusal_of(&r, "dlq.sam.jobs"));
    assert_true(kafka_refusal_of(&r, "sam.events"));
}

/* Too few replicas in sync: the deliveries of two topics run out of time in turn. */
static void test_records_of_two_topics_in_turn(void **state SAM_UNUSED)
{
    struct kafka_refusals r = {.count = 0};
    int lines = 0;
    for (int i = 0; i < 5; i++) {
        lines += kafka_refusal_note_record(&r, "sam.jobs", 0, "slow", i) ? 1 : 0;
        lines += kafka_refusal_note_record(&r, "sam.events", 0, "slow", i) ? 1 : 0;
    }
    assert_int_equal(lines, 2);
    assert_string_equal(kafka_refusal_text(&r), "Kafka does not take records of sam.jobs: slow");
    kafka_refusal_taken(&r, "sam.jobs", 1);
    assert_string_equal(kafka_refusal_text(&r), "Kafka does not take records of sam.events: slow");
    kafka_refusal_taken(&r, "sam.events", 1);
    assert_null(kafka_refusal_text(&r));
}

/* A smaller record that is taken says nothing of the limit. */
static void test_two_reasons_of_one_topic(void **state SAM_UNUSED)
{
    struct kafka_refusals r = {.count = 0};
    assert_true(kafka_refusal_note_record(&r, "sam.jobs", 900, "too large", 0));
    assert_true(kafka_refusal_note_record(&r, "sam.jobs", 0, "slow", 0));
    assert_false(kafka_refusal_note_record(&r, "sam.jobs", 800, "too large", 0));
    kafka_refusal_taken(&r, "sam.jobs", 799);
    assert_string_equal(kafka_refusal_text(&r),
                        "Kafka does not take records of sam.jobs: too large");
    assert_int_equal(r.count, 1);
    kafka_refusal_taken(&r, "sam.jobs", 800);
    assert_null(kafka_refusal_text(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_that_are_mended_one_after_the_other),
        cmocka_unit_test(test_no_more_than_there_is_room_for),
        cmocka_unit_test(test_one_that_nobody_renews),
        cmocka_unit_test(test_records_of_two_topics_in_turn),
        cmocka_unit_test(test_two_reasons_of_one_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
