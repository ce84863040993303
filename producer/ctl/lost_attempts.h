/* producer/ctl/lost_attempts.h - attempts of which only an event that was set aside tells.
 *
 * After a restore both events of an attempt may be set aside. Then no attempt, no contacted row and
 * no item says that the call may have been made, and once the events are cleared nothing would keep
 * SAM from making it again. So who it went to is put on hold, in every campaign of the workspace
 * where that human has not been written to yet. */
#ifndef SAM_CTL_LOST_ATTEMPTS_H
#define SAM_CTL_LOST_ATTEMPTS_H

#include "common/model/event.h"
#include "producer/ctl/people.h"

#define LOST_ATTEMPTS_HOLD "event_set_aside"

struct lost_attempts {
    struct event *events; /* owned; of attempts that send_attempts may not have */
    size_t count;
    struct people people; /* owned; the open ones to be held */
};

/* The record is of an event that is cleared; of an attempt it is kept, else passed over. */
void lost_attempts_add(struct lost_attempts *l, const char *record, size_t bytes);
/* Inside a change: leaves those that send_attempts does not have, and finds their people. */
SAM_MUSTCHECK enum pg_failure lost_attempts_load(struct lost_attempts *l, struct ctl *c);
/* After lost_attempts_load(): who the attempt went to is in this database, and open. */
bool lost_attempts_has_person(const struct lost_attempts *l, const struct event *attempt);
void lost_attempts_deinit(struct lost_attempts *l);

#endif
