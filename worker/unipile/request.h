/* worker/unipile/request.h - the calls that SAM makes, as bytes: URL and body.
 *
 * One table of routes (base path /api/v1); nothing outside of it is ever called. Pure: no I/O, no
 * libcurl. What would leave in a broken form does not leave: ids consist of letters, digits and
 * -_.:= only, texts are valid UTF-8, and a name that the API takes for one of its own paths is no
 * person. */
#ifndef SAM_WORKER_UNIPILE_REQUEST_H
#define SAM_WORKER_UNIPILE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"

#define REQUEST_URL_MAX_BYTES  8192
#define REQUEST_BODY_MAX_BYTES ((size_t)512 * 1024)
/* Letters and digits; random for each process, so that no text can hold it on purpose. */
#define REQUEST_BOUNDARY_BYTES 41

enum route_body { ROUTE_GET, ROUTE_JSON, ROUTE_MULTIPART };

/* What stands for {} in the path. */
enum route_segment { SEGMENT_NONE, SEGMENT_PERSON, SEGMENT_ID };

/* X(id, name for logs, path, body, segment, account_id in the query, items of a page or 0) */
#define ROUTE_MAP(X)                                                                               \
    X(ROUTE_INVITE, "invite", "/users/invite", ROUTE_JSON, SEGMENT_NONE, false, 0)                 \
    X(ROUTE_START_CHAT, "start_chat", "/chats", ROUTE_MULTIPART, SEGMENT_NONE, false, 0)           \
    X(ROUTE_PROFILE, "profile", "/users/{}", ROUTE_GET, SEGMENT_PERSON, true, 0)                   \
    X(ROUTE_CHATS_WITH, "chats_with", "/chat_attendees/{}/chats", ROUTE_GET, SEGMENT_PERSON, true, \
      100)                                                                                         \
    /* no account_id: the chat is one account's, and the route does not declare it */              \
    X(ROUTE_CHAT_MESSAGES, "chat_messages", "/chats/{}/messages", ROUTE_GET, SEGMENT_ID, false,    \
      100)                                                                                         \
    X(ROUTE_CHAT, "chat", "/chats/{}", ROUTE_GET, SEGMENT_ID, false, 0)                            \
    /* messages carry much beside the text: 100 of them stay far below the bound of an answer */   \
    X(ROUTE_MESSAGES, "messages", "/messages", ROUTE_GET, SEGMENT_NONE, true, 100)                 \
    X(ROUTE_RELATIONS, "relations", "/users/relations", ROUTE_GET, SEGMENT_NONE, true, 250)        \
    X(ROUTE_INVITED, "invited", "/users/invite/sent", ROUTE_GET, SEGMENT_NONE, true, 100)          \
    X(ROUTE_CHECK, "check", "/accounts", ROUTE_GET, SEGMENT_NONE, false, 1)

#define ROUTE_ENUM_ROW(id, ...) id,
enum route { ROUTE_MAP(ROUTE_ENUM_ROW) ROUTE_N };
#undef ROUTE_ENUM_ROW

const char *route_name(enum route r);
enum route_body route_body(enum route r);
bool route_is_write(enum route r);

/* What one call is about; "" or NULL = not given, 0 = no after. */
struct request_subject {
    const char *account;
    const char *segment;   /* for {}: vanity name, provider id or chat id */
    const char *recipient; /* of a write */
    const char *text;
    int64_t after_ms;
    const char *cursor;
};

enum request_problem {
    REQUEST_OK = 0,
    REQUEST_BAD,      /* must not leave */
    REQUEST_NO_PERSON /* the name cannot be a person's */
};

/* Writes the URL, and for a write the body (both are emptied before). boundary: of multipart. */
SAM_MUSTCHECK enum request_problem request_build(enum route route,
                                                 const struct request_subject *subject,
                                                 const char *base_url, const char *boundary,
                                                 struct buf *ret_url, struct buf *ret_body);

/* Fresh, at random. */
void request_boundary(char out[REQUEST_BOUNDARY_BYTES]);

#endif
