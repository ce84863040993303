/* producer/ctl/accounts.h - the options of `account add` and `account set`, checked. */
#ifndef SAM_CTL_ACCOUNTS_H
#define SAM_CTL_ACCOUNTS_H

#include "common/base/problems.h"
#include "common/model/status.h"
#include "producer/ctl/ctl.h"

#define ACCOUNT_LIMITS    8
#define ACCOUNT_KEEP      (-1) /* not given: stays as it is */
#define ACCOUNT_DEFAULT   (-2) /* sam.cfg's */
#define ACCOUNT_ZONE_MAX  64
#define ACCOUNT_RAMP_DAYS 365

struct account_options {
    char country[3]; /* "" = not given, as below */
    char timezone[ACCOUNT_ZONE_MAX];
    const char *plan;               /* NULL = not given */
    int64_t limits[ACCOUNT_LIMITS]; /* in the order of account_limit_columns */
    int64_t ramp_days;
};

/* Columns of linkedin_accounts: spacing_ms, jitter_ms, daily_cap, … */
extern const char *const account_limit_columns[ACCOUNT_LIMITS];

/* Reads and checks what was given; all problems at once. When a country is given without a zone,
 * the zone is the country's, if it has just one. */
void account_options_read(const struct ctl *c, struct account_options *ret,
                          struct problems *problems);

/* How many of an account's own limits, in the order of account_limit_columns, sam.cfg would not
 * take now; why: of the first one. */
size_t account_options_beyond(const struct settings *s, const struct pg_result *r, int row,
                              int first_col, char *why, size_t why_bytes);

#endif
