/* worker/apply_latest.h - of several events of one batch that speak of the same row: which one is
 * written. A statement gets one row per key, for Postgres takes any of two. Pure. */
#ifndef SAM_WORKER_APPLY_LATEST_H
#define SAM_WORKER_APPLY_LATEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/model/event.h"

/* Is events[i] the one that is written for its campaign? A stop, whatever its version, for it is
 * final; else the one of the highest version, the later of two alike. */
bool apply_latest_campaign(const struct event *events, size_t count, size_t i);
/* Is events[i] the one that is written for its workspace? The highest version, the later of two. */
bool apply_latest_workspace(const struct event *events, size_t count, size_t i);
/* Is events[i] the end of a sync that is written for its job (account, kind, dispatch)? The last.
 */
bool apply_latest_sync(const struct event *events, size_t count, size_t i);

#endif
