#include <errno.h>
#include <unistd.h>

#include "common/base/loop.h"
#include "tests/test.h"

#include "common/base/banned.h"

struct seen {
    struct loop *loop;
    int times;
};

static void on_fd(void *ctx, unsigned events)
{
    struct seen *seen = ctx;
    assert_true(events & LOOP_READ);
    seen->times++;
    loop_stop(seen->loop);
}

static void too_late(void *ctx SAM_UNUSED)
{
    fail_msg("nothing was seen");
}

static void turn(struct seen *seen)
{
    struct loop_timer deadline = {.fn = too_late};
    loop_timer_after(seen->loop, &deadline, 10000);
    assert_int_equal(loop_run(seen->loop), 0);
    loop_timer_cancel(seen->loop, &deadline);
}

/* A library may close a descriptor that it had us watch, and open another one of its number. */
static void test_a_number_that_is_another_descriptor_by_now(void **state)
{
    (void)state;
    int first[2];
    int second[2];
    struct seen seen = {.loop = loop_new()};
    assert_int_equal(pipe(first), 0);
    assert_int_equal(pipe(second), 0);
    struct loop_watch *watch = loop_watch(seen.loop, first[0], LOOP_READ, on_fd, &seen);
    assert_non_null(watch);
    assert_int_equal(write(first[1], "x", 1), 1);
    turn(&seen);
    assert_int_equal(dup2(second[0], first[0]), first[0]); /* what it was is closed */
    loop_watch_change(seen.loop, watch, LOOP_READ);
    assert_int_equal(write(second[1], "x", 1), 1);
    turn(&seen);
    assert_int_equal(seen.times, 2);
    loop_unwatch(seen.loop, watch);
    loop_free(seen.loop);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(close(first[i]), 0);
        assert_int_equal(close(second[i]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_number_that_is_another_descriptor_by_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
