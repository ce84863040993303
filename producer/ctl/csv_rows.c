#include "producer/ctl/csv_rows.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/buf.h"
#include "common/base/utf8.h"

#include "common/base/banned.h"

#define CHUNK_BYTES 65536
#define SHOWN_BYTES 100 /* of a field that is too long */

struct reader {
    struct csv_parser parser;
    csv_row_fn *fn;
    void *ctx;
    bool stopped;     /* by fn */
    size_t line;      /* being fed, from 1 */
    size_t row_line;  /* in which the current row begins */
    bool row_begun;   /* the current row has more than blanks */
    bool after_cr;    /* the byte before was one: a line end of its own, or half of one */
    size_t row_bytes; /* fed since it began */
    struct buf data;  /* its fields, each NUL-terminated */
    size_t offsets[CSV_FIELDS_MAX];
    size_t count;
    const char *problem;
    char text[CSV_WHY_BYTES]; /* of the problem */
};

static void problem(struct reader *r, const char *what)
{
    if (r->problem)
        return;
    (void)snprintf(r->text, sizeof(r->text), "field %zu %s", r->count + 1, what);
    r->problem = r->text;
}

static bool is_blank(const char *s, size_t n, size_t *ret_bytes)
{
    *ret_bytes = n >= 2 && s[0] == '\xc2' && s[1] == '\xa0' ? 2 : 1; /* no-break space */
    return *ret_bytes == 2 || (n > 0 && (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n'));
}

static void trim(const char **s, size_t *n)
{
    size_t bytes;
    while (*n > 0 && is_blank(*s, *n, &bytes)) {
        *s += bytes;
        *n -= bytes;
    }
    while (*n > 0 && (is_blank(*s + *n - 1, 1, &bytes) ||
                      (*n > 1 && is_blank(*s + *n - 2, 2, &bytes) && bytes == 2)))
        *n -= bytes;
}

static void on_field(void *bytes, size_t n, void *ctx)
{
    struct reader *r = ctx;
    const char *s = bytes;
    if (r->count == CSV_FIELDS_MAX) {
        problem(r, "is one too many");
        return;
    }
    trim(&s, &n);
    if (n > CSV_FIELD_MAX_BYTES) {
        char what[80];
        (void)snprintf(what, sizeof(what), "has %zu bytes (%d at most)", n, CSV_FIELD_MAX_BYTES);
        problem(r, what);
        n = SHOWN_BYTES;
    } else if (memchr(s, '\0', n)) {
        problem(r, "holds a NUL byte");
        n = strnlen(s, n);
    } else if (!utf8_valid(s, n)) {
        problem(r, "is not UTF-8: save the file as \"CSV UTF-8\"");
    }
    r->offsets[r->count++] = r->data.len;
    buf_add(&r->data, s, n);
    buf_addc(&r->data, '\0');
}

static bool empty(const struct reader *r)
{
    return r->data.len == r->count; /* each field is its NUL only */
}

static void on_row(int c, void *ctx)
{
    struct reader *r = ctx;
    const char *fields[CSV_FIELDS_MAX];
    (void)c;
    for (size_t i = 0; i < r->count; i++)
        fields[i] = buf_text(&r->data) + r->offsets[i];
    if (!r->stopped && !empty(r)) {
        struct csv_row row = {r->row_line, fields, r->count, r->problem};
        r->stopped = !r->fn(r->ctx, &row);
    }
    r->count = 0;
    r->problem = NULL;
    buf_reset(&r->data);
    r->row_begun = false;
    r->row_bytes = 0;
}

/* One line of the file with its end, or a part of a long one. */
static int feed(struct reader *r, const char *s, size_t n, char why[CSV_WHY_BYTES])
{
    if (!r->row_begun) {
        r->row_line = r->line;
        r->row_begun = strspn(s, " \t\r\n") < n; /* s is NUL-terminated after the chunk */
    }
    r->row_bytes += n;
    if (r->row_bytes > CSV_ROW_MAX_BYTES) {
        (void)snprintf(why, CSV_WHY_BYTES,
                       "line %zu: more than %zu MB without an end; is a quote not closed?",
                       r->row_line, CSV_ROW_MAX_BYTES >> 20);
        return -EINVAL;
    }
    bool begun = r->row_begun;
    if (csv_parse(&r->parser, s, n, on_field, on_row, r) != n) {
        (void)snprintf(why, CSV_WHY_BYTES, "line %zu: %s", r->line,
                       csv_strerror(csv_error(&r->parser)));
        return -EINVAL;
    }
    if (s[n - 1] == '\r' || (s[n - 1] == '\n' && !(n == 1 && r->after_cr)))
        r->line++;
    r->after_cr = s[n - 1] == '\r';
    if (begun && !r->row_begun)
        r->row_line = r->line;
    return 0;
}

/* The separator that is used most in the first line that has one outside of quotes. */
static unsigned char find_separator(const char *s, size_t n)
{
    static const char candidates[] = ",;\t";
    size_t counts[3] = {0};
    bool quoted = false;
    bool counted = false;
    for (size_t i = 0; i < n && (quoted || !counted || !strchr("\r\n", s[i])); i++) {
        const char *c = s[i] ? strchr(candidates, s[i]) : NULL;
        if (s[i] == '"')
            quoted = !quoted;
        else if (c && !quoted)
            counts[c - candidates]++;
        counted = counted || (c && !quoted);
    }
    size_t best = 0;
    for (size_t i = 1; i < 3; i++)
        best = counts[i] > counts[best] ? i : best;
    return (unsigned char)candidates[best];
}

/* Excel's own first line, `sep=;`, quoted or not: its bytes with the line end, 0 when there is
 * none. s: NUL-terminated. */
static size_t separator_line(const char *s, unsigned char *ret_separator)
{
    size_t quote = s[0] == '"' ? 1 : 0;
    if (strncasecmp(s + quote, "sep=", 4) != 0 || !s[quote + 4] || strchr("\r\n\"", s[quote + 4]))
        return 0;
    size_t n = quote + 5;
    if (quote && s[n++] != '"')
        return 0;
    if (s[n] != '\r' && s[n] != '\n')
        return 0;
    *ret_separator = (unsigned char)s[quote + 4];
    return n + (s[n] == '\r' && s[n + 1] == '\n' ? 2 : 1);
}

/* The bytes to take off the beginning; -EINVAL for an encoding that has to be changed. */
static int check_begin(const char *s, size_t n, char why[CSV_WHY_BYTES])
{
    if (n >= 2 && (memcmp(s, "\xff\xfe", 2) == 0 || memcmp(s, "\xfe\xff", 2) == 0)) {
        (void)snprintf(why, CSV_WHY_BYTES, "is UTF-16: save it as \"CSV UTF-8\"");
        return -EINVAL;
    }
    if (n >= 2 && memcmp(s, "PK", 2) == 0) {
        (void)snprintf(why, CSV_WHY_BYTES, "is a spreadsheet or zip file: save it as CSV");
        return -EINVAL;
    }
    return n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* The line at s with its end, \n, \r\n or (old Macintoshes, some exports) \r; n when none ends. */
static size_t line_bytes(const char *s, size_t n)
{
    const char *lf = memchr(s, '\n', n);
    const char *cr = memchr(s, '\r', lf ? (size_t)(lf - s) : n);
    if (cr && cr + 1 != lf)
        return (size_t)(cr + 1 - s);
    return lf ? (size_t)(lf + 1 - s) : n;
}

/* s: NUL-terminated. */
static int feed_chunk(struct reader *r, const char *s, size_t n, char why[CSV_WHY_BYTES])
{
    while (n > 0 && !r->stopped) {
        size_t bytes = line_bytes(s, n);
        int e = feed(r, s, bytes, why);
        if (e)
            return e;
        s += bytes;
        n -= bytes;
    }
    return 0;
}

/* The bytes to take off the beginning, with the separator set; -EINVAL as check_begin(). */
static int begin(struct reader *r, const char *s, size_t n, char why[CSV_WHY_BYTES])
{
    int skip = check_begin(s, n, why);
    if (skip < 0)
        return skip;
    s += skip;
    unsigned char separator = find_separator(s, n - (size_t)skip);
    size_t line = separator_line(s, &separator);
    csv_set_delim(&r->parser, separator);
    r->line += line ? 1 : 0;
    return skip + (int)line;
}

static int read_all(struct reader *r, FILE *f, char why[CSV_WHY_BYTES])
{
    static const size_t chunk_bytes = CHUNK_BYTES;
    SAM_CLEANUP(freep) char *chunk = sam_xmalloc(chunk_bytes + 1);
    bool first = true;
    size_t n;
    while (!r->stopped && (n = fread(chunk, 1, chunk_bytes, f)) > 0) {
        chunk[n] = '\0';
        int skip = first ? begin(r, chunk, n, why) : 0;
        if (skip < 0)
            return skip;
        first = false;
        int e = feed_chunk(r, chunk + skip, n - (size_t)skip, why);
        if (e)
            return e;
    }
    if (ferror(f)) {
        (void)snprintf(why, CSV_WHY_BYTES, "cannot be read: is it a folder?");
        return -EINVAL;
    }
    /* strict only now: a quote inside a field is fine, one that is open at the end is not */
    (void)csv_set_opts(&r->parser, CSV_STRICT | CSV_STRICT_FINI);
    if (!r->stopped && csv_fini(&r->parser, on_field, on_row, r) != 0) {
        (void)snprintf(why, CSV_WHY_BYTES,
                       "line %zu: the file ends inside a quote that is opened "
                       "here",
                       r->row_line);
        return -EINVAL;
    }
    return 0;
}

int csv_rows_read_open(FILE *file, csv_row_fn *fn, void *ctx, char why[CSV_WHY_BYTES])
{
    struct reader *r = sam_xcalloc(1, sizeof(*r));
    r->fn = fn;
    r->ctx = ctx;
    r->line = 1;
    buf_init(&r->data, CSV_ROW_MAX_BYTES * 2);
    if (csv_init(&r->parser, 0) != 0)
        abort(); /* cannot fail with these options */
    csv_set_blk_size(&r->parser, CHUNK_BYTES);
    int e = read_all(r, file, why);
    csv_free(&r->parser);
    buf_deinit(&r->data);
    free(r);
    return e;
}

int csv_rows_read(const char *path, csv_row_fn *fn, void *ctx, char why[CSV_WHY_BYTES])
{
    FILE *file = fopen(path, "re");
    if (!file) {
        (void)snprintf(why, CSV_WHY_BYTES, "cannot be read: %s", strerror(errno));
        return -EINVAL;
    }
    int e = csv_rows_read_open(file, fn, ctx, why);
    (void)fclose(file);
    return e;
}
