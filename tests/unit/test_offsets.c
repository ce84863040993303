/* Offsets are stored only over a contiguous run of settled records. */
#include "tests/test.h"
#include "worker/offsets.h"

#include "common/base/banned.h"

static void test_contiguous_run_only(void **state)
{
    (void)state;
    struct offsets o = {0};
    int64_t next = -1;
    for (int64_t i = 10; i < 15; i++)
        offsets_add(&o, i);
    assert_false(offsets_settle(&o, 12, &next));
    assert_false(offsets_settle(&o, 11, &next));
    assert_true(offsets_settle(&o, 10, &next));
    assert_int_equal(next, 13);
    assert_true(offsets_settle(&o, 13, &next));
    assert_int_equal(next, 14);
    assert_true(offsets_settle(&o, 14, &next));
    assert_int_equal(next, 15);
    offsets_deinit(&o);
}

static void test_unknown_and_twice_change_nothing(void **state)
{
    (void)state;
    struct offsets o = {0};
    int64_t next = -1;
    assert_false(offsets_settle(&o, 5, &next));
    offsets_add(&o, 5);
    offsets_add(&o, 9); /* compaction and markers leave gaps */
    assert_false(offsets_settle(&o, 6, &next));
    assert_false(offsets_settle(&o, 9, &next));
    assert_false(offsets_settle(&o, 9, &next));
    assert_true(offsets_settle(&o, 5, &next));
    assert_int_equal(next, 10);
    offsets_add(&o, 20);
    offsets_reset(&o);
    assert_false(offsets_settle(&o, 20, &next));
    offsets_deinit(&o);
}

static void test_offset_zero_and_growth(void **state)
{
    (void)state;
    struct offsets o = {0};
    int64_t next = -1;
    for (int64_t i = 0; i < 1000; i++)
        offsets_add(&o, i);
    for (int64_t i = 999; i > 0; i--)
        assert_false(offsets_settle(&o, i, &next));
    assert_true(offsets_settle(&o, 0, &next));
    assert_int_equal(next, 1000);
    offsets_deinit(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contiguous_run_only),
        cmocka_unit_test(test_unknown_and_twice_change_nothing),
        cmocka_unit_test(test_offset_zero_and_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
