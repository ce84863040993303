/* What a real Postgres's failures are called, in a pipeline that prepares its statements: the
 * failure of a PREPARE is that of the statements behind it. Needs SAM_TEST_POSTGRES. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/adapters/pg_async.h"
#include "common/base/clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define DEADLINE_MS     30000
#define LOCK_TIMEOUT_MS 100
#define ANSWERS_MAX     8

struct answers {
    size_t count;
    enum pg_failure failures[ANSWERS_MAX];
    char errors[ANSWERS_MAX][200];
};

struct session {
    struct log log;
    struct loop *loop;
    struct pg *other; /* holds locks, alters tables */
    struct pg_async *a;
    bool up;
    int sessions; /* that were had */
    char table[60];
};

static void on_state(void *ctx, bool up, const char *why SAM_UNUSED)
{
    struct session *s = ctx;
    s->up = up;
    s->sessions += up;
}

static void on_answer(void *ctx, enum pg_failure failure, const struct pg_result *r SAM_UNUSED,
                      const char *error)
{
    struct answers *all = ctx;
    assert_in_range(all->count, 0, ANSWERS_MAX - 1);
    all->failures[all->count] = failure;
    (void)snprintf(all->errors[all->count++], sizeof(all->errors[0]), "%s", error);
}

static void one_turn(void *ctx)
{
    loop_stop(ctx);
}

static void too_late(void *ctx SAM_UNUSED)
{
    fail_msg("nothing for %d ms", DEADLINE_MS);
}

static void turn(struct session *s)
{
    struct loop_timer deadline = {.fn = too_late};
    loop_timer_after(s->loop, &deadline, DEADLINE_MS);
    assert_int_equal(loop_run(s->loop), 0);
    loop_timer_cancel(s->loop, &deadline);
}

static void wait_up(struct session *s)
{
    while (!s->up)
        turn(s);
}

static void wait_answers(struct session *s, const struct answers *all, size_t count)
{
    while (all->count < count)
        turn(s);
}

/* Statements with {} for the table. */
static const char *with_table(const struct session *s, const char *sql)
{
    static char text[400];
    const char *at = strstr(sql, "{}");
    if (at)
        (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - sql), sql, s->table, at + 2);
    else
        (void)snprintf(text, sizeof(text), "%s", sql);
    return text;
}

static void other(const struct session *s, const char *sql)
{
    if (pg_script(s->other, with_table(s, sql)) != PG_FINE)
        fail_msg("%s: %s", sql, pg_error(s->other));
}

static void send_one(struct session *s, const char *name, const char *sql, struct answers *all)
{
    pg_async_send(s->a, name, with_table(s, sql), NULL, on_answer, all);
}

static struct answers ask(struct session *s, const char *name, const char *sql)
{
    struct answers all = {.count = 0};
    send_one(s, name, sql, &all);
    pg_async_sync(s->a);
    wait_answers(s, &all, 1);
    return all;
}

static int set_up(void **state)
{
    const char *conninfo = getenv("SAM_TEST_POSTGRES");
    char why[300];
    if (!conninfo)
        return 0;
    struct session *s = sam_xcalloc(1, sizeof(*s));
    struct pg_options options = {.conninfo = conninfo, .application_name = "test_pg_async"};
    assert_int_equal(pg_connect(&options, &s->other, why, sizeof(why)), 0);
    (void)snprintf(s->table, sizeof(s->table), "pg_async_%d", (int)getpid());
    other(s, "SET client_min_messages = error");
    other(s, "CREATE TABLE {} (id int PRIMARY KEY, value int CHECK (value > 0))");
    log_init(&s->log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    s->loop = loop_new();
    loop_on_turn(s->loop, one_turn, s->loop);
    options.lock_timeout_ms = LOCK_TIMEOUT_MS;
    options.statement_timeout_ms = INT64_C(10) * LOCK_TIMEOUT_MS;
    s->a = pg_async_new(s->loop, &options, &s->log, on_state, s);
    wait_up(s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct session *s = *state;
    if (!s)
        return 0;
    pg_async_free(s->a);
    pg_rollback(s->other);
    other(s, "DROP TABLE {}");
    pg_free(s->other);
    loop_free(s->loop);
    free(s);
    return 0;
}

static struct session *session(void **state)
{
    if (!*state)
        skip();
    return *state;
}

static void test_a_prepare_behind_a_lock_is_tried_again(void **state)
{
    struct session *s = session(state);
    struct answers all = {.count = 0};
    other(s, "BEGIN");
    other(s, "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE");
    send_one(s, "begin", "BEGIN", &all);
    send_one(s, "read", "SELECT value FROM {}", &all);
    send_one(s, "more", "SELECT 1", &all);
    pg_async_sync(s->a);
    wait_answers(s, &all, 3);
    assert_int_equal(all.failures[0], PG_FINE);
    assert_int_equal(all.failures[1], PG_RETRY);
    assert_string_equal(all.errors[1], "canceling statement due to lock timeout");
    assert_int_equal(all.failures[2], PG_RETRY); /* skipped for the same cause */
    assert_int_equal(ask(s, "rollback", "ROLLBACK").failures[0], PG_FINE);
    pg_rollback(s->other);
    assert_int_equal(ask(s, "read", "SELECT value FROM {}").failures[0], PG_FINE);
    assert_int_equal(s->sessions, 1);
}

static void test_a_prepare_that_takes_too_long_waits(void **state)
{
    struct session *s = session(state);
    other(s, "BEGIN");
    other(s, "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE");
    assert_int_equal(ask(s, "no_lock_timeout", "SET lock_timeout = 0").failures[0], PG_FINE);
    struct answers all = ask(s, "read", "SELECT value FROM {}");
    assert_int_equal(all.failures[0], PG_WAIT);
    assert_string_equal(all.errors[0], "canceling statement due to statement timeout");
}

/* As a server that stands still; by then the statement should have been ended by its timeout. */
static void test_a_session_that_answers_nothing_is_lost(void **state)
{
    struct session *s = session(state);
    struct answers all = {.count = 0};
    assert_int_equal(ask(s, "no_timeout", "SET statement_timeout = 0").failures[0], PG_FINE);
    send_one(s, "sleep", "SELECT pg_sleep(60)", &all);
    pg_async_sync(s->a);
    send_one(s, "one", "SELECT 1", &all);
    pg_async_sync(s->a);
    wait_answers(s, &all, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(all.failures[i], PG_LOST);
        assert_int_equal(strncmp(all.errors[i], "no answer for ", 14), 0); /* how long: or more */
    }
    wait_up(s);
    assert_int_equal(ask(s, "one", "SELECT 1").failures[0], PG_FINE);
    assert_int_equal(s->sessions, 2);
}

static void test_a_prepare_for_another_schema(void **state)
{
    struct session *s = session(state);
    struct answers all = ask(s, "column", "SELECT nothing_of_this_name FROM {}");
    assert_int_equal(all.failures[0], PG_SCHEMA);
    assert_string_equal(all.errors[0], "column \"nothing_of_this_name\" does not exist");
    assert_int_equal(ask(s, "table", "SELECT 1 FROM no_table_of_ours").failures[0], PG_SCHEMA);
}

static void test_data_is_refused_and_what_follows_is_not_blamed_on_it_later(void **state)
{
    struct session *s = session(state);
    struct answers all = {.count = 0};
    send_one(s, "bad", "INSERT INTO {} VALUES (1, 0)", &all);
    send_one(s, "behind", "SELECT 2", &all);
    pg_async_sync(s->a);
    wait_answers(s, &all, 2);
    assert_int_equal(all.failures[0], PG_REFUSED);
    assert_int_equal(all.failures[1], PG_REFUSED);
    assert_int_equal(ask(s, "behind", "SELECT 2").failures[0], PG_FINE);
    assert_int_equal(ask(s, "syntax", "SELEC 2").failures[0], PG_BUG);
}

static void asks_again_on_a_fresh_session(struct session *s, const char *error)
{
    struct answers all = ask(s, "read", "SELECT * FROM {}");
    assert_int_equal(all.failures[0], PG_LOST);
    assert_string_equal(all.errors[0], error);
    wait_up(s);
    assert_int_equal(s->sessions, 2);
    assert_int_equal(ask(s, "read", "SELECT * FROM {}").failures[0], PG_FINE);
}

static void test_a_statement_that_the_server_forgot(void **state)
{
    struct session *s = session(state);
    assert_int_equal(ask(s, "read", "SELECT * FROM {}").failures[0], PG_FINE);
    assert_int_equal(ask(s, "forget", "DEALLOCATE read").failures[0], PG_FINE);
    asks_again_on_a_fresh_session(s, "prepared statement \"read\" does not exist");
}

static void test_a_statement_that_somebody_else_has_prepared(void **state)
{
    struct session *s = session(state);
    assert_int_equal(ask(s, "foreign", "PREPARE read AS SELECT 1").failures[0], PG_FINE);
    asks_again_on_a_fresh_session(s, "prepared statement \"read\" already exists");
}

static void test_a_plan_whose_table_was_changed(void **state)
{
    struct session *s = session(state);
    assert_int_equal(ask(s, "read", "SELECT * FROM {}").failures[0], PG_FINE);
    other(s, "ALTER TABLE {} ALTER COLUMN value TYPE bigint");
    asks_again_on_a_fresh_session(s, "cached plan must not change result type");
}

static void wait_until_locked_out(const struct session *s)
{
    const char *sql = with_table(s, "SELECT FROM pg_locks WHERE relation = '{}'::regclass "
                                    "AND NOT granted");
    int64_t deadline_ms = clock_boot_ms() + DEADLINE_MS;
    for (int rows = 0; rows == 0;) {
        struct pg_result *r = NULL;
        assert_int_equal(pg_exec(s->other, sql, NULL, &r), PG_FINE);
        rows = pg_rows(r);
        pg_result_free(r);
        assert_true(clock_boot_ms() < deadline_ms);
    }
}

/* As while a dump is loaded: the statement has found the function that is being replaced, and waits
 * for the table. Postgres would never look for the function again. */
static void test_a_plan_whose_function_was_made_anew_meanwhile(void **state)
{
    struct session *s = session(state);
    struct answers all = {.count = 0};
    char sql[200];
    static const char make[] =
        "CREATE OR REPLACE FUNCTION {}_now() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'";
    (void)snprintf(sql, sizeof(sql), "SELECT n FROM (SELECT %s_now() AS n) f LEFT JOIN %s ON true",
                   s->table, s->table);
    other(s, make);
    assert_int_equal(ask(s, "wait", "SET lock_timeout = 0").failures[0], PG_FINE);
    assert_int_equal(ask(s, "long", "SET statement_timeout = 0").failures[0], PG_FINE);
    other(s, "BEGIN");
    other(s, "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE");
    other(s, "DROP FUNCTION {}_now()");
    other(s, make);
    send_one(s, "call", sql, &all);
    pg_async_sync(s->a);
    wait_until_locked_out(s);
    other(s, "COMMIT");
    wait_answers(s, &all, 1);
    assert_int_equal(all.failures[0], PG_LOST);
    assert_non_null(strstr(all.errors[0], "cache lookup failed for function "));
    wait_up(s);
    assert_int_equal(ask(s, "call", sql).failures[0], PG_FINE);
    assert_int_equal(s->sessions, 2);
    other(s, "DROP FUNCTION {}_now()");
}

int main(void)
{
#define WITH_SESSION(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_SESSION(test_a_prepare_behind_a_lock_is_tried_again),
        WITH_SESSION(test_a_prepare_that_takes_too_long_waits),
        WITH_SESSION(test_a_session_that_answers_nothing_is_lost),
        WITH_SESSION(test_a_prepare_for_another_schema),
        WITH_SESSION(test_data_is_refused_and_what_follows_is_not_blamed_on_it_later),
        WITH_SESSION(test_a_statement_that_the_server_forgot),
        WITH_SESSION(test_a_statement_that_somebody_else_has_prepared),
        WITH_SESSION(test_a_plan_whose_table_was_changed),
        WITH_SESSION(test_a_plan_whose_function_was_made_anew_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
