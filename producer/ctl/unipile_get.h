/* producer/ctl/unipile_get.h - one GET to Unipile, for `doctor`, `account discover`, `resume` and
 * `replies --text`: a blocking GET of an unmetered list needs nothing of the worker's client. It
 * never writes. */
#ifndef SAM_CTL_UNIPILE_GET_H
#define SAM_CTL_UNIPILE_GET_H

#include "common/base/settings.h"
#include "producer/ctl/http_get.h"

/* path: with its query, "/api/v1/accounts?limit=1". As http_get(): the caller deinits ret. */
SAM_MUSTCHECK int unipile_get(const struct settings *s, const char *path, struct http_get *ret,
                              char why[HTTP_GET_WHY_BYTES]);

/* A 2xx or a redirect that is not Unipile's: HTML, no object, a way to somewhere else. A false says
 * nothing about other statuses. */
bool unipile_get_is_stranger(const struct http_get *g);
#define UNIPILE_GET_STRANGER                                                                       \
    "a login page, not Unipile: check unipile.base_url, and what stands between (proxy, portal)"

/* What is to be done about a status that is not 2xx: a sentence. */
const char *unipile_get_advice(long status);

#endif
