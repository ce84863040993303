/* producer/ctl/table: rows for people and for programs. */
#include <stdio.h>
#include <string.h>

#include "producer/ctl/table.h"
#include "tests/test.h"

#include "common/base/banned.h"

static const struct column columns[] = {
    {"name", "name", COLUMN_TEXT}, {"count", "count", COLUMN_NUMBER}, {"id", NULL, COLUMN_TEXT},
    {"at", "at", COLUMN_TIME},     {"gap", "gap", COLUMN_DURATION},   {"on", "on", COLUMN_BOOL}};
static const struct column for_people[] = {
    {NULL, "first", COLUMN_TEXT}, {"key", NULL, COLUMN_NUMBER}, {NULL, "last", COLUMN_NUMBER}};

struct sink {
    char *text;
    size_t bytes;
    FILE *file;
};

static void fill(struct table *t)
{
    table_text(t, "Zo\xc3\xab");
    table_number(t, 7);
    table_text(t, "a");
    table_time(t, INT64_C(1795424405123));
    table_duration(t, 120000);
    table_bool(t, true);
    table_text(t, "\xe6\x9d\x8e\xe6\x98\x8e"); /* two wide characters */
    table_number(t, 1234);
    table_null(t);
    table_time(t, 0);
    table_null(t);
    table_bool(t, false);
}

static char *made(bool json, bool upright)
{
    struct sink s = {NULL, 0, NULL};
    struct table t;
    s.file = open_memstream(&s.text, &s.bytes);
    assert_non_null(s.file);
    if (upright)
        table_init_upright(&t, columns, SAM_ARRAY_LEN(columns), json, s.file);
    else
        table_init(&t, columns, SAM_ARRAY_LEN(columns), json, s.file);
    fill(&t);
    table_end(&t);
    assert_int_equal(t.rows, 2);
    table_deinit(&t);
    assert_int_equal(fclose(s.file), 0);
    return s.text;
}

static void test_columns_for_people_only(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        struct sink s = {NULL, 0, NULL};
        struct table t;
        s.file = open_memstream(&s.text, &s.bytes);
        assert_non_null(s.file);
        table_init(&t, for_people, SAM_ARRAY_LEN(for_people), json == 1, s.file);
        table_text(&t, "a");
        table_number(&t, 1);
        table_number(&t, 2);
        table_end(&t);
        table_deinit(&t);
        assert_int_equal(fclose(s.file), 0);
        assert_string_equal(s.text, json ? "{\"key\":1}\n" : "first  last\na         2\n");
        free(s.text);
    }
}

static void test_for_people(void **state)
{
    (void)state;
    SAM_CLEANUP(freep) char *text = made(false, false);
    assert_string_equal(text, "name  count  at                    gap  on\n"
                              "Zo\xc3\xab       7  2026-11-23 09:00:05Z   2m  yes\n"
                              "\xe6\x9d\x8e\xe6\x98\x8e   1234  -                       -  no\n");
}

static void test_for_programs(void **state)
{
    (void)state;
    SAM_CLEANUP(freep) char *text = made(true, false);
    assert_string_equal(text, "{\"name\":\"Zo\xc3\xab\",\"count\":7,\"id\":\"a\","
                              "\"at\":\"2026-11-23T09:00:05.123Z\",\"gap\":\"2m\",\"on\":true}\n"
                              "{\"name\":\"\xe6\x9d\x8e\xe6\x98\x8e\",\"count\":1234,\"id\":null,"
                              "\"at\":null,\"gap\":null,\"on\":false}\n");
}

static void test_upright(void **state)
{
    (void)state;
    SAM_CLEANUP(freep) char *text = made(false, true);
    assert_string_equal(text, "name   Zo\xc3\xab\ncount  7\nat     2026-11-23 09:00:05Z\n"
                              "gap    2m\non     yes\n"
                              "name   \xe6\x9d\x8e\xe6\x98\x8e\ncount  1234\nat     -\n"
                              "gap    -\non     no\n");
}

/* What somebody wrote into a name must not steer the terminal of the one who reads it. */
static void test_control_characters(void **state)
{
    (void)state;
    struct sink s = {NULL, 0, NULL};
    struct table t;
    s.file = open_memstream(&s.text, &s.bytes);
    table_init(&t, columns, 1, false, s.file);
    table_text(&t, "a\033[2Jb\nc\xc2\x9b"
                   "d\xff"
                   "e\x7f");
    table_text(&t, "");
    table_end(&t);
    table_deinit(&t);
    assert_int_equal(fclose(s.file), 0);
    assert_string_equal(s.text, "name\na?[2Jb c?d?e?\n-\n");
    free(s.text);
}

static void test_many_rows_keep_one_header(void **state)
{
    (void)state;
    struct sink s = {NULL, 0, NULL};
    struct table t;
    size_t lines = 0;
    s.file = open_memstream(&s.text, &s.bytes);
    table_init(&t, columns, 1, false, s.file);
    for (int i = 0; i < 2500; i++)
        table_text(&t, "x");
    table_end(&t);
    table_deinit(&t);
    assert_int_equal(fclose(s.file), 0);
    for (const char *p = s.text; (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 2501);
    assert_null(strstr(s.text + 1, "name"));
    free(s.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_for_people),         cmocka_unit_test(test_columns_for_people_only),
        cmocka_unit_test(test_for_programs),       cmocka_unit_test(test_upright),
        cmocka_unit_test(test_control_characters), cmocka_unit_test(test_many_rows_keep_one_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
