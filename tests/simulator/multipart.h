/* tests/simulator/multipart.h - a strict reader of multipart/form-data (RFC 7578), in place.
 *
 * No preamble, CRLF everywhere, each part with a Content-Disposition of form-data and a name, the
 * closing boundary there and nothing behind it but CRLF. Nested multiparts and transfer encodings
 * are refused. */
#ifndef SAM_SIMULATOR_MULTIPART_H
#define SAM_SIMULATOR_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"

#define MULTIPART_PARTS_MAX 64

struct multipart_part {
    const char *name;  /* NUL-terminated in the body */
    const char *value; /* likewise; value_len tells whether it has NULs inside */
    size_t value_len;
    bool is_file;
};

struct multipart {
    struct multipart_part parts[MULTIPART_PARTS_MAX];
    size_t count;
};

/* Cuts the body into parts; NULs are written into it. 0 done; -EINVAL not such a body. */
SAM_MUSTCHECK int multipart_parse(const char *content_type, char *body, size_t n,
                                  struct multipart *ret);

#endif
