/* Which cells a spreadsheet would run, and that the apostrophe before them comes off again. */
#include <stdio.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/model/spreadsheet_cell.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void test_cells_that_would_run(void **state)
{
    (void)state;
    static const char *const cells[] = {
        "=HYPERLINK(\"http://evil.example\")",
        "+49 30 1234",
        "-1+1",
        "@SUM(A1)",
        "-",
        "\tx",
        "\rx",
        "\nx",
        "  =1",
        "\t =1",
        "\xc2\xa0=1",     /* no-break space */
        "\xe3\x80\x80=1", /* ideographic space */
        "\xef\xbb\xbf=1", /* byte order mark */
        "\xe2\x80\x8b=1", /* zero width */
        "\xef\xbc\x9d"
        "1", /* full width = + - @ */
        "\xef\xbc\x8b"
        "1",
        "\xef\xbc\x8d"
        "1",
        "\xef\xbc\xa0"
        "A",
        "\xef\xb9\xa6"
        "1",     /* small = */
        "=\xff", /* not UTF-8: of a line that is refused */
        "'=1",   /* looks like what the rule writes */
        "''=1",
        "' =1",
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(cells); i++) {
        char written[100];
        if (!spreadsheet_cell_needs_apostrophe(cells[i]))
            fail_msg("%s would be run", cells[i]);
        (void)snprintf(written, sizeof(written), "'%s", cells[i]);
        assert_string_equal(spreadsheet_cell_content(written), cells[i]);
    }
}

static void test_cells_that_stay_as_they_are(void **state)
{
    (void)state;
    static const char *const cells[] = {
        "",     " ",        "Anna", "O'Brien", "'t Hooft",     "'",      "''",
        "a=b",  "a@b.test", "1-2",  "3 = 3",   "\xe2\x80\x93", "\"=1\"", "https://x.test/=1",
        "Ärzte"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(cells); i++) {
        if (spreadsheet_cell_needs_apostrophe(cells[i]))
            fail_msg("%s is harmless", cells[i]);
        assert_string_equal(spreadsheet_cell_content(cells[i]), cells[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_that_would_run),
        cmocka_unit_test(test_cells_that_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
