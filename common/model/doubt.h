/* common/model/doubt.h - why somebody is held because of what their profile says: it is not what
 * the campaign expects, and a person decides. The names are values of
 * campaign_prospects.hold_reason and of sam.person.v1's "reason". Pure. */
#ifndef SAM_MODEL_DOUBT_H
#define SAM_MODEL_DOUBT_H

#include <stdbool.h>

#define DOUBT_MAP(X)                                                                               \
    X(DOUBT_NONE, "none")                                                                          \
    X(DOUBT_NOT_CONNECTED, "not_connected") /* a messenger campaign, and no first degree */        \
    X(DOUBT_ANOTHER_NAME, "another_name")   /* see person_name.h */

#define DOUBT_ENUM_ROW(id, name) id,
enum doubt { DOUBT_MAP(DOUBT_ENUM_ROW) DOUBT_N };
#undef DOUBT_ENUM_ROW

const char *doubt_name(enum doubt d);

/* hold_reason: may be NULL or "". DOUBT_NONE: the hold, if any, has another cause. */
enum doubt doubt_of_hold(const char *hold_reason);

#endif
