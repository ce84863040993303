/* producer/ctl/doctor_http.h - one GET to Unipile, for `doctor`, `account discover` and `resume`.
 *
 * The one place outside of worker/unipile that includes libcurl: samctl must not know the worker,
 * and a blocking GET of an unmetered list needs nothing of its client. It never writes. */
#ifndef SAM_CTL_DOCTOR_HTTP_H
#define SAM_CTL_DOCTOR_HTTP_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/settings.h"

#define DOCTOR_HTTP_WHY_BYTES  300
#define DOCTOR_HTTP_BODY_BYTES (4 << 20)

struct doctor_http {
    long status; /* HTTP */
    bool json;   /* by its content type, or without one */
    struct buf body;
};

/* path: with its query, "/api/v1/accounts?limit=1". 0: an answer, whatever its status; -ENOTCONN:
 * none (why). Deinit in both cases. The key travels to base_url only: redirects are not followed.
 */
SAM_MUSTCHECK int doctor_http_get(const struct settings *s, const char *path,
                                  struct doctor_http *ret, char why[DOCTOR_HTTP_WHY_BYTES]);
void doctor_http_deinit(struct doctor_http *h);

/* Query-escapes text. Owned by the caller. */
char *doctor_http_escape(const char *text);

/* A 2xx or a redirect that is not Unipile's: HTML, no object, a way to somewhere else. A false says
 * nothing about other statuses. */
bool doctor_http_is_stranger(const struct doctor_http *h);
#define DOCTOR_HTTP_STRANGER                                                                       \
    "a login page, not Unipile: check unipile.base_url, and what stands between (proxy, portal)"

/* What is to be done about a status that is not 2xx: a sentence. */
const char *doctor_http_advice(long status);

#endif
