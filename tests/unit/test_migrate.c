/* common/adapters/migrate: the files that are part of the programs, and who runs on what they make.
 */
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

/* With a line that says which programs run on what it makes: nobody forgets to think of it. */
static void test_files_say_which_programs_run_on_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sam_migrations_count; i++) {
        int version = (int)i + 1;
        int oldest = migrate_oldest_program(version, (const char *)sam_migrations[i].bytes);
        if (version <= MIGRATE_LAST_WITHOUT_LINE)
            assert_int_equal(oldest, 0);
        else if (oldest <= 0)
            fail_msg("%s says not which programs run on it: see CONTRIBUTING.md",
                     sam_migrations[i].name);
    }
}

static void test_lines_of_files(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int oldest; /* of 027 */
    } cases[] = {
        {"-- oldest program: 024\nALTER", 24},
        {"-- Why.\n-- oldest program: 026\n\nALTER", 26},
        {"-- oldest program: its own\nALTER", 27},
        {"-- oldest program: 026", 26},
        {"-- Why.\nALTER", 0},
        {"", 0},
        {"ALTER;\n-- oldest program: 024\n", 0}, /* not in the comment it begins with */
        {"\n-- oldest program: 024\n", 0},
        {"-- oldest program 024\n", 0},
        {"-- oldest program: 027\n", -1}, /* a slip; "its own" says it on purpose */
        {"-- oldest program: 028\n", -1},
        {"-- oldest program: 023\n", -1}, /* which does not read it */
        {"-- oldest program: 24\n", -1},
        {"-- oldest program: 0024\n", -1},
        {"-- oldest program: 024.\n", -1},
        {"-- oldest program: -24\n", -1},
        {"-- oldest program: \n", -1},
        {"-- oldest program: its own, I think\n", -1},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(cases); i++) {
        if (migrate_oldest_program(27, cases[i].text) != cases[i].oldest)
            fail_msg("%s", cases[i].text);
    }
}

#define STEPS_MAX 4

/* One list of steps as judged by a program that has 026; a step's version is its name's. */
static void judged(const struct migrate_step *steps, enum migrate_state state, const char *why,
                   const char *rolling)
{
    struct migrate_step copy[STEPS_MAX];
    struct migrate_status s = {.steps = copy};
    char told[MIGRATE_WHY_BYTES];
    for (; s.count < STEPS_MAX && steps[s.count].version; s.count++) {
        copy[s.count] = steps[s.count];
        (void)snprintf(copy[s.count].name, sizeof(copy[0].name), "%03d_x.sql",
                       copy[s.count].version);
    }
    migrate_judge(&s, true, 26);
    assert_int_equal(s.state, state);
    assert_non_null(strstr(s.why, why));
    assert_int_equal(s.why[0] == '\0', state == MIGRATE_EQUAL);
    assert_int_equal(migrate_fits(s.state), state == MIGRATE_EQUAL || state == MIGRATE_AHEAD);
    migrate_tell_rolling(&s, told);
    assert_non_null(strstr(told, rolling));
    assert_int_equal(told[0] == '\0', rolling[0] == '\0');
}

#define APPLIED(v)                                                                                 \
    {                                                                                              \
        .version = (v), .oldest_program = (v), .state = MIGRATE_STEP_APPLIED                       \
    }
#define CHANGED(v)                                                                                 \
    {                                                                                              \
        .version = (v), .oldest_program = (v), .state = MIGRATE_STEP_CHANGED                       \
    }
#define WAITING(v, o)                                                                              \
    {                                                                                              \
        .version = (v), .oldest_program = (o), .state = MIGRATE_STEP_WAITING                       \
    }
#define UNKNOWN(v, o)                                                                              \
    {                                                                                              \
        .version = (v), .oldest_program = (o), .state = MIGRATE_STEP_UNKNOWN                       \
    }
#define JUDGED(state, why, rolling, ...)                                                           \
    judged((const struct migrate_step[STEPS_MAX]){__VA_ARGS__}, state, why, rolling)

static void test_what_a_program_of_026_runs_on(void **state)
{
    (void)state;
    JUDGED(MIGRATE_EQUAL, "", "", APPLIED(25), APPLIED(26));
    JUDGED(MIGRATE_AHEAD, "027_x.sql of a later", "", APPLIED(26), UNKNOWN(27, 26));
    JUDGED(MIGRATE_AHEAD, "027_x.sql of a later", "", APPLIED(26), UNKNOWN(27, 25),
           UNKNOWN(28, 26));
    JUDGED(MIGRATE_NEWER, "027_x.sql: upgrade", "", APPLIED(26), UNKNOWN(27, 27));
    JUDGED(MIGRATE_NEWER, "028_x.sql: upgrade", "", APPLIED(26), UNKNOWN(27, 25), UNKNOWN(28, 27));
    JUDGED(MIGRATE_NEWER, "027_x.sql: upgrade", "", WAITING(26, 25), UNKNOWN(27, 25));
    JUDGED(MIGRATE_CHANGED, "026_x.sql is not the file", "", CHANGED(26), UNKNOWN(27, 25));
}

static void test_what_is_told_before_files_are_applied(void **state)
{
    (void)state;
    JUDGED(MIGRATE_OLDER, "older", "programs from 024 on may go on", APPLIED(24), WAITING(25, 24),
           WAITING(26, 24));
    JUDGED(MIGRATE_OLDER, "older", "programs from 025 on may go on", APPLIED(25), WAITING(26, 25));
    JUDGED(MIGRATE_OLDER, "older",
           "stop all programs before this is applied: none of before runs "
           "on 025_x.sql",
           APPLIED(24), WAITING(25, 25), WAITING(26, 24));
    JUDGED(MIGRATE_OLDER, "older", "runs on 026_x.sql", APPLIED(24), WAITING(25, 24),
           WAITING(26, 25));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_numbered_without_a_gap),
        cmocka_unit_test(test_files_leave_the_transaction_alone),
        cmocka_unit_test(test_files_say_which_programs_run_on_them),
        cmocka_unit_test(test_lines_of_files),
        cmocka_unit_test(test_what_a_program_of_026_runs_on),
        cmocka_unit_test(test_what_is_told_before_files_are_applied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
