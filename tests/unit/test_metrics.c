/* common/base/metrics: the list's own rules, counting, the exposition text, METRICS.md. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/metric_names.h"
#include "common/adapters/pg.h"
#include "common/base/metrics.h"
#include "common/model/outcome.h"
#include "common/model/reason.h"
#include "common/model/status.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define ROW(id, name, kind, label, scale, programs, help)                                          \
    {name, kind, label, scale, programs, help},
static const struct {
    const char *name;
    enum metric_kind kind;
    enum metric_label label;
    int64_t scale;
    unsigned programs;
    const char *help;
} rows[METRIC_N] = {METRICS_MAP(ROW)};

static bool ends(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The whole line must be there, once. */
static void assert_line(const char *text, const char *line)
{
    char *whole = sam_xasprintf("\n%s\n", line);
    const char *at = strstr(text, whole);
    bool again = at && strstr(at + 1, whole);
    free(whole);
    if (!at || again)
        fail_msg("line \"%s\" is %s in:\n%s", line, at ? "twice" : "not", text);
}

static char *exposed(const struct metrics *m)
{
    struct buf out = BUF_INIT(METRICS_TEXT_MAX_BYTES);
    buf_addc(&out, '\n');
    metrics_expose(m, &out);
    assert_false(out.overflow);
    return buf_take(&out);
}

/* NULL = fine. */
static const char *breach(int i)
{
    const char *name = rows[i].name;
    bool seconds = ends(name, "_seconds") || ends(name, "_seconds_total");
    if (strncmp(name, "sam_", 4) != 0 && strncmp(name, "process_", 8) != 0)
        return "neither ours nor a process's";
    if ((rows[i].kind == METRIC_COUNTER) != ends(name, "_total"))
        return "counters, and only they, end with _total";
    if ((rows[i].scale != 1) != seconds)
        return "what is scaled is seconds";
    if (rows[i].scale != 1 && rows[i].scale != 1000 && rows[i].scale != 1000000)
        return "scale is not ms, us or 1";
    if (!ends(rows[i].help, ".") || strpbrk(rows[i].help, "\\\n|"))
        return "help is not a plain sentence";
    if (rows[i].programs < IN_PRODUCER || rows[i].programs > IN_BOTH)
        return "in no program";
    for (int j = 0; j < i; j++) {
        if (strcmp(name, rows[j].name) == 0)
            return "name used twice";
    }
    return NULL;
}

static void test_names_follow_prometheus(void **state)
{
    (void)state;
    for (int i = 0; i < METRIC_N; i++) {
        if (breach(i))
            fail_msg("%s: %s", rows[i].name, breach(i));
    }
}

static void test_every_label_value_has_a_plain_name(void **state)
{
    (void)state;
    for (int label = LABEL_NONE + 1; label < LABEL_N; label++) {
        assert_in_range(metric_names[label].count, 1, 100);
        for (int v = 0; v < metric_names[label].count; v++) {
            const char *name = metric_names[label].name(v);
            if (!name)
                continue;
            assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_."), strlen(name));
            assert_true(strlen(name) > 0);
        }
    }
}

static void test_counters_with_and_without_label(void **state)
{
    (void)state;
    struct metrics *m SAM_CLEANUP(metrics_freep) = metrics_new(IN_WORKER, metric_names);
    metrics_add(m, METRIC_JOBS, 3);
    metrics_add(m, METRIC_JOBS, 4);
    metrics_add_label(m, METRIC_CALLS, OUTCOME_SENT, 5);
    metrics_add_label(m, METRIC_CALLS, OUTCOME_UNKNOWN, 1);
    metrics_add_label(m, METRIC_POSTGRES_FAILED, PG_RETRY, 2);
    assert_int_equal(metrics_get(m, METRIC_JOBS), 7);
    assert_int_equal(metrics_get(m, METRIC_CALLS), 6);
    assert_int_equal(metrics_get_label(m, METRIC_CALLS, OUTCOME_UNKNOWN), 1);
    char *text SAM_CLEANUP(freep) = exposed(m);
    assert_line(text, "# TYPE sam_jobs_total counter");
    assert_line(text, "sam_jobs_total 7");
    assert_line(text, "sam_calls_total{outcome=\"sent\"} 5");
    assert_line(text, "sam_calls_total{outcome=\"unknown\"} 1");
    assert_line(text, "sam_calls_total{outcome=\"throttled\"} 0");
    assert_line(text, "sam_returns_total{reason=\"spacing\"} 0");
    assert_line(text, "sam_postgres_failures_total{class=\"retry\"} 2");
    /* "none" and "fine" are not events */
    assert_null(strstr(text, "reason=\"none\""));
    assert_null(strstr(text, "class=\"fine\""));
}

static void test_gauges_are_shown_once_they_are_known(void **state)
{
    (void)state;
    struct metrics *m SAM_CLEANUP(metrics_freep) = metrics_new(IN_WORKER, metric_names);
    char *before SAM_CLEANUP(freep) = exposed(m);
    assert_null(strstr(before, "sam_kafka_up"));
    assert_int_equal(metrics_get(m, METRIC_KAFKA_UP), 0);
    metrics_set(m, METRIC_KAFKA_UP, 1);
    metrics_set(m, METRIC_KAFKA_UP, 0);
    metrics_set(m, METRIC_IN_FLIGHT, -12);
    metrics_set_label(m, METRIC_ASSIGNED, METRIC_TOPIC_JOBS, 24);
    char *after SAM_CLEANUP(freep) = exposed(m);
    assert_line(after, "# TYPE sam_kafka_up gauge");
    assert_line(after, "sam_kafka_up 0");
    assert_line(after, "sam_calls_in_flight -12");
    assert_line(after, "sam_assigned_partitions{topic=\"sam.jobs\"} 24");
    assert_null(strstr(after, "topic=\"sam.sync\"} -"));
}

static void test_histograms_are_cumulative(void **state)
{
    (void)state;
    struct metrics *m SAM_CLEANUP(metrics_freep) = metrics_new(IN_WORKER, metric_names);
    metrics_observe(m, METRIC_LATENESS, 1); /* 1 ms: on a bound, belongs below it */
    metrics_observe(m, METRIC_LATENESS, 2);
    metrics_observe(m, METRIC_LATENESS, 450);
    metrics_observe(m, METRIC_LATENESS, 3600000); /* above every bound */
    metrics_observe(m, METRIC_LATENESS, -5);
    metrics_observe(m, METRIC_CLAIM_SECONDS, 1500); /* in us */
    metrics_observe(m, METRIC_CLAIM_SIZE, 500);
    char *text SAM_CLEANUP(freep) = exposed(m);
    assert_line(text, "# TYPE sam_lateness_seconds histogram");
    assert_line(text, "sam_lateness_seconds_bucket{le=\"0.001\"} 2");
    assert_line(text, "sam_lateness_seconds_bucket{le=\"0.0025\"} 3");
    assert_line(text, "sam_lateness_seconds_bucket{le=\"0.25\"} 3");
    assert_line(text, "sam_lateness_seconds_bucket{le=\"0.5\"} 4");
    assert_line(text, "sam_lateness_seconds_bucket{le=\"60\"} 4");
    assert_line(text, "sam_lateness_seconds_bucket{le=\"+Inf\"} 5");
    assert_line(text, "sam_lateness_seconds_sum 3600.453");
    assert_line(text, "sam_lateness_seconds_count 5");
    assert_line(text, "sam_claim_seconds_bucket{le=\"0.001\"} 0");
    assert_line(text, "sam_claim_seconds_bucket{le=\"0.0025\"} 1");
    assert_line(text, "sam_claim_seconds_sum 0.0015");
    assert_line(text, "sam_claim_jobs_bucket{le=\"200\"} 0");
    assert_line(text, "sam_claim_jobs_bucket{le=\"500\"} 1");
    assert_int_equal(metrics_get(m, METRIC_LATENESS), 5);
}

static void test_each_program_shows_its_own(void **state)
{
    (void)state;
    struct metrics *m SAM_CLEANUP(metrics_freep) = metrics_new(IN_PRODUCER, metric_names);
    metrics_observe_label(m, METRIC_BATCH_SIZE, METRIC_STEP_PUBLISH, 7);
    metrics_add_label(m, METRIC_CALLS, OUTCOME_SENT, 1);
    char *text SAM_CLEANUP(freep) = exposed(m);
    assert_line(text, "sam_producer_batch_rows_bucket{step=\"publish\",le=\"5\"} 0");
    assert_line(text, "sam_producer_batch_rows_bucket{step=\"publish\",le=\"10\"} 1");
    assert_line(text, "sam_producer_batch_rows_sum{step=\"publish\"} 7");
    assert_line(text, "sam_producer_batch_rows_count{step=\"publish\"} 1");
    assert_null(strstr(text, "sam_calls_total"));
}

static void test_process_and_log(void **state)
{
    (void)state;
    FILE *nowhere = fopen("/dev/null", "we");
    assert_non_null(nowhere);
    struct log log;
    log_init(&log, "test", nowhere, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_warn(&log, "something", LOG_INT("n", 1));
    log_debug(&log, "unheard", LOG_INT("n", 1));
    struct metrics *m SAM_CLEANUP(metrics_freep) = metrics_new(IN_WORKER, metric_names);
    metrics_watch_log(m, &log);
    char *text SAM_CLEANUP(freep) = exposed(m);
    assert_line(text, "sam_log_lines_total{level=\"warn\"} 1");
    assert_line(text, "sam_log_lines_total{level=\"debug\"} 0");
    assert_line(text, "sam_build_info{version=\"" SAM_VERSION "\"} 1");
    assert_true(metrics_get(m, METRIC_RESIDENT) > 100000);
    assert_true(metrics_get(m, METRIC_CPU_SECONDS) > 0);
    assert_true(metrics_get(m, METRIC_START_TIME) > INT64_C(1700000000000));
    (void)fclose(nowhere);
}

#define THREAD_ROUNDS 20000

static void *count_up(void *arg)
{
    struct metrics *m = arg;
    for (int i = 0; i < THREAD_ROUNDS; i++) {
        metrics_add(m, METRIC_JOBS, 1);
        metrics_observe(m, METRIC_CLAIM_SIZE, i % 7);
    }
    return NULL;
}

static void test_nothing_is_lost_between_threads(void **state)
{
    (void)state;
    struct metrics *m SAM_CLEANUP(metrics_freep) = metrics_new(IN_WORKER, metric_names);
    pthread_t threads[3];
    for (size_t i = 0; i < SAM_ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, m), 0);
    for (size_t i = 0; i < SAM_ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(metrics_get(m, METRIC_JOBS), 3 * THREAD_ROUNDS);
    assert_int_equal(metrics_get(m, METRIC_CLAIM_SIZE), 3 * THREAD_ROUNDS);
}

#define DOCUMENT "common/METRICS.md"

/* SAM_WRITE_DOCS=1 writes the document anew instead of comparing it. */
static void test_document_is_up_to_date(void **state)
{
    (void)state;
    struct buf want = BUF_INIT(1 << 20);
    metrics_document(metric_names, &want);
    bool write = getenv("SAM_WRITE_DOCS") != NULL;
    FILE *file = fopen(DOCUMENT, write ? "we" : "re");
    assert_non_null(file);
    if (write) {
        assert_int_equal(fwrite(want.data, 1, want.len, file), want.len);
    } else {
        char *have SAM_CLEANUP(freep) = sam_xcalloc(1, want.len + 2);
        size_t n = fread(have, 1, want.len + 1, file);
        if (n != want.len || memcmp(have, want.data, n) != 0)
            fail_msg(DOCUMENT " is not what the list says; write it anew: "
                              "SAM_WRITE_DOCS=1 build/dev/tests/unit_test_metrics");
    }
    assert_int_equal(fclose(file), 0);
    buf_deinit(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_follow_prometheus),
        cmocka_unit_test(test_every_label_value_has_a_plain_name),
        cmocka_unit_test(test_counters_with_and_without_label),
        cmocka_unit_test(test_gauges_are_shown_once_they_are_known),
        cmocka_unit_test(test_histograms_are_cumulative),
        cmocka_unit_test(test_each_program_shows_its_own),
        cmocka_unit_test(test_process_and_log),
        cmocka_unit_test(test_nothing_is_lost_between_threads),
        cmocka_unit_test(test_document_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
