/* producer/ctl/swallowed.h - a value that has swallowed the rows after it.
 *
 * Two stray quotes make one value of all that stands between them: good CSV, and people who vanish,
 * or whose data is sent to somebody else. A value of several lines is refused when one of them
 * looks like a row: it has a profile's URL where the header has the column, or as many fields as
 * the header, set without blanks, and what can be a vanity name in its place. */
#ifndef SAM_CTL_SWALLOWED_H
#define SAM_CTL_SWALLOWED_H

#include "producer/ctl/people_row.h"

/* The line of the file in which the row ends, when one of its values has swallowed rows; else 0. */
size_t swallowed_to_line(const struct people_columns *columns, const struct csv_row *row);

#endif
