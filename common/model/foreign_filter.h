/* common/model/foreign_filter.h - what other tools write behind a variable's bar.
 *
 * SAM has a fallback there and no filters: `| default: "there"`, `| capitalize`, `|"there"` and
 * `||there` would be sent as they stand to who has no name. */
#ifndef SAM_MODEL_FOREIGN_FILTER_H
#define SAM_MODEL_FOREIGN_FILTER_H

#include <stdbool.h>

#include "common/base/buf.h"

/* fallback: what stands behind the first bar. true: it is another tool's; what was meant as the
 * fallback is written into ret_meant (reset first), nothing when there is none. */
bool foreign_filter(const char *fallback, struct buf *ret_meant);

#endif
