/* tests/simulator/http.h - HTTP/1.1 on one event loop: makes requests, delivers their answers.
 *
 * libmicrohttpd runs inside the loop's thread, so nothing above needs a lock. */
#ifndef SAM_SIMULATOR_HTTP_H
#define SAM_SIMULATOR_HTTP_H

#include "common/base/attr.h"
#include "common/base/loop.h"
#include "tests/simulator/request.h"

struct http;

typedef void http_serve_fn(void *ctx, struct request *r);

struct http_options {
    const char *listen; /* "127.0.0.1:8080", port 0 = any; IPv4 */
    struct loop *loop;
    http_serve_fn *serve; /* fills the answer at once */
    void *ctx;
};

/* 0 done; negative errno, why says what is wrong. */
SAM_MUSTCHECK int http_new(const struct http_options *options, struct http **ret, char *why,
                           size_t why_bytes);
/* Connections under way are cut off. */
void http_free(struct http *http);
SAM_DEFINE_FREEP(http)

/* "http://127.0.0.1:8080" */
const char *http_address(const struct http *http);
/* Cuts every call that hangs. */
void http_release(struct http *http);

#endif
