/* people.csv over any bytes: rows, their lines, and the people in them. */
#include <string.h>

#include "common/base/utf8.h"
#include "producer/ctl/people_row.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

struct reading {
    size_t last_line;
    size_t rows;
    uint64_t digest; /* of all fields of all rows */
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

/* FNV-1a; the NUL of each field is one of its bytes. */
static void digest_row(struct reading *r, const struct csv_row *row)
{
    r->rows++;
    for (size_t i = 0; i < row->count; i++) {
        const char *field = row->fields[i];
        for (size_t at = 0; at <= strlen(field); at++)
            r->digest = (r->digest ^ (uint8_t)field[at]) * UINT64_C(1099511628211);
    }
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct reading *r = ctx;
    digest_row(r, row);
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

/* Returns what csv_rows_read_open() does. */
static int read_people(FILE *file, struct reading *r)
{
    char why[CSV_WHY_BYTES] = "";
    *r = (struct reading){.digest = 0};
    FUZZ_CHECK(file);
    people_row_init(&r->person);
    int result = csv_rows_read_open(file, on_row, r, why);
    FUZZ_CHECK(result == 0 || why[0] != '\0');
    people_row_deinit(&r->person);
    people_columns_deinit(&r->columns);
    (void)fclose(file);
    return result;
}

/* A pipe gives what it has: the same rows come out. One that breaks is never read to an end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading whole;
    struct reading part;
    if (size == 0)
        return 0;
    struct fuzz_stream file = {.data = data, .size = size, .piece = size, .broken_at = SIZE_MAX};
    struct fuzz_stream pipe = {
        .data = data, .size = size, .piece = 1 + data[size / 2] % 7U, .broken_at = SIZE_MAX};
    struct fuzz_stream broken = {
        .data = data, .size = size, .piece = size, .broken_at = data[size - 1] % size};
    int result = read_people(fuzz_stream_open(&file), &whole);
    FUZZ_CHECK(read_people(fuzz_stream_open(&pipe), &part) == result);
    FUZZ_CHECK(part.rows == whole.rows && part.digest == whole.digest);
    FUZZ_CHECK(read_people(fuzz_stream_open(&broken), &part) != 0 || part.bad_columns);
    return 0;
}
