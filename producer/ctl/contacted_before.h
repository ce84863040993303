/* producer/ctl/contacted_before.h - whom of a campaign's people the workspace has written to
 * before, by other campaigns: `contact_again_after` lets some of them through, and holds the
 * others. */
#ifndef SAM_CTL_CONTACTED_BEFORE_H
#define SAM_CTL_CONTACTED_BEFORE_H

#include "common/model/identity.h"
#include "producer/ctl/ctl.h"

#define CONTACTED_WORDS_BYTES 300

/* Of one kind: people who may get a first message again, or who may not. */
struct contacted_people {
    int64_t count;
    char example[VANITY_MAX_BYTES + 1]; /* "" = there is none */
    char words[CONTACTED_WORDS_BYTES];  /* why, for the operator */
};

struct contacted_before {
    struct contacted_people again;
    struct contacted_people held;
};

/* Looks at who waits for approval or for their first message. */
enum ctl_exit contacted_before(struct ctl *c, const struct uuid *campaign_id,
                               struct contacted_before *ret);

/* One person, for `samctl why`; out: "" where nobody else of the workspace has written to them. */
enum pg_failure contacted_before_person(struct ctl *c, const struct uuid *person_id,
                                        char out[CONTACTED_WORDS_BYTES]);

#endif
