#include "producer/ctl/csv_field.h"

#include <csv.h>
#include <string.h>

#include "common/model/spreadsheet_cell.h"

#include "common/base/banned.h"

void csv_field_add(struct buf *line, const char *text, bool raw)
{
    size_t n = strlen(text);
    SAM_CLEANUP(freep) char *quoted = sam_xmalloc(2 * n + 3);
    size_t bytes = csv_write(quoted, 2 * n + 2, text, n);
    buf_add(line, quoted, 1); /* the opening quote: an apostrophe stands inside */
    if (!raw && spreadsheet_cell_needs_apostrophe(text))
        buf_addc(line, '\'');
    buf_add(line, quoted + 1, bytes - 1);
}
