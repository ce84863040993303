/* Events that Kafka has not taken when the worker must leave: none is forgotten. Kafka and Postgres
 * are stood in for by the functions below, which take the place of the adapters' ones. */
#include <errno.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/adapters/metric_names.h"
#include "tests/test.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define EVENTS_MAX 8

struct fake {
    struct worker worker;
    struct log log;
    int produced; /* what cloud_event_produce() answers */
    struct kafka_delivery *deliveries[EVENTS_MAX];
    size_t deliveries_count;
    pg_async_fn *written;
    void *written_ctx;
    size_t statements;
};

static struct fake *fake;

int cloud_event_produce(struct kafka_producer *p SAM_UNUSED, const struct cloud_event *e)
{
    if (fake->produced == 0)
        fake->deliveries[fake->deliveries_count++] = e->delivery;
    return fake->produced;
}

void pg_async_send(struct pg_async *a SAM_UNUSED, const char *name, const char *sql SAM_UNUSED,
                   const struct pg_params *params SAM_UNUSED, pg_async_fn *fn, void *ctx)
{
    assert_string_equal(name, "outbox_write");
    assert_null(fake->written);
    fake->written = fn;
    fake->written_ctx = ctx;
    fake->statements++;
}

void pg_async_sync(struct pg_async *a SAM_UNUSED)
{
}

static void postgres_answers(enum pg_failure failure)
{
    pg_async_fn *written = fake->written;
    assert_non_null(written);
    fake->written = NULL;
    written(fake->written_ctx, failure, NULL, "as the test has it");
}

static void kafka_answers(size_t i, int error)
{
    fake->deliveries[i]->fn(fake->deliveries[i], error, 0, 0);
}

static void add_event(void)
{
    struct event event = {.type = EVENT_MARKER, .at_ms = 1};
    outgoing_event(&fake->worker, &event);
}

static size_t left(void)
{
    return outgoing_count(fake->worker.outgoing);
}

static int set_up(void **state SAM_UNUSED)
{
    fake = sam_xcalloc(1, sizeof(*fake));
    log_init(&fake->log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    fake->worker.log = &fake->log;
    fake->worker.loop = loop_new();
    fake->worker.metrics = metrics_new(IN_WORKER, metric_names);
    fake->worker.outgoing = outgoing_new(&fake->worker);
    return 0;
}

static int tear_down(void **state SAM_UNUSED)
{
    outgoing_free(fake->worker.outgoing);
    metrics_free(fake->worker.metrics);
    loop_free(fake->worker.loop);
    free(fake);
    return 0;
}

static void test_an_event_that_comes_while_the_others_are_written(void **state SAM_UNUSED)
{
    fake->produced = -EAGAIN;
    add_event();
    add_event();
    outgoing_to_outbox(fake->worker.outgoing);
    add_event();
    outgoing_to_outbox(fake->worker.outgoing); /* one statement at a time */
    postgres_answers(PG_FINE);
    assert_int_equal(left(), 1);
    outgoing_to_outbox(fake->worker.outgoing);
    postgres_answers(PG_FINE);
    assert_int_equal(left(), 0);
    outgoing_to_outbox(fake->worker.outgoing); /* nothing to write */
    assert_int_equal(fake->statements, 2);
}

static void test_a_failure_keeps_them(void **state SAM_UNUSED)
{
    fake->produced = -EAGAIN;
    add_event();
    outgoing_to_outbox(fake->worker.outgoing);
    postgres_answers(PG_LOST);
    assert_int_equal(left(), 1);
    outgoing_to_outbox(fake->worker.outgoing); /* not at once again */
    assert_int_equal(fake->statements, 1);
}

static void test_what_kafka_still_has_is_safe_in_the_outbox(void **state SAM_UNUSED)
{
    add_event();
    add_event();
    outgoing_to_outbox(fake->worker.outgoing);
    kafka_answers(0, 0); /* both have it */
    assert_int_equal(left(), 1);
    postgres_answers(PG_FINE);
    assert_int_equal(left(), 0);
    kafka_answers(1, -ETIMEDOUT); /* frees it: not produced again */
    assert_int_equal(fake->deliveries_count, 2);
}

/* Ends that pile up while Kafka is broken: one statement of all of them would be refused. */
static void test_many_are_written_in_chunks(void **state SAM_UNUSED)
{
    fake->produced = -EIO;
    for (size_t i = 0; i < 2 * OUTGOING_CHUNK + 1; i++)
        add_event();
    outgoing_to_outbox(fake->worker.outgoing);
    postgres_answers(PG_FINE);
    assert_int_equal(left(), OUTGOING_CHUNK + 1);
    outgoing_to_outbox(fake->worker.outgoing);
    postgres_answers(PG_FINE);
    outgoing_to_outbox(fake->worker.outgoing);
    postgres_answers(PG_FINE);
    assert_int_equal(left(), 0);
    assert_int_equal(fake->statements, 3);
}

/* Nothing that has happened is dropped; nothing new is begun. */
static void test_full_until_kafka_or_postgres_has_taken_some(void **state SAM_UNUSED)
{
    fake->produced = -EIO;
    for (size_t i = 0; i < OUTGOING_MAX; i++) {
        assert_false(outgoing_full(fake->worker.outgoing));
        add_event();
    }
    assert_true(outgoing_full(fake->worker.outgoing));
    assert_string_equal(outgoing_trouble(fake->worker.outgoing),
                        "20000 events wait for Kafka to take them: no call is begun until it does");
    add_event(); /* the end of a call that was under way */
    assert_int_equal(left(), OUTGOING_MAX + 1);
    outgoing_to_outbox(fake->worker.outgoing);
    postgres_answers(PG_FINE);
    assert_false(outgoing_full(fake->worker.outgoing));
    assert_null(outgoing_trouble(fake->worker.outgoing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_are_written_in_chunks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_until_kafka_or_postgres_has_taken_some, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_an_event_that_comes_while_the_others_are_written,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failure_keeps_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_kafka_still_has_is_safe_in_the_outbox, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
