/* common/model/spreadsheet_cell.h - what other people wrote, in a file that a spreadsheet opens.
 *
 * A cell that begins with = + - @ (also as full-width or small forms, also behind blanks and other
 * characters that nobody sees), or with a tab or a line end, may be run as a formula. An apostrophe
 * before it makes it a text: the one rule of all CSV that SAM writes (export without --raw, and
 * people.rejected.csv). So that import can take it off again, a cell that already looks like the
 * result, such as '=x, gets one apostrophe more. */
#ifndef SAM_MODEL_SPREADSHEET_CELL_H
#define SAM_MODEL_SPREADSHEET_CELL_H

#include <stdbool.h>

/* Does the cell need an apostrophe before it? */
bool spreadsheet_cell_needs_apostrophe(const char *text);
/* The cell without the apostrophe that the rule has put before it; any other as it is. Points into
 * text. */
const char *spreadsheet_cell_content(const char *text);

#endif
