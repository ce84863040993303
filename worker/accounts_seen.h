/* worker/accounts_seen.h - the accounts that this worker tells about: which is to be looked at, and
 * when.
 *
 * Pure but for its memory: no clock, no I/O. Times are of one clock, ms. An account is looked at
 * when something about it changes, never twice within ACCOUNTS_SEEN_EVERY_MS, and again when its
 * own answer says. At most so many accounts as given: those beyond are not told about. */
#ifndef SAM_WORKER_ACCOUNTS_SEEN_H
#define SAM_WORKER_ACCOUNTS_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/uuid.h"

#define ACCOUNTS_SEEN_EVERY_MS INT64_C(10000)

struct accounts_seen;

struct accounts_seen *accounts_seen_new(size_t max);
void accounts_seen_free(struct accounts_seen *s);
SAM_DEFINE_FREEP(accounts_seen)

/* Forgets all: what is told meanwhile by others is not known here. */
void accounts_seen_clear(struct accounts_seen *s);
size_t accounts_seen_count(const struct accounts_seen *s);
/* Those whose last record did not arrive. */
size_t accounts_seen_lost_count(const struct accounts_seen *s);

/* Something about it has changed. */
void accounts_seen_touch(struct accounts_seen *s, const struct uuid *id, int64_t now_ms);
/* Its rows are of this mark: another one than before touches it. */
void accounts_seen_mark(struct accounts_seen *s, const struct uuid *id, uint64_t mark,
                        int64_t now_ms);
/* A walk over all rows has ended: who was not marked by it is touched, for it may be gone. false:
 * since the one of before, one has found no room. */
bool accounts_seen_walked(struct accounts_seen *s, int64_t now_ms);
/* Gives the accounts that are due, longest first, at most max; each is under way until looked. */
size_t accounts_seen_take(struct accounts_seen *s, int64_t now_ms, struct uuid *ids, size_t max);
/* It was looked at; again at that time at the latest. */
void accounts_seen_looked(struct accounts_seen *s, const struct uuid *id, int64_t now_ms,
                          int64_t again_ms);
/* Is this digest another one than that of the last record? Then it is the last from now on. */
bool accounts_seen_changed(struct accounts_seen *s, const struct uuid *id, uint64_t digest);
/* Its last record did not arrive: whatever comes next is a change, which is looked for then at the
 * latest. */
void accounts_seen_lost(struct accounts_seen *s, const struct uuid *id, int64_t again_ms);
/* A record of it has arrived. */
void accounts_seen_arrived(struct accounts_seen *s, const struct uuid *id);
/* Others may have written after us: whatever comes next of anyone is a change. */
void accounts_seen_doubt(struct accounts_seen *s, int64_t now_ms);
/* It is no account of ours. */
void accounts_seen_forget(struct accounts_seen *s, const struct uuid *id);

#endif
