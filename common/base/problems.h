/* common/base/problems.h - everything that is wrong with one input, reported at once.
 *
 * A problem is one line: what is wrong, where, what to do. The list is bounded; what does not fit
 * is counted. Used by config, campaign files, CSV, checks of user input. */
#ifndef SAM_BASE_PROBLEMS_H
#define SAM_BASE_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/base/attr.h"

#define PROBLEMS_MAX 200

struct problems {
    char **lines; /* owned */
    size_t count;
    size_t dropped; /* found beyond PROBLEMS_MAX */
};

#define PROBLEMS_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }

void problems_add(struct problems *p, const char *fmt, ...) SAM_PRINTF(2, 3);
bool problems_any(const struct problems *p);
/* Each line, then "and N more" when some did not fit. */
void problems_print(const struct problems *p, FILE *out);
void problems_deinit(struct problems *p);

#endif
