/* tests/simulator/journal.h - every call of the API that arrived, numbered from 1.
 *
 * In memory the newest JOURNAL_KEPT calls, for GET /journal; on request all of them in a file, one
 * JSON line each. Neither holds a text: a write's text is told by its length and digest. */
#ifndef SAM_SIMULATOR_JOURNAL_H
#define SAM_SIMULATOR_JOURNAL_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "tests/simulator/request.h"

#define JOURNAL_KEPT (1 << 20)

struct journal;

/* path NULL = no file. 0 done; negative errno: the file cannot be opened. */
SAM_MUSTCHECK int journal_new(const char *path, struct journal **ret);
/* Flushes first. */
void journal_free(struct journal *j);
SAM_DEFINE_FREEP(journal)
/* Forgets what is in memory and counts from 1 again; the file keeps its lines. */
void journal_reset(struct journal *j);

void journal_add(struct journal *j, const struct request *r, const char *route);
/* Writes what is waiting for the file. 0 done; negative errno: the disk did not take it, now or
 * before. */
SAM_MUSTCHECK int journal_flush(struct journal *j);

/* A JSON array of the calls after that number, at most `limit`. */
void journal_read(const struct journal *j, uint64_t after, uint64_t limit, struct buf *out);

#endif
