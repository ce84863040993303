#include "producer/undelivered.h"

#include "common/base/banned.h"

#define UNDELIVERED_MAX 10000

struct undelivered {
    struct uuid item_id;
    int32_t dispatch;
};

struct job_delivery {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    struct producer *producer;
    struct undelivered job;
};

static void undelivered(struct producer *p, const struct undelivered *job)
{
    if (p->undelivered_count == UNDELIVERED_MAX)
        return; /* the sweep brings it back, later */
    if (!p->undelivered)
        p->undelivered = sam_xcalloc(UNDELIVERED_MAX, sizeof(*p->undelivered));
    p->undelivered[p->undelivered_count++] = *job;
}

static void on_delivery(struct kafka_delivery *d, int error, int32_t partition, int64_t offset)
{
    struct job_delivery *job = (struct job_delivery *)d;
    (void)partition;
    (void)offset;
    if (error)
        undelivered(job->producer, &job->job);
    free(job);
}

struct kafka_delivery *undelivered_watch(struct producer *p, const struct uuid *item_id,
                                         int64_t dispatch)
{
    struct job_delivery *d = sam_xcalloc(1, sizeof(*d));
    *d = (struct job_delivery){{on_delivery}, p, {*item_id, (int32_t)dispatch}};
    return &d->delivery;
}

/* $1 uuid[] items, $2 int[] dispatches, $3 timestamptz now, $4 text "published". */
static const char undo_sql[] =
    "UPDATE send_queue i SET sweep_at = $3 FROM unnest($1::uuid[], $2::int[]) AS x(id, dispatch) "
    "WHERE i.id = x.id AND i.dispatch = x.dispatch AND i.status = $4";

struct batch producer_undo(struct producer *p)
{
    struct batch result = {0};
    if (p->undelivered_count == 0)
        return result;
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < p->undelivered_count; i++)
        pg_item_uuid(&p->params, &p->undelivered[i].item_id);
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_I32);
    for (size_t i = 0; i < p->undelivered_count; i++)
        pg_item_i32(&p->params, p->undelivered[i].dispatch);
    pg_array_close(&p->params);
    pg_add_time(&p->params, p->now_ms);
    pg_add_text(&p->params, item_status_name(ITEM_PUBLISHED));
    enum pg_failure failure = pg_exec(p->pg, undo_sql, &p->params, NULL);
    if (failure)
        return producer_failed(p, "undo", failure);
    log_warn(p->log, "jobs_not_delivered", LOG_INT("jobs", p->undelivered_count));
    result.rows = (int64_t)p->undelivered_count;
    p->undelivered_count = 0;
    return result;
}
