/* common/adapters/metric_names.h - the names of the values of every metric's label.
 *
 * Lives here because it is the first place that knows all the lists: model, Postgres, topics. */
#ifndef SAM_ADAPTERS_METRIC_NAMES_H
#define SAM_ADAPTERS_METRIC_NAMES_H

#include "common/base/metrics.h"

/* For metrics_new(). */
extern const struct metric_label_values metric_names[LABEL_N];

#endif
