#include "common/model/doubt.h"

#include <string.h>

#include "common/base/banned.h"

#define DOUBT_NAME_ROW(id, name) name,
static const char *const names[] = {DOUBT_MAP(DOUBT_NAME_ROW)};
#undef DOUBT_NAME_ROW

const char *doubt_name(enum doubt d)
{
    return names[d];
}

enum doubt doubt_of_hold(const char *hold_reason)
{
    for (int d = DOUBT_NONE + 1; hold_reason && d < DOUBT_N; d++) {
        if (strcmp(hold_reason, names[d]) == 0)
            return (enum doubt)d;
    }
    return DOUBT_NONE;
}
