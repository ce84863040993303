/* common/adapters/gate.h - has Postgres relearned everything that the ledger knows? (design 3.8)
 *
 * A process that has (re)connected to Postgres may face a restored or failed-over database. It
 * writes a marker event to each partition of sam.events and plans, publishes or claims for that
 * partition only once ledger_positions has passed its marker. A position lower than one that was
 * seen, no position at all where one was, or tables that were made anew (a dump that is loaded into
 * the live database) shut everything again; so does a database that is not this SAM's (another
 * ledger_id or none, another schema, no tables: gate_foreign); a partition whose log does not fit
 * its position (found here, or by the worker that applies it: ledger_positions.halted_reason) stays
 * shut.
 *
 * When partitions were added, history of an account may stand in another partition than its present
 * one. Every count that ever was could have put it elsewhere, so then the gate is open for all
 * accounts or for none: each partition must have passed its marker, and one that halts shuts all.
 * While the topics have as many partitions as at their fewest (ledger.least_partitions, see
 * startup.h), a partition that halts shuts its own accounts only. One gate per process; not
 * thread-safe. */
#ifndef SAM_ADAPTERS_GATE_H
#define SAM_ADAPTERS_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/adapters/kafka.h"
#include "common/adapters/pg.h"
#include "common/base/attr.h"

struct gate;

/* Shut, and wanting markers. topic is copied. */
struct gate *gate_new(int32_t partitions, const char *topic, const struct uuid *ledger_id,
                      struct log *log);
void gate_free(struct gate *g);
SAM_DEFINE_FREEP(gate)

/* A fresh connection to Postgres: shuts every partition and asks for new markers. */
void gate_shut(struct gate *g, const char *why);
/* How often it was shut: what was learned before says nothing any more. */
int64_t gate_shuts(const struct gate *g);
/* Asks for new markers without shutting anything, so that gate_past_ms(partition) moves on. */
void gate_renew(struct gate *g, int32_t partition);

/* Writes the markers that are wanted, once the positions were read after the shutting: a marker
 * that comes to stand before a position shows a log that ends before it. Call it often; failed ones
 * are wanted again. */
void gate_write(struct gate *g, struct kafka_producer *producer, int64_t db_now_ms);
/* Markers are wanted or not passed yet: read the positions (again). */
bool gate_waiting(const struct gate *g);

/* The statement, without parameters, and its answer. */
extern const char gate_positions_sql[];

/* What has been seen when positions are asked for: the answer may not be lower. One per asker:
 * answers of several connections come in any order, so "lower than the last answer" says nothing.
 */
struct gate_floor;
struct gate_floor *gate_floor_new(const struct gate *g);
void gate_floor_free(struct gate_floor *floor);
SAM_DEFINE_FREEP(gate_floor)
/* Call it when the statement is about to be sent. */
void gate_ask(const struct gate *g, struct gate_floor *floor);
/* The answer. Returns how many partitions have opened by it; -1 = it is no ground to act on: a
 * position below the floor or without a row, tables made anew (shut all), another database (shuts
 * all, and gate_trouble tells), or the gate was shut since gate_ask: what it says may be of before.
 */
int gate_positions(struct gate *g, const struct gate_floor *floor, const struct pg_result *r);
/* A position that this process itself has committed: no answer to a later question may be lower. */
void gate_seen(struct gate *g, int32_t partition, int64_t next_offset);
/* The statement failed. PG_SCHEMA: there are not the tables of this program, which shuts all; any
 * other failure says nothing of what is in the database. */
void gate_unread(struct gate *g, enum pg_failure failure, const char *error);
/* The last answer was of a database that is not this SAM's: nothing may be read from it or written
 * to it, also what needs no open gate. gate_trouble tells what to do. */
bool gate_foreign(const struct gate *g);
/* It is foreign since its schema needs later programs (it was migrated, and this one forgotten):
 * only another program helps. What it knows of the log, and its SQL, are too old to apply events:
 * a worker leaves both of its groups and ends; a producer may stay, and does nothing. */
bool gate_outdated(const struct gate *g);
/* Why nothing, or not every partition, can open until somebody looks: the database is not this
 * SAM's, or the log does not fit a position. One of them when there are several; NULL = none. Owned
 * by the gate, valid until the next call. */
const char *gate_trouble(struct gate *g);

/* May the accounts of this partition be planned for, published, claimed? */
bool gate_open(const struct gate *g, int32_t partition);
/* Of partitions for which gate_open() holds. */
int32_t gate_open_count(const struct gate *g);
int32_t gate_partitions(const struct gate *g);
/* Of partitions whose log does not fit, or that the worker has halted (gate_trouble). */
int32_t gate_halted_count(const struct gate *g);
/* The sum of the positions, as last seen. */
int64_t gate_positions_sum(const struct gate *g);
/* The partition of an account, from linkedin_accounts.key_hash. */
int32_t gate_partition(const struct gate *g, int64_t key_hash);
/* $n of SQL that filters by open partitions: an int[] of them. */
void gate_add_open(const struct gate *g, struct pg_params *params);
/* What can hold events of this partition's accounts has been applied past this moment of the
 * database's clock; 0 = not known. */
int64_t gate_past_ms(const struct gate *g, int32_t partition);

#endif
