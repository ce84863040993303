/* common/base/fnv1a: vectors of the algorithm's own list (draft-eastlake-fnv). */
#include "common/base/attr.h"
#include "common/base/fnv1a.h"
#include "tests/test.h"

#include "common/base/banned.h"

static const struct {
    const char *text;
    uint64_t mark;
} rows[] = {
    {"", UINT64_C(0xcbf29ce484222325)},
    {"a", UINT64_C(0xaf63dc4c8601ec8c)},
    {"foobar", UINT64_C(0x85944171f73967e8)},
    {"\xd5\x6b\xb9\x53\x42\x87\x08\x36", 1}, /* its hash is 0 */
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++)
        assert_int_equal(fnv1a_mark(rows[i].text), rows[i].mark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
