/* Jobs that wait in the worker, by a database's clock that is read by several. */
#include <stdio.h>

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

/* Its profile is known; there is no chat that could be looked at, nor a reply in it. */
static void test_of_a_stale_invitation_no_chat_is_looked_at(void **state)
{
    struct settings settings = {.unipile = {.max_in_flight = 8}};
    struct worker w = {.loop = loop_new(),
                       .metrics = metrics_new(IN_WORKER, metric_names),
                       .settings = &settings,
                       .phase = WORKER_RUN};
    struct uuid ledger = uuid_v7();
    struct log log;
    char why[256];
    (void)state;
    log_init(&log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    const struct unipile_options unipile = {"https://127.0.0.1:1", "key", 1000, 1000, 8};
    assert_int_equal(unipile_new(w.loop, &log, &unipile, &w.unipile, why, sizeof(why)), 0);
    w.log = &log;
    w.stops = stops_new(&w);
    w.paused = paused_new();
    w.gate = gate_new(4, "sam.events", &ledger, &log);
    works_init(&w);
    works_clock(&w, clock_wall_ms(), clock_boot_ms());
    w.outgoing = outgoing_new(&w);
    w.topics_watch = topics_watch_new(&settings, 4, &log, w.metrics);
    struct job job = {.due_at_ms = clock_wall_ms(), .kind = CALL_INVITATION, .resolve = "kim"};
    struct work *work = work_new(&w, &job, 0, 0);
    (void)snprintf(work->provider_id, sizeof(work->provider_id), "ACoAAkim");
    assert_true(prepare_begin(work));
    assert_int_equal(w.reading, 0);
    assert_true(work->prepared);
    work_drop(work);
    outgoing_free(w.outgoing);
    topics_watch_free(w.topics_watch);
    unipile_free(w.unipile);
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
        cmocka_unit_test(test_of_a_stale_invitation_no_chat_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
