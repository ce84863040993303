/* worker/apply_write.h - shared by the two files that write a batch: of its sends (apply_write.c),
 * and around them (apply_write_around.c). */
#ifndef SAM_WORKER_APPLY_WRITE_H
#define SAM_WORKER_APPLY_WRITE_H

#include "worker/apply_sql.h"

/* Declares `out`: how many are wanted; a statement without rows is not sent. */
#define COUNT_IF(out, n, wanted)                                                                   \
    size_t out = 0;                                                                                \
    for (size_t i = 0; i < (n); i++)                                                               \
    (out) += (wanted) ? 1 : 0

/* Queues one statement with the parameters of w. */
static inline void apply_send(struct apply_writer *w, const char *name, const char *sql)
{
    pg_async_send(w->pg, name, sql, w->params, w->fn, w->ctx);
}

void apply_write_around(struct apply_writer *w);

#endif
