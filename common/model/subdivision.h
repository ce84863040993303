/* common/model/subdivision.h - the parts of a country that a campaign may name: those with holidays
 * (holiday_table.h) or a weekend (calendar.h) of their own. */
#ifndef SAM_MODEL_SUBDIVISION_H
#define SAM_MODEL_SUBDIVISION_H

#include <stdbool.h>

#include "common/base/buf.h"

/* subdivision: "BY", also "DE-BY". */
bool subdivision_known(const char *country, const char *subdivision);

/* Why it is not known: "DE has no CA; there are BB, BE, …". Shortens what was given. */
void subdivision_unknown(const char *country, const char *subdivision, struct buf *out);

#endif
