/* The consumer of sam.jobs and sam.sync (group sam-workers): records become works; what cannot be
 * decoded goes to the dead letter topic with the reason. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/dead_letters.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define HOLD_MS  2000
#define AHEAD_KB 8192 /* kilobytes: some ten thousand jobs, of which a second takes a tenth */

void consume_settle(struct worker *w, int topic, int32_t partition, int64_t offset)
{
    int64_t next;
    if (!w->offsets[topic])
        return; /* consume_free() has been here: it is read again by whoever comes next */
    if (partition < w->partitions && offsets_settle(&w->offsets[topic][partition], offset, &next) &&
        w->consumer)
        kafka_consumer_store(w->consumer, topic, partition, next);
}

static void on_record(void *ctx, const struct kafka_record *record)
{
    struct worker *w = ctx;
    char type[64] = "";
    char why[RECORD_WHY_BYTES] = "";
    const char *value = record->value ? record->value : "";
    const char *expected = record->topic == 0 ? JOB_TYPE : SYNC_TYPE;
    struct job job;
    struct sync_job sync_job;
    if (w->phase != WORKER_RUN)
        return; /* whoever takes the partition reads it */
    if (record->partition >= w->partitions) {
        topics_watch_seen(w->topics_watch, record->partition);
        return; /* nothing is stored for it: read again when this process was started anew */
    }
    offsets_add(&w->offsets[record->topic][record->partition], record->offset);
    metrics_add_label(w->metrics, METRIC_RECORDS,
                      record->topic == 0 ? METRIC_TOPIC_JOBS : METRIC_TOPIC_SYNC, 1);
    if (!kafka_record_header(record, "ce_type", type, sizeof(type)) ||
        strcmp(type, expected) != 0) {
        (void)snprintf(why, sizeof(why), "ce_type is \"%.60s\", not %s", type, expected);
        dead_letters_add(w->dead_letters, record, why);
    } else if (record->topic == 0) {
        if (job_decode(value, record->value_bytes, &job, why) != 0) {
            dead_letters_add(w->dead_letters, record, why);
            return;
        }
        metrics_add(w->metrics, METRIC_JOBS, 1);
        work_advance(work_new(w, &job, record->partition, record->offset));
    } else if (sync_job_decode(value, record->value_bytes, &sync_job, why) != 0) {
        dead_letters_add(w->dead_letters, record, why);
    } else {
        sync_add(w->sync, &sync_job, record->partition, record->offset);
    }
}

static void tell_assigned(struct worker *w, const struct kafka_part *parts, size_t count)
{
    int64_t owned[2] = {0, 0};
    for (size_t i = 0; i < count; i++)
        owned[parts[i].topic]++;
    metrics_set_label(w->metrics, METRIC_ASSIGNED, METRIC_TOPIC_JOBS, owned[0]);
    metrics_set_label(w->metrics, METRIC_ASSIGNED, METRIC_TOPIC_SYNC, owned[1]);
}

static void on_assigned(void *ctx, const struct kafka_part *parts, size_t count)
{
    struct worker *w = ctx;
    if (w->phase != WORKER_RUN) { /* decided on before we left */
        kafka_consumer_unassign(w->consumer);
        return;
    }
    log_info(w->log, "jobs_assigned", LOG_INT("partitions", count));
    metrics_add_label(w->metrics, METRIC_REBALANCES, METRIC_TOPIC_JOBS, 1);
    tell_assigned(w, parts, count);
    for (size_t i = 0; i < count; i++) {
        topics_watch_seen(w->topics_watch, parts[i].partition);
        if (parts[i].partition < w->partitions)
            offsets_reset(&w->offsets[parts[i].topic][parts[i].partition]);
    }
    kafka_consumer_assign(w->consumer, parts, count);
    admin_reason_set(w->admin, "jobs", NULL);
}

/* Given back at once: calls under way go on, they are fenced in Postgres. */
static void on_revoked(void *ctx, const struct kafka_part *parts, size_t count, bool lost)
{
    struct worker *w = ctx;
    log_info(w->log, "jobs_revoked", LOG_INT("partitions", count), LOG_BOOL("lost", lost));
    tell_assigned(w, parts, 0);
    works_give_back(w, parts, count);
    sync_give_back(w->sync, parts, count);
    dead_letters_give_back(w->dead_letters, parts, count);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].partition < w->partitions)
            offsets_reset(&w->offsets[parts[i].topic][parts[i].partition]);
    }
    if (!lost)
        kafka_consumer_commit(w->consumer);
    kafka_consumer_unassign(w->consumer);
}

static void on_error(void *ctx, const char *text, bool fatal)
{
    struct worker *w = ctx;
    metrics_add(w->metrics, METRIC_KAFKA_ERRORS, 1);
    log_warn(w->log, "kafka_error", LOG_MSG(text), LOG_BOOL("fatal", fatal));
}

/* Backpressure is not to poll: pausing would throw away what librdkafka has fetched already. Only
 * when nothing has moved for a while the jobs are paused and polling goes on, so that a rebalance
 * is not held up. */
static void hold(struct worker *w, bool held)
{
    if (!held)
        kafka_consumer_pause(w->consumer, 0, false);
    if (w->held == held)
        return;
    w->held = held;
    loop_watch_change(w->loop, w->consumer_watch, held ? 0 : LOOP_READ);
    if (held)
        loop_timer_after(w->loop, &w->hold_timer, HOLD_MS);
    else
        loop_timer_cancel(w->loop, &w->hold_timer);
}

void consume_go_on(struct worker *w)
{
    if (w->consumer && w->works_count < WORKER_WORKS_MAX / 2 && !dead_letters_full(w->dead_letters))
        hold(w, false);
}

static void on_held(void *ctx)
{
    struct worker *w = ctx;
    w->held = false;
    loop_watch_change(w->loop, w->consumer_watch, LOOP_READ);
    kafka_consumer_pause(w->consumer, 0, true);
}

static void on_readable(void *ctx, unsigned events)
{
    struct worker *w = ctx;
    (void)events;
    (void)kafka_consumer_poll(w->consumer, WORKER_TURN);
    if (w->phase == WORKER_RUN &&
        (w->works_count >= WORKER_WORKS_HOLD || dead_letters_full(w->dead_letters)))
        hold(w, true);
}

void consume_tend(struct worker *w)
{
    if (w->consumer && !w->held)
        on_readable(w, LOOP_READ);
}

int consume_new(struct worker *w, char *why, size_t why_bytes)
{
    static const struct kafka_consumer_ops ops = {
        .record = on_record, .assigned = on_assigned, .revoked = on_revoked, .error = on_error};
    const char *topics[] = {w->topics[0], w->topics[1]};
    const struct kafka_options kafka = {.bootstrap_servers = w->settings->kafka.bootstrap_servers,
                                        .client_id = "sam-worker",
                                        .properties =
                                            (const char *const *)w->settings->kafka.properties,
                                        .log = w->log};
    const struct kafka_subscription subscription = {.group = w->group_workers,
                                                    .topics = topics,
                                                    .topics_count = 2,
                                                    .ahead_kb = AHEAD_KB,
                                                    .ops = &ops,
                                                    .ctx = w};
    w->hold_timer.fn = on_held;
    w->hold_timer.ctx = w;
    for (int t = 0; t < 2; t++)
        w->offsets[t] = sam_xcalloc((size_t)w->partitions, sizeof(struct offsets));
    int r = kafka_consumer_new(&kafka, &subscription, &w->consumer, why, why_bytes);
    if (r != 0)
        return r;
    w->consumer_watch =
        loop_watch(w->loop, kafka_consumer_fd(w->consumer), LOOP_READ, on_readable, w);
    return w->consumer_watch ? 0 : -errno;
}

/* A job whose claim is just under way is read again by the next owner, and ignored there: its item
 * has moved on. */
void consume_leave(struct worker *w)
{
    hold(w, false);
    kafka_consumer_leave(w->consumer);
}

void consume_free(struct worker *w)
{
    struct kafka_consumer *consumer = w->consumer;
    loop_timer_cancel(w->loop, &w->hold_timer);
    loop_unwatch(w->loop, w->consumer_watch);
    w->consumer_watch = NULL;
    w->consumer = NULL;
    kafka_consumer_free(consumer);
    for (int t = 0; t < 2; t++) {
        for (int32_t i = 0; w->offsets[t] && i < w->partitions; i++)
            offsets_deinit(&w->offsets[t][i]);
        free(w->offsets[t]);
        w->offsets[t] = NULL;
    }
}
