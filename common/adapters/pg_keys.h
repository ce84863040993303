/* common/adapters/pg_keys.h - does a statement name a row twice? For developer builds and tests.
 *
 * UPDATE … FROM unnest(…) with two rows for one key is no error to Postgres: it takes either. So
 * every statement of that kind is looked at before it is sent: its key are the columns that are
 * compared in its WHERE ("a.id = x.id", either way round), and no two of its rows may have the
 * same. One whose key is not understood (a second unnest, one in a sub-select) is a bug too: write
 * it plainly. */
#ifndef SAM_ADAPTERS_PG_KEYS_H
#define SAM_ADAPTERS_PG_KEYS_H

#include "common/adapters/pg.h"

/* The statement is no UPDATE from unnest, or its rows have different keys; false also where the key
 * is not understood. params may be NULL. */
bool pg_keys_unique(const char *sql, const struct pg_params *params);

/* Ends the process with the statement's text: a bug of ours. Nothing where NDEBUG is defined. */
#ifdef NDEBUG
#define PG_KEYS_CHECK(sql, params) ((void)0)
#else
#define PG_KEYS_CHECK(sql, params) pg_keys_check(sql, params)
#endif
void pg_keys_check(const char *sql, const struct pg_params *params);

#endif
