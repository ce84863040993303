/* producer/ctl/campaign_warnings.h - what a campaign's file may say, though it is hardly meant. */
#ifndef SAM_CTL_CAMPAIGN_WARNINGS_H
#define SAM_CTL_CAMPAIGN_WARNINGS_H

#include "common/model/campaign_file.h"
#include "producer/ctl/ctl.h"

/* One line each, as ctl_say(): a country without public holidays in the table, a start after its
 * end, a daily cap beyond the hard bound of its accounts. */
void campaign_warnings_tell(const struct campaign_file *f, const struct ctl *c);

/* The first of them, where the country is such a one. */
void campaign_warnings_no_holidays(const char *country, const struct ctl *c);

#endif
