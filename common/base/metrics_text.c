/* The two texts that are made from the list: Prometheus's exposition format, and METRICS.md. */
#include <inttypes.h>

#include "common/base/metrics.h"
#include "common/base/metrics_internal.h"

#include "common/base/banned.h"

#define LABEL_ROW(id, name) name,
static const char *const label_names[] = {METRIC_LABEL_MAP(LABEL_ROW)};
#undef LABEL_ROW

static const char *const kind_names[] = {"counter", "gauge", "histogram"};

/* ---- exposition --------------------------------------------------------------------------- */

/* value / scale, exactly, without zeros at its end. scale: a power of 10. */
static void add_number(struct buf *out, int64_t value, int64_t scale)
{
    int64_t whole = value / scale;
    int64_t rest = value % scale;
    if (rest < 0)
        rest = -rest;
    if (value < 0 && whole == 0)
        buf_addc(out, '-');
    buf_add_i64(out, whole);
    if (!rest)
        return;
    buf_addc(out, '.');
    while (rest) {
        scale /= 10;
        buf_addc(out, (char)('0' + rest / scale));
        rest %= scale;
    }
}

struct series {
    const struct metric_row *row;
    const char *label_value; /* NULL = no label */
    struct buf *out;
};

/* NAME[suffix]{label="value",le="bound"}, then a blank; le_scale 0 = no le, bound < 0 = +Inf. */
static void add_series(const struct series *s, const char *suffix, int64_t bound, int64_t le_scale)
{
    buf_addf(s->out, "%s%s", s->row->name, suffix);
    if (s->label_value || le_scale)
        buf_addc(s->out, '{');
    if (s->label_value)
        buf_addf(s->out, "%s=\"%s\"%s", label_names[s->row->label], s->label_value,
                 le_scale ? "," : "");
    if (le_scale) {
        buf_adds(s->out, "le=\"");
        if (bound < 0)
            buf_adds(s->out, "+Inf");
        else
            add_number(s->out, bound, le_scale);
        buf_addc(s->out, '"');
    }
    buf_adds(s->out, s->label_value || le_scale ? "} " : " ");
}

static void add_histogram(const struct metrics *m, enum metric id, int label_value,
                          const struct series *s)
{
    struct metric_bounds bounds = metric_bounds(id);
    size_t slot = metric_place(m, id, label_value);
    int64_t count = 0;
    for (size_t i = 0; i <= bounds.count; i++) {
        count += metric_load(m, slot + i);
        add_series(s, "_bucket", i < bounds.count ? bounds.at[i] : -1, bounds.scale);
        buf_addf(s->out, "%" PRId64 "\n", count);
    }
    add_series(s, "_sum", 0, 0);
    add_number(s->out, metric_load(m, slot + bounds.count + 1), s->row->scale);
    buf_addc(s->out, '\n');
    add_series(s, "_count", 0, 0);
    buf_addf(s->out, "%" PRId64 "\n", count);
}

/* The value's name; NULL with *ret_shown false: this value has no series. */
static const char *value_name(const struct metric_label_values *labels, enum metric_label label,
                              int value, bool *ret_shown)
{
    const char *name = label == LABEL_NONE ? NULL : labels[label].name(value);
    *ret_shown = name || label == LABEL_NONE;
    return name;
}

static void add_metric(const struct metrics *m, enum metric id, struct buf *out)
{
    const struct metric_row *row = &metric_rows[id];
    bool headed = false;
    for (int v = 0; v < metric_label_count(m->labels, id); v++) {
        int64_t value;
        bool shown;
        struct series s = {row, value_name(m->labels, row->label, v, &shown), out};
        if (!shown || !metric_read(m, id, v, &value))
            continue;
        if (!headed)
            buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                     kind_names[row->kind]);
        headed = true;
        if (row->kind == METRIC_HISTOGRAM) {
            add_histogram(m, id, v, &s);
            continue;
        }
        add_series(&s, "", 0, 0);
        add_number(out, value, row->scale);
        buf_addc(out, '\n');
    }
}

void metrics_expose(const struct metrics *m, struct buf *out)
{
    for (int id = 0; id < METRIC_N; id++) {
        if (metric_rows[id].programs & m->program)
            add_metric(m, (enum metric)id, out);
    }
}

/* ---- METRICS.md --------------------------------------------------------------------------- */

static void document_labels(const struct metric_label_values labels[LABEL_N], struct buf *out)
{
    buf_adds(out, "\n## Labels\n\n| metrics | label | values |\n|---|---|---|\n");
    for (int label = LABEL_NONE + 1; label < LABEL_N; label++) {
        buf_addc(out, '|');
        for (int id = 0; id < METRIC_N; id++) {
            if (metric_rows[id].label == (enum metric_label)label)
                buf_addf(out, " `%s`", metric_rows[id].name);
        }
        buf_addf(out, " | `%s` |", label_names[label]);
        for (int v = 0; v < labels[label].count && label != LABEL_VERSION; v++) {
            const char *name = labels[label].name(v);
            if (name)
                buf_addf(out, " `%s`", name);
        }
        buf_adds(out, label == LABEL_VERSION ? " the program's version |\n" : " |\n");
    }
}

static void document_bounds(enum metric id, const char *what, struct buf *out)
{
    struct metric_bounds bounds = metric_bounds(id);
    buf_addf(out, "- %s:", what);
    for (size_t i = 0; i < bounds.count; i++) {
        buf_addc(out, ' ');
        add_number(out, bounds.at[i], bounds.scale);
    }
    buf_addc(out, '\n');
}

void metrics_document(const struct metric_label_values labels[LABEL_N], struct buf *out)
{
    static const char *const programs[] = {
        [IN_PRODUCER] = "producer", [IN_WORKER] = "worker", [IN_BOTH] = "both"};
    buf_adds(out,
             "# Metrics\n\n"
             "Generated by the unit test of common/base/metrics.h from the list there.\n\n"
             "`/metrics` of `sam-producer` and `sam-worker`, Prometheus text format 0.0.4. "
             "Counters begin at 0 when a\nprogram starts. A gauge that a program does not know "
             "is not shown. No metric has a label per account or person.\n\n"
             "| metric | kind | label | shown by | meaning |\n|---|---|---|---|---|\n");
    for (int id = 0; id < METRIC_N; id++) {
        const struct metric_row *row = &metric_rows[id];
        const char *quote = row->label == LABEL_NONE ? "" : "`";
        buf_addf(out, "| `%s` | %s | %s%s%s | %s | %s |\n", row->name, kind_names[row->kind], quote,
                 label_names[row->label], quote, programs[row->programs], row->help);
    }
    document_labels(labels, out);
    buf_adds(out, "\n## Upper bounds of the histograms' buckets\n\n");
    document_bounds(METRIC_LATENESS, "seconds", out);
    document_bounds(METRIC_CLAIM_SIZE, "sizes", out);
}
