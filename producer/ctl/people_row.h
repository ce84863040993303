/* producer/ctl/people_row.h - a line of people.csv becomes a person, or a reason why it cannot.
 *
 * Pure: no database. Column names are those of people_column.h, in any order; every other column is
 * {custom.NAME}, blanks in its name become `_`. A file that has a standard column by its own name
 * may have another one by one of its other names (`title` and `Job Title`): that is the user's. */
#ifndef SAM_CTL_PEOPLE_ROW_H
#define SAM_CTL_PEOPLE_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/problems.h"
#include "common/model/identity.h"
#include "common/model/people_column.h"
#include "producer/ctl/csv_rows.h"

#define PEOPLE_WHY_BYTES        300
#define PEOPLE_TEXT_MAX_BYTES   1000 /* of a name, company or title */
#define PEOPLE_CUSTOM_MAX_BYTES 4000 /* of one custom value */
/* Columns that SAM itself writes into NAME.rejected.csv; passed over when it is imported. */
#define PEOPLE_REJECTED_LINE   "rejected_line"
#define PEOPLE_REJECTED_REASON "rejected_reason"

/* What the header says. */
struct people_columns {
    size_t count;
    int known[PEOPLE_COLUMN_N]; /* index of the field; -1 = no such column */
    struct {
        size_t field;
        char *name; /* owned */
    } custom[CSV_FIELDS_MAX];
    size_t custom_count;
    bool preamble; /* see people_columns_preamble() */
};

/* Borrows from the row and from its own buffers: valid until the next people_row_read(). */
struct people_row {
    char vanity[VANITY_MAX_BYTES + 1]; /* "" = none, as below */
    char provider_id[PROVIDER_ID_MAX_BYTES + 1];
    const char *texts[PEOPLE_COLUMN_N]; /* NULL = empty */
    struct buf custom;                  /* JSON object; empty = none */
    size_t emptied;                     /* values that counted as empty (placeholder.h) */
};

/* Is the row one of those that LinkedIn's Connections.csv has before its header ("Notes:", and a
 * paragraph)? Asked of each row in turn, with *columns zeroed at first, until one is not. */
bool people_columns_preamble(struct people_columns *columns, const struct csv_row *row);
/* All that is wrong with the header goes to problems as "label:1: …". Deinit in any case. */
void people_columns_read(struct people_columns *columns, const char *label,
                         const struct csv_row *header, struct problems *problems);
void people_columns_deinit(struct people_columns *columns);
/* Has it the user's own column of this name? */
bool people_columns_has_custom(const struct people_columns *columns, const char *name);

void people_row_init(struct people_row *p);
void people_row_deinit(struct people_row *p);
/* false: why says what is wrong with the line, without its values. */
SAM_MUSTCHECK bool people_row_read(struct people_row *p, const struct people_columns *columns,
                                   const struct csv_row *row, char why[PEOPLE_WHY_BYTES]);

#endif
