/* common/adapters/listener.h - a listening TCP socket from "host:port". */
#ifndef SAM_ADAPTERS_LISTENER_H
#define SAM_ADAPTERS_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"

#define LISTENER_ADDRESS_BYTES 64

struct listener {
    int fd;                               /* owned by whoever holds the struct; close-on-exec */
    bool loopback;                        /* can be reached from this machine only */
    char address[LISTENER_ADDRESS_BYTES]; /* as bound: "127.0.0.1:9464", "[::1]:9464" */
};

/* Binds and listens. text: "127.0.0.1:9464", "localhost:0", "[::1]:9464", "0.0.0.0:9464" (every
 * IPv4 address), "[::]:9464" (every address). Port 0 = any free one. Of a name with several
 * addresses the first that can be bound is taken; looking a name up may block.
 * 0 done; -EINVAL the text is no such address; -ENOENT the name is unknown; another negative errno
 * of the kernel (-EADDRINUSE, -EACCES …). Then why is one line: what, and what to do. */
SAM_MUSTCHECK int listener_open(const char *text, struct listener *ret, char *why,
                                size_t why_bytes);

#endif
