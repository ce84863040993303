/* producer/ctl/own_dates.h - dates that an operator gives: days on which a workspace sends nothing,
 * or works although others do not. */
#ifndef SAM_CTL_OWN_DATES_H
#define SAM_CTL_OWN_DATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "producer/ctl/ctl.h"

#define OWN_DATES_MAX       3000
#define OWN_DATE_NAME_BYTES 101

struct own_date {
    int64_t day;
    bool working;
    char name[OWN_DATE_NAME_BYTES];
};

struct own_dates {
    struct own_date *rows; /* owned */
    size_t count;
};

/* The words "2026-12-24" and "2026-12-24..2027-01-03" with --name and --working, and the lines of
 * --file: "2026-12-24 Christmas Eve", "+2026-05-02 for a bridge day" (+ = worked). All that is
 * wrong is told. Deinit in any case. */
SAM_MUSTCHECK enum ctl_exit own_dates_read(struct own_dates *d, struct ctl *c);
void own_dates_deinit(struct own_dates *d);

/* text[] of the dates. */
void own_dates_add_days(const struct own_dates *d, struct pg_params *params);

#endif
