/* worker/unipile/answer.h - what an answer of Unipile means: status and bytes in, class out.
 *
 * Pure: no I/O, no libcurl, any bytes. The type in the body decides, the HTTP status only where no
 * known type is given (facts/unipile.md section 2). Ids and types that are not plain printable
 * ASCII of bounded length are taken as not told. */
#ifndef SAM_WORKER_UNIPILE_ANSWER_H
#define SAM_WORKER_UNIPILE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/model/outcome.h"
#include "worker/unipile/unipile.h"

#define ANSWER_MAX_BYTES (1 << 20)

struct json_object;

/* One answer, whole or what has come of it. */
struct answer {
    int status; /* 200 or more */
    const char *bytes;
    size_t count;
    int64_t retry_after_ms;   /* what the answer asks for; 0 = nothing */
    const char *content_type; /* NULL or "" = not told */
    bool cut;      /* the transfer ended before the answer did: bytes are its beginning */
    bool too_long; /* cut by us, after ANSWER_MAX_BYTES: no JSON */
};

/* Whether a 2xx may be Unipile's at all: not HTML, not another content type, an object or, when it
 * was cut, the beginning of one. A login page or a portal at our base URL says neither that a call
 * was executed nor that it was not. */
bool answer_is_unipiles(const struct answer *answer);
#define NOT_UNIPILE "not_unipile" /* its error_type, of a write (UNKNOWN) and of a read (RETRY) */

/* NULL: not one JSON object. The caller puts it. */
struct json_object *answer_json(const struct answer *answer);
/* The text of a key, "" when it is absent, not a text, or not told in the sense above; a text that
 * does not fit is not told. */
void answer_id(struct json_object *json, const char *key, char *ret, size_t ret_bytes);

/* What an answer with another status than 2xx says. */
struct answer_error {
    char type[UNIPILE_ERROR_BYTES]; /* without "errors/"; "untyped" */
    bool known;                     /* the table of types has it */
    struct error_type meaning;
};
void answer_error(const struct answer *answer, struct answer_error *ret);

/* The outcome of a write. A 2xx is SENT if it is Unipile's, else UNKNOWN. */
void answer_write(const struct answer *answer, struct unipile_outcome *ret);

#endif
