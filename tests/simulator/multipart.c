#include "tests/simulator/multipart.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/base/banned.h"

#define BOUNDARY_MAX 70

/* The delimiter "--boundary"; its length, 0 = no usable boundary. */
static size_t delimiter_of(const char *content_type, char out[BOUNDARY_MAX + 3])
{
    static const char media[] = "multipart/form-data";
    static const char key[] = "boundary=";
    if (!content_type || strncasecmp(content_type, media, sizeof(media) - 1) != 0)
        return 0;
    const char *found = strcasestr(content_type + sizeof(media) - 1, key);
    if (!found)
        return 0;
    found += sizeof(key) - 1;
    bool quoted = *found == '"';
    found += quoted;
    size_t n = strcspn(found, quoted ? "\"" : "; \t");
    if (n == 0 || n > BOUNDARY_MAX || (quoted && found[n] != '"'))
        return 0;
    memcpy(out, "--", 2);
    memcpy(out + 2, found, n);
    out[n + 2] = '\0';
    return n + 2;
}

/* One header line, NUL-terminated. The part's name and kind are noted. */
static int read_header(char *line, struct multipart_part *part)
{
    static const char disposition[] = "Content-Disposition:";
    static const char name_key[] = "; name=\"";
    if (strncasecmp(line, "Content-Transfer-Encoding:", 26) == 0)
        return -EINVAL;
    if (strncasecmp(line, disposition, sizeof(disposition) - 1) != 0)
        return strchr(line, ':') ? 0 : -EINVAL;
    char *value = line + sizeof(disposition) - 1;
    value += strspn(value, " ");
    char *name = strstr(value, name_key);
    if (strncmp(value, "form-data", 9) != 0 || !name || part->name)
        return -EINVAL;
    part->is_file = strstr(value, "; filename") != NULL;
    name += sizeof(name_key) - 1;
    char *end = strchr(name, '"');
    if (!end || end == name)
        return -EINVAL;
    *end = '\0';
    part->name = name;
    return 0;
}

/* The headers of a part, to the empty line; *at is moved behind it. */
static int read_headers(char **at, const char *end, struct multipart_part *part)
{
    for (;;) {
        char *eol = memmem(*at, (size_t)(end - *at), "\r\n", 2);
        if (!eol)
            return -EINVAL;
        char *line = *at;
        *at = eol + 2;
        if (eol == line)
            return part->name ? 0 : -EINVAL;
        *eol = '\0';
        int error = read_header(line, part);
        if (error)
            return error;
    }
}

/* A part from behind its boundary to the next boundary; *at is moved behind that. */
static int read_part(char **at, const char *end, const char *delimiter, struct multipart_part *part)
{
    *part = (struct multipart_part){0};
    if (end - *at < 2 || memcmp(*at, "\r\n", 2) != 0)
        return -EINVAL;
    *at += 2;
    if (read_headers(at, end, part) != 0)
        return -EINVAL;
    size_t n = strlen(delimiter);
    char *close = memmem(*at, (size_t)(end - *at), delimiter, n);
    if (!close)
        return -EINVAL;
    *close = '\0';
    part->value = *at;
    part->value_len = (size_t)(close - *at);
    *at = close + n;
    return 0;
}

/* After the last boundary: "--", and CRLF or nothing. */
static bool is_end(const char *at, const char *end)
{
    size_t n = (size_t)(end - at);
    return (n == 2 || (n == 4 && memcmp(at + 2, "\r\n", 2) == 0)) && memcmp(at, "--", 2) == 0;
}

int multipart_parse(const char *content_type, char *body, size_t n, struct multipart *ret)
{
    char delimiter[BOUNDARY_MAX + 5] = "\r\n";
    size_t len = delimiter_of(content_type, delimiter + 2);
    ret->count = 0;
    if (len == 0 || n < len || memcmp(body, delimiter + 2, len) != 0)
        return -EINVAL;
    const char *end = body + n;
    char *at = body + len;
    while (!is_end(at, end)) {
        if (ret->count == MULTIPART_PARTS_MAX ||
            read_part(&at, end, delimiter, &ret->parts[ret->count]) != 0)
            return -EINVAL;
        ret->count++;
    }
    return 0;
}
