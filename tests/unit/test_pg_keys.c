/* A statement that names a row twice is found, whatever it is. */
#include "common/adapters/pg_keys.h"
#include "tests/test.h"

#include "common/base/banned.h"

static const char by_id[] = "UPDATE campaigns c SET status = x.status FROM unnest($1::uuid[], "
                            "$2::text[]) AS x(id, status) WHERE c.id = x.id";
static const char by_two[] = "UPDATE t SET a = x.a FROM unnest($1::uuid[], $2::text[]) "
                             "AS x(id, kind) WHERE t.id = x.id AND t.kind = x.kind";

static void fill(struct pg_params *p, uint8_t first, const char *kind, uint8_t second,
                 const char *other)
{
    struct uuid one = {.b = {first}};
    struct uuid two = {.b = {second}};
    pg_params_reset(p);
    pg_array_open(p, PG_ARRAY_UUID);
    pg_item_uuid(p, &one);
    pg_item_uuid(p, &two);
    pg_array_close(p);
    pg_array_open(p, PG_ARRAY_TEXT);
    pg_item_text(p, kind);
    pg_item_text(p, other);
    pg_array_close(p);
}

static void test_a_row_that_is_named_twice(void **state)
{
    (void)state;
    struct pg_params p;
    pg_params_init(&p);
    fill(&p, 1, "running", 2, "running");
    assert_true(pg_keys_unique(by_id, &p));
    fill(&p, 1, "running", 1, "stopped");
    assert_false(pg_keys_unique(by_id, &p));
    pg_params_deinit(&p);
}

static void test_a_key_of_two_columns(void **state)
{
    (void)state;
    struct pg_params p;
    pg_params_init(&p);
    fill(&p, 1, "replies", 1, "relations");
    assert_true(pg_keys_unique(by_two, &p));
    fill(&p, 1, "replies", 1, "replies");
    assert_false(pg_keys_unique(by_two, &p));
    pg_params_deinit(&p);
}

/* Both rows have the same first key; whatever the words, it is seen, or the statement refused. */
static void test_a_key_that_is_written_otherwise(void **state)
{
    (void)state;
    static const char *const sql[] = {
        "UPDATE t SET a = x.a FROM unnest($1::uuid[], $2::text[]) AS x(id, a) WHERE x.id = t.id",
        "UPDATE t SET n = x.n FROM unnest($1::uuid[]) WITH ORDINALITY AS x(id, n) "
        "WHERE t.b = $2 AND t.id = x.id",
        "UPDATE t SET a = x.a FROM unnest($2::text[], $1::uuid[]) AS x(a, id) "
        "WHERE t.id = x.id AND (x.a = 'stopped' OR x.a = $3)",
        "WITH c AS (UPDATE t SET a = x.a FROM unnest($1::uuid[]) AS x(id) CROSS JOIN LATERAL "
        "(SELECT 1 AS a FROM u WHERE u.kind = x.id) q WHERE t.id = x.id RETURNING t.id) "
        "SELECT FROM c"};
    struct pg_params p;
    pg_params_init(&p);
    for (size_t i = 0; i < SAM_ARRAY_LEN(sql); i++) {
        fill(&p, 1, "a", 2, "b");
        assert_true(pg_keys_unique(sql[i], &p));
        fill(&p, 1, "a", 1, "b");
        assert_false(pg_keys_unique(sql[i], &p));
    }
    pg_params_deinit(&p);
}

static void test_a_key_that_is_not_understood_is_refused(void **state)
{
    (void)state;
    static const char *const sql[] = {
        "UPDATE t SET a = q.a FROM (SELECT n.id FROM unnest($1::uuid[]) AS n(id)) q "
        "WHERE t.id = q.id",
        "UPDATE t SET a = 1 FROM unnest($1::uuid[]) AS x(id), unnest($2::text[]) AS y(kind) "
        "WHERE t.id = x.id",
        "UPDATE t SET a = x FROM unnest($1::uuid[]) x WHERE t.id = x",
        "UPDATE t SET a = x.a FROM unnest($1::uuid[]) AS x(id) WHERE t.id > x.id"};
    struct pg_params p;
    pg_params_init(&p);
    fill(&p, 1, "a", 2, "b");
    for (size_t i = 0; i < SAM_ARRAY_LEN(sql); i++)
        assert_false(pg_keys_unique(sql[i], &p));
    pg_params_deinit(&p);
}

static void test_other_statements_may_repeat(void **state)
{
    (void)state;
    struct pg_params p;
    pg_params_init(&p);
    fill(&p, 1, "a", 1, "a");
    assert_true(pg_keys_unique("INSERT INTO t SELECT * FROM unnest($1::uuid[], $2::text[])", &p));
    assert_true(pg_keys_unique("UPDATE t SET a = 1 WHERE id = ANY ($1)", &p));
    assert_true(pg_keys_unique("ROLLBACK", NULL));
    assert_true(
        pg_keys_unique("SELECT FROM t, unnest($1::uuid[]) AS x(id) FOR UPDATE SKIP LOCKED", &p));
    assert_true(pg_keys_unique("UPDATE t SET a = 1 WHERE EXISTS (SELECT FROM unnest($1::uuid[]) "
                               "AS x(id) WHERE x.id = t.id)",
                               &p));
    assert_true(pg_keys_unique("UPDATE t SET a = 1 WHERE (b, c) IN (SELECT * FROM "
                               "unnest($1::uuid[], $2::text[]))",
                               &p));
    assert_true(pg_keys_unique("INSERT INTO t SELECT * FROM unnest($1::uuid[], $2::text[]) "
                               "ON CONFLICT (id) DO UPDATE SET a = 1",
                               &p));
    assert_true(pg_keys_unique("UPDATE t SET a = x.id FROM unnest($1::uuid[]) WITH ORDINALITY "
                               "AS x(id, n) WHERE t.position = x.n",
                               &p));
    pg_params_deinit(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_that_is_named_twice),
        cmocka_unit_test(test_a_key_of_two_columns),
        cmocka_unit_test(test_a_key_that_is_written_otherwise),
        cmocka_unit_test(test_a_key_that_is_not_understood_is_refused),
        cmocka_unit_test(test_other_statements_may_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
