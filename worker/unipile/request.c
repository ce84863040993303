#include "worker/unipile/request.h"

#include <stddef.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/utf8.h"
#include "common/model/identity.h"
#include "worker/unipile/unipile.h"

#include "common/base/banned.h"

#define API_PATH "/api/v1"

static const struct route_row {
    const char *name;
    const char *path;
    enum route_body body;
    enum route_segment segment;
    bool account;
    int limit;
} routes[] = {
#define ROUTE_ROW(id, ...) {__VA_ARGS__},
    ROUTE_MAP(ROUTE_ROW)
#undef ROUTE_ROW
};

/* The API reads these segments of /users/{} as paths of its own. `profile` is none, but what public
 * code takes for one: it gives a stranger whose name is just that (facts/unipile.md section 6). */
static const char *const not_people[] = {".",         "..",        "me",     "relations",
                                         "followers", "following", "invite", "profile"};

const char *route_name(enum route r)
{
    return routes[r].name;
}

enum route_body route_body(enum route r)
{
    return routes[r].body;
}

bool route_is_write(enum route r)
{
    return routes[r].body != ROUTE_GET;
}

void request_boundary(char out[REQUEST_BOUNDARY_BYTES])
{
    static const char letters[] = "0123456789abcdef";
    for (size_t i = 0; i < REQUEST_BOUNDARY_BYTES - 1; i++)
        out[i] = letters[random_below(16)];
    out[REQUEST_BOUNDARY_BYTES - 1] = '\0';
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool id_ok(const char *id, size_t max_bytes)
{
    size_t n = 0;
    if (!id || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
        return false;
    for (; id[n]; n++) {
        if (!is_plain(id[n]) && id[n] != ':' && id[n] != '=')
            return false;
    }
    return n > 0 && n <= max_bytes;
}

static bool person_ok(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    if (n == 0 || n > VANITY_MAX_BYTES || !utf8_valid(name, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c <= ' ' || c == 0x7f || c == '/' || c == '\\')
            return false;
    }
    for (size_t i = 0; i < SAM_ARRAY_LEN(not_people); i++) {
        if (strcmp(name, not_people[i]) == 0)
            return false;
    }
    return true;
}

static void add_encoded(struct buf *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_plain(*text) || c == '~') {
            buf_addc(out, *text);
        } else {
            buf_addc(out, '%');
            buf_addc(out, digits[c >> 4]);
            buf_addc(out, digits[c & 15]);
        }
    }
}

static void add_query(struct buf *url, char *separator, const char *key, const char *value)
{
    buf_addc(url, *separator);
    buf_adds(url, key);
    buf_addc(url, '=');
    add_encoded(url, value);
    *separator = '&';
}

static void add_page(struct buf *url, char *separator, const struct route_row *row,
                     const struct request_subject *s)
{
    bool next_page = s->cursor && *s->cursor;
    if (s->after_ms > 0) {
        char after[TIME_TEXT_BYTES];
        time_format_utc(s->after_ms, after);
        add_query(url, separator, "after", after);
    }
    /* A cursor carries its limit; the relations take one of the two only. */
    if (row->limit && !next_page) {
        buf_addc(url, *separator);
        buf_adds(url, "limit=");
        buf_add_i64(url, row->limit);
        *separator = '&';
    }
    if (next_page)
        add_query(url, separator, "cursor", s->cursor);
}

static enum request_problem build_url(const struct route_row *row, const struct request_subject *s,
                                      const char *base_url, struct buf *url)
{
    const char *hole = strstr(row->path, "{}");
    char separator = '?';
    buf_reset(url);
    buf_adds(url, base_url);
    buf_adds(url, API_PATH);
    if (row->segment == SEGMENT_PERSON && !person_ok(s->segment))
        return REQUEST_NO_PERSON;
    if ((row->segment == SEGMENT_ID && !id_ok(s->segment, UNIPILE_ID_BYTES - 1)) ||
        (row->account && !id_ok(s->account, UNIPILE_ID_BYTES - 1)) ||
        (s->cursor && strlen(s->cursor) >= UNIPILE_CURSOR_BYTES))
        return REQUEST_BAD;
    buf_add(url, row->path, hole ? (size_t)(hole - row->path) : strlen(row->path));
    if (hole) {
        add_encoded(url, s->segment);
        buf_adds(url, hole + 2);
    }
    if (row->account)
        add_query(url, &separator, "account_id", s->account);
    add_page(url, &separator, row, s);
    return url->overflow ? REQUEST_BAD : REQUEST_OK;
}

static void add_json(struct buf *body, const struct request_subject *s)
{
    buf_adds(body, "{\"provider_id\":");
    buf_add_json(body, s->recipient);
    buf_adds(body, ",\"account_id\":");
    buf_add_json(body, s->account);
    if (*s->text) {
        buf_adds(body, ",\"message\":");
        buf_add_json(body, s->text);
    }
    buf_addc(body, '}');
}

static void add_part(struct buf *body, const char *boundary, const char *name, const char *value)
{
    buf_adds(body, "--");
    buf_adds(body, boundary);
    buf_adds(body, "\r\nContent-Disposition: form-data; name=\"");
    buf_adds(body, name);
    buf_adds(body, "\"\r\n\r\n");
    buf_adds(body, value);
    buf_adds(body, "\r\n");
}

/* One attendee: several would make one group chat of them. */
static void add_multipart(struct buf *body, const char *boundary, const struct request_subject *s)
{
    add_part(body, boundary, "account_id", s->account);
    add_part(body, boundary, "attendees_ids", s->recipient);
    add_part(body, boundary, "text", s->text);
    buf_adds(body, "--");
    buf_adds(body, boundary);
    buf_adds(body, "--\r\n");
}

static bool text_ok(const struct route_row *row, const char *text, const char *boundary)
{
    size_t n = text ? strlen(text) : 0;
    if (!text || n > UNIPILE_TEXT_MAX_BYTES || !utf8_valid(text, n))
        return false;
    /* only an invitation may go without words */
    return row->body == ROUTE_JSON || (n > 0 && !strstr(text, boundary));
}

static enum request_problem build_body(const struct route_row *row, const struct request_subject *s,
                                       const char *boundary, struct buf *body)
{
    buf_reset(body);
    if (row->body == ROUTE_GET)
        return REQUEST_OK;
    if (!id_ok(s->account, UNIPILE_ID_BYTES - 1) || !id_ok(s->recipient, PROVIDER_ID_MAX_BYTES) ||
        !text_ok(row, s->text, boundary))
        return REQUEST_BAD;
    if (row->body == ROUTE_JSON)
        add_json(body, s);
    else
        add_multipart(body, boundary, s);
    return body->overflow ? REQUEST_BAD : REQUEST_OK;
}

enum request_problem request_build(enum route route, const struct request_subject *subject,
                                   const char *base_url, const char *boundary, struct buf *ret_url,
                                   struct buf *ret_body)
{
    const struct route_row *row = &routes[route];
    enum request_problem problem = build_url(row, subject, base_url, ret_url);
    return problem ? problem : build_body(row, subject, boundary, ret_body);
}
