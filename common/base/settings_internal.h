/* common/base/settings_internal.h - what settings.c and settings_check.c share; for these two only.
 */
#ifndef SAM_BASE_SETTINGS_INTERNAL_H
#define SAM_BASE_SETTINGS_INTERNAL_H

#include "common/base/settings.h"

/* What one key alone cannot tell: bounds, addresses, properties. Also takes the slashes from the
 * end of base_url. Values that could not be read are left out. */
void settings_check(struct settings *s, struct problems *problems);
/* The row of a key, which the table must have. */
const struct config_key *settings_key(const char *section, const char *key);
/* The hard bounds, as a table of SETTINGS.md. */
void settings_document_bounds(struct buf *out);

#endif
