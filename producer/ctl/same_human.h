/* producer/ctl/same_human.h - a PERSON as one human of the workspace: every row of theirs, by both
 * names, over all campaigns, also who is not approved yet. (people.h finds what has the given name,
 * which is enough for a decision about one campaign, and too little for forgetting.) */
#ifndef SAM_CTL_SAME_HUMAN_H
#define SAM_CTL_SAME_HUMAN_H

#include "producer/ctl/ctl.h"
#include "producer/ctl/lookup.h"

struct same_human {
    struct lookup_workspace workspace;
    struct uuid id; /* null = by identity */
    struct identity identity;
};

/* text: as people_find() takes it. Connects; told when it is no such thing. */
SAM_MUSTCHECK enum ctl_exit same_human_read(struct ctl *c, const char *text,
                                            struct same_human *ret);

/* FROM this: h.id, h.campaign_id, h.account_id, h.vanity, h.provider_id, h.approved. Parameters $1
 * to $4: same_human_params(). */
#define SAME_HUMAN "sam_same_human($1, $2, $3, $4) h "
void same_human_params(struct ctl *c, const struct same_human *h);

#endif
