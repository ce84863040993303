/* producer/ctl/account_zone.h - an account that gets another time zone. */
#ifndef SAM_CTL_ACCOUNT_ZONE_H
#define SAM_CTL_ACCOUNT_ZONE_H

#include "common/base/uuid.h"
#include "producer/ctl/ctl.h"

/* Inside a change whose account is locked, before its zone is written: keeps the day that it is in
 * (kept_day.h). Nothing, if the zone is the one that it has. */
SAM_MUSTCHECK enum pg_failure account_zone_keep_day(struct ctl *c, const struct uuid *account_id,
                                                    const char *new_zone);

#endif
