/* common/base/metrics_internal.h - how the values lie in memory; for metrics.c and metrics_text.c.
 *
 * One array of slots. A metric has, per value of its label, one slot; a histogram has one per
 * bucket (the last one without a bound), then the sum. */
#ifndef SAM_BASE_METRICS_INTERNAL_H
#define SAM_BASE_METRICS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/metrics.h"

struct metric_row {
    const char *name;
    enum metric_kind kind;
    enum metric_label label;
    int64_t scale;
    unsigned programs;
    const char *help;
};

extern const struct metric_row metric_rows[METRIC_N];

/* Upper bounds of a histogram's buckets, ascending, times their own scale. */
struct metric_bounds {
    const int64_t *at;
    size_t count;
    int64_t scale;
};

struct metrics {
    enum metric_program program;
    const struct metric_label_values *labels; /* borrowed */
    const struct log *log;                    /* borrowed; NULL = none */
    int64_t start_at_ms;
    size_t first[METRIC_N]; /* of the metric's slots */
    _Atomic int64_t slots[];
};

struct metric_bounds metric_bounds(enum metric id);
/* 1 without a label. */
int metric_label_count(const struct metric_label_values *labels, enum metric id);
/* The first slot of one value of the label. */
size_t metric_place(const struct metrics *m, enum metric id, int label_value);
int64_t metric_load(const struct metrics *m, size_t slot);
/* What is to be shown: of a histogram its count. false: a gauge that is not known. */
bool metric_read(const struct metrics *m, enum metric id, int label_value, int64_t *ret_value);

#endif
