#include "producer/ctl/swallowed.h"

#include <string.h>

#include "common/base/banned.h"

#define FIELD_MAX_BYTES 300 /* of a field that may name a person */

/* A line of a value, and where the row goes on after it. */
struct inner_line {
    const char *text;
    size_t bytes;
    size_t fields_after; /* of the row, behind the value, when it is the value's last line */
};

static size_t line_end(const char *s)
{
    return strcspn(s, "\r\n");
}

static size_t break_bytes(const char *s)
{
    return s[0] == '\r' && s[1] == '\n' ? 2 : *s ? 1 : 0;
}

/* Copies the field at index; false: there is none, or it is no name of anybody. */
static bool field_at(const struct inner_line *line, char separator, size_t index,
                     char field[FIELD_MAX_BYTES])
{
    const char *s = line->text;
    const char *end = s + line->bytes;
    for (; index > 0; index--) {
        s = memchr(s, separator, (size_t)(end - s));
        if (!s)
            return false;
        s++;
    }
    const char *next = memchr(s, separator, (size_t)(end - s));
    size_t n = (size_t)((next ? next : end) - s);
    if (n == 0 || n >= FIELD_MAX_BYTES)
        return false;
    memcpy(field, s, n);
    field[n] = '\0';
    return true;
}

/* The number of separators, SIZE_MAX when a blank stands beside one: that is a sentence. */
static size_t count_separators(const struct inner_line *line, char separator)
{
    size_t count = 0;
    for (size_t i = 0; i < line->bytes; i++) {
        if (line->text[i] != separator)
            continue;
        if ((i > 0 && line->text[i - 1] == ' ') ||
            (i + 1 < line->bytes && line->text[i + 1] == ' '))
            return SIZE_MAX;
        count++;
    }
    return count;
}

static bool is_row(const struct people_columns *columns, const struct inner_line *line,
                   enum people_column column)
{
    static const char separators[] = {',', ';', '\t', '|'};
    int index = columns->known[column];
    for (size_t i = 0; index >= 0 && i < sizeof(separators); i++) {
        char field[FIELD_MAX_BYTES];
        struct identity id;
        if (!memchr(line->text, separators[i], line->bytes) ||
            !field_at(line, separators[i], (size_t)index, field) ||
            identity_parse(field, &id) != IDENTITY_OK)
            continue;
        size_t fields = count_separators(line, separators[i]);
        if (strcasestr(field, "/in/") ||
            (fields != SIZE_MAX && fields + line->fields_after + 1 == columns->count))
            return true;
    }
    return false;
}

static bool swallowed(const struct people_columns *columns, const char *value, size_t fields_after)
{
    const char *s = value + line_end(value);
    while (*s) {
        s += break_bytes(s);
        struct inner_line line = {.text = s, .bytes = line_end(s)};
        s += line.bytes;
        line.fields_after = *s ? 0 : fields_after;
        if (is_row(columns, &line, PEOPLE_LINKEDIN_URL) ||
            is_row(columns, &line, PEOPLE_LINKEDIN_USER_ID))
            return true;
    }
    return false;
}

static size_t count_breaks(const char *s)
{
    size_t count = 0;
    for (s += line_end(s); *s; s += line_end(s)) {
        s += break_bytes(s);
        count++;
    }
    return count;
}

size_t swallowed_to_line(const struct people_columns *columns, const struct csv_row *row)
{
    size_t last = row->line;
    bool found = false;
    for (size_t i = 0; i < row->count; i++) {
        size_t breaks = count_breaks(row->fields[i]);
        last += breaks;
        found = found || (breaks > 0 && swallowed(columns, row->fields[i], row->count - 1 - i));
    }
    return found ? last : 0;
}
