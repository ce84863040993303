/* producer/ctl/http_get.h - one blocking GET, for the commands that ask Unipile or a program of
 * SAM.
 *
 * The one place outside of worker/unipile that includes libcurl: samctl must not know the worker.
 * Redirects are not followed, and no proxy is asked: what is sent along is for that address only.
 */
#ifndef SAM_CTL_HTTP_GET_H
#define SAM_CTL_HTTP_GET_H

#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/buf.h"

#define HTTP_GET_WHY_BYTES  300
#define HTTP_GET_BODY_BYTES (4 << 20)

struct http_get {
    const char *url;    /* borrowed */
    const char *header; /* a line of its own, "X-API-KEY: …"; NULL = none; borrowed */
    long timeout_ms;    /* of all of it */
    long connect_timeout_ms;
    /* results */
    long status; /* HTTP */
    bool json;   /* by its content type, or without one */
    struct buf body;
};

/* 0: an answer, whatever its status; -ENOTCONN: none (why). Deinit in both cases. */
SAM_MUSTCHECK int http_get(struct http_get *g, char why[HTTP_GET_WHY_BYTES]);
void http_get_deinit(struct http_get *g);

/* Query-escapes text. Owned by the caller. */
char *http_get_escape(const char *text);

#endif
