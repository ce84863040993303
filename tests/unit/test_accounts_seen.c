/* worker/accounts_seen: when an account is looked at, and whether there is something to tell. */
#include "common/base/clock.h"
#include "tests/test.h"
#include "worker/accounts_seen.h"

#include "common/base/banned.h"

#define NOW   INT64_C(1000000)
#define EVERY ACCOUNTS_SEEN_EVERY_MS

static const struct uuid anna = {{1}};
static const struct uuid ben = {{2}};

/* How many are due then; they count as looked at, again after an hour. */
static size_t look(struct accounts_seen *s, int64_t now_ms)
{
    struct uuid ids[10];
    size_t n = accounts_seen_take(s, now_ms, ids, 10);
    for (size_t i = 0; i < n; i++)
        accounts_seen_looked(s, &ids[i], now_ms, now_ms + HOUR_MS);
    return n;
}

static void test_a_change_is_looked_at_but_not_twice_within_ten_seconds(void **state)
{
    struct accounts_seen *s SAM_CLEANUP(accounts_seen_freep) = accounts_seen_new(10);
    (void)state;
    accounts_seen_touch(s, &anna, NOW);
    accounts_seen_touch(s, &anna, NOW);
    assert_int_equal(look(s, NOW - 1), 0);
    assert_int_equal(look(s, NOW), 1);
    accounts_seen_touch(s, &anna, NOW + 1);
    assert_int_equal(look(s, NOW + EVERY - 1), 0);
    assert_int_equal(look(s, NOW + EVERY), 1);
    assert_int_equal(look(s, NOW + EVERY + HOUR_MS - 1), 0);
    assert_int_equal(look(s, NOW + EVERY + HOUR_MS), 1); /* as its own answer said */
}

static void test_what_happens_during_a_look_is_not_lost(void **state)
{
    struct accounts_seen *s SAM_CLEANUP(accounts_seen_freep) = accounts_seen_new(10);
    struct uuid id;
    (void)state;
    accounts_seen_touch(s, &anna, NOW);
    assert_int_equal(accounts_seen_take(s, NOW, &id, 1), 1);
    accounts_seen_touch(s, &anna, NOW);
    assert_int_equal(look(s, NOW), 0); /* it is under way */
    accounts_seen_looked(s, &anna, NOW, NOW + HOUR_MS);
    assert_int_equal(look(s, NOW + EVERY), 1);
    assert_int_equal(look(s, NOW + 2 * EVERY), 0);
}

static void test_another_mark_is_a_change(void **state)
{
    struct accounts_seen *s SAM_CLEANUP(accounts_seen_freep) = accounts_seen_new(10);
    (void)state;
    accounts_seen_mark(s, &anna, 7, NOW);
    assert_int_equal(look(s, NOW), 1);
    accounts_seen_mark(s, &anna, 7, NOW + 1);
    assert_int_equal(look(s, NOW + EVERY), 0);
    accounts_seen_mark(s, &anna, 8, NOW + EVERY);
    assert_int_equal(look(s, NOW + EVERY), 1);
}

static void test_who_is_not_met_by_a_walk_is_looked_at(void **state)
{
    struct accounts_seen *s SAM_CLEANUP(accounts_seen_freep) = accounts_seen_new(10);
    (void)state;
    accounts_seen_mark(s, &anna, 7, NOW);
    accounts_seen_mark(s, &ben, 7, NOW);
    assert_int_equal(look(s, NOW), 2);
    accounts_seen_walked(s, NOW + 1);
    accounts_seen_mark(s, &ben, 7, NOW + 2);
    accounts_seen_walked(s, NOW + 3);
    assert_int_equal(look(s, NOW + EVERY), 1);
    accounts_seen_forget(s, &anna);
    assert_int_equal(accounts_seen_count(s), 1);
    assert_int_equal(look(s, NOW + DAY_MS), 1); /* ben */
}

static void test_only_what_is_new_is_told(void **state)
{
    struct accounts_seen *s SAM_CLEANUP(accounts_seen_freep) = accounts_seen_new(10);
    (void)state;
    assert_false(accounts_seen_changed(s, &anna, 5)); /* nobody has asked for it */
    accounts_seen_touch(s, &anna, NOW);
    assert_int_equal(look(s, NOW), 1);
    assert_true(accounts_seen_changed(s, &anna, 5));
    assert_false(accounts_seen_changed(s, &anna, 5));
    assert_true(accounts_seen_changed(s, &anna, 6));
    accounts_seen_lost(s, &anna, NOW + MINUTE_MS);
    assert_int_equal(look(s, NOW + MINUTE_MS - 1), 0);
    assert_int_equal(look(s, NOW + MINUTE_MS), 1);
    assert_true(accounts_seen_changed(s, &anna, 6));
    accounts_seen_clear(s);
    accounts_seen_touch(s, &anna, NOW);
    assert_true(accounts_seen_changed(s, &anna, 6));
}

static void test_what_others_may_have_overtaken_is_told_again(void **state)
{
    struct accounts_seen *s SAM_CLEANUP(accounts_seen_freep) = accounts_seen_new(10);
    struct uuid ids[2];
    (void)state;
    accounts_seen_touch(s, &anna, NOW);
    assert_int_equal(look(s, NOW), 1);
    assert_true(accounts_seen_changed(s, &anna, 5));
    accounts_seen_touch(s, &ben, NOW);
    assert_int_equal(accounts_seen_take(s, NOW, ids, 2), 1); /* under way */
    accounts_seen_doubt(s, NOW + 1);
    accounts_seen_looked(s, &ben, NOW + 1, NOW + HOUR_MS);
    assert_int_equal(look(s, NOW + EVERY - 1), 0); /* never two within ten seconds */
    assert_int_equal(look(s, NOW + EVERY + 1), 2);
    assert_true(accounts_seen_changed(s, &anna, 5));
    assert_false(accounts_seen_changed(s, &anna, 5));
}

static void test_those_that_are_lost_are_counted_until_they_arrive(void **state)
{
    struct accounts_seen *s SAM_CLEANUP(accounts_seen_freep) = accounts_seen_new(10);
    (void)state;
    accounts_seen_lost(s, &anna, NOW); /* it is another's by now */
    assert_int_equal(accounts_seen_lost_count(s), 0);
    accounts_seen_touch(s, &anna, NOW);
    accounts_seen_touch(s, &ben, NOW);
    accounts_seen_lost(s, &anna, NOW);
    accounts_seen_lost(s, &anna, NOW);
    accounts_seen_lost(s, &ben, NOW);
    assert_int_equal(accounts_seen_lost_count(s), 2);
    accounts_seen_arrived(s, &ben);
    accounts_seen_arrived(s, &ben);
    assert_int_equal(accounts_seen_lost_count(s), 1);
    accounts_seen_forget(s, &anna);
    assert_int_equal(accounts_seen_lost_count(s), 0);
    accounts_seen_lost(s, &ben, NOW);
    accounts_seen_clear(s);
    assert_int_equal(accounts_seen_lost_count(s), 0);
}

static void test_no_more_than_there_is_room_for(void **state)
{
    struct accounts_seen *s SAM_CLEANUP(accounts_seen_freep) = accounts_seen_new(1);
    (void)state;
    accounts_seen_mark(s, &anna, 1, NOW);
    assert_true(accounts_seen_walked(s, NOW));
    accounts_seen_mark(s, &anna, 1, NOW);
    accounts_seen_mark(s, &ben, 1, NOW);
    assert_false(accounts_seen_walked(s, NOW));
    assert_int_equal(accounts_seen_count(s), 1);
    assert_int_equal(look(s, NOW), 1);
    accounts_seen_mark(s, &anna, 1, NOW);
    assert_true(accounts_seen_walked(s, NOW)); /* ben is gone */
    accounts_seen_mark(s, &ben, 1, NOW);
    accounts_seen_clear(s);
    assert_true(accounts_seen_walked(s, NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_change_is_looked_at_but_not_twice_within_ten_seconds),
        cmocka_unit_test(test_what_happens_during_a_look_is_not_lost),
        cmocka_unit_test(test_another_mark_is_a_change),
        cmocka_unit_test(test_who_is_not_met_by_a_walk_is_looked_at),
        cmocka_unit_test(test_only_what_is_new_is_told),
        cmocka_unit_test(test_what_others_may_have_overtaken_is_told_again),
        cmocka_unit_test(test_those_that_are_lost_are_counted_until_they_arrive),
        cmocka_unit_test(test_no_more_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
