/* producer/ctl/campaign_change.h - a campaign's file on its way into the database. */
#ifndef SAM_CTL_CAMPAIGN_CHANGE_H
#define SAM_CTL_CAMPAIGN_CHANGE_H

#include "common/base/uuid.h"
#include "common/model/campaign_file.h"
#include "producer/ctl/ctl.h"

struct campaign_change {
    struct campaign_file *file; /* owned */
    char *source;               /* owned: the file as it was given */
    struct uuid id;
    struct uuid workspace_id;
    struct uuid *accounts; /* owned; in the order of the file */
};

void campaign_change_deinit(struct campaign_change *x);

/* Each tells what is wrong: first the file alone, then where it belongs, then its accounts (are
 * they there, and can they send the note), then an end that has passed, and a calendar that does
 * not open once in a year from now or from its start, or before its end (by the database's clock
 * and the workspace's own dates, when there is one). */
SAM_MUSTCHECK enum ctl_exit campaign_change_read(struct campaign_change *x, const char *path);
SAM_MUSTCHECK enum ctl_exit campaign_change_workspace(struct campaign_change *x, struct ctl *c);
SAM_MUSTCHECK enum ctl_exit campaign_change_accounts(struct campaign_change *x, struct ctl *c);
SAM_MUSTCHECK enum ctl_exit campaign_change_end(const struct campaign_change *x, struct ctl *c);
SAM_MUSTCHECK enum ctl_exit campaign_change_opens(const struct campaign_change *x, struct ctl *c);

/* Inside a change: the accounts that the campaign does not have yet. */
SAM_MUSTCHECK enum pg_failure campaign_change_write_accounts(const struct campaign_change *x,
                                                             struct ctl *c);
void campaign_change_add_accounts(const struct campaign_change *x, struct pg_params *params);
/* $1 id, $2 workspace, $3 name, $4 type, $5 country, $6 subdivision, $7 zone, $8 opens, $9 closes,
 * $10 weekend (-1 = the country's), $11 holidays, $12 on_note_limit, $13 give up, $14 start,
 * $15 end, $16 cap (0 = none), $17 steps, $18 source. */
void campaign_change_params(const struct campaign_change *x, struct pg_params *params);

#endif
