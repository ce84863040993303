#include "producer/ctl/table.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/utf8.h"

#include "common/base/banned.h"

#define WAITING_MAX     1000
#define CELLS_MAX_BYTES (64 << 20)
#define ROW_MAX_BYTES   (8 << 20)
#define GAP             "  "

void table_init(struct table *t, const struct column *columns, size_t count, bool json, FILE *out)
{
    *t = (struct table){.columns = columns,
                        .columns_count = count,
                        .json = json,
                        .out = out,
                        .cells = BUF_INIT(CELLS_MAX_BYTES),
                        .line = BUF_INIT(ROW_MAX_BYTES),
                        .widths = sam_xcalloc(count + 1, sizeof(size_t))};
    for (size_t i = 0; i < count; i++)
        t->widths[i] = columns[i].title ? table_cells(columns[i].title) : 0;
}

void table_init_upright(struct table *t, const struct column *columns, size_t count, bool json,
                        FILE *out)
{
    table_init(t, columns, count, json, out);
    t->upright = true;
}

void table_deinit(struct table *t)
{
    buf_deinit(&t->cells);
    buf_deinit(&t->line);
    free(t->widths);
    t->widths = NULL;
}

size_t table_cells(const char *text)
{
    size_t cells = 0;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_iszerowidth(c))
            continue;
        cells += g_unichar_iswide(c) ? 2 : 1;
    }
    return cells;
}

void table_time_text(int64_t at_ms, char out[32])
{
    char text[TIME_TEXT_BYTES];
    time_format_utc(at_ms, text);
    (void)snprintf(out, 32, "%.10s %.8sZ", text, text + 11);
}

static bool right(enum column_type type)
{
    return type == COLUMN_NUMBER || type == COLUMN_DURATION;
}

static void pad(FILE *out, size_t cells)
{
    for (size_t i = 0; i < cells; i++)
        (void)fputc(' ', out);
}

static void write_cell(const struct table *t, size_t column, const char *text, bool last)
{
    size_t cells = table_cells(text);
    size_t space = t->widths[column] > cells ? t->widths[column] - cells : 0;
    if (right(t->columns[column].type))
        pad(t->out, space);
    (void)fputs(text, t->out);
    if (last)
        return;
    if (!right(t->columns[column].type))
        pad(t->out, space);
    (void)fputs(GAP, t->out);
}

static size_t last_shown(const struct table *t)
{
    size_t last = 0;
    for (size_t i = 0; i < t->columns_count; i++)
        last = t->columns[i].title ? i : last;
    return last;
}

static void flush_upright(struct table *t)
{
    size_t width = 0;
    const char *cell = buf_text(&t->cells);
    for (size_t i = 0; i < t->columns_count; i++) {
        size_t cells = t->columns[i].title ? table_cells(t->columns[i].title) : 0;
        width = cells > width ? cells : width;
    }
    for (size_t i = 0; t->waiting > 0 && i < t->columns_count; i++) {
        if (!t->columns[i].title)
            continue;
        (void)fputs(t->columns[i].title, t->out);
        pad(t->out, width - table_cells(t->columns[i].title));
        (void)fprintf(t->out, "%s%s\n", GAP, cell);
        cell += strlen(cell) + 1;
    }
    buf_reset(&t->cells);
    t->waiting = 0;
}

static void flush(struct table *t)
{
    if (t->upright) {
        flush_upright(t);
        return;
    }
    size_t last = last_shown(t);
    const char *cell = buf_text(&t->cells);
    bool first = t->rows == t->waiting;
    for (size_t i = 0; first && t->rows > 0 && i < t->columns_count; i++) {
        if (t->columns[i].title)
            write_cell(t, i, t->columns[i].title, i == last);
    }
    if (first && t->rows > 0)
        (void)fputc('\n', t->out);
    for (size_t row = 0; row < t->waiting; row++) {
        for (size_t i = 0; i < t->columns_count; i++) {
            if (!t->columns[i].title)
                continue;
            write_cell(t, i, cell, i == last);
            cell += strlen(cell) + 1;
        }
        (void)fputc('\n', t->out);
    }
    buf_reset(&t->cells);
    t->waiting = 0;
}

void table_end(struct table *t)
{
    assert(t->column == 0);
    if (!t->json)
        flush(t);
    (void)fflush(t->out);
}

/* The text without what could steer a terminal. */
static void add_shown(struct table *t, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        size_t bytes = utf8_sequence_bytes(text + i, n - i);
        gunichar c = bytes ? g_utf8_get_char(text + i) : 0;
        if (bytes == 0 || g_unichar_iscntrl(c) || (c >= 0x80 && c < 0xa0))
            buf_addc(&t->cells, c == '\n' || c == '\t' ? ' ' : '?');
        else
            buf_add(&t->cells, text + i, bytes);
        i += bytes ? bytes : 1;
    }
    buf_addc(&t->cells, '\0');
}

static void end_cell(struct table *t)
{
    if (++t->column < t->columns_count)
        return;
    t->column = 0;
    t->rows++;
    if (t->json) {
        buf_addc(&t->line, '}');
        (void)fprintf(t->out, "%s\n", buf_text(&t->line));
        buf_reset(&t->line);
        return;
    }
    if (++t->waiting == (t->upright ? 1 : WAITING_MAX))
        flush(t);
}

/* false: programs do not get this column. */
static bool begin_json(struct table *t)
{
    if (!t->columns[t->column].key)
        return false;
    buf_addc(&t->line, t->line.len == 0 ? '{' : ',');
    buf_add_json(&t->line, t->columns[t->column].key);
    buf_addc(&t->line, ':');
    return true;
}

/* One cell: as JSON gives it, and as people read it. */
static void put(struct table *t, const char *json, const char *shown)
{
    if (t->json) {
        if (begin_json(t))
            buf_adds(&t->line, json);
    } else if (t->columns[t->column].title) {
        size_t start = t->cells.len;
        add_shown(t, shown);
        size_t cells = table_cells(buf_text(&t->cells) + start);
        if (cells > t->widths[t->column])
            t->widths[t->column] = cells;
    }
    end_cell(t);
}

void table_null(struct table *t)
{
    put(t, "null", "-");
}

void table_text(struct table *t, const char *text)
{
    if (!text) {
        table_null(t);
        return;
    }
    if (!t->json) {
        put(t, "", *text ? text : "-");
        return;
    }
    if (begin_json(t))
        buf_add_json(&t->line, text);
    end_cell(t);
}

void table_json(struct table *t, const char *json)
{
    put(t, json && *json ? json : "null", "");
}

void table_number(struct table *t, int64_t value)
{
    struct buf text = BUF_INIT(32);
    buf_add_i64(&text, value);
    put(t, buf_text(&text), buf_text(&text));
    buf_deinit(&text);
}

void table_bool(struct table *t, bool value)
{
    put(t, value ? "true" : "false", value ? "yes" : "no");
}

void table_time(struct table *t, int64_t at_ms)
{
    char text[TIME_TEXT_BYTES];
    char json[TIME_TEXT_BYTES + 2];
    char shown[32];
    if (at_ms == 0) {
        table_null(t);
        return;
    }
    time_format_utc(at_ms, text);
    (void)snprintf(json, sizeof(json), "\"%s\"", text);
    table_time_text(at_ms, shown);
    put(t, json, shown);
}

void table_duration(struct table *t, int64_t ms)
{
    char text[DURATION_TEXT_BYTES];
    char json[DURATION_TEXT_BYTES + 2];
    duration_format(ms, text);
    (void)snprintf(json, sizeof(json), "\"%s\"", text);
    put(t, json, text);
}

static void put_value(struct table *t, const struct pg_result *r, int row, int col)
{
    char id[UUID_TEXT_BYTES];
    struct uuid uuid;
    switch (t->columns[t->column].type) {
    case COLUMN_TEXT:
        table_text(t, pg_text(r, row, col));
        break;
    case COLUMN_NUMBER:
        table_number(t, pg_i64(r, row, col));
        break;
    case COLUMN_BOOL:
        table_bool(t, pg_bool(r, row, col));
        break;
    case COLUMN_TIME:
        table_time(t, pg_time_ms(r, row, col));
        break;
    case COLUMN_DURATION:
        table_duration(t, pg_i64(r, row, col));
        break;
    case COLUMN_UUID:
        uuid = pg_uuid(r, row, col);
        uuid_format(&uuid, id);
        table_text(t, id);
        break;
    case COLUMN_JSON:
        table_json(t, pg_text(r, row, col));
        break;
    }
}

void table_some(struct table *t, const struct pg_result *r, int row, int first_col, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int col = first_col + (int)i;
        if (pg_null(r, row, col))
            table_null(t);
        else
            put_value(t, r, row, col);
    }
}

void table_row(struct table *t, const struct pg_result *r, int row, int first_col)
{
    table_some(t, r, row, first_col, t->columns_count);
}
