/* tests/cases/text.csv: columns, values, texts and files as people and other tools write them. Each
 * row is judged by what its id begins with; a further case is one more line there. In the cells a
 * C escape (\n, \r, \t, \\, \xNN) stands for its byte. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/model/doubtful.h"
#include "common/model/people_column.h"
#include "common/model/placeholder.h"
#include "common/model/spreadsheet_cell.h"
#include "common/model/template.h"
#include "producer/ctl/people_row.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define CELL_MAX_BYTES 65536

typedef void judge_fn(const char *input, struct buf *answer);

/* ---- judges --------------------------------------------------------------------------------- */

static void judge_column(const char *input, struct buf *answer)
{
    enum people_column column = people_column_find(input, NULL);
    SAM_CLEANUP(freep) char *normal = people_column_normal(input);
    buf_adds(answer, column < PEOPLE_COLUMN_N ? people_column_name(column) : normal);
}

static void judge_value(const char *input, struct buf *answer)
{
    buf_adds(answer, placeholder_value(input) ? "empty" : "kept");
}

static void judge_name_value(const char *input, struct buf *answer)
{
    buf_adds(answer, placeholder_name(input) ? "empty" : "kept");
}

/* "refused: " and the spelling that the hint shows (what stands behind "SAM writes "). */
static void judge_template(const char *input, struct buf *answer)
{
    static const char hint[] = "SAM writes ";
    struct problems problems = PROBLEMS_INIT;
    struct template *t SAM_CLEANUP(template_freep) = template_compile("t", input, &problems);
    if (t) {
        buf_adds(answer, "fine");
    } else {
        const char *shown = strstr(problems.lines[0], hint);
        buf_addf(answer, "refused: %s", shown ? shown + strlen(hint) : "?");
    }
    problems_deinit(&problems);
}

static void judge_identity(const char *input, struct buf *answer)
{
    struct identity id;
    buf_adds(answer, identity_parse(input, &id) == IDENTITY_OK ? id.text : "refused");
}

static void judge_doubt(const char *input, struct buf *answer)
{
    const char *doubt = doubtful_name(input);
    buf_adds(answer, doubt ? doubt : "fine");
}

/* ---- files ---------------------------------------------------------------------------------- */

struct people_file {
    struct people_columns columns;
    struct people_row person;
    bool has_columns;
    struct buf *answer;
};

/* "LINE:vanity|first name|company|custom", "LINE!what is wrong", parted by blanks. */
static bool on_file_row(void *ctx, const struct csv_row *row)
{
    struct people_file *f = ctx;
    struct problems problems = PROBLEMS_INIT;
    char why[PEOPLE_WHY_BYTES] = "";
    if (!f->has_columns && people_columns_preamble(&f->columns, row))
        return true;
    buf_adds(f->answer, f->answer->len ? " " : "");
    if (!f->has_columns) {
        f->has_columns = true;
        people_columns_read(&f->columns, "p", row, &problems);
        buf_addf(f->answer, "%s", problems.count ? problems.lines[0] : "");
        bool good = !problems_any(&problems);
        problems_deinit(&problems);
        return good;
    }
    const struct people_row *p = &f->person;
    if (!people_row_read(&f->person, &f->columns, row, why)) {
        buf_addf(f->answer, "%zu!%s", row->line, why);
        return true;
    }
    const char *first = p->texts[PEOPLE_FIRST_NAME];
    const char *company = p->texts[PEOPLE_COMPANY];
    buf_addf(f->answer, "%zu:%s|%s|%s|%s", row->line, p->vanity, first ? first : "",
             company ? company : "", buf_text(&p->custom));
    return true;
}

static void judge_csv(const char *input, struct buf *answer)
{
    struct people_file f = {.answer = answer};
    char why[CSV_WHY_BYTES] = "";
    FILE *file = fmemopen((void *)(uintptr_t)input, strlen(input), "r");
    assert_non_null(file);
    people_row_init(&f.person);
    if (csv_rows_read_open(file, on_file_row, &f, why) != 0)
        buf_addf(answer, " %s", why);
    (void)fclose(file);
    people_row_deinit(&f.person);
    people_columns_deinit(&f.columns);
}

/* The cell as export writes it, which import must read as what it was. */
static void judge_export(const char *input, struct buf *answer)
{
    buf_addf(answer, "%s%s", spreadsheet_cell_needs_apostrophe(input) ? "'" : "", input);
    assert_string_equal(spreadsheet_cell_content(buf_text(answer)), input);
}

static const struct {
    const char *kind;
    judge_fn *judge;
} judges[] = {
    {"doubt-", judge_doubt}, {"identity-", judge_identity},     {"column-", judge_column},
    {"value-", judge_value}, {"name-value-", judge_name_value}, {"template-", judge_template},
    {"csv-", judge_csv},     {"export-", judge_export},
};

/* ---- the table ------------------------------------------------------------------------------ */

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static void unescape(const char *s, struct buf *out)
{
    for (; *s; s++) {
        if (*s != '\\') {
            buf_addc(out, *s);
        } else if (s[1] == 'x' && isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3])) {
            buf_addc(out, (char)(digit(s[2]) * 16 + digit(s[3])));
            s += 3;
        } else {
            const char *at = s[1] ? strchr("nrt\\", s[1]) : NULL;
            assert_non_null(at);
            buf_addc(out, "\n\r\t\\"[at - "nrt\\"]);
            s++;
        }
    }
}

struct table_run {
    size_t rows;
    size_t failed;
    struct buf ids; /* "|id|id|" */
};

static void judge_row(struct table_run *run, const char *id, const char *input, const char *want)
{
    struct buf in SAM_CLEANUP(buf_deinit) = BUF_INIT(CELL_MAX_BYTES);
    struct buf expected SAM_CLEANUP(buf_deinit) = BUF_INIT(CELL_MAX_BYTES);
    struct buf answer SAM_CLEANUP(buf_deinit) = BUF_INIT(CELL_MAX_BYTES);
    judge_fn *judge = NULL;
    for (size_t i = 0; i < SAM_ARRAY_LEN(judges); i++) {
        if (strncmp(id, judges[i].kind, strlen(judges[i].kind)) == 0)
            judge = judges[i].judge;
    }
    if (!judge)
        fail_msg("%s: no judge for this kind of id", id);
    unescape(input, &in);
    unescape(want, &expected);
    judge(buf_text(&in), &answer);
    if (strcmp(buf_text(&answer), buf_text(&expected)) == 0)
        return;
    run->failed++;
    print_error("%s: \"%s\" gives \"%s\", expected \"%s\"\n", id, input, buf_text(&answer),
                buf_text(&expected));
}

static bool on_case(void *ctx, const struct csv_row *row)
{
    struct table_run *run = ctx;
    assert_null(row->problem);
    if (row->line == 1)
        return true;
    if (row->count != 3)
        fail_msg("line %zu has %zu fields", row->line, row->count);
    SAM_CLEANUP(freep) char *id = sam_xasprintf("|%s|", row->fields[0]);
    if (strstr(buf_text(&run->ids), id))
        fail_msg("line %zu: %s is there twice", row->line, row->fields[0]);
    buf_adds(&run->ids, id);
    run->rows++;
    judge_row(run, row->fields[0], row->fields[1], row->fields[2]);
    return true;
}

static void test_each_case(void **state)
{
    struct table_run run = {.ids = BUF_INIT(CELL_MAX_BYTES)};
    char why[CSV_WHY_BYTES] = "";
    (void)state;
    if (csv_rows_read("tests/cases/text.csv", on_case, &run, why) != 0)
        fail_msg("tests/cases/text.csv: %s", why);
    print_message("%zu cases of tests/cases/text.csv, %zu wrong\n", run.rows, run.failed);
    buf_deinit(&run.ids);
    assert_true(run.rows > 0);
    assert_int_equal(run.failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_case)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
