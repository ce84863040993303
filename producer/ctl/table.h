/* producer/ctl/table.h - rows for people (aligned columns) or for programs (JSON, one object a
 * line), from the same calls.
 *
 * Widths are counted in terminal cells of UTF-8. Control characters of what other people wrote
 * never reach the terminal. Rows for people are kept until a thousand of them are together, then
 * written with one width each; the widths of a later thousand are at least those. */
#ifndef SAM_CTL_TABLE_H
#define SAM_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/adapters/pg.h"
#include "common/base/buf.h"

enum column_type {
    COLUMN_TEXT,
    COLUMN_NUMBER,
    COLUMN_BOOL,
    COLUMN_TIME,     /* ms since the epoch; 0 = none */
    COLUMN_DURATION, /* ms */
    COLUMN_UUID,
    COLUMN_JSON /* written into JSON as it is; left out for people */
};

struct column {
    const char *key;   /* in JSON; NULL = only for people */
    const char *title; /* for people; NULL = only in JSON */
    enum column_type type;
};

struct table {
    const struct column *columns; /* borrowed */
    size_t columns_count;
    bool json;
    bool upright;     /* for people: one line a column, "title  value" */
    FILE *out;        /* borrowed */
    struct buf cells; /* of the rows that wait: each cell NUL-terminated */
    struct buf line;  /* JSON of the row that is being filled */
    size_t *widths;   /* owned */
    size_t column;    /* that comes next */
    size_t waiting;   /* rows in cells */
    size_t rows;      /* in all */
};

void table_init(struct table *t, const struct column *columns, size_t count, bool json, FILE *out);
/* One thing with many columns: for people a line each, instead of one wide row. */
void table_init_upright(struct table *t, const struct column *columns, size_t count, bool json,
                        FILE *out);
/* Writes what waits. */
void table_end(struct table *t);
void table_deinit(struct table *t);

/* The next cell of the row; after the last column the row is complete. NULL, and `null` of the
 * others, is a missing value. The types must be those of the columns. */
void table_text(struct table *t, const char *text);
void table_number(struct table *t, int64_t value);
void table_bool(struct table *t, bool value);
void table_time(struct table *t, int64_t at_ms);
void table_duration(struct table *t, int64_t ms);
void table_null(struct table *t);
void table_json(struct table *t, const char *json);

/* All cells of a row of a result, by the columns' types, from first_col on. */
void table_row(struct table *t, const struct pg_result *r, int row, int first_col);
/* The same for the next count cells only. */
void table_some(struct table *t, const struct pg_result *r, int row, int first_col, size_t count);

/* Cells of a terminal that the text takes. */
size_t table_cells(const char *text);
/* A time as people read it: "2026-11-23 09:00:05Z". */
void table_time_text(int64_t at_ms, char out[32]);

#endif
