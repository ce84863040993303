/* common/adapters/admin.h - the admin port of a daemon: /healthz, /readyz, /metrics.
 *
 * Answers from its own thread, so it answers while the loop is stuck: that is what /healthz tells.
 *   /healthz  200 while the owner's loop turns, else 503. No look at Postgres, Kafka or Unipile: a
 *             dependency that is away must not have the whole fleet restarted.
 *   /readyz   200, or 503 with one line per reason that the owner has set: "postgres: …".
 *   /metrics  the owner's metrics, Prometheus text format; with a token file only to whoever sends
 *             `Authorization: Bearer TOKEN`.
 * GET and HEAD only. Connections are bounded in number, size and idle time. TLS is not spoken here.
 *
 * All functions but new and free may be called from any thread and never block for long. */
#ifndef SAM_ADAPTERS_ADMIN_H
#define SAM_ADAPTERS_ADMIN_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/metrics.h"

/* A loop that has not turned for so long is stuck. Longer than any legal turn (1 s of waiting and
 * the longest blocking step). */
#define ADMIN_STUCK_MS (10 * INT64_C(1000))

#define ADMIN_TEXT_BYTES 256

struct admin;

struct admin_options {
    const char *listen;            /* as listener_open() takes it */
    const char *token_file;        /* NULL or "" = none; needed unless listen is a loopback */
    const struct metrics *metrics; /* borrowed, must outlive the admin port */
};

/* Listens and answers from now on: healthy, and not ready with the reason "starting" until
 * admin_reason_set(admin, "starting", NULL). The token is read once; blanks and newlines at its end
 * do not count. 0 done; -EPERM not a loopback address and no token; -EINVAL listen or the token's
 * content; else the negative errno of the file or socket. Then why is one line that names the
 * setting. Never shows the token. */
SAM_MUSTCHECK int admin_new(const struct admin_options *options, struct admin **ret, char *why,
                            size_t why_bytes);
/* Waits for answers under way. */
void admin_free(struct admin *admin);
SAM_DEFINE_FREEP(admin)

/* The address as bound, "127.0.0.1:9464": the port that was chosen when listen said 0. */
const char *admin_address(const struct admin *admin);

/* The loop has turned at this reading of CLOCK_BOOTTIME. */
void admin_turned(struct admin *admin, int64_t now_boot_ms);

/* Sets, replaces or (text NULL or empty) takes back one reason for not being ready. what: a fixed
 * short name ("postgres"). text: copied, cut at ADMIN_TEXT_BYTES, line breaks become blanks; never
 * a secret: /readyz answers everybody. */
void admin_reason_set(struct admin *admin, const char *what, const char *text);

#endif
