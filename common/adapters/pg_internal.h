/* common/adapters/pg_internal.h - what pg.c and pg_async.c share; for these two only. */
#ifndef SAM_ADAPTERS_PG_INTERNAL_H
#define SAM_ADAPTERS_PG_INTERNAL_H

#include <libpq-fe.h>

#include "common/adapters/pg.h"

/* A server that vanishes without a word (host off, address moved) is noticed within half a minute.
 * They stand before dbname: what the user's conninfo says wins. */
#define PG_ALIVE_KEYS                                                                              \
    "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"
#define PG_ALIVE_VALUES "10", "5", "3", "20000"

/* The pointer arrays that libpq wants, filled from params (which stay where they are). */
struct pg_wire {
    const char *values[PG_PARAMS_MAX];
    int formats[PG_PARAMS_MAX];
};
void pg_wire_fill(struct pg_wire *wire, const struct pg_params *params);

enum pg_failure pg_classify(PGconn *conn, const PGresult *result);
/* The statements that give a fresh session its settings. */
void pg_session_settings(const struct pg_options *options, struct buf *sql);
/* Copies libpq's message as one line. */
void pg_one_line(const char *message, char *out, size_t out_bytes);

#endif
