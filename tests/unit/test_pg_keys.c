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

static void test_other_statements_may_repeat(void **state)
{
    (void)state;
    struct pg_params p;
    pg_params_init(&p);
    fill(&p, 1, "a", 1, "a");
    assert_true(pg_keys_unique("INSERT INTO t SELECT * FROM unnest($1::uuid[], $2::text[])", &p));
    assert_true(pg_keys_unique("UPDATE t SET a = 1 WHERE id = ANY ($1)", &p));
    assert_true(pg_keys_unique("ROLLBACK", NULL));
    pg_params_deinit(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_that_is_named_twice),
        cmocka_unit_test(test_a_key_of_two_columns),
        cmocka_unit_test(test_other_statements_may_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
