/* people.csv over any bytes: rows, their lines, and the people in them. */
#include <string.h>

#include "common/base/utf8.h"
#include "producer/ctl/people_row.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

struct reading {
    size_t last_line;
    bool has_columns;
    bool bad_columns;
    struct people_columns columns;
    struct people_row person;
};

static void check_person(struct reading *r, const struct csv_row *row)
{
    char why[PEOPLE_WHY_BYTES] = "";
    if (!people_row_read(&r->person, &r->columns, row, why)) {
        FUZZ_CHECK(why[0] != '\0');
        return;
    }
    const struct people_row *p = &r->person;
    FUZZ_CHECK(!row->problem && (p->vanity[0] || p->provider_id[0]));
    FUZZ_CHECK(utf8_valid(p->vanity, strlen(p->vanity)));
    FUZZ_CHECK(utf8_valid(buf_text(&p->custom), p->custom.len));
    for (int i = 0; i < PEOPLE_COLUMN_N; i++)
        FUZZ_CHECK(!p->texts[i] || (p->texts[i][0] && !strpbrk(p->texts[i], "\r\n\t")));
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct reading *r = ctx;
    FUZZ_CHECK(row->line >= 1 && row->line >= r->last_line);
    FUZZ_CHECK(row->count >= 1 && row->count <= CSV_FIELDS_MAX);
    r->last_line = row->line;
    if (r->has_columns) {
        check_person(r, row);
        return true;
    }
    struct problems problems = PROBLEMS_INIT;
    r->has_columns = true;
    people_columns_read(&r->columns, "f", row, &problems);
    r->bad_columns = problems_any(&problems);
    problems_deinit(&problems);
    return !r->bad_columns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading r = {.last_line = 0};
    char why[CSV_WHY_BYTES] = "";
    if (size == 0)
        return 0;
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
    if (!file)
        return 0;
    people_row_init(&r.person);
    if (csv_rows_read_open(file, on_row, &r, why) != 0)
        FUZZ_CHECK(why[0] != '\0');
    people_row_deinit(&r.person);
    people_columns_deinit(&r.columns);
    (void)fclose(file);
    return 0;
}
