#include "common/adapters/pg_hosts.h"
#include "tests/test.h"

#include "common/base/banned.h"

static const struct {
    const char *list;
    size_t turns;
    const char *expect;
} rows[] = {
    {"", 0, ""},           {"", 3, ""},       {"a", 0, "a"},     {"a", 1, "a"},
    {"a,b", 0, "a,b"},     {"a,b", 1, "b,a"}, {"a,b", 2, "a,b"}, {"a,bb,c", 1, "bb,c,a"},
    {"a,b,c", 2, "c,a,b"}, {",b", 1, "b,"},   {"a,", 1, ",a"},   {"a,,c", 1, ",c,a"},
};

static void test_turns(void **state SAM_UNUSED)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct buf out = BUF_INIT(100);
        pg_hosts_turn(rows[i].list, rows[i].turns, &out);
        assert_string_equal(buf_text(&out), rows[i].expect);
        buf_deinit(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_turns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
