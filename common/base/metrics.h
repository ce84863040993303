/* common/base/metrics.h - what the programs count: one list, from which the storage, the Prometheus
 * text and METRICS.md are made.
 *
 * Counters may be added to from any thread (C11 atomics); reading is exact per value, not over all.
 * No label per account or person: a label has one small fixed set of values, whose names come from
 * a function (common/base does not know the lists of common/model). */
#ifndef SAM_BASE_METRICS_H
#define SAM_BASE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
/* Which names the values of the label have; LABEL_NONE = no label. */
enum metric_label {
    LABEL_NONE,
    LABEL_KIND,
    LABEL_OUTCOME,
    LABEL_REASON,
    LABEL_SYNC,
    LABEL_LEVEL,
    LABEL_N
};
#define METRIC_LABEL_VALUES_MAX 64

/* X(id, prometheus name, kind, label, unit scale, help): a value is stored as an integer and shown
 * divided by the scale (ms -> seconds: 1000, us -> seconds: 1000000). */
#define METRICS_MAP(X)                                                                             \
    /* producer */                                                                                 \
    X(METRIC_ITEMS_PLANNED, "sam_items_planned_total", METRIC_COUNTER, LABEL_NONE, 1,              \
      "Messages that were given a time.")                                                          \
    X(METRIC_ITEMS_PUBLISHED, "sam_items_published_total", METRIC_COUNTER, LABEL_NONE, 1,          \
      "Jobs written to sam.jobs.")                                                                 \
    X(METRIC_ITEMS_SWEPT, "sam_items_swept_total", METRIC_COUNTER, LABEL_NONE, 1,                  \
      "Published items that nobody claimed and that went back to the schedule.")                   \
    X(METRIC_ITEMS_EXPIRED, "sam_items_expired_total", METRIC_COUNTER, LABEL_NONE, 1,              \
      "Items whose call has no known end and that became unknown.")                                \
    X(METRIC_PEOPLE_HELD, "sam_people_held_total", METRIC_COUNTER, LABEL_NONE, 1,                  \
      "People put on hold because their text cannot be made.")                                     \
    X(METRIC_PEOPLE_GIVEN_UP, "sam_people_given_up_total", METRIC_COUNTER, LABEL_NONE, 1,          \
      "Invitations that nobody accepted in time.")                                                 \
    X(METRIC_SYNC_JOBS, "sam_sync_jobs_total", METRIC_COUNTER, LABEL_SYNC, 1,                      \
      "Looks at accounts that were asked for (producer) or done (worker).")                        \
    X(METRIC_BATCH_SECONDS, "sam_producer_batch_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000000,   \
      "Time of one batch of the producer.")                                                        \
    /* both: what the policy refused */                                                            \
    X(METRIC_RETURNS, "sam_returns_total", METRIC_COUNTER, LABEL_REASON, 1,                        \
      "Items that the policy sent back to the schedule or cancelled, by reason.")                  \
    /* worker */                                                                                   \
    X(METRIC_JOBS, "sam_jobs_total", METRIC_COUNTER, LABEL_NONE, 1, "Jobs read from sam.jobs.")    \
    X(METRIC_JOBS_STALE, "sam_jobs_stale_total", METRIC_COUNTER, LABEL_NONE, 1,                    \
      "Jobs ignored because their item has moved on.")                                             \
    X(METRIC_DEAD_LETTERS, "sam_dead_letters_total", METRIC_COUNTER, LABEL_NONE, 1,                \
      "Records that could not be decoded and went to the dead letter topic.")                      \
    X(METRIC_GRANTS, "sam_grants_total", METRIC_COUNTER, LABEL_KIND, 1,                            \
      "Calls granted by a claim.")                                                                 \
    X(METRIC_CALLS, "sam_calls_total", METRIC_COUNTER, LABEL_OUTCOME, 1,                           \
      "Write calls that ended, by outcome.")                                                       \
    X(METRIC_READS, "sam_reads_total", METRIC_COUNTER, LABEL_NONE, 1, "Read calls to Unipile.")    \
    X(METRIC_IN_FLIGHT, "sam_calls_in_flight", METRIC_GAUGE, LABEL_NONE, 1,                        \
      "Write calls under way.")                                                                    \
    X(METRIC_WAITING_JOBS, "sam_jobs_waiting", METRIC_GAUGE, LABEL_NONE, 1,                        \
      "Jobs in the worker that are not claimed yet.")                                              \
    X(METRIC_LATENESS, "sam_lateness_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000,                 \
      "From the moment a send was due to the start of its call.")                                  \
    X(METRIC_CALL_SECONDS, "sam_call_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000,                 \
      "Duration of write calls.")                                                                  \
    X(METRIC_CLAIM_SIZE, "sam_claim_jobs", METRIC_HISTOGRAM, LABEL_NONE, 1, "Jobs of one claim.")  \
    X(METRIC_CLAIM_SECONDS, "sam_claim_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000000,            \
      "Time of one claim, acknowledgement by Kafka included.")                                     \
    X(METRIC_APPLY_SIZE, "sam_apply_events", METRIC_HISTOGRAM, LABEL_NONE, 1,                      \
      "Events of one apply.")                                                                      \
    X(METRIC_APPLY_SECONDS, "sam_apply_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000000,            \
      "Time of one apply.")                                                                        \
    X(METRIC_EVENTS_APPLIED, "sam_events_applied_total", METRIC_COUNTER, LABEL_NONE, 1,            \
      "Events of the ledger applied to Postgres.")                                                 \
    X(METRIC_EVENTS_ASIDE, "sam_events_aside_total", METRIC_COUNTER, LABEL_NONE, 1,                \
      "Events that could not be applied and were set aside.")                                      \
    X(METRIC_UNKNOWN_ITEMS, "sam_unknown_items", METRIC_GAUGE, LABEL_NONE, 1,                      \
      "Items whose outcome is unknown and stands for a person.")                                   \
    X(METRIC_LEDGER_LAG, "sam_ledger_lag_events", METRIC_GAUGE, LABEL_NONE, 1,                     \
      "Events read from Kafka that are not applied yet.")                                          \
    /* both: standing */                                                                           \
    X(METRIC_GATE_OPEN, "sam_gate_open_partitions", METRIC_GAUGE, LABEL_NONE, 1,                   \
      "Partitions whose ledger has been applied far enough to act.")                               \
    X(METRIC_GATE_ALL, "sam_gate_partitions", METRIC_GAUGE, LABEL_NONE, 1, "Partitions in all.")   \
    X(METRIC_POSTGRES_UP, "sam_postgres_up", METRIC_GAUGE, LABEL_NONE, 1,                          \
      "1 while connected to Postgres.")                                                            \
    X(METRIC_POSTGRES_FAILED, "sam_postgres_failures_total", METRIC_COUNTER, LABEL_NONE, 1,        \
      "Transactions that failed.")                                                                 \
    X(METRIC_KAFKA_UP, "sam_kafka_up", METRIC_GAUGE, LABEL_NONE, 1,                                \
      "1 while Kafka takes records.")                                                              \
    X(METRIC_KAFKA_FAILED, "sam_kafka_failures_total", METRIC_COUNTER, LABEL_NONE, 1,              \
      "Records that Kafka did not take, and errors that it reported.")                             \
    X(METRIC_LOG_LINES, "sam_log_lines_total", METRIC_COUNTER, LABEL_LEVEL, 1,                     \
      "Log lines written, by level.")

#define METRIC_ENUM_ROW(id, name, kind, label, scale, help) id,
enum metric { METRICS_MAP(METRIC_ENUM_ROW) METRIC_N };
#undef METRIC_ENUM_ROW

struct metrics;

typedef const char *metric_name_fn(int value);

/* The values of one label: how many, and their names. */
struct metric_label_values {
    int count;
    metric_name_fn *name;
};

/* labels: LABEL_N entries, [LABEL_NONE] unused; copied. */
struct metrics *metrics_new(const struct metric_label_values labels[LABEL_N]);
void metrics_free(struct metrics *m);
SAM_DEFINE_FREEP(metrics)

void metrics_add(struct metrics *m, enum metric id, uint64_t n);
void metrics_add_label(struct metrics *m, enum metric id, int label_value, uint64_t n);
void metrics_set(struct metrics *m, enum metric id, int64_t value);
/* Histograms: value in the stored unit (before the scale). */
void metrics_observe(struct metrics *m, enum metric id, int64_t value);
int64_t metrics_get(const struct metrics *m, enum metric id);

/* Prometheus text format 0.0.4, with the process's own start time and resident memory. */
void metrics_expose(const struct metrics *m, struct buf *out);
/* METRICS.md. */
void metrics_document(struct buf *out);

#endif
