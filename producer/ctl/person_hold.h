/* producer/ctl/person_hold.h - people are put on hold, and what the ledger hears of a decision
 * about a person.
 *
 * All inside a change (ctl_transaction), with the accounts of the people locked. */
#ifndef SAM_CTL_PERSON_HOLD_H
#define SAM_CTL_PERSON_HOLD_H

#include "common/adapters/outbox.h"
#include "common/model/event.h"
#include "producer/ctl/people.h"

struct person_decision {
    const struct person *person;
    enum finding finding;
    enum person_status status; /* FINDING_STATUS only */
    const char *reason;
};

/* version: what the person's row has got with the decision. */
void person_decision_tell(struct outbox *o, const struct person_decision *d, int64_t version);

/* All of them, with the outbox rows; refused when the status of one is not what was seen. */
SAM_MUSTCHECK enum pg_failure people_hold(struct ctl *c, const struct people *people,
                                          const char *reason);

#endif
