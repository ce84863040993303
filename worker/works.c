#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "worker/waiting_job.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define LATE_MS (15 * SECOND_MS) /* after due: it may have been read before, or be old */

struct work *work_new(struct worker *w, const struct job *job, int32_t partition, int64_t offset)
{
    struct work *work = sam_xcalloc(1, sizeof(*work));
    work->worker = w;
    work->job = *job;
    work->partition = partition;
    work->offset = offset;
    work->state = WORK_EARLY;
    work->prepared = !job->resolve[0] && !job->look[0];
    TAILQ_INSERT_TAIL(&w->works, work, link);
    w->works_count++;
    metrics_set(w->metrics, METRIC_WAITING_JOBS, (int64_t)w->works_count);
    return work;
}

static void detach(struct work *work)
{
    struct worker *w = work->worker;
    timers_remove(&w->due, &work->due);
    if (work->state == WORK_READY) {
        TAILQ_REMOVE(&w->ready, work, ready);
        w->ready_count--;
    }
}

void work_drop(struct work *work)
{
    struct worker *w = work->worker;
    detach(work);
    TAILQ_REMOVE(&w->works, work, link);
    w->works_count--;
    metrics_set(w->metrics, METRIC_WAITING_JOBS, (int64_t)w->works_count);
    free(work);
    consume_go_on(w);
}

void work_settle(struct work *work)
{
    if (!work->given_back)
        consume_settle(work->worker, 0, work->partition, work->offset);
    work_drop(work);
}

static void arm(struct worker *w)
{
    const struct timer_node *first = timers_first(&w->due);
    if (first)
        loop_timer_set(w->loop, &w->due_timer, first->at_ms);
    else
        loop_timer_cancel(w->loop, &w->due_timer);
}

void work_later(struct work *work, int64_t at_boot_ms)
{
    detach(work);
    work->state = WORK_EARLY;
    timers_set(&work->worker->due, &work->due, at_boot_ms);
    arm(work->worker);
}

static void make_ready(struct work *work)
{
    struct worker *w = work->worker;
    work->state = WORK_READY;
    TAILQ_INSERT_TAIL(&w->ready, work, ready);
    w->ready_count++;
}

/* What was looked at says nothing any more: it is old, or this process was cut off since. */
static bool is_stale(const struct work *work, int64_t now_boot_ms)
{
    bool reads = work->job.resolve[0] || work->job.look[0];
    return work->prepared && reads &&
           (now_boot_ms - work->prepared_boot_ms > PREPARED_FOR_MS ||
            work->prepared_shuts != gate_shuts(work->worker->gate));
}

void work_advance(struct work *work)
{
    struct worker *w = work->worker;
    int64_t now = loop_now_ms(w->loop);
    int64_t due = work->job.due_at_ms - w->db_minus_boot_ms;
    detach(work);
    if (is_stale(work, now)) {
        work->prepared = false;
        work->current = false;
    }
    /* nor is anything read that no call can follow: each look at a profile counts */
    bool in_vain = now - due > LATE_MS || stops_ungranted_ms(w->stops) > 0 ||
                   paused_has(w->paused, &work->job.workspace_id);
    if (!work->prepared && !work->current && in_vain) {
        make_ready(work);
        return;
    }
    struct waiting_next next = waiting_job_next(now, due, work->prepared);
    switch (next.step) {
    case WAITING_READ:
        work->state = WORK_PREPARING;
        if (!prepare_begin(work))
            work_later(work, now + 100);
        return;
    case WAITING_LATER:
        work_later(work, next.at_boot_ms);
        return;
    case WAITING_CLAIM:
        make_ready(work);
        return;
    }
}

void works_clock(struct worker *w, int64_t db_now_ms, int64_t boot_ms)
{
    int64_t before = w->db_minus_boot_ms;
    struct work *next;
    w->db_minus_boot_ms = db_now_ms - boot_ms;
    if (llabs(w->db_minus_boot_ms - before) <= SECOND_MS)
        return;
    for (struct work *work = TAILQ_FIRST(&w->works); work; work = next) {
        next = TAILQ_NEXT(work, link);
        if (work->state == WORK_EARLY)
            work_advance(work);
    }
}

static void on_due(void *ctx)
{
    struct worker *w = ctx;
    const struct timer_node *first;
    while ((first = timers_first(&w->due)) && first->at_ms <= loop_now_ms(w->loop)) {
        union {
            const struct timer_node *in;
            struct work *out;
        } found = {.in = first};
        work_advance(found.out);
    }
    arm(w);
}

void works_init(struct worker *w)
{
    TAILQ_INIT(&w->works);
    TAILQ_INIT(&w->ready);
    w->due_timer.fn = on_due;
    w->due_timer.ctx = w;
}

size_t works_take(struct worker *w, struct work **out, size_t max)
{
    size_t n = 0;
    struct work *next;
    int64_t now = loop_now_ms(w->loop);
    for (struct work *work = TAILQ_FIRST(&w->ready); work && n < max; work = next) {
        next = TAILQ_NEXT(work, ready);
        if (!gate_open(w->gate, work->partition))
            continue;
        TAILQ_REMOVE(&w->ready, work, ready);
        w->ready_count--;
        work->state = WORK_CLAIMING;
        if (is_stale(work, now)) {
            work_advance(work); /* waited too long for its claim: reads again */
            continue;
        }
        out[n++] = work;
    }
    return n;
}

void works_give_back(struct worker *w, const struct kafka_part *parts, size_t count)
{
    struct work *next;
    for (struct work *work = TAILQ_FIRST(&w->works); work; work = next) {
        bool gone = false;
        next = TAILQ_NEXT(work, link);
        for (size_t i = 0; i < count && !gone; i++)
            gone = parts[i].topic == 0 && parts[i].partition == work->partition;
        if (!gone)
            continue;
        work->given_back = true;
        if (work->state == WORK_EARLY || work->state == WORK_READY)
            work_drop(work);
        /* a preparing one is dropped when its read ends, a claiming one ends with its claim */
    }
    arm(w);
}
