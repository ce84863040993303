/* tests/unit/case_file.h - lists of cases under tests/cases: a row a line, # begins a comment. */
#ifndef SAM_TESTS_CASE_FILE_H
#define SAM_TESTS_CASE_FILE_H

#include <stdio.h>
#include <string.h>

#include "tests/test.h"

#define CASE_LINE_BYTES 1000

/* Parts the line at its commas, the last field takes what is left; exactly so many fields. */
static inline void case_fields(char *line, const char **ret_fields, size_t count)
{
    char *rest = line;
    for (size_t i = 0; i < count; i++) {
        const char *field = i + 1 < count ? strsep(&rest, ",") : rest;
        if (!field)
            fail_msg("%s: has %zu fields, not %zu", line, i, count);
        ret_fields[i] = field ? field : "";
    }
}

/* Every row to `judge`, which says how many faults it has found. Fails when there is one, or no
 * row at all; tells the number of both. */
static inline size_t case_file(const char *path, size_t (*judge)(char *line))
{
    char line[CASE_LINE_BYTES];
    size_t rows = 0;
    size_t wrong = 0;
    FILE *f = fopen(path, "re");
    if (!f)
        fail_msg("%s cannot be read", path);
    while (fgets(line, sizeof(line), f)) {
        size_t length = strcspn(line, "\n");
        if (line[length] != '\n')
            fail_msg("%s: a line is too long: %s", path, line);
        line[length] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        wrong += judge(line);
        rows++;
    }
    assert_int_equal(fclose(f), 0);
    print_message("%zu rows of %s, %zu wrong\n", rows, path, wrong);
    assert_true(rows > 0);
    assert_int_equal(wrong, 0);
    return rows;
}

#endif
