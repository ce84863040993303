#include "producer/ctl/rejects.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "producer/ctl/csv_field.h"
#include "producer/ctl/people_row.h"

#include "common/base/banned.h"

#define TOLD_MAX 10

struct rejects {
    const char *input; /* borrowed */
    const char *place; /* borrowed; NULL = beside the input */
    char *path;        /* NULL = standard output, as is new_path */
    char *new_path;    /* written first; takes the place of path at the end */
    bool dry;
    FILE *file;
    struct buf header; /* the line with the names */
    int64_t count;
};

/* Beside the input; in the current folder when that is a pipe, a terminal, /dev/stdin. */
static char *path_of(const char *input)
{
    struct stat st;
    if (strncmp(input, "/dev/", 5) == 0 || (stat(input, &st) == 0 && !S_ISREG(st.st_mode)))
        return sam_xstrdup("people.rejected.csv");
    const char *slash = strrchr(input, '/');
    const char *dot = strrchr(input, '.');
    if (!dot || (slash && dot < slash) || dot == input || (slash && dot == slash + 1))
        return sam_xasprintf("%s.rejected.csv", input);
    return sam_xasprintf("%.*s.rejected.csv", (int)(dot - input), input);
}

struct rejects *rejects_new(const char *input, const char *place, bool dry)
{
    struct rejects *r = sam_xcalloc(1, sizeof(*r));
    r->input = input;
    r->place = place;
    if (!place || strcmp(place, "-") != 0) {
        r->path = place ? sam_xstrdup(place) : path_of(input);
        r->new_path = sam_xasprintf("%s.new", r->path);
    }
    r->dry = dry;
    buf_init(&r->header, CSV_ROW_MAX_BYTES);
    return r;
}

void rejects_free(struct rejects *r)
{
    if (!r)
        return;
    if (r->file && r->path) {
        (void)fclose(r->file);
        (void)unlink(r->new_path);
    }
    buf_deinit(&r->header);
    free(r->path);
    free(r->new_path);
    free(r);
}

static void add_line(struct buf *line, const char *number, const char *why,
                     const struct csv_row *row)
{
    csv_field_add(line, number, false);
    buf_addc(line, ',');
    csv_field_add(line, why, false);
    for (size_t i = 0; i < row->count; i++) {
        buf_addc(line, ',');
        csv_field_add(line, row->fields[i], false);
    }
    buf_addc(line, '\n');
}

void rejects_header(struct rejects *r, const struct csv_row *header)
{
    buf_reset(&r->header);
    add_line(&r->header, PEOPLE_REJECTED_LINE, PEOPLE_REJECTED_REASON, header);
}

static enum ctl_exit failed(const struct rejects *r)
{
    if (!r->path)
        return ctl_fail("standard output cannot be written: %s", strerror(errno));
    return ctl_fail("%s: cannot be written: %s%s", r->path, strerror(errno),
                    r->place ? ""
                             : " (`--rejects FILE` says where else the lines go that cannot be "
                               "used, `--rejects -` writes them to standard output)");
}

static enum ctl_exit write_line(struct rejects *r, const struct csv_row *row, const char *why)
{
    char number[24];
    (void)snprintf(number, sizeof(number), "%zu", row->line);
    if (!r->file) {
        r->file = r->path ? fopen(r->new_path, "we") : stdout;
        if (!r->file || fwrite(buf_text(&r->header), 1, r->header.len, r->file) != r->header.len)
            return failed(r);
    }
    SAM_CLEANUP(buf_deinit) struct buf line = BUF_INIT(2 * CSV_ROW_MAX_BYTES);
    add_line(&line, number, why, row);
    return fwrite(buf_text(&line), 1, line.len, r->file) == line.len ? CTL_DONE : failed(r);
}

enum ctl_exit rejects_add(struct rejects *r, const struct csv_row *row, const char *why)
{
    r->count++;
    if (r->count <= TOLD_MAX)
        (void)fprintf(stderr, "%s:%zu: %s\n", r->input, row->line, why);
    else if (r->count == TOLD_MAX + 1)
        (void)fprintf(stderr, "%s: and more\n", r->input);
    return r->dry && r->path ? CTL_DONE : write_line(r, row, why);
}

/* Only a file that an import has made. */
static void remove_old(const struct rejects *r)
{
    char begin[64] = "";
    FILE *f = fopen(r->path, "re");
    if (!f)
        return;
    size_t n = fread(begin, 1, sizeof(begin) - 1, f);
    (void)fclose(f);
    begin[n] = '\0';
    if (strstr(begin, PEOPLE_REJECTED_LINE))
        (void)unlink(r->path);
}

static bool same_bytes(FILE *a, FILE *b)
{
    char left[8192];
    char right[sizeof(left)];
    size_t n;
    do {
        n = fread(left, 1, sizeof(left), a);
        if (fread(right, 1, sizeof(right), b) != n || memcmp(left, right, n) != 0)
            return false;
    } while (n > 0);
    return true;
}

/* What stands there may be half corrected by hand: it is kept, unless it says the same. */
static enum ctl_exit keep_old(const struct rejects *r)
{
    SAM_CLEANUP(freep) char *kept = sam_xasprintf("%s.old", r->path);
    FILE *old = fopen(r->path, "re");
    if (!old && errno == ENOENT)
        return CTL_DONE;
    FILE *fresh = fopen(r->new_path, "re");
    bool same = old && fresh && same_bytes(old, fresh);
    if (old)
        (void)fclose(old);
    if (fresh)
        (void)fclose(fresh);
    if (same)
        return CTL_DONE;
    if (rename(r->path, kept) != 0)
        return ctl_fail("%s: cannot be moved out of the way: %s", r->path, strerror(errno));
    (void)fprintf(stderr, "%s was there already and is now %s\n", r->path, kept);
    return CTL_DONE;
}

enum ctl_exit rejects_end(struct rejects *r)
{
    if (!r->path)
        return fflush(stdout) == 0 ? CTL_DONE : failed(r);
    if (!r->file) {
        if (!r->dry)
            remove_old(r);
        return CTL_DONE;
    }
    int bad = fclose(r->file);
    r->file = NULL;
    enum ctl_exit e = bad ? failed(r) : keep_old(r);
    if (!e && rename(r->new_path, r->path) != 0)
        e = failed(r);
    if (e)
        (void)unlink(r->new_path);
    return e;
}

int64_t rejects_count(const struct rejects *r)
{
    return r->count;
}

const char *rejects_path(const struct rejects *r)
{
    return r->count > 0 && !r->dry ? r->path : NULL;
}
