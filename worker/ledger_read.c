/* The reading half of the ledger: from the positions in Postgres, verified, halting where the log
 * does not fit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/migrate.h"
#include "worker/ledger_internal.h"

#include "common/base/banned.h"

#define HOLD_MS       2000
#define LOOK_AGAIN_MS 30000 /* at a partition that is halted */

#define OTHER_LEDGER_MS 1000 /* between looks at a database that is not ours */

/* $1 the partitions, $2 our ledger: a database of another one gets no rows and shows none. */
static const char ensure_sql[] =
    "INSERT INTO ledger_positions (partition, next_offset) SELECT x, 0 FROM unnest($1::int[]) x "
    "WHERE EXISTS (SELECT FROM ledger WHERE ledger_id = $2) "
    "ORDER BY x ON CONFLICT (partition) DO NOTHING";
static const char read_sql[] = "SELECT partition, next_offset, last_event_id FROM ledger_positions "
                               "WHERE partition = ANY ($1) "
                               "AND EXISTS (SELECT FROM ledger WHERE ledger_id = $2)";
/* $1 partition, $2 its position, $3 why, $4 this program's version. What a program does not know
 * that is too old for the schema shuts nobody off: others that do know it run, or will. */
static const char halt_sql[] = "UPDATE ledger_positions SET halted_reason = $3 "
                               "WHERE partition = $1 AND next_offset = $2 "
                               "AND " MIGRATE_OLDEST_SQL " <= $4";

/* ---- positions ------------------------------------------------------------------------------ */

struct ledger_part *ledger_part(struct ledger *l, int32_t partition)
{
    if (partition >= l->parts_count) {
        l->parts = sam_xrealloc(l->parts, (size_t)(partition + 1) * sizeof(*l->parts));
        memset(&l->parts[l->parts_count], 0,
               (size_t)(partition + 1 - l->parts_count) * sizeof(*l->parts));
        l->parts_count = partition + 1;
    }
    return &l->parts[partition];
}

static void begin_reading(struct ledger *l, const struct pg_result *r)
{
    struct kafka_part *list = sam_xcalloc(l->assignment_count + 1, sizeof(*list));
    memcpy(list, l->assignment, l->assignment_count * sizeof(*list));
    for (int32_t i = 0; i < l->parts_count; i++)
        l->parts[i].assigned = false;
    for (int row = 0; row < pg_rows(r); row++) {
        struct ledger_part *p = ledger_part(l, (int32_t)pg_i64(r, row, 0));
        *p = (struct ledger_part){.assigned = true,
                                  .applied_offset = pg_i64(r, row, 1),
                                  .next_offset = pg_i64(r, row, 1),
                                  .last_event_id = pg_uuid(r, row, 2)};
        p->verify = !uuid_is_null(&p->last_event_id) && p->next_offset > 0;
    }
    for (size_t i = 0; i < l->assignment_count; i++) {
        const struct ledger_part *p = ledger_part(l, list[i].partition);
        list[i].offset = p->next_offset - p->verify; /* 0 is meant as it stands: no gap before it */
    }
    kafka_consumer_assign(l->consumer, list, l->assignment_count);
    free(list);
    l->reading = true;
    l->begun++;
    ledger_trouble(l, NULL);
    ledger_state(l, "ledger", NULL);
}

/* The gate says in /readyz what an operator can do. */
static void wait_for_our_database(struct ledger *l)
{
    log_warn(l->o.log, "ledger_positions_missing",
             LOG_MSG("the database belongs to another ledger: nothing is applied to it"));
    ledger_wait(l, OTHER_LEDGER_MS);
}

static void on_read(void *ctx, enum pg_failure failure, const struct pg_result *r,
                    const char *error)
{
    struct ledger *l = ctx;
    l->positioning = false;
    if (failure && failure != PG_LOST) {
        ledger_trouble(l, error);
        ledger_wait(l, LEDGER_TROUBLE_MS);
    }
    if (!failure && !l->stale) {
        if ((size_t)pg_rows(r) == l->assignment_count)
            begin_reading(l, r);
        else
            wait_for_our_database(l);
    }
    ledger_advance(l);
}

/* Reads where Postgres stands and begins there; the queue is forgotten. */
void ledger_reposition(struct ledger *l)
{
    struct pg_params *p = &l->params;
    l->stale = false;
    l->positioning = true;
    ledger_queue_drop(&l->queue, l->queue.count);
    pg_params_reset(p);
    pg_array_open(p, PG_ARRAY_I32);
    for (size_t i = 0; i < l->assignment_count; i++)
        pg_item_i32(p, l->assignment[i].partition);
    pg_array_close(p);
    pg_add_uuid(p, &l->o.ledger_id);
    pg_async_send(l->pg, "ledger_ensure", ensure_sql, p, NULL, NULL);
    pg_async_send(l->pg, "ledger_read", read_sql, p, on_read, l);
    pg_async_sync(l->pg);
}

/* Backpressure is not to poll: pausing would throw away what librdkafka has fetched already. Only
 * when nothing has moved for a while (Postgres is away) the partitions are paused and polling goes
 * on, so that a rebalance is not held up. */
void ledger_hold(struct ledger *l, bool held)
{
    if (l->held == held)
        return;
    l->held = held;
    loop_watch_change(l->o.loop, l->watch, held ? 0 : LOOP_READ);
    if (held)
        loop_timer_after(l->o.loop, &l->hold_timer, HOLD_MS);
    else
        loop_timer_cancel(l->o.loop, &l->hold_timer);
}

static void on_held(void *ctx)
{
    struct ledger *l = ctx;
    kafka_consumer_pause(l->consumer, 0, true);
    ledger_hold(l, false);
}

void ledger_lose_position(struct ledger *l)
{
    if (l->reading)
        kafka_consumer_pause(l->consumer, 0, true);
    ledger_hold(l, false);
    l->reading = false;
    l->stale = true;
}

/* ---- Kafka ---------------------------------------------------------------------------------- */

static void on_assigned(void *ctx, const struct kafka_part *parts, size_t count)
{
    struct ledger *l = ctx;
    if (l->left) { /* decided on before we left */
        kafka_consumer_unassign(l->consumer);
        return;
    }
    free(l->assignment);
    l->assignment = sam_xcalloc(count + 1, sizeof(*parts));
    memcpy(l->assignment, parts, count * sizeof(*parts));
    l->assignment_count = count;
    l->reading = false;
    l->stale = true;
    log_info(l->o.log, "ledger_assigned", LOG_INT("partitions", count));
    metrics_add_label(l->o.metrics, METRIC_REBALANCES, METRIC_TOPIC_EVENTS, 1);
    metrics_set_label(l->o.metrics, METRIC_ASSIGNED, METRIC_TOPIC_EVENTS, (int64_t)count);
    ledger_advance(l);
}

static void on_revoked(void *ctx, const struct kafka_part *parts, size_t count, bool lost)
{
    struct ledger *l = ctx;
    (void)parts;
    log_info(l->o.log, "ledger_revoked", LOG_INT("partitions", count), LOG_BOOL("lost", lost));
    /* a transaction under way goes on: compare and set keeps two appliers apart */
    l->assignment_count = 0;
    l->reading = false;
    l->stale = true;
    ledger_queue_drop(&l->queue, l->queue.count);
    for (int32_t i = 0; i < l->parts_count; i++)
        l->parts[i].assigned = false;
    kafka_consumer_unassign(l->consumer);
}

/* Every gate reads it in Postgres, so whoever plans, publishes or claims stops. Looked at anew
 * after a while: the right cluster may be back, and what is applied then takes the halt away. */
static void halt(struct ledger *l, struct ledger_part *p, int32_t partition, const char *why)
{
    (void)snprintf(p->halted, sizeof(p->halted), "%s", why);
    p->tell_halt = true;
    log_error(l->o.log, "ledger_halted", LOG_INT("partition", partition), LOG_STR("why", why),
              LOG_MSG("nothing is planned or sent for its accounts until an operator decides"));
    loop_timer_after(l->o.loop, &l->look_timer, LOOK_AGAIN_MS);
}

/* What it says must not be lost, and nobody here knows what it says. */
static void halt_newer(struct ledger *l, struct ledger_part *p, const struct kafka_record *record,
                       const char *what)
{
    char type[64] = "";
    char release[32] = "";
    char why[LEDGER_HALT_BYTES];
    (void)kafka_record_header(record, "ce_type", type, sizeof(type));
    if (!kafka_record_header(record, "sam_release", release, sizeof(release)))
        (void)snprintf(release, sizeof(release), "not told");
    (void)snprintf(why, sizeof(why),
                   "an event that only a newer release knows (%s, %s; written by release %s, this "
                   "is " SAM_VERSION "): start a worker of that release",
                   type, what, release);
    halt(l, p, record->partition, why);
}

static void on_look(void *ctx)
{
    struct ledger *l = ctx;
    ledger_lose_position(l);
    ledger_advance(l);
}

void ledger_tell_halts(struct ledger *l)
{
    for (int32_t i = 0; i < l->parts_count; i++) {
        struct ledger_part *p = &l->parts[i];
        /* what stands before it is applied first: a position that moves takes the halt away */
        if (!p->tell_halt || p->applied_offset < p->next_offset)
            continue;
        p->tell_halt = false;
        pg_params_reset(&l->params);
        pg_add_i32(&l->params, i);
        pg_add_i64(&l->params, p->applied_offset);
        pg_add_text(&l->params, p->halted);
        pg_add_i32(&l->params, migrate_version());
        pg_async_send(l->pg, "ledger_halt", halt_sql, &l->params, NULL, NULL);
        pg_async_sync(l->pg);
    }
}

/* The record before the position must be the one that was applied last. */
static bool verified(struct ledger *l, struct ledger_part *p, const struct kafka_record *record)
{
    char id[UUID_TEXT_BYTES] = "";
    struct uuid uuid;
    p->verify = false;
    if (record->offset == p->next_offset - 1 &&
        kafka_record_header(record, "ce_id", id, sizeof(id)) && uuid_parse(id, &uuid) == 0 &&
        uuid_equal(&uuid, &p->last_event_id))
        return true;
    halt(l, p, record->partition,
         record->offset == p->next_offset - 1
             ? "the record before the position is another one: the topic was made anew "
               "(`samctl ledger reset`)"
             : "the log does not reach back to the position (`samctl ledger accept-gap`)");
    return false;
}

static void on_record(void *ctx, const struct kafka_record *record)
{
    struct ledger *l = ctx;
    struct ledger_part *p = ledger_part(l, record->partition);
    if (!p->assigned || p->halted[0] || !l->reading || l->stale || l->left)
        return;
    if (p->verify) {
        if (!verified(l, p, record) || record->offset < p->next_offset)
            return;
    }
    if (record->offset < p->next_offset)
        return;
    if (ledger_queue_full(&l->queue)) { /* paused too late: read it again */
        ledger_lose_position(l);
        return;
    }
    metrics_add_label(l->o.metrics, METRIC_RECORDS, METRIC_TOPIC_EVENTS, 1);
    char why[RECORD_WHY_BYTES] = "";
    int r = ledger_queue_push(&l->queue, record, &l->o.ledger_id, l->o.log, why);
    if (r == 0)
        p->next_offset = record->offset + 1;
    else if (r == -ENOTSUP)
        halt_newer(l, p, record, why);
    else
        halt(l, p, record->partition,
             "the events belong to another ledger (ledger_id): set kafka or postgres in sam.cfg "
             "back");
}

static void on_no_offset(void *ctx, int topic, int32_t partition)
{
    struct ledger *l = ctx;
    (void)topic;
    struct ledger_part *p = ledger_part(l, partition);
    if (p->assigned && !p->halted[0])
        halt(l, p, partition,
             "the log begins after the position, or ends before it (`samctl ledger status` says "
             "which, and names the command)");
}

static void on_error(void *ctx, const char *text, bool fatal)
{
    struct ledger *l = ctx;
    metrics_add(l->o.metrics, METRIC_KAFKA_ERRORS, 1);
    log_warn(l->o.log, "ledger_kafka_error", LOG_MSG(text), LOG_BOOL("fatal", fatal));
}

void ledger_on_readable(void *ctx, unsigned events)
{
    struct ledger *l = ctx;
    (void)events;
    (void)kafka_consumer_poll(l->consumer, (int)l->o.batch);
    if (!l->left && l->queue.count + l->o.batch >= l->queue.capacity)
        ledger_hold(l, true);
    ledger_advance(l);
}

void ledger_tend(struct ledger *l)
{
    if (!l->held)
        ledger_on_readable(l, LOOP_READ);
}

const struct kafka_consumer_ops ledger_consumer_ops = {
    .record = on_record,
    .assigned = on_assigned,
    .revoked = on_revoked,
    .error = on_error,
    .no_offset = on_no_offset,
};

bool ledger_owns(const struct ledger *l, int32_t partition)
{
    return partition >= 0 && partition < l->parts_count && l->parts[partition].assigned;
}

void ledger_add_owned(const struct ledger *l, struct pg_params *params)
{
    pg_array_open(params, PG_ARRAY_I32);
    for (int32_t i = 0; i < l->parts_count; i++) {
        if (l->parts[i].assigned)
            pg_item_i32(params, i);
    }
    pg_array_close(params);
}

uint64_t ledger_begun(const struct ledger *l)
{
    return l->begun;
}

void ledger_read_init(struct ledger *l)
{
    l->hold_timer.fn = on_held;
    l->hold_timer.ctx = l;
    l->look_timer.fn = on_look;
    l->look_timer.ctx = l;
}
