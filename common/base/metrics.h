/* common/base/metrics.h - what the programs count: one list, from which the storage, the Prometheus
 * text and METRICS.md are made.
 *
 * Values may be changed and read from any thread (C11 atomics, relaxed): each value is exact, a
 * reading over several values is not one moment. No label per account or person: a label has one
 * small fixed set of values, whose names come from a function (common/base does not know the lists
 * of common/model); common/adapters/metric_names.h has the table of them. */
#ifndef SAM_BASE_METRICS_H
#define SAM_BASE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/log.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* Which program shows a metric; the other one may count it, but does not show it. */
enum metric_program { IN_PRODUCER = 1, IN_WORKER = 2, IN_BOTH = 3 };

/* Which names the values of the label have; LABEL_NONE = no label. The second column is the name of
 * the label in Prometheus. */
#define METRIC_LABEL_MAP(X)                                                                        \
    X(LABEL_NONE, "")                                                                              \
    X(LABEL_KIND, "kind")             /* enum call_kind */                                         \
    X(LABEL_OUTCOME, "outcome")       /* enum outcome */                                           \
    X(LABEL_REASON, "reason")         /* enum reason */                                            \
    X(LABEL_ERROR, "type")            /* error_type_index() of common/model/outcome.h */           \
    X(LABEL_SYNC, "kind")             /* enum sync_kind */                                         \
    X(LABEL_RECONCILE, "result")      /* enum reconcile_verdict */                                 \
    X(LABEL_FAILURE, "class")         /* enum pg_failure */                                        \
    X(LABEL_TOPIC, "topic")           /* enum metric_topic */                                      \
    X(LABEL_STEP, "step")             /* enum metric_step */                                       \
    X(LABEL_LEVEL, "level")           /* enum log_level */                                         \
    X(LABEL_ACCOUNT_STATUS, "status") /* enum account_status */                                    \
    X(LABEL_TABLE, "table")           /* enum metric_table */                                      \
    X(LABEL_QUEUE, "queue")           /* enum metric_queue */                                      \
    X(LABEL_VERSION, "version")       /* one value: the program's version */

/* The topics that are read, by their names without the prefix. */
#define METRIC_TOPIC_MAP(X)                                                                        \
    X(METRIC_TOPIC_JOBS, "sam.jobs")                                                               \
    X(METRIC_TOPIC_SYNC, "sam.sync")                                                               \
    X(METRIC_TOPIC_EVENTS, "sam.events")

/* Steps of the producer's tick. */
#define METRIC_STEP_MAP(X)                                                                         \
    X(METRIC_STEP_PLAN, "plan")                                                                    \
    X(METRIC_STEP_PUBLISH, "publish")                                                              \
    X(METRIC_STEP_SWEEP, "sweep")                                                                  \
    X(METRIC_STEP_EXPIRE, "expire")                                                                \
    X(METRIC_STEP_EVIDENCE, "evidence")                                                            \
    X(METRIC_STEP_GIVE_UP, "give_up")                                                              \
    X(METRIC_STEP_END, "end")                                                                      \
    X(METRIC_STEP_COMPLETE, "complete")                                                            \
    X(METRIC_STEP_COUNT, "count")                                                                  \
    X(METRIC_STEP_SYNC, "sync")                                                                    \
    X(METRIC_STEP_UNDO, "undo")                                                                    \
    X(METRIC_STEP_OUTBOX, "outbox")                                                                \
    X(METRIC_STEP_FORGET, "forget")                                                                \
    X(METRIC_STEP_LIMITS, "limits")                                                                \
    X(METRIC_STEP_CALENDAR_AGE, "calendar_age")

/* Tables whose rows are changed all the time. */
#define METRIC_TABLE_MAP(X)                                                                        \
    X(METRIC_TABLE_SEND_QUEUE, "send_queue")                                                       \
    X(METRIC_TABLE_ACCOUNT_SCHEDULE, "account_schedule")

/* What a worker keeps in memory because something else is slower; each has an end, from which on it
 * takes no more (worker/queues.h). */
#define METRIC_QUEUE_MAP(X)                                                                        \
    X(METRIC_QUEUE_JOBS, "jobs")                 /* read from Kafka, not claimed */                \
    X(METRIC_QUEUE_LOOKS, "looks")               /* jobs of sam.sync, under way or not */          \
    X(METRIC_QUEUE_LEDGER, "ledger")             /* events read from Kafka, not in Postgres */     \
    X(METRIC_QUEUE_OUTGOING, "outgoing")         /* events that Kafka does not have yet */         \
    X(METRIC_QUEUE_DEAD_LETTERS, "dead_letters") /* likewise */

/* X(id, prometheus name, kind, label, unit scale, programs, help): a value is stored as an integer
 * and shown divided by the scale (ms -> seconds: 1000, us -> seconds: 1000000). */
#define METRICS_MAP(X)                                                                             \
    /* producer */                                                                                 \
    X(METRIC_ITEMS_PLANNED, "sam_items_planned_total", METRIC_COUNTER, LABEL_NONE, 1, IN_PRODUCER, \
      "Messages that were given a time.")                                                          \
    X(METRIC_ITEMS_PUBLISHED, "sam_items_published_total", METRIC_COUNTER, LABEL_NONE, 1,          \
      IN_PRODUCER, "Jobs written to sam.jobs.")                                                    \
    X(METRIC_ITEMS_SWEPT, "sam_items_swept_total", METRIC_COUNTER, LABEL_NONE, 1, IN_PRODUCER,     \
      "Published items that nobody claimed and that went back to the schedule.")                   \
    X(METRIC_ITEMS_EXPIRED, "sam_items_expired_total", METRIC_COUNTER, LABEL_NONE, 1, IN_PRODUCER, \
      "Items whose call has no known end and that became unknown.")                                \
    X(METRIC_PEOPLE_HELD, "sam_people_held_total", METRIC_COUNTER, LABEL_NONE, 1, IN_PRODUCER,     \
      "People put on hold because their text cannot be made.")                                     \
    X(METRIC_PEOPLE_GIVEN_UP, "sam_people_given_up_total", METRIC_COUNTER, LABEL_NONE, 1,          \
      IN_PRODUCER, "Invitations that nobody accepted in time.")                                    \
    X(METRIC_PEOPLE_ENDED, "sam_people_ended_total", METRIC_COUNTER, LABEL_NONE, 1, IN_PRODUCER,   \
      "People who ended because their campaign's end_at has passed.")                              \
    X(METRIC_BATCH_SIZE, "sam_producer_batch_rows", METRIC_HISTOGRAM, LABEL_STEP, 1, IN_PRODUCER,  \
      "Rows that one batch of a step took.")                                                       \
    X(METRIC_BATCH_SECONDS, "sam_producer_batch_seconds", METRIC_HISTOGRAM, LABEL_STEP, 1000000,   \
      IN_PRODUCER, "Time of one batch of a step.")                                                 \
    X(METRIC_TZDATA_AGE, "sam_tzdata_age_seconds", METRIC_GAUGE, LABEL_NONE, 1000, IN_PRODUCER,    \
      "Age of the time zones' rules (tzdata), at the most; 0 = not known. Old after a year.")      \
    X(METRIC_HOLIDAYS_LEFT, "sam_holidays_left_seconds", METRIC_GAUGE, LABEL_NONE, 1000,           \
      IN_PRODUCER, "Until the table of public holidays ends. Short below 400 days.")               \
    X(METRIC_REFUSED_TEXTS, "sam_refused_texts", METRIC_GAUGE, LABEL_NONE, 1, IN_PRODUCER,         \
      "Messages of campaigns that stand still because Unipile refused their text.")                \
    X(METRIC_UNKNOWN_ITEMS, "sam_unknown_items", METRIC_GAUGE, LABEL_NONE, 1, IN_PRODUCER,         \
      "Items in the database whose outcome is unknown and stands for a person.")                   \
    X(METRIC_ITEMS_OVERDUE, "sam_items_overdue", METRIC_GAUGE, LABEL_NONE, 1, IN_PRODUCER,         \
      "Messages that may go and whose time is past by more than a minute: nobody works.")          \
    X(METRIC_OLDEST_DUE, "sam_oldest_due_seconds", METRIC_GAUGE, LABEL_NONE, 1000, IN_PRODUCER,    \
      "How long the message that is due for longest has waited; 0 = nothing is due.")              \
    X(METRIC_LAST_SEND, "sam_last_send_seconds", METRIC_GAUGE, LABEL_NONE, 1000, IN_PRODUCER,      \
      "Since the newest write call to Unipile began; not shown before the first one.")             \
    X(METRIC_ACCOUNTS, "sam_accounts", METRIC_GAUGE, LABEL_ACCOUNT_STATUS, 1, IN_PRODUCER,         \
      "Accounts by status.")                                                                       \
    X(METRIC_ACCOUNTS_BLOCKED, "sam_accounts_blocked", METRIC_GAUGE, LABEL_NONE, 1, IN_PRODUCER,   \
      "Accounts that an event which was set aside blocks; see samctl ledger status.")              \
    X(METRIC_OUTBOX_OLDEST, "sam_outbox_oldest_seconds", METRIC_GAUGE, LABEL_NONE, 1000,           \
      IN_PRODUCER, "How long an operator's change has waited for Kafka; 0 = none waits.")          \
    X(METRIC_DEAD_ROWS, "sam_dead_rows", METRIC_GAUGE, LABEL_TABLE, 1, IN_PRODUCER,                \
      "Dead rows that vacuum has yet to remove, as Postgres counts them.")                         \
    X(METRIC_LIVE_ROWS, "sam_live_rows", METRIC_GAUGE, LABEL_TABLE, 1, IN_PRODUCER,                \
      "Live rows beside them.")                                                                    \
    /* both: what the policy refused, what was looked at */                                        \
    X(METRIC_RETURNS, "sam_returns_total", METRIC_COUNTER, LABEL_REASON, 1, IN_BOTH,               \
      "Items that the policy sent back to the schedule or cancelled, by reason.")                  \
    X(METRIC_RECONCILED, "sam_unknown_looks_total", METRIC_COUNTER, LABEL_RECONCILE, 1, IN_WORKER, \
      "What Unipile showed of sends of which nobody knew whether they happened.")                  \
    X(METRIC_SYNC_JOBS, "sam_sync_jobs_total", METRIC_COUNTER, LABEL_SYNC, 1, IN_BOTH,             \
      "Looks at accounts that were asked for (producer) or done (worker).")                        \
    /* worker */                                                                                   \
    X(METRIC_RECORDS, "sam_records_consumed_total", METRIC_COUNTER, LABEL_TOPIC, 1, IN_WORKER,     \
      "Records read from a topic.")                                                                \
    X(METRIC_JOBS, "sam_jobs_total", METRIC_COUNTER, LABEL_NONE, 1, IN_WORKER,                     \
      "Jobs taken in from sam.jobs.")                                                              \
    X(METRIC_JOBS_STALE, "sam_jobs_stale_total", METRIC_COUNTER, LABEL_NONE, 1, IN_WORKER,         \
      "Jobs ignored because their item or schedule has moved on.")                                 \
    X(METRIC_DEAD_LETTERS, "sam_dead_letters_total", METRIC_COUNTER, LABEL_NONE, 1, IN_WORKER,     \
      "Records that could not be decoded and went to the dead letter topic.")                      \
    X(METRIC_GRANTS, "sam_grants_total", METRIC_COUNTER, LABEL_KIND, 1, IN_WORKER,                 \
      "Calls granted by a claim.")                                                                 \
    X(METRIC_UNTRIED, "sam_attempts_untried_total", METRIC_COUNTER, LABEL_NONE, 1, IN_WORKER,      \
      "Granted calls that were given up before a byte of them had left.")                          \
    X(METRIC_SENDS, "sam_sends_total", METRIC_COUNTER, LABEL_KIND, 1, IN_WORKER,                   \
      "Write calls that Unipile accepted, by kind.")                                               \
    X(METRIC_CALLS, "sam_calls_total", METRIC_COUNTER, LABEL_OUTCOME, 1, IN_WORKER,                \
      "Write calls that ended, by outcome.")                                                       \
    X(METRIC_REFUSALS, "sam_refusals_total", METRIC_COUNTER, LABEL_ERROR, 1, IN_WORKER,            \
      "Write calls that Unipile did not accept, by its error type; other = none that SAM knows.")  \
    X(METRIC_READS, "sam_reads_total", METRIC_COUNTER, LABEL_NONE, 1, IN_WORKER,                   \
      "Read calls to Unipile.")                                                                    \
    X(METRIC_IN_FLIGHT, "sam_calls_in_flight", METRIC_GAUGE, LABEL_NONE, 1, IN_WORKER,             \
      "Write calls under way.")                                                                    \
    X(METRIC_WAITING_JOBS, "sam_jobs_waiting", METRIC_GAUGE, LABEL_NONE, 1, IN_WORKER,             \
      "Jobs in the worker that are not claimed yet.")                                              \
    X(METRIC_QUEUE, "sam_queue_length", METRIC_GAUGE, LABEL_QUEUE, 1, IN_WORKER,                   \
      "What waits in the worker's memory.")                                                        \
    X(METRIC_QUEUE_MAX, "sam_queue_length_max", METRIC_GAUGE, LABEL_QUEUE, 1, IN_WORKER,           \
      "From where on the worker takes no more.")                                                   \
    X(METRIC_LATENESS, "sam_lateness_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000, IN_WORKER,      \
      "From the moment a send was due to the start of its call.")                                  \
    X(METRIC_CALL_SECONDS, "sam_call_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000, IN_WORKER,      \
      "Duration of write calls.")                                                                  \
    X(METRIC_CLAIM_SIZE, "sam_claim_jobs", METRIC_HISTOGRAM, LABEL_NONE, 1, IN_WORKER,             \
      "Jobs of one claim.")                                                                        \
    X(METRIC_CLAIM_SECONDS, "sam_claim_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000000, IN_WORKER, \
      "Time of one claim, acknowledgement by Kafka included.")                                     \
    X(METRIC_APPLY_SIZE, "sam_apply_events", METRIC_HISTOGRAM, LABEL_NONE, 1, IN_WORKER,           \
      "Events of one apply.")                                                                      \
    X(METRIC_APPLY_SECONDS, "sam_apply_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000000, IN_WORKER, \
      "Time of one apply.")                                                                        \
    X(METRIC_EVENTS_APPLIED, "sam_events_applied_total", METRIC_COUNTER, LABEL_NONE, 1, IN_WORKER, \
      "Events of the ledger applied to Postgres.")                                                 \
    X(METRIC_EVENTS_ASIDE, "sam_events_aside_total", METRIC_COUNTER, LABEL_NONE, 1, IN_WORKER,     \
      "Events that could not be applied and were set aside.")                                      \
    X(METRIC_LEDGER_LAG, "sam_ledger_lag_events", METRIC_GAUGE, LABEL_NONE, 1, IN_WORKER,          \
      "Events of the ledger that are not applied yet, in the partition that has the most.")        \
    X(METRIC_ACCOUNT_STATES, "sam_account_states_total", METRIC_COUNTER, LABEL_NONE, 1, IN_WORKER, \
      "Records of sam.accounts written.")                                                          \
    X(METRIC_ACCOUNT_STATES_LOST, "sam_account_states_lost_total", METRIC_COUNTER, LABEL_NONE, 1,  \
      IN_WORKER, "Records of sam.accounts that Kafka did not take; newer ones follow.")            \
    X(METRIC_ACCOUNT_STATES_STALE, "sam_account_states_stale_seconds", METRIC_GAUGE, LABEL_NONE,   \
      1000, IN_WORKER, "Since sam.accounts could not be written any more; 0 = it is up to date.")  \
    X(METRIC_ASSIGNED, "sam_assigned_partitions", METRIC_GAUGE, LABEL_TOPIC, 1, IN_WORKER,         \
      "Partitions of a topic that this worker owns.")                                              \
    X(METRIC_REBALANCES, "sam_rebalances_total", METRIC_COUNTER, LABEL_TOPIC, 1, IN_WORKER,        \
      "Times that Kafka gave this worker other partitions; sam.sync goes with sam.jobs.")          \
    /* both: standing */                                                                           \
    X(METRIC_GATE_OPEN, "sam_gate_open_partitions", METRIC_GAUGE, LABEL_NONE, 1, IN_BOTH,          \
      "Partitions whose ledger has been applied far enough to act.")                               \
    X(METRIC_GATE_ALL, "sam_gate_partitions", METRIC_GAUGE, LABEL_NONE, 1, IN_BOTH,                \
      "Partitions in all.")                                                                        \
    X(METRIC_POSTGRES_UP, "sam_postgres_up", METRIC_GAUGE, LABEL_NONE, 1, IN_BOTH,                 \
      "1 while connected to Postgres, a worker with all of its sessions.")                         \
    X(METRIC_POSTGRES_FAILED, "sam_postgres_failures_total", METRIC_COUNTER, LABEL_FAILURE, 1,     \
      IN_BOTH, "Transactions that failed, by what the failure asks for.")                          \
    X(METRIC_KAFKA_UP, "sam_kafka_up", METRIC_GAUGE, LABEL_NONE, 1, IN_BOTH,                       \
      "1 while a broker of Kafka is connected.")                                                   \
    X(METRIC_KAFKA_PRODUCED, "sam_kafka_produced_total", METRIC_COUNTER, LABEL_NONE, 1, IN_BOTH,   \
      "Records that Kafka acknowledged.")                                                          \
    X(METRIC_KAFKA_FAILED, "sam_kafka_failures_total", METRIC_COUNTER, LABEL_NONE, 1, IN_BOTH,     \
      "Records that Kafka did not take.")                                                          \
    X(METRIC_KAFKA_ERRORS, "sam_kafka_errors_total", METRIC_COUNTER, LABEL_NONE, 1, IN_BOTH,       \
      "Errors that the Kafka client reported.")                                                    \
    X(METRIC_TOPICS_BADLY_KEPT, "sam_topics_badly_kept", METRIC_GAUGE, LABEL_NONE, 1, IN_BOTH,     \
      "Topics that Kafka keeps in a way the next start will refuse; the log says which.")          \
    X(METRIC_TURN_SECONDS, "sam_loop_turn_seconds", METRIC_HISTOGRAM, LABEL_NONE, 1000000,         \
      IN_PRODUCER, "Time of one turn of the program's loop, waiting not included.")                \
    X(METRIC_LOG_LINES, "sam_log_lines_total", METRIC_COUNTER, LABEL_LEVEL, 1, IN_BOTH,            \
      "Log lines written, by level.")                                                              \
    /* read when they are asked for */                                                             \
    X(METRIC_BUILD_INFO, "sam_build_info", METRIC_GAUGE, LABEL_VERSION, 1, IN_BOTH, "Always 1.")   \
    X(METRIC_START_TIME, "process_start_time_seconds", METRIC_GAUGE, LABEL_NONE, 1000, IN_BOTH,    \
      "Unix time at which the process began to count.")                                            \
    X(METRIC_CPU_SECONDS, "process_cpu_seconds_total", METRIC_COUNTER, LABEL_NONE, 1000000,        \
      IN_BOTH, "CPU time of the process, user and system.")                                        \
    X(METRIC_RESIDENT, "process_resident_memory_bytes", METRIC_GAUGE, LABEL_NONE, 1, IN_BOTH,      \
      "Resident memory of the process.")

#define METRIC_ENUM_ROW(id, ...) id,
enum metric_label { METRIC_LABEL_MAP(METRIC_ENUM_ROW) LABEL_N };
enum metric_topic { METRIC_TOPIC_MAP(METRIC_ENUM_ROW) METRIC_TOPIC_N };
enum metric_step { METRIC_STEP_MAP(METRIC_ENUM_ROW) METRIC_STEP_N };
enum metric_table { METRIC_TABLE_MAP(METRIC_ENUM_ROW) METRIC_TABLE_N };
enum metric_queue { METRIC_QUEUE_MAP(METRIC_ENUM_ROW) METRIC_QUEUE_N };
enum metric { METRICS_MAP(METRIC_ENUM_ROW) METRIC_N };
#undef METRIC_ENUM_ROW

struct metrics;

/* NULL: the value has no series (an enum's "none"). */
typedef const char *metric_name_fn(int value);

/* The values of one label: how many, and their names. */
struct metric_label_values {
    int count;
    metric_name_fn *name;
};

/* labels: LABEL_N entries, [LABEL_NONE] unused; borrowed until the metrics are freed. */
struct metrics *metrics_new(enum metric_program program,
                            const struct metric_label_values labels[LABEL_N]);
void metrics_free(struct metrics *m);
SAM_DEFINE_FREEP(metrics)

/* The log whose lines are METRIC_LOG_LINES; borrowed, must outlive the metrics. */
void metrics_watch_log(struct metrics *m, const struct log *log);

/* Each is for the metrics of its kind, with or without a label; anything else is a bug (assert). */
void metrics_add(struct metrics *m, enum metric id, uint64_t n);
void metrics_add_label(struct metrics *m, enum metric id, int label_value, uint64_t n);
/* A gauge that was never set is not shown: its value is not known. */
void metrics_set(struct metrics *m, enum metric id, int64_t value);
void metrics_set_label(struct metrics *m, enum metric id, int label_value, int64_t value);
/* Histograms: value in the stored unit (before the scale); a negative one counts as 0. */
void metrics_observe(struct metrics *m, enum metric id, int64_t value);
void metrics_observe_label(struct metrics *m, enum metric id, int label_value, int64_t value);

/* The stored value: of a histogram how many were observed, of a gauge that was not set 0, with a
 * label the sum over its values. For tests and for the programs' own lines of figures. */
int64_t metrics_get(const struct metrics *m, enum metric id);
int64_t metrics_get_label(const struct metrics *m, enum metric id, int label_value);

/* Prometheus text format 0.0.4, appended. */
#define METRICS_TEXT_MAX_BYTES (1 << 20)
void metrics_expose(const struct metrics *m, struct buf *out);
/* METRICS.md. */
void metrics_document(const struct metric_label_values labels[LABEL_N], struct buf *out);

#endif
