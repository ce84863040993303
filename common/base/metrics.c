#include "common/base/metrics.h"

#include <assert.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/metrics_internal.h"

#include "common/base/banned.h"

#define METRIC_ROW(id, name, kind, label, scale, programs, help)                                   \
    {name, kind, label, scale, programs, help},
const struct metric_row metric_rows[METRIC_N] = {METRICS_MAP(METRIC_ROW)};
#undef METRIC_ROW

/* From a fast turn of a loop to a call that is about to be given up. */
static const int64_t second_bounds_us[] = {1000,    2500,    5000,     10000,    25000,
                                           50000,   100000,  250000,   500000,   1000000,
                                           2500000, 5000000, 10000000, 30000000, 60000000};
static const int64_t size_bounds[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000};

/* What a gauge holds before it is set. */
#define NOT_SET INT64_MIN

struct metric_bounds metric_bounds(enum metric id)
{
    if (metric_rows[id].scale == 1)
        return (struct metric_bounds){size_bounds, SAM_ARRAY_LEN(size_bounds), 1};
    return (struct metric_bounds){second_bounds_us, SAM_ARRAY_LEN(second_bounds_us), 1000000};
}

static size_t slots_per_value(enum metric id)
{
    return metric_rows[id].kind == METRIC_HISTOGRAM ? metric_bounds(id).count + 2 : 1;
}

int metric_label_count(const struct metric_label_values *labels, enum metric id)
{
    enum metric_label label = metric_rows[id].label;
    return label == LABEL_NONE ? 1 : labels[label].count;
}

struct metrics *metrics_new(enum metric_program program,
                            const struct metric_label_values labels[LABEL_N])
{
    size_t first[METRIC_N + 1] = {0};
    for (int id = 0; id < METRIC_N; id++) {
        size_t values = (size_t)metric_label_count(labels, (enum metric)id);
        first[id + 1] = first[id] + slots_per_value((enum metric)id) * values;
    }
    struct metrics *m = sam_xcalloc(1, sizeof(*m) + first[METRIC_N] * sizeof(m->slots[0]));
    m->program = program;
    m->labels = labels;
    m->start_at_ms = clock_wall_ms();
    for (int id = 0; id < METRIC_N; id++) {
        m->first[id] = first[id];
        for (size_t s = first[id]; s < first[id + 1]; s++)
            atomic_init(&m->slots[s], metric_rows[id].kind == METRIC_GAUGE ? NOT_SET : 0);
    }
    return m;
}

void metrics_free(struct metrics *m)
{
    free(m);
}

void metrics_watch_log(struct metrics *m, const struct log *log)
{
    m->log = log;
}

/* ---- changing ----------------------------------------------------------------------------- */

static bool fits(const struct metrics *m, enum metric id, enum metric_kind kind, int label_value)
{
    bool fine = (unsigned)id < METRIC_N && metric_rows[id].kind == kind && label_value >= 0 &&
                label_value < metric_label_count(m->labels, id);
    assert(fine);
    return fine;
}

static void add(_Atomic int64_t *slot, int64_t n)
{
    (void)atomic_fetch_add_explicit(slot, n, memory_order_relaxed);
}

void metrics_add_label(struct metrics *m, enum metric id, int label_value, uint64_t n)
{
    if (fits(m, id, METRIC_COUNTER, label_value))
        add(&m->slots[metric_place(m, id, label_value)], (int64_t)n);
}

void metrics_add(struct metrics *m, enum metric id, uint64_t n)
{
    assert(metric_rows[id].label == LABEL_NONE);
    metrics_add_label(m, id, 0, n);
}

void metrics_set_label(struct metrics *m, enum metric id, int label_value, int64_t value)
{
    if (fits(m, id, METRIC_GAUGE, label_value))
        atomic_store_explicit(&m->slots[metric_place(m, id, label_value)], value,
                              memory_order_relaxed);
}

void metrics_set(struct metrics *m, enum metric id, int64_t value)
{
    assert(metric_rows[id].label == LABEL_NONE);
    metrics_set_label(m, id, 0, value);
}

void metrics_observe_label(struct metrics *m, enum metric id, int label_value, int64_t value)
{
    if (!fits(m, id, METRIC_HISTOGRAM, label_value))
        return;
    struct metric_bounds bounds = metric_bounds(id);
    _Atomic int64_t *slots = &m->slots[metric_place(m, id, label_value)];
    if (value < 0)
        value = 0;
    int64_t scaled = value * (bounds.scale / metric_rows[id].scale);
    size_t bucket = 0;
    while (bucket < bounds.count && scaled > bounds.at[bucket])
        bucket++;
    add(&slots[bucket], 1);
    add(&slots[bounds.count + 1], value);
}

void metrics_observe(struct metrics *m, enum metric id, int64_t value)
{
    assert(metric_rows[id].label == LABEL_NONE);
    metrics_observe_label(m, id, 0, value);
}

/* ---- reading ------------------------------------------------------------------------------ */

size_t metric_place(const struct metrics *m, enum metric id, int label_value)
{
    return m->first[id] + slots_per_value(id) * (size_t)label_value;
}

int64_t metric_load(const struct metrics *m, size_t slot)
{
    return atomic_load_explicit(&m->slots[slot], memory_order_relaxed);
}

static int64_t cpu_us(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        return NOT_SET;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t resident_bytes(void)
{
    FILE *statm = fopen("/proc/self/statm", "re");
    if (!statm)
        return NOT_SET;
    char line[128] = "";
    char *end = line;
    long long pages = 0;
    if (fgets(line, sizeof(line), statm)) {
        (void)strtoll(line, &end, 10); /* the whole address space */
        pages = strtoll(end, NULL, 10);
    }
    (void)fclose(statm);
    return pages > 0 ? pages * sysconf(_SC_PAGESIZE) : NOT_SET;
}

static int64_t histogram_count(const struct metrics *m, enum metric id, int label_value)
{
    int64_t count = 0;
    for (size_t i = 0; i <= metric_bounds(id).count; i++)
        count += metric_load(m, metric_place(m, id, label_value) + i);
    return count;
}

static int64_t log_lines(const struct log *log, int level)
{
    return log ? (int64_t)atomic_load_explicit(&log->lines[level], memory_order_relaxed) : 0;
}

bool metric_read(const struct metrics *m, enum metric id, int label_value, int64_t *ret_value)
{
    int64_t value;
    if (metric_rows[id].kind == METRIC_HISTOGRAM)
        value = histogram_count(m, id, label_value);
    else if (id == METRIC_LOG_LINES)
        value = log_lines(m->log, label_value);
    else if (id == METRIC_BUILD_INFO)
        value = 1;
    else if (id == METRIC_START_TIME)
        value = m->start_at_ms;
    else if (id == METRIC_CPU_SECONDS)
        value = cpu_us();
    else if (id == METRIC_RESIDENT)
        value = resident_bytes();
    else
        value = metric_load(m, metric_place(m, id, label_value));
    if (value == NOT_SET)
        return false;
    *ret_value = value;
    return true;
}

int64_t metrics_get_label(const struct metrics *m, enum metric id, int label_value)
{
    int64_t value = 0;
    bool known = metric_read(m, id, label_value, &value);
    return known ? value : 0;
}

int64_t metrics_get(const struct metrics *m, enum metric id)
{
    int64_t sum = 0;
    for (int v = 0; v < metric_label_count(m->labels, id); v++)
        sum += metrics_get_label(m, id, v);
    return sum;
}
