/* producer/ctl/campaign_columns.h - do the texts of a campaign name columns that its people have?
 *
 * A {custom.x} whose column nobody has is a slip of the pen: each person would silently get its
 * fallback, or be held. It is an error of the campaign, once somebody is in it. */
#ifndef SAM_CTL_CAMPAIGN_COLUMNS_H
#define SAM_CTL_CAMPAIGN_COLUMNS_H

#include "common/base/uuid.h"
#include "common/model/campaign_file.h"
#include "producer/ctl/ctl.h"
#include "producer/ctl/people_row.h"

struct campaign_columns {
    const char *label; /* stands before each problem */
    const struct uuid *campaign_id;
    const struct campaign_step *steps;
    size_t steps_count;
    const struct people_columns *header; /* of a file that is imported; NULL = none */
};

/* Adds each such variable to problems, with the columns that there are. Nothing is said while there
 * is neither a header nor a person. */
SAM_MUSTCHECK enum ctl_exit campaign_columns_check(const struct campaign_columns *x, struct ctl *c,
                                                   struct problems *problems);
/* The same of the steps that the database has. */
SAM_MUSTCHECK enum ctl_exit campaign_columns_check_saved(struct campaign_columns x, struct ctl *c,
                                                         struct problems *problems);
/* The same of a file, if its workspace (which has been looked up) has the campaign already; told.
 */
SAM_MUSTCHECK enum ctl_exit campaign_columns_check_file(const struct campaign_file *f,
                                                        const struct uuid *workspace_id,
                                                        struct ctl *c);

#endif
