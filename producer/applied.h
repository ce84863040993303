/* producer/applied.h - "this database has what the ledger holds": said by a producer as the name of
 * its connection, read by samctl (ctl/catch_up.h) in pg_stat_activity.
 *
 * The name ends with the connection, and no dump takes it along. It carries the sum of the
 * positions that the producer saw last: a database that was restored under it is below that, until
 * it has caught up. */
#ifndef SAM_PRODUCER_APPLIED_H
#define SAM_PRODUCER_APPLIED_H

#define APPLIED_PROGRAM "sam-producer"
/* Every partition is applied but those that are halted, which only an operator can change. */
#define APPLIED_FORMAT APPLIED_PROGRAM " (applied %lld, %d halted)"
#define APPLIED_SUM    "applied ([0-9]+)" /* regular expressions of Postgres */
#define APPLIED_HALTED "([0-9]+) halted"

#endif
