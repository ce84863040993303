/* producer/ctl/csv_rows and people_row: people.csv, whatever people and spreadsheets make of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "producer/ctl/people_row.h"
#include "tests/test.h"

#include "common/base/banned.h"

struct fixture {
    char path[32];
    struct buf seen; /* "LINE:a|b|c" of each row; "LINE!problem" */
    char why[CSV_WHY_BYTES];
};

static int setup(void **state)
{
    struct fixture *f = sam_xcalloc(1, sizeof(*f));
    (void)snprintf(f->path, sizeof(f->path), "/tmp/sam-csv.XXXXXX");
    int fd = mkstemp(f->path);
    if (fd < 0)
        return -1;
    (void)close(fd);
    buf_init(&f->seen, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    buf_deinit(&f->seen);
    (void)unlink(f->path);
    free(f);
    return 0;
}

static bool note(void *ctx, const struct csv_row *row)
{
    struct fixture *f = ctx;
    buf_addf(&f->seen, "%zu%s", row->line, row->problem ? "!" : ":");
    if (row->problem)
        buf_adds(&f->seen, row->problem);
    for (size_t i = 0; !row->problem && i < row->count; i++)
        buf_addf(&f->seen, "%s%s", i ? "|" : "", row->fields[i]);
    buf_addc(&f->seen, '\n');
    return true;
}

static int read_bytes(struct fixture *f, const char *bytes, size_t n)
{
    FILE *file = fopen(f->path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    buf_reset(&f->seen);
    f->why[0] = '\0';
    return csv_rows_read(f->path, note, f, f->why);
}

static void test_rows(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *in;
        const char *rows;
    } rows[] = {
        {"a,b\n1,2\n", "1:a|b\n2:1|2\n"},
        {"a,b\r\n1,2\r\n", "1:a|b\n2:1|2\n"},
        {"a,b\n1,2", "1:a|b\n2:1|2\n"},
        {"\xef\xbb\xbf"
         "a,b\n",
         "1:a|b\n"},
        {"a;b;c\n1,5;2;\"x;y\"\n", "1:a|b|c\n2:1,5|2|x;y\n"},
        {"a\tb\n1\t\n\t2\n", "1:a|b\n2:1|\n3:|2\n"},
        {"a,\"b\nc\",d\n1,2,3\n\n \n,,\n4,5,6\n", "1:a|b\nc|d\n3:1|2|3\n7:4|5|6\n"},
        {"a,\"say \"\"hi\"\"\"\n", "1:a|say \"hi\"\n"},
        {" a , \" b \" \n", "1:a|b\n"},
        {"a\n\xc2\xa0x\xc2\xa0\n", "1:a\n2:x\n"},
        {"a\nx\n", "1:a\n2:x\n"},
        {"a,b\nM\xfcller,2\nx,y\n",
         "1:a|b\n2!field 1 is not UTF-8: save the file as \"CSV UTF-8\"\n"
         "3:x|y\n"},
        {"", ""},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        assert_int_equal(read_bytes(f, rows[i].in, strlen(rows[i].in)), 0);
        assert_string_equal(buf_text(&f->seen), rows[i].rows);
    }
}

static void test_bytes_that_are_no_csv(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_bytes(f,
                                "\xff\xfe"
                                "a\0",
                                4),
                     -EINVAL);
    assert_string_equal(f->why, "is UTF-16: save it as \"CSV UTF-8\"");
    assert_int_equal(read_bytes(f, "PK\x03\x04", 4), -EINVAL);
    assert_string_equal(f->why, "is a spreadsheet or zip file: save it as CSV");
    assert_int_equal(read_bytes(f, "a,b\nx\0y,2\n1,2\n", 14), 0);
    assert_string_equal(buf_text(&f->seen), "1:a|b\n2!field 1 holds a NUL byte\n3:1|2\n");
    assert_int_equal(read_bytes(f, "a,b\n1,2\n\"x,3\n4,5\n", 17), -EINVAL);
    assert_string_equal(f->why, "line 3: the file ends inside a quote that is opened here");
    assert_string_equal(buf_text(&f->seen), "1:a|b\n2:1|2\n");
    assert_int_equal(csv_rows_read("/nowhere/people.csv", note, f, f->why), -EINVAL);
    assert_string_equal(f->why, "cannot be read: No such file or directory");
    assert_int_equal(csv_rows_read("/tmp", note, f, f->why), -EINVAL);
    assert_string_equal(f->why, "cannot be read: is it a folder?");
}

/* A field of 10 MB is refused by its line, and the lines after it are read. */
static void test_huge_fields(void **state)
{
    struct fixture *f = *state;
    const size_t bytes = 10 << 20;
    struct buf in = BUF_INIT(64 << 20);
    buf_adds(&in, "a,b\n1,");
    char *huge = sam_xmalloc(bytes);
    memset(huge, 'x', bytes);
    buf_add(&in, huge, bytes);
    buf_adds(&in, "\n2,3\n");
    assert_int_equal(read_bytes(f, in.data, in.len), 0);
    assert_string_equal(buf_text(&f->seen),
                        "1:a|b\n2!field 2 has 10485760 bytes (65536 at most)\n3:2|3\n");
    buf_reset(&in);
    buf_adds(&in, "a,b\n1,2\n\"");
    buf_add(&in, huge, bytes);
    buf_add(&in, huge, bytes);
    assert_int_equal(read_bytes(f, in.data, in.len), -EINVAL);
    assert_string_equal(f->why, "line 3: more than 16 MB without an end; is a quote not closed?");
    assert_string_equal(buf_text(&f->seen), "1:a|b\n2:1|2\n");
    free(huge);
    buf_deinit(&in);
}

static void test_too_many_fields(void **state)
{
    struct fixture *f = *state;
    struct buf in = BUF_INIT(10000);
    for (int i = 0; i < CSV_FIELDS_MAX + 5; i++)
        buf_adds(&in, "x,");
    buf_adds(&in, "x\na\n");
    assert_int_equal(read_bytes(f, in.data, in.len), 0);
    assert_string_equal(buf_text(&f->seen), "1!field 201 is one too many\n2:a\n");
    buf_deinit(&in);
}

/* ---- people -------------------------------------------------------------------------------- */

static const char *const header_fields[] = {
    "First_Name",  "linkedin_url", "linkedin_user_id", "company",
    "Job Opening", "account",      "rejected_line",    ""};

static void read_header(struct people_columns *columns)
{
    struct problems problems = PROBLEMS_INIT;
    struct csv_row header = {1, header_fields, SAM_ARRAY_LEN(header_fields), NULL};
    people_columns_read(columns, "p.csv", &header, &problems);
    assert_false(problems_any(&problems));
    assert_int_equal(columns->known[PEOPLE_FIRST_NAME], 0);
    assert_int_equal(columns->known[PEOPLE_TITLE], -1);
    assert_int_equal(columns->custom_count, 1);
    assert_string_equal(columns->custom[0].name, "Job_Opening");
}

static void test_people(void **state)
{
    (void)state;
    static const struct {
        const char *fields[9];
        size_t count;
        const char *why; /* NULL = fine */
        const char *vanity;
        const char *provider_id;
        const char *custom;
    } rows[] = {
        {{"Ada", "https://www.linkedin.com/in/Ada-L/", "", "", "a \"b\"", "", "", ""},
         8,
         NULL,
         "ada-l",
         "",
         "{\"Job_Opening\":\"a \\\"b\\\"\"}"},
        {{"", "", "ACoAAABCDEFGH", ""}, 4, NULL, "", "ACoAAABCDEFGH", ""},
        {{"", "ada", "ACoAAABCDEFGH"}, 3, NULL, "ada", "ACoAAABCDEFGH", ""},
        {{"", "https://www.linkedin.com/in/ACoAAABCDEFGH"}, 2, NULL, "", "ACoAAABCDEFGH", ""},
        {{"Ada", "", ""}, 3, "has neither linkedin_url nor linkedin_user_id", "", "", ""},
        {{"", "ada", "bob"}, 3, "linkedin_url and linkedin_user_id name two people", "", "", ""},
        {{"A\nda", "ada"}, 2, "first_name holds a line break or control character", "", "", ""},
        {{"", "https://www.linkedin.com/company/x"}, 2, "linkedin_url: ", "", "", ""},
        {{"1", "2", "3", "4", "5", "6", "7", "8", "9"},
         9,
         "has 9 fields, the first line 8",
         "",
         "",
         ""},
    };
    struct people_columns columns;
    struct people_row p;
    read_header(&columns);
    people_row_init(&p);
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        char why[PEOPLE_WHY_BYTES] = "";
        struct csv_row row = {2, rows[i].fields, rows[i].count, NULL};
        bool good = people_row_read(&p, &columns, &row, why);
        if (good != !rows[i].why)
            fail_msg("row %zu: %s", i, why);
        if (rows[i].why) {
            assert_memory_equal(why, rows[i].why, strlen(rows[i].why));
            continue;
        }
        assert_string_equal(p.vanity, rows[i].vanity);
        assert_string_equal(p.provider_id, rows[i].provider_id);
        assert_string_equal(buf_text(&p.custom), rows[i].custom);
    }
    people_row_deinit(&p);
    people_columns_deinit(&columns);
}

static void test_long_values(void **state)
{
    (void)state;
    static char longer[PEOPLE_TEXT_MAX_BYTES + 2];
    static char custom[PEOPLE_CUSTOM_MAX_BYTES + 2];
    char why[PEOPLE_WHY_BYTES] = "";
    struct people_columns columns;
    struct people_row p;
    memset(longer, 'x', sizeof(longer) - 1);
    memset(custom, 'x', sizeof(custom) - 1);
    read_header(&columns);
    people_row_init(&p);
    const char *fields[] = {longer, "ada", "", "", ""};
    struct csv_row row = {2, fields, 5, NULL};
    assert_false(people_row_read(&p, &columns, &row, why));
    assert_string_equal(why, "first_name is longer than 1000 bytes");
    fields[0] = "Ada";
    fields[4] = custom;
    assert_false(people_row_read(&p, &columns, &row, why));
    assert_string_equal(why, "Job_Opening is longer than 4000 bytes");
    people_row_deinit(&p);
    people_columns_deinit(&columns);
}

static void test_bad_headers(void **state)
{
    (void)state;
    static const struct {
        const char *fields[4];
        size_t count;
        const char *problem;
    } rows[] = {
        {{"first_name", "company"},
         2,
         "p.csv:1: the first line must name the columns, with linkedin_url or linkedin_user_id "
         "among them; it has 2, the first is \"first_name\""},
        {{"linkedin_url", "Linkedin_URL"}, 2, "p.csv:1: there are two columns linkedin_url"},
        {{"linkedin_url", "a b", "a_b"}, 3, "p.csv:1: there are two columns a_b"},
        {{"linkedin_url", "Pet", "pet"}, 3, "p.csv:1: there are two columns pet"},
        {{"URL", "Profile URL"},
         2,
         "p.csv:1: the columns \"URL\" and \"Profile URL\" can both be linkedin_url: name the one "
         "that is meant linkedin_url"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct problems problems = PROBLEMS_INIT;
        struct people_columns columns;
        struct csv_row header = {1, rows[i].fields, rows[i].count, NULL};
        people_columns_read(&columns, "p.csv", &header, &problems);
        assert_int_equal(problems.count, 1);
        assert_string_equal(problems.lines[0], rows[i].problem);
        problems_deinit(&problems);
        people_columns_deinit(&columns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_that_are_no_csv, setup, teardown),
        cmocka_unit_test_setup_teardown(test_huge_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_fields, setup, teardown),
        cmocka_unit_test(test_people),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_bad_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
