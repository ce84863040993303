/* common/adapters/migrate: the files that are part of the programs. */
#include <stdio.h>
#include <string.h>

#include "common/adapters/migrate.h"
#include "common/base/embed.h"
#include "tests/test.h"

#include "common/base/banned.h"

extern const struct embedded_file sam_migrations[];
extern const size_t sam_migrations_count;

static void test_files_are_numbered_without_a_gap(void **state)
{
    (void)state;
    assert_true(sam_migrations_count > 0);
    for (size_t i = 0; i < sam_migrations_count; i++) {
        char prefix[32];
        (void)snprintf(prefix, sizeof(prefix), "%03zu_", i + 1);
        assert_memory_equal(sam_migrations[i].name, prefix, strlen(prefix));
        assert_true(strlen(sam_migrations[i].name) < MIGRATE_NAME_BYTES);
        assert_int_equal(sam_migrations[i].bytes[sam_migrations[i].size], 0);
    }
    assert_int_equal(migrate_version(), sam_migrations_count);
}

/* Each file runs in a transaction that is not its own. */
static void test_files_leave_the_transaction_alone(void **state)
{
    (void)state;
    static const char *const words[] = {"\nBEGIN;", "\nCOMMIT;", "\nROLLBACK;", "CONCURRENTLY"};
    for (size_t i = 0; i < sam_migrations_count; i++) {
        for (size_t j = 0; j < SAM_ARRAY_LEN(words); j++)
            assert_null(strstr((const char *)sam_migrations[i].bytes, words[j]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_numbered_without_a_gap),
        cmocka_unit_test(test_files_leave_the_transaction_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
