/* producer/ctl/csv_rows.h - a CSV file, row by row, in bounded memory (libcsv).
 *
 * The separator is what Excel's `sep=;` line says, else the one of , ; and tab that the first line
 * which has one has most of. A byte order mark, CRLF, CR and quoted line breaks are fine. Each row
 * knows the line of the file in which it begins. What is wrong with the bytes of a row (encoding,
 * NUL, a field that is too long) is told with the row, so that one bad line does not stop the ones
 * after it. */
#ifndef SAM_CTL_CSV_ROWS_H
#define SAM_CTL_CSV_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/base/attr.h"

#define CSV_FIELDS_MAX      200
#define CSV_FIELD_MAX_BYTES 65536
#define CSV_ROW_MAX_BYTES                                                                          \
    ((size_t)16 << 20) /* a row that is longer ends the file: an open quote                        \
                        */
#define CSV_WHY_BYTES 200

/* Borrowed for the time of the call. */
struct csv_row {
    size_t line;
    const char *const *fields; /* UTF-8, NUL-terminated; blanks around them are taken off */
    size_t count;
    const char *problem; /* NULL = its bytes are fine; else the fields are for showing only */
};

/* false ends the reading. Empty rows are not handed over. */
typedef bool csv_row_fn(void *ctx, const struct csv_row *row);

/* 0 read to the end, or as far as fn wanted; -EINVAL: the file cannot be read (on): why says where
 * and what; rows before were handed over. */
SAM_MUSTCHECK int csv_rows_read(const char *path, csv_row_fn *fn, void *ctx,
                                char why[CSV_WHY_BYTES]);
/* The same of an open file, which stays the caller's. */
SAM_MUSTCHECK int csv_rows_read_open(FILE *file, csv_row_fn *fn, void *ctx,
                                     char why[CSV_WHY_BYTES]);

#endif
