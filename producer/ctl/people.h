/* producer/ctl/people.h - the people that an operator's PERSON means: one human, in each of the
 * campaigns of the workspace that has them (only one with --campaign). */
#ifndef SAM_CTL_PEOPLE_H
#define SAM_CTL_PEOPLE_H

#include "common/base/uuid.h"
#include "common/model/status.h"
#include "producer/ctl/ctl.h"
#include "producer/ctl/lookup.h"

struct person {
    struct uuid id;
    struct uuid campaign_id;
    struct uuid account_id;
    struct uuid workspace_id;
    enum campaign_type type;
    enum person_status status;
    bool held;
    char campaign[LOOKUP_NAME_BYTES];
    char account[LOOKUP_NAME_BYTES];
};

struct people {
    struct person *rows; /* owned; by the name of the campaign */
    size_t count;
};

/* text: a profile URL, a vanity name, an ACo… id, or the id of a row. Told when there is nobody,
 * also that they wait for approval. */
SAM_MUSTCHECK enum ctl_exit people_find(struct ctl *c, const char *text, struct people *ret);
/* The same, but nobody of this name is CTL_DONE with none. */
SAM_MUSTCHECK enum ctl_exit people_find_named(struct ctl *c, const char *text, struct people *ret);

/* What people_read() wants of campaign_prospects p, its campaign c and its account a. */
#define PEOPLE_COLUMNS                                                                             \
    "p.id, p.campaign_id, p.account_id, p.workspace_id, p.campaign_type, p.status, "               \
    "p.hold_reason IS NOT NULL, c.name, a.name "
/* false: somebody has a status that this program does not know. Deinit in any case. */
SAM_MUSTCHECK bool people_read(const struct pg_result *r, struct people *ret);
void people_deinit(struct people *p);

#endif
