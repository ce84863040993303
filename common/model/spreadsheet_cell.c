#include "common/model/spreadsheet_cell.h"

#include <stddef.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/utf8.h"
#include "common/model/invisible.h"

#include "common/base/banned.h"

/* U+FF1D U+FF0B U+FF0D U+FF20, U+FE66 U+FE62 U+FE63 U+FE6B: programs fold them to = + - @ */
static const char *const wide_signs[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
                                         "\xef\xbc\xa0", "\xef\xb9\xa6", "\xef\xb9\xa2",
                                         "\xef\xb9\xa3", "\xef\xb9\xab"};

static bool begins_formula(const char *text)
{
    if (*text && strchr("\t\r\n", *text))
        return true;
    if (!utf8_valid(text, strlen(text))) /* of a line that is refused */
        text += strspn(text, " ");
    else if (invisible_trim(&text) == 0)
        return false;
    if (*text && strchr("=+-@", *text))
        return true;
    for (size_t i = 0; i < SAM_ARRAY_LEN(wide_signs); i++) {
        if (strncmp(text, wide_signs[i], strlen(wide_signs[i])) == 0)
            return true;
    }
    return false;
}

bool spreadsheet_cell_needs_apostrophe(const char *text)
{
    return begins_formula(text + strspn(text, "'"));
}

const char *spreadsheet_cell_content(const char *text)
{
    if (*text != '\'')
        return text;
    return spreadsheet_cell_needs_apostrophe(text) ? text + 1 : text;
}
