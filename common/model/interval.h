/* common/model/interval.h - an open span of a campaign's calendar, in ms since the epoch. */
#ifndef SAM_MODEL_INTERVAL_H
#define SAM_MODEL_INTERVAL_H

#include <stdint.h>

#include "common/model/reason.h"

/* Half-open [from, to). */
struct interval {
    int64_t from_at_ms;
    int64_t to_at_ms;
    enum reason closed_before; /* why the span before it was closed: hours, weekend or holiday */
};

#endif
