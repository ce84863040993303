/* common/adapters/pg_async.h - a Postgres session driven by the event loop, in pipeline mode.
 *
 * Statements are queued and answered in order; several may be sent before the first answer comes.
 * Named statements are prepared once per connection. The session connects, reconnects with
 * doubling delays (0.2 s to 2 s), and tells its owner each time. Nothing blocks. A server that
 * answers nothing for PG_SILENT_MS longer than a statement may take is lost: no bytes are missing,
 * so TCP would not tell.
 */
#ifndef SAM_ADAPTERS_PG_ASYNC_H
#define SAM_ADAPTERS_PG_ASYNC_H

#include "common/adapters/pg.h"
#include "common/base/log.h"
#include "common/base/loop.h"

struct pg_async;

/* The answer of one statement. PG_FINE: result is borrowed for the time of the call. Else error is
 * one line. After a failure (also of a PREPARE that was made for a statement) the rest of the same
 * batch, up to pg_async_sync, is answered with the same class and text: it was skipped because of
 * that. Where the connection or the session is lost, everything that waits is answered PG_LOST. */
typedef void pg_async_fn(void *ctx, enum pg_failure failure, const struct pg_result *result,
                         const char *error);
/* up: a fresh session is ready (its settings made); false: it was lost or could not be had. */
typedef void pg_async_state_fn(void *ctx, bool up, const char *why);

/* Starts connecting; state_fn is called from the loop. options' strings are copied. */
struct pg_async *pg_async_new(struct loop *loop, const struct pg_options *options, struct log *log,
                              pg_async_state_fn *state_fn, void *ctx);
/* Waiting statements are not answered any more. */
void pg_async_free(struct pg_async *a);
SAM_DEFINE_FREEP(pg_async)

bool pg_async_up(const struct pg_async *a);
/* Statements that wait for an answer. */
size_t pg_async_waiting(const struct pg_async *a);

/* Queues one statement. name: "" = unnamed, else prepared under that name at its first use (a fixed
 * name for a fixed text). params are copied into libpq's buffer before the call returns; NULL =
 * none. fn may be NULL. Only while pg_async_up(); else fn is called at once with PG_LOST. */
void pg_async_send(struct pg_async *a, const char *name, const char *sql,
                   const struct pg_params *params, pg_async_fn *fn, void *ctx);
/* Ends a batch: the server commits an implicit transaction and forgets a failure here, and answers
 * are flushed. Everything sent since the last sync is one batch. */
void pg_async_sync(struct pg_async *a);
/* Breaks the connection off (an answer that must not be waited for); it reconnects by itself. */
void pg_async_reset(struct pg_async *a, const char *why);

#endif
