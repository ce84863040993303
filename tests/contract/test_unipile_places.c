/* worker/unipile over many calls: places in flight, connections, the end of the client. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "tests/fakes/unipile_fixture.h"

#include "common/base/banned.h"

/* ---- places --------------------------------------------------------------------------------- */

/* All that can be are held by the server: then they are let go. */
struct crowd {
    struct fixture *fixture;
    struct loop_timer timer;
    size_t places;
};

static void on_crowd(void *ctx)
{
    struct crowd *c = ctx;
    if (peer_executed(c->fixture->peer) < c->places)
        loop_timer_after(c->fixture->loop, &c->timer, 5);
    else
        peer_let_go(c->fixture->peer, OK_EMPTY);
}

static void test_places_in_flight_are_kept(void **state)
{
    struct fixture *f = *state;
    struct written w[12];
    struct crowd crowd = {.fixture = f, .timer = {.fn = on_crowd}, .places = 5};
    crowd.timer.ctx = &crowd;
    f->peer = peer_new(&(const struct peer_step){.act = PEER_HOLD}, 1);
    fixture_connect(f, peer_url(f->peer), 20000, 5);
    assert_int_equal(unipile_room(f->u), 5);
    for (size_t i = 0; i < SAM_ARRAY_LEN(w); i++) {
        const struct unipile_write write = write_of(i % 2 ? CALL_INVITATION : CALL_MESSAGE);
        write_begin(f, &write, &w[i]);
    }
    assert_int_equal(unipile_in_flight(f->u), 12);
    assert_int_equal(unipile_room(f->u), 0);
    loop_timer_after(f->loop, &crowd.timer, 0);
    fixture_wait(f);
    for (size_t i = 0; i < SAM_ARRAY_LEN(w); i++)
        expect_outcome(&w[i].o, OUTCOME_SENT, 200, "");
    assert_int_equal(peer_executed(f->peer), 12);
    assert_int_equal(peer_most_held(f->peer), 5);
    assert_int_equal(peer_connections(f->peer), 5);
    assert_int_equal(unipile_in_flight(f->u), 0);
    assert_int_equal(unipile_room(f->u), 5);
}

/* 100 places: 32 at first, one more for each answer, 32 again when a connection fails. */
static void test_places_open_with_the_answers(void **state)
{
    struct fixture *f = *state;
    struct written w[100];
    const struct unipile_write write = write_of(CALL_INVITATION);
    struct crowd crowd = {.fixture = f, .timer = {.fn = on_crowd}, .places = 32};
    crowd.timer.ctx = &crowd;
    f->peer = peer_new(&(const struct peer_step){.act = PEER_HOLD}, 1);
    fixture_connect(f, peer_url(f->peer), 20000, 100);
    assert_int_equal(unipile_room(f->u), 32);
    for (size_t i = 0; i < SAM_ARRAY_LEN(w); i++)
        write_begin(f, &write, &w[i]);
    loop_timer_after(f->loop, &crowd.timer, 0);
    fixture_wait(f);
    assert_int_equal(peer_executed(f->peer), 100);
    assert_int_equal(peer_most_held(f->peer), 32);
    assert_int_equal(unipile_room(f->u), 100);
    peer_free(f->peer); /* nobody listens any more */
    f->peer = NULL;
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    assert_int_equal(o.outcome, OUTCOME_NOT_EXECUTED);
    assert_int_equal(unipile_room(f->u), 32);
}

/* Held on the wire: one. Waiting for a place: one of each. */
static void test_free_answers_what_is_left(void **state)
{
    struct fixture *f = *state;
    struct written flying;
    struct written waiting;
    struct seen read = {.fixture = f};
    const struct unipile_write write = write_of(CALL_MESSAGE);
    f->peer = peer_new(&(const struct peer_step){.act = PEER_HOLD}, 1);
    fixture_connect(f, peer_url(f->peer), 20000, 1);
    write_begin(f, &write, &flying);
    write_begin(f, &write, &waiting);
    f->left++;
    unipile_profile(f->u, "acc1", "jane", on_read, &read);
    int64_t until = clock_boot_ms() + DEADLINE_MS;
    while (peer_executed(f->peer) == 0 && clock_boot_ms() < until)
        fixture_turn(f, 5);
    assert_int_equal(f->left, 3);
    unipile_free(f->u);
    f->u = NULL;
    assert_int_equal(f->left, 0);
    expect_outcome(&flying.o, OUTCOME_UNKNOWN, 0, "cancelled");
    assert_false(flying.o.untried);
    expect_outcome(&waiting.o, OUTCOME_NOT_EXECUTED, 0, "cancelled");
    assert_true(waiting.o.untried);
    assert_int_equal(read.read.result, UNIPILE_READ_RETRY);
    assert_string_equal(read.read.error_type, "cancelled");
    assert_int_equal(peer_executed(f->peer), 1);
}

/* Answers begin the next call, as workers do. */
struct stream {
    struct fixture *fixture;
    size_t to_begin;
    size_t sent;
};

static void on_streamed(void *ctx, const struct unipile_outcome *o);

static void stream_next(struct stream *s)
{
    const struct unipile_write write = write_of(s->to_begin % 2 ? CALL_INVITATION : CALL_MESSAGE);
    s->to_begin--;
    s->fixture->left++;
    unipile_send(s->fixture->u, &write, on_streamed, s);
}

static void on_streamed(void *ctx, const struct unipile_outcome *o)
{
    struct stream *s = ctx;
    s->sent += o->outcome == OUTCOME_SENT;
    if (s->to_begin)
        stream_next(s);
    fixture_answered(s->fixture);
}

static int64_t own_cpu_us(void)
{
    struct timespec t = {0};
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* SAM_TEST_CALLS: more of them, for measuring. */
static void test_many_calls_over_few_connections(void **state)
{
    struct fixture *f = *state;
    const char *more = getenv("SAM_TEST_CALLS");
    size_t calls = more ? strtoul(more, NULL, 10) : 3000;
    struct stream s = {.fixture = f, .to_begin = calls};
    f->log.level = LOG_LEVEL_INFO;
    f->peer = peer_new(&(const struct peer_step){.act = PEER_ANSWER, .bytes = OK_INVITED}, 1);
    fixture_connect(f, peer_url(f->peer), 20000, 64);
    int64_t begun_us = clock_monotonic_us();
    int64_t cpu_us = own_cpu_us();
    for (size_t i = 0; i < 64; i++)
        stream_next(&s);
    fixture_wait(f);
    int64_t took_us = clock_monotonic_us() - begun_us;
    cpu_us = own_cpu_us() - cpu_us;
    assert_int_equal(s.sent, calls);
    assert_int_equal(peer_executed(f->peer), calls);
    assert_in_range(peer_connections(f->peer), 1, 64);
    print_message(
        "%zu calls over %zu connections: %.0f calls/s, %.1f us of the client's CPU each\n", calls,
        peer_connections(f->peer), (double)calls * 1e6 / (double)took_us,
        (double)cpu_us / (double)calls);
}

/* A connection that was idle for longer than the shortest idle timeout of servers (Node: 5 s) is
 * not used again. */
static void test_idle_connections_are_dropped_in_time(void **state)
{
    struct fixture *f = *state;
    START(f, 5000, {.act = PEER_ANSWER, .bytes = OK_INVITED});
    (void)write_call(f, CALL_INVITATION);
    (void)write_call(f, CALL_INVITATION);
    assert_int_equal(peer_connections(f->peer), 1);
    fixture_turn(f, 4100);
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_SENT, 200, "");
    assert_int_equal(peer_connections(f->peer), 2);
}

static void test_options_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    static const struct unipile_options rows[] = {
        {"", KEY, 1, 1, 1},
        {"api1.unipile.com", KEY, 1, 1, 1},
        {"ftp://api1.unipile.com", KEY, 1, 1, 1},
        {"https://", KEY, 1, 1, 1},
        {"https://a b", KEY, 1, 1, 1},
        {"https://user:" KEY "@api1.unipile.com", KEY, 1, 1, 1},
        {"https://api1.unipile.com/api/v1", KEY, 1, 1, 1},
        {"https://api1.unipile.com/", KEY, 1, 1, 1},
        {"https://api1.unipile.com?x=1", KEY, 1, 1, 1},
        {"https://api1.unipile.com#x", KEY, 1, 1, 1},
        {"https://api1.unipile.com:99999", KEY, 1, 1, 1},
        {"https://api1.unipile.com", "", 1, 1, 1},
        {"https://api1.unipile.com", NULL, 1, 1, 1},
        {"https://api1.unipile.com", KEY "\n", 1, 1, 1},
        {"https://api1.unipile.com", KEY "\r\nX-Evil: 1", 1, 1, 1},
        {"https://api1.unipile.com", "two words", 1, 1, 1},
        {"https://api1.unipile.com", KEY, 0, 1, 1},
        {"https://api1.unipile.com", KEY, 1, 0, 1},
        {"https://api1.unipile.com", KEY, 1, 1, 0},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        char why[256] = "";
        int r = unipile_new(f->loop, &f->log, &rows[i], &f->u, why, sizeof(why));
        if (r != -EINVAL || f->u || !strstr(why, "unipile.") || strstr(why, KEY))
            fail_msg("row %zu: %d, \"%s\"", i, r, why);
    }
    assert_int_equal(unipile_new(f->loop, &f->log,
                                 &(const struct unipile_options){"https://[::1]:1", KEY, 1, 1, 1},
                                 &f->u, (char[256]){0}, 256),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_places_in_flight_are_kept),
        FIXTURE_TEST(test_places_open_with_the_answers),
        FIXTURE_TEST(test_free_answers_what_is_left),
        FIXTURE_TEST(test_many_calls_over_few_connections),
        FIXTURE_TEST(test_idle_connections_are_dropped_in_time),
        FIXTURE_TEST(test_options_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
