/* producer/ctl/csv_field.h - one field of a CSV file that samctl writes. */
#ifndef SAM_CTL_CSV_FIELD_H
#define SAM_CTL_CSV_FIELD_H

#include <stdbool.h>

#include "common/base/buf.h"

/* In quotes, as libcsv writes it; and harmless in a spreadsheet (spreadsheet_cell.h) unless raw. */
void csv_field_add(struct buf *line, const char *text, bool raw);

#endif
