/* The gate: what opens it, what shuts it, and for whom. Kafka and Postgres are stood in for by the
 * functions below, which take the place of the adapters' ones. */
#include <stdlib.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/adapters/gate.h"
#include "common/adapters/migrate.h"
#include "common/base/clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define PARTITIONS 3
#define VERSION    7
#define MISSING    (-1) /* a partition without a row */

/* What Postgres would answer to gate_positions_sql. */
struct pg_result {
    bool no_ledger;
    struct uuid ledger_id;
    int64_t least_partitions;
    int64_t version;
    int64_t oldest_program;
    const char *tables;
    int64_t next_offset[PARTITIONS];
    const char *halted[PARTITIONS];
};

struct fixture {
    struct log log;
    struct gate *gate;
    struct gate_floor *floor;
    struct pg_result answer;
    struct kafka_delivery *markers[PARTITIONS]; /* that Kafka has not reported on */
    int written;
};

static struct fixture *fixture;

int migrate_version(void)
{
    return VERSION;
}

int cloud_event_produce(struct kafka_producer *p SAM_UNUSED, const struct cloud_event *e)
{
    fixture->markers[e->partition] = e->delivery;
    fixture->written++;
    return 0;
}

static int row_partition(const struct pg_result *r, int row)
{
    for (int i = 0; i < PARTITIONS; i++) {
        if (r->next_offset[i] != MISSING && row-- == 0)
            return i;
    }
    return MISSING;
}

int pg_rows(const struct pg_result *r)
{
    int n = 0;
    for (int i = 0; i < PARTITIONS; i++)
        n += r->next_offset[i] != MISSING ? 1 : 0;
    return n ? n : 1;
}

/* The statement's columns, in its order. */
enum { LEDGER_ID, LEAST, SCHEMA, OLDEST, TABLES, PARTITION, OFFSET, HALTED };

bool pg_null(const struct pg_result *r, int row, int col)
{
    int i = row_partition(r, row);
    return (col == LEDGER_ID && r->no_ledger) || (col >= PARTITION && i == MISSING) ||
           (col == HALTED && !r->halted[i]);
}

int64_t pg_i64(const struct pg_result *r, int row, int col)
{
    int i = row_partition(r, row);
    if (col == LEAST)
        return r->no_ledger ? 0 : r->least_partitions;
    if (col == SCHEMA)
        return r->version;
    if (col == OLDEST)
        return r->oldest_program;
    if (i == MISSING)
        return 0;
    return col == PARTITION ? i : r->next_offset[i];
}

struct uuid pg_uuid(const struct pg_result *r, int row SAM_UNUSED, int col SAM_UNUSED)
{
    return r->ledger_id;
}

const char *pg_text(const struct pg_result *r, int row, int col)
{
    return col == TABLES ? r->tables : r->halted[row_partition(r, row)];
}

static int set_up(void **state)
{
    struct fixture *f = sam_xcalloc(1, sizeof(*f));
    fixture = f;
    log_init(&f->log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    f->answer.ledger_id = uuid_v7();
    f->answer.version = VERSION;
    f->answer.oldest_program = VERSION;
    f->answer.tables = "16401 16402";
    f->answer.least_partitions = PARTITIONS;
    f->gate = gate_new(PARTITIONS, "sam.events", &f->answer.ledger_id, &f->log);
    f->floor = gate_floor_new(f->gate);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    gate_floor_free(f->floor);
    gate_free(f->gate);
    free(f);
    return 0;
}

static int look(struct fixture *f)
{
    gate_ask(f->gate, f->floor);
    return gate_positions(f->gate, f->floor, &f->answer);
}

/* Markers for all that want them; each comes to stand at its partition's position. */
static void write_markers(struct fixture *f, int64_t at_ms)
{
    (void)look(f);
    gate_write(f->gate, NULL, at_ms);
    for (int i = 0; i < PARTITIONS; i++) {
        struct kafka_delivery *d = f->markers[i];
        f->markers[i] = NULL;
        if (d)
            d->fn(d, 0, i, f->answer.next_offset[i]);
    }
}

static void apply_marker(struct fixture *f, int partition)
{
    f->answer.next_offset[partition]++;
    (void)look(f);
}

static void open_all(struct fixture *f)
{
    write_markers(f, 1000);
    for (int i = 0; i < PARTITIONS; i++)
        apply_marker(f, i);
    assert_int_equal(gate_open_count(f->gate), PARTITIONS);
    assert_null(gate_trouble(f->gate));
}

static void test_each_partition_opens_past_its_own_marker(void **state)
{
    struct fixture *f = *state;
    write_markers(f, 1000);
    assert_int_equal(gate_open_count(f->gate), 0);
    apply_marker(f, 1);
    assert_true(gate_open(f->gate, 1));
    assert_false(gate_open(f->gate, 0));
    assert_int_equal(gate_open_count(f->gate), 1);
    assert_int_equal(gate_past_ms(f->gate, 1), 1000);
    assert_int_equal(gate_past_ms(f->gate, 0), 0);
}

static void test_a_partition_that_halts_shuts_itself(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    f->answer.halted[2] = "the topic was made anew";
    assert_int_equal(look(f), 0);
    assert_false(gate_open(f->gate, 2));
    assert_true(gate_open(f->gate, 0));
    assert_string_equal(gate_trouble(f->gate), "partition 2: the topic was made anew");
}

/* 0: the ledger is older than the number; more: nobody has looked at the topics yet. */
static void test_added_partitions_open_for_all_or_for_none(void **state)
{
    static const int64_t leasts[] = {PARTITIONS - 1, 0, INT32_MAX};
    struct fixture *f = *state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(leasts); i++) {
        int64_t at_ms = 1000 + (int64_t)i * MINUTE_MS;
        gate_shut(f->gate, "another round");
        f->answer.least_partitions = leasts[i];
        write_markers(f, at_ms);
        apply_marker(f, 0);
        apply_marker(f, 1);
        assert_int_equal(gate_open_count(f->gate), 0);
        assert_false(gate_open(f->gate, 0));
        assert_int_equal(gate_past_ms(f->gate, 0), 0);
        apply_marker(f, 2);
        assert_int_equal(gate_open_count(f->gate), PARTITIONS);
        assert_int_equal(gate_past_ms(f->gate, 0), at_ms);
        f->answer.halted[2] = "the topic was made anew";
        (void)look(f);
        assert_false(gate_open(f->gate, 0));
        assert_int_equal(gate_open_count(f->gate), 0);
        f->answer.halted[2] = NULL;
    }
}

static void test_all_is_renewed_when_history_may_be_anywhere(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    f->written = 0;
    gate_renew(f->gate, 1);
    write_markers(f, 2000);
    assert_int_equal(f->written, 1);
    apply_marker(f, 1);
    f->answer.least_partitions = 1;
    (void)look(f);
    assert_int_equal(gate_past_ms(f->gate, 1), 1000);
    gate_renew(f->gate, 1);
    write_markers(f, 3000);
    assert_int_equal(f->written, 1 + PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        apply_marker(f, i);
    assert_int_equal(gate_past_ms(f->gate, 1), 3000);
}

static void test_a_lower_position_shuts_all(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    f->answer.next_offset[1]--;
    assert_int_equal(look(f), -1);
    assert_int_equal(gate_open_count(f->gate), 0);
}

/* A dump of the very position that was seen last: nothing went back, and yet a claim since then is
 * not in it. */
static void test_tables_that_were_made_anew_shut_all(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    int64_t shuts = gate_shuts(f->gate);
    f->answer.tables = "16401 16403";
    assert_int_equal(look(f), -1);
    assert_int_equal(gate_open_count(f->gate), 0);
    assert_int_equal(gate_shuts(f->gate), shuts + 1);
    open_all(f); /* they are the tables from now on */
    assert_int_equal(gate_open_count(f->gate), PARTITIONS);
    assert_int_equal(gate_shuts(f->gate), shuts + 1);
    f->answer.tables = "16401 16402";
    assert_int_equal(look(f), -1);
    assert_int_equal(gate_open_count(f->gate), 0);
}

/* A dump of a moment ago: no look came between the last batch and the loading. */
static void test_what_was_committed_here_is_not_lower_either(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    gate_ask(f->gate, f->floor);
    gate_seen(f->gate, 1, f->answer.next_offset[1] + 2);
    gate_seen(f->gate, PARTITIONS, 9);
    assert_int_equal(gate_positions(f->gate, f->floor, &f->answer), 0); /* was asked before */
    assert_int_equal(look(f), -1);
    assert_int_equal(gate_open_count(f->gate), 0);
}

static void test_a_position_without_a_row_shuts_all(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    f->answer.next_offset[1] = MISSING;
    assert_int_equal(look(f), -1);
    assert_int_equal(gate_open_count(f->gate), 0);
}

static void test_no_rows_at_all_shut_all(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    for (int i = 0; i < PARTITIONS; i++)
        f->answer.next_offset[i] = MISSING;
    assert_int_equal(look(f), -1);
    assert_int_equal(gate_open_count(f->gate), 0);
}

/* Nothing opens, and no marker is written for it, until the right one is back. */
static void refused(struct fixture *f, const char *why)
{
    assert_int_equal(look(f), -1);
    assert_true(gate_foreign(f->gate));
    assert_non_null(strstr(gate_trouble(f->gate), why));
    assert_int_equal(gate_open_count(f->gate), 0);
    f->written = 0;
    write_markers(f, 2000);
    assert_int_equal(f->written, 0);
    f->answer.no_ledger = false;
    f->answer.version = VERSION;
    f->answer.oldest_program = VERSION;
}

static void test_a_database_of_another_ledger(void **state)
{
    struct fixture *f = *state;
    struct uuid ours = f->answer.ledger_id;
    open_all(f);
    f->answer.ledger_id = uuid_v7();
    refused(f, "another ledger");
    f->answer.ledger_id = ours;
    open_all(f);
}

static void test_a_database_without_a_ledger(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    f->answer.no_ledger = true;
    refused(f, "no ledger");
    open_all(f);
}

static void test_a_database_of_an_older_schema(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    f->answer.version = VERSION - 1;
    refused(f, "run `samctl migrate`");
    assert_false(gate_outdated(f->gate));
    open_all(f);
}

static void test_a_database_of_a_later_schema(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    f->answer.version = VERSION + 2;
    assert_int_equal(look(f), 0);
    assert_int_equal(gate_open_count(f->gate), PARTITIONS);
    assert_false(gate_outdated(f->gate));
    f->answer.oldest_program = VERSION + 1;
    refused(f, "upgrade the program");
    assert_true(gate_outdated(f->gate));
    open_all(f);
    assert_false(gate_outdated(f->gate));
}

static void test_a_database_without_the_tables(void **state)
{
    struct fixture *f = *state;
    open_all(f);
    gate_unread(f->gate, PG_LOST, "the server went away");
    gate_unread(f->gate, PG_RETRY, "deadlock");
    assert_false(gate_foreign(f->gate));
    assert_int_equal(gate_open_count(f->gate), PARTITIONS);
    gate_unread(f->gate, PG_SCHEMA, "relation \"ledger\" does not exist");
    assert_true(gate_foreign(f->gate));
    assert_int_equal(gate_open_count(f->gate), 0);
    assert_non_null(strstr(gate_trouble(f->gate), "relation \"ledger\" does not exist"));
    open_all(f);
}

/* Several connections ask: what was asked before the shutting may show the database of before. */
static void test_an_answer_of_before_the_shutting_opens_nothing(void **state)
{
    struct fixture *f = *state;
    write_markers(f, 1000);
    gate_ask(f->gate, f->floor);
    gate_shut(f->gate, "a connection to Postgres is fresh");
    for (int i = 0; i < PARTITIONS; i++)
        f->answer.next_offset[i]++;
    assert_int_equal(gate_positions(f->gate, f->floor, &f->answer), -1);
    assert_int_equal(gate_open_count(f->gate), 0);
    f->written = 0;
    gate_write(f->gate, NULL, 2000);
    assert_int_equal(f->written, 0); /* no position is known since */
    open_all(f);
}

int main(void)
{
#define GATE_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        GATE_TEST(test_each_partition_opens_past_its_own_marker),
        GATE_TEST(test_a_partition_that_halts_shuts_itself),
        GATE_TEST(test_added_partitions_open_for_all_or_for_none),
        GATE_TEST(test_all_is_renewed_when_history_may_be_anywhere),
        GATE_TEST(test_a_lower_position_shuts_all),
        GATE_TEST(test_tables_that_were_made_anew_shut_all),
        GATE_TEST(test_what_was_committed_here_is_not_lower_either),
        GATE_TEST(test_a_position_without_a_row_shuts_all),
        GATE_TEST(test_no_rows_at_all_shut_all),
        GATE_TEST(test_a_database_of_another_ledger),
        GATE_TEST(test_a_database_without_a_ledger),
        GATE_TEST(test_a_database_of_an_older_schema),
        GATE_TEST(test_a_database_of_a_later_schema),
        GATE_TEST(test_a_database_without_the_tables),
        GATE_TEST(test_an_answer_of_before_the_shutting_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
