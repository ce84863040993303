#include "producer/ctl/text_lines.h"

#include <string.h>

#include "common/base/banned.h"

#define FILE_MAX_BYTES (64 << 20)
#define BLANKS         " \t\r"

/* The line without blanks around it; *at is moved to the next one, NULL = there is none. A file may
 * have CR alone. */
static char *next_line(char **at)
{
    char *line = *at;
    char *end = strpbrk(line, "\r\n");
    if (end && strncmp(end, "\r\n", 2) == 0)
        *end++ = '\0';
    if (end)
        *end = '\0';
    *at = end ? end + 1 : NULL;
    line += strspn(line, BLANKS);
    for (size_t n = strlen(line); n > 0 && strchr(BLANKS, line[n - 1]); n--)
        line[n - 1] = '\0';
    return line;
}

enum ctl_exit text_lines_read(const char *path, const char *what, text_line_fn *fn, void *ctx)
{
    size_t bytes = 0;
    bool any = false;
    SAM_CLEANUP(freep) char *text = ctl_read_file(path, FILE_MAX_BYTES, &bytes);
    if (!text)
        return CTL_FAILED;
    if (strlen(text) != bytes)
        return ctl_fail("%s: holds a NUL byte: it is no text file of UTF-8", path);
    char *at = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
    for (size_t number = 1; at; number++) {
        const char *line = next_line(&at);
        if (!*line || *line == '#')
            continue;
        SAM_CLEANUP(freep) char *where = sam_xasprintf("%s:%zu: ", path, number);
        fn(ctx, where, line);
        any = true;
    }
    return any ? CTL_DONE : ctl_fail("%s: holds nothing: one %s a line", path, what);
}
