/* producer/ctl/names.h - what a name or an id given by hand must be to be shown and typed again. */
#ifndef SAM_CTL_NAMES_H
#define SAM_CTL_NAMES_H

#include <stddef.h>

#include "common/base/problems.h"

#define NAMES_MAX 100 /* code points */

/* 1 to NAMES_MAX characters, UTF-8, not blank, no control characters. what: begins the problem. */
void names_check(const char *what, const char *name, struct problems *problems);
/* 1 to max visible ASCII characters. */
void names_check_id(const char *what, const char *id, size_t max, struct problems *problems);

#endif
