/* Jobs that wait in the worker, by a database's clock that is read by several. */
#include "common/adapters/metric_names.h"
#include "common/base/clock.h"
#include "tests/test.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define WAIT_MS (2 * HOUR_MS)

static void test_a_clock_that_jumps_moves_what_waits(void **state)
{
    struct worker w = {.loop = loop_new(), .metrics = metrics_new(IN_WORKER, metric_names)};
    const struct job job = {.due_at_ms = clock_wall_ms() + WAIT_MS};
    int64_t boot = clock_boot_ms();
    (void)state;
    w.stops = stops_new(&w);
    w.paused = paused_new();
    works_init(&w);
    struct work *work = work_new(&w, &job, 0, 0);
    works_clock(&w, clock_wall_ms(), boot);
    work->state = WORK_EARLY;
    work_later(work, boot + WAIT_MS);
    int64_t before = timers_first(&w.due)->at_ms;
    works_clock(&w, clock_wall_ms() + 100, boot); /* as it wanders */
    assert_int_equal(timers_first(&w.due)->at_ms, before);
    works_clock(&w, clock_wall_ms() + HOUR_MS, boot);
    assert_in_range(timers_first(&w.due)->at_ms, boot + HOUR_MS - MINUTE_MS, boot + HOUR_MS);
    works_clock(&w, clock_wall_ms() - HOUR_MS, boot);
    assert_in_range(timers_first(&w.due)->at_ms, boot + 3 * HOUR_MS - MINUTE_MS,
                    boot + 3 * HOUR_MS);
    work_drop(work);
    timers_deinit(&w.due);
    stops_free(w.stops);
    paused_free(w.paused);
    metrics_free(w.metrics);
    loop_free(w.loop);
}

/* A job that was prepared `ago_ms` before now, and is advanced: is it still? */
static bool keeps(struct worker *w, int64_t ago_ms, bool shut)
{
    struct job job = {.due_at_ms = clock_wall_ms() + WAIT_MS, .look = "ACoAAkim"};
    struct work *work = work_new(w, &job, 0, 0);
    work->state = WORK_EARLY;
    work->prepared = true;
    work->prepared_boot_ms = loop_now_ms(w->loop) - ago_ms;
    work->prepared_shuts = gate_shuts(w->gate);
    if (shut)
        gate_shut(w->gate, "a test");
    work_advance(work);
    bool kept = work->prepared;
    work_drop(work);
    return kept;
}

static void test_what_was_looked_at_is_stale_after_ten_seconds_and_behind_a_shut_gate(void **state)
{
    struct uuid ledger = uuid_v7();
    struct worker w = {.loop = loop_new(), .metrics = metrics_new(IN_WORKER, metric_names)};
    struct log log;
    (void)state;
    log_init(&log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    w.stops = stops_new(&w);
    w.paused = paused_new();
    w.gate = gate_new(4, "sam.events", &ledger, &log);
    works_init(&w);
    works_clock(&w, clock_wall_ms(), clock_boot_ms());
    assert_true(keeps(&w, 0, false));
    assert_true(keeps(&w, 9 * SECOND_MS, false));
    assert_false(keeps(&w, 11 * SECOND_MS, false));
    assert_false(keeps(&w, 0, true));
    timers_deinit(&w.due);
    gate_free(w.gate);
    stops_free(w.stops);
    paused_free(w.paused);
    metrics_free(w.metrics);
    loop_free(w.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clock_that_jumps_moves_what_waits),
        cmocka_unit_test(test_what_was_looked_at_is_stale_after_ten_seconds_and_behind_a_shut_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
