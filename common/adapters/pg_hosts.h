/* common/adapters/pg_hosts.h - the lists of a conninfo with several hosts, begun at another one.
 *
 * libpq tries the hosts in their order, and a non-blocking connect waits at one that does not
 * answer for as long as its caller does: whoever gives up begins at the next one. */
#ifndef SAM_ADAPTERS_PG_HOSTS_H
#define SAM_ADAPTERS_PG_HOSTS_H

#include <stddef.h>

#include "common/base/buf.h"

/* Appends list ("a,b,c") so that it begins at its element number turns, modulo their count: one of
 * a single element stays as it is (libpq takes one port for all hosts). Elements may be empty. */
void pg_hosts_turn(const char *list, size_t turns, struct buf *ret);

#endif
