/* producer/ctl/lookup.h - from the names that people give to the rows that they mean. */
#ifndef SAM_CTL_LOOKUP_H
#define SAM_CTL_LOOKUP_H

#include "common/base/uuid.h"
#include "common/model/identity.h"
#include "common/model/status.h"
#include "producer/ctl/ctl.h"

#define LOOKUP_NAME_BYTES 801 /* 200 characters */

struct lookup_workspace {
    struct uuid id;
    char name[LOOKUP_NAME_BYTES];
};

struct lookup_account {
    struct uuid id;
    struct uuid workspace_id;
    enum account_status status;
};

struct lookup_campaign {
    struct uuid id;
    struct uuid workspace_id;
    enum campaign_type type;
    enum campaign_status status;
};

/* The workspace of --workspace, else the only one; told when there is none or a choice. */
SAM_MUSTCHECK enum ctl_exit lookup_workspace(struct ctl *c, struct lookup_workspace *ret);
/* By name, in the workspace. */
SAM_MUSTCHECK enum ctl_exit lookup_account(struct ctl *c, const char *name,
                                           struct lookup_account *ret);
SAM_MUSTCHECK enum ctl_exit lookup_campaign(struct ctl *c, const char *name,
                                            struct lookup_campaign *ret);
/* The campaign that --campaign names; told when the option is missing. */
SAM_MUSTCHECK enum ctl_exit lookup_campaign_option(struct ctl *c, struct lookup_campaign *ret);

#endif
