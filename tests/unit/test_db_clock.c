/* A database's clock that is off, that jumps, and that only answers slowly. */
#include "common/base/db_clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define WALL INT64_C(1800000000000)
#define BOOT INT64_C(5000000)

struct row {
    const char *name;
    int64_t boot_ms; /* since the first reading: when it was asked for */
    int64_t took_ms;
    int64_t db_off_ms;   /* of the database's clock, at the moment of the answer */
    int64_t wall_off_ms; /* of ours */
    bool trusted;
};

static void look(struct db_clock *t, const struct row *row)
{
    int64_t answer = row->boot_ms + row->took_ms;
    const struct clock_reading r = {.db_ms = WALL + answer + row->db_off_ms,
                                    .asked_boot_ms = BOOT + row->boot_ms,
                                    .answer_boot_ms = BOOT + answer,
                                    .answer_at_ms = WALL + answer + row->wall_off_ms};
    db_clock_look(t, &r);
    if (db_clock_good(t) != row->trusted)
        fail_msg("%s: trusted is %d", row->name, db_clock_good(t));
}

static void walk(const struct row *rows, size_t count)
{
    struct db_clock t = {0};
    assert_true(db_clock_good(&t));
    for (size_t i = 0; i < count; i++)
        look(&t, &rows[i]);
}

static void test_off(void **state SAM_UNUSED)
{
    static const struct row rows[] = {
        {"equal", 0, 2, 0, 0, true},
        {"a little before", 1000, 2, -4900, 0, true},
        {"drifts back", 2000, 2, -500, 0, true},
    };
    static const struct row fast[] = {{"an hour ahead", 0, 2, HOUR_MS, 0, false},
                                      {"still", 1000, 2, HOUR_MS, 0, false}};
    static const struct row slow[] = {{"an hour behind", 0, 2, -HOUR_MS, 0, false}};
    static const struct row ours[] = {{"ours is behind", 0, 2, 0, -6000, false},
                                      {"ours is set right", 1000, 2, 0, 0, true}};
    walk(rows, SAM_ARRAY_LEN(rows));
    walk(fast, SAM_ARRAY_LEN(fast));
    walk(slow, SAM_ARRAY_LEN(slow));
    walk(ours, SAM_ARRAY_LEN(ours));
}

/* Both clocks are of one machine: they agree, and yet one of the two readings was wrong. */
static void test_jump(void **state SAM_UNUSED)
{
    static const struct row rows[] = {
        {"steady", 0, 2, 0, 0, true},
        {"both jump", 1000, 2, -HOUR_MS, -HOUR_MS, false},
        {"steady again, not for long", 60000, 2, -HOUR_MS, -HOUR_MS, false},
        {"for a minute", 61100, 2, -HOUR_MS, -HOUR_MS, true},
        {"and back", 62000, 2, 0, 0, false},
        {"and off as well", 63000, 2, 7000, 0, false},
        {"a jump each time begins the minute anew", 122500, 2, 0, 0, false},
        {"at last", 182600, 2, 0, 0, true},
    };
    walk(rows, SAM_ARRAY_LEN(rows));
}

static void test_a_slow_answer_is_no_fault_of_the_clock(void **state SAM_UNUSED)
{
    static const struct row rows[] = {
        {"steady", 0, 2, 0, 0, true},
        {"read at once, told late", 1000, 20000, -20000, 0, true},
        {"quick again", 22000, 2, 0, 0, true},
        {"slow and off", 23000, 20000, -26000, 0, false},
    };
    walk(rows, SAM_ARRAY_LEN(rows));
}

static void test_text(void **state SAM_UNUSED)
{
    struct db_clock t = {0};
    char text[DB_CLOCK_TEXT_BYTES];
    const struct row off = {"off", 0, 0, -90000, 0, false};
    const struct row good = {"good", 1000, 0, 0, 0, false};
    look(&t, &off);
    db_clock_text(&t, text);
    assert_string_equal(text, "the database's clock is -90 s off ours");
    look(&t, &good);
    db_clock_text(&t, text);
    assert_string_equal(text,
                        "the database's clock has jumped by 90 s: it must be steady for 60 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off),
        cmocka_unit_test(test_jump),
        cmocka_unit_test(test_a_slow_answer_is_no_fault_of_the_clock),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
