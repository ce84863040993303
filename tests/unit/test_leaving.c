/* A process that leaves, and waits for something that never ends. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/adapters/leaving.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define SOON_MS 20
#define LATE_MS INT64_C(60000)

/* What the process ends with that does `then` after it has begun to leave. */
static int exit_code(int64_t ms, void (*then)(void))
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct log log;
        log_init(&log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
        leaving_within(&log, ms);
        then();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void wait_for_ever(void)
{
    for (;;)
        (void)pause();
}

static void go(void)
{
}

static void test_it_ends(void **state SAM_UNUSED)
{
    assert_int_equal(exit_code(SOON_MS, wait_for_ever), 1);
}

static void test_it_may_end_before(void **state SAM_UNUSED)
{
    assert_int_equal(exit_code(LATE_MS, go), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_ends),
        cmocka_unit_test(test_it_may_end_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
