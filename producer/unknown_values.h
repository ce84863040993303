/* producer/unknown_values.h - the values of one column that a step has met and does not know.
 *
 * Their rows are left out (producer_left_out), and the step's statement is asked again without
 * them. */
#ifndef SAM_PRODUCER_UNKNOWN_VALUES_H
#define SAM_PRODUCER_UNKNOWN_VALUES_H

#include <stddef.h>

#include "producer/producer.h"

struct unknown_values {
    char **values; /* owned */
    size_t count;
};

/* column: as in "linkedin_accounts.plan". A value that is there already is not added again. */
void unknown_values_add(struct unknown_values *u, struct producer *p, const char *column,
                        const char *value);
/* As one text[] parameter. */
void unknown_values_param(const struct unknown_values *u, struct pg_params *params);
void unknown_values_deinit(struct unknown_values *u);

#endif
