#include "common/adapters/gate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/model/event.h"

#include "common/base/banned.h"

enum marker { MARKER_NONE, MARKER_WANTED, MARKER_SENT, MARKER_ACKNOWLEDGED };

struct gate_part {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    struct gate *gate;
    enum marker marker;
    bool in_flight; /* the delivery struct is librdkafka's until it reports */
    bool again;     /* wanted anew while one was in flight */
    bool open;
    int64_t marker_offset;
    int64_t marker_at_ms;
    int64_t past_ms;
    int64_t next_offset; /* highest position seen */
    bool known;          /* a position was read since the shutting */
    int64_t base_offset; /* the position when the marker was written */
    char *trouble;       /* owned: why the log does not fit; NULL = it fits */
};

struct gate {
    struct log *log;
    char *topic;
    struct uuid ledger_id;
    int32_t partitions;
    struct buf record;
    struct gate_part *parts;
    char text[200]; /* gate_trouble */
};

#define MISFIT_AGAIN_MS 10000 /* between markers in a log that does not fit */

const char gate_positions_sql[] =
    "SELECT partition, next_offset, halted_reason FROM ledger_positions";

static const char ends_before[] = "the log ends before the position";

static void on_delivery(struct kafka_delivery *d, int error, int32_t partition, int64_t offset)
{
    struct gate_part *p = (struct gate_part *)d;
    (void)partition;
    p->in_flight = false;
    if (error || p->again) {
        p->again = false;
        p->marker = MARKER_WANTED;
        return;
    }
    p->marker = MARKER_ACKNOWLEDGED;
    p->marker_offset = offset;
}

struct gate *gate_new(int32_t partitions, const char *topic, const struct uuid *ledger_id,
                      struct log *log)
{
    struct gate *g = sam_xcalloc(1, sizeof(*g));
    g->log = log;
    g->topic = sam_xstrdup(topic);
    g->ledger_id = *ledger_id;
    g->partitions = partitions;
    buf_init(&g->record, 1024);
    g->parts = sam_xcalloc((size_t)partitions, sizeof(*g->parts));
    for (int32_t i = 0; i < partitions; i++) {
        g->parts[i].gate = g;
        g->parts[i].delivery.fn = on_delivery;
        g->parts[i].marker = MARKER_WANTED;
    }
    return g;
}

void gate_free(struct gate *g)
{
    if (!g)
        return;
    buf_deinit(&g->record);
    for (int32_t i = 0; i < g->partitions; i++)
        free(g->parts[i].trouble);
    free(g->parts);
    free(g->topic);
    free(g);
}

static void want(struct gate_part *p)
{
    if (p->in_flight)
        p->again = true;
    else
        p->marker = MARKER_WANTED;
}

void gate_shut(struct gate *g, const char *why)
{
    for (int32_t i = 0; i < g->partitions; i++) {
        g->parts[i].open = false;
        g->parts[i].past_ms = 0;
        g->parts[i].next_offset = 0;
        g->parts[i].known = false;
        want(&g->parts[i]);
    }
    log_info(g->log, "gate_shut", LOG_STR("why", why));
}

void gate_renew(struct gate *g, int32_t partition)
{
    struct gate_part *p = &g->parts[partition];
    if (p->marker == MARKER_NONE)
        want(p);
}

static void write_one(struct gate *g, int32_t partition, struct kafka_producer *producer,
                      int64_t db_now_ms)
{
    struct gate_part *p = &g->parts[partition];
    struct event event = {.type = EVENT_MARKER, .id = uuid_v7(), .at_ms = db_now_ms};
    event.ledger_id = g->ledger_id;
    event_encode(&event, &g->record);
    struct cloud_event marker = {.topic = g->topic,
                                 .partition = partition,
                                 .type = event_type_name(EVENT_MARKER),
                                 .source = "/sam/gate",
                                 .id = event.id,
                                 .value = buf_text(&g->record),
                                 .value_bytes = g->record.len,
                                 .delivery = &p->delivery};
    if (cloud_event_produce(producer, &marker) != 0)
        return; /* wanted still */
    p->in_flight = true;
    p->marker = MARKER_SENT;
    p->base_offset = p->next_offset;
    p->marker_at_ms = db_now_ms;
}

void gate_write(struct gate *g, struct kafka_producer *producer, int64_t db_now_ms)
{
    for (int32_t i = 0; i < g->partitions; i++) {
        const struct gate_part *p = &g->parts[i];
        bool again = p->trouble && db_now_ms - p->marker_at_ms < MISFIT_AGAIN_MS;
        if (p->marker == MARKER_WANTED && p->known && !again)
            write_one(g, i, producer, db_now_ms);
    }
}

bool gate_waiting(const struct gate *g)
{
    for (int32_t i = 0; i < g->partitions; i++) {
        if (g->parts[i].marker != MARKER_NONE)
            return true;
    }
    return false;
}

struct gate_floor {
    int32_t partitions;
    int64_t next_offset[]; /* per partition */
};

struct gate_floor *gate_floor_new(const struct gate *g)
{
    struct gate_floor *floor =
        sam_xcalloc(1, sizeof(*floor) + (size_t)g->partitions * sizeof(floor->next_offset[0]));
    floor->partitions = g->partitions;
    return floor;
}

void gate_floor_free(struct gate_floor *floor)
{
    free(floor);
}

void gate_ask(const struct gate *g, struct gate_floor *floor)
{
    for (int32_t i = 0; i < floor->partitions; i++)
        floor->next_offset[i] = g->parts[i].next_offset;
}

static bool went_back(const struct gate_floor *floor, const struct pg_result *r)
{
    for (int row = 0; row < pg_rows(r); row++) {
        int64_t partition = pg_i64(r, row, 0);
        if (partition >= 0 && partition < floor->partitions &&
            pg_i64(r, row, 1) < floor->next_offset[partition])
            return true;
    }
    return false;
}

/* why NULL: the log fits. */
static void set_trouble(struct gate *g, int32_t partition, const char *why)
{
    struct gate_part *p = &g->parts[partition];
    bool had = p->trouble != NULL;
    if (why && had && strcmp(why, p->trouble) == 0)
        return;
    free(p->trouble);
    p->trouble = why ? sam_xstrdup(why) : NULL;
    if (why) {
        log_error(g->log, "gate_misfit", LOG_INT("partition", partition), LOG_STR("why", why));
        p->open = false;
        p->past_ms = 0;
        want(p);
    } else if (had) {
        log_info(g->log, "gate_fits", LOG_INT("partition", partition));
    }
}

/* One partition's position. true: it has opened. */
static bool pass(struct gate *g, int32_t partition)
{
    struct gate_part *p = &g->parts[partition];
    if (p->marker != MARKER_ACKNOWLEDGED)
        return false;
    if (p->marker_offset < p->base_offset) {
        set_trouble(g, partition, ends_before);
        p->marker = MARKER_WANTED;
        return false;
    }
    if (p->next_offset <= p->marker_offset)
        return false;
    bool opens = !p->open;
    p->marker = MARKER_NONE;
    p->past_ms = p->marker_at_ms;
    p->open = true;
    set_trouble(g, partition, NULL);
    return opens;
}

int gate_positions(struct gate *g, const struct gate_floor *floor, const struct pg_result *r)
{
    int opened = 0;
    if (went_back(floor, r)) {
        gate_shut(g, "ledger_positions went back: another database was loaded");
        return 0;
    }
    for (int row = 0; row < pg_rows(r); row++) {
        int64_t partition = pg_i64(r, row, 0);
        if (partition < 0 || partition >= g->partitions)
            continue;
        struct gate_part *p = &g->parts[partition];
        if (pg_i64(r, row, 1) > p->next_offset)
            p->next_offset = pg_i64(r, row, 1);
        if (!pg_null(r, row, 2))
            set_trouble(g, (int32_t)partition, pg_text(r, row, 2));
        else
            opened += pass(g, (int32_t)partition) ? 1 : 0;
    }
    for (int32_t i = 0; i < g->partitions; i++)
        g->parts[i].known = true; /* no row: nothing was ever applied, 0 it is */
    return opened;
}

const char *gate_trouble(struct gate *g)
{
    for (int32_t i = 0; i < g->partitions; i++) {
        if (!g->parts[i].trouble)
            continue;
        (void)snprintf(g->text, sizeof(g->text), "partition %d: %s", i, g->parts[i].trouble);
        return g->text;
    }
    return NULL;
}

bool gate_open(const struct gate *g, int32_t partition)
{
    return partition >= 0 && partition < g->partitions && g->parts[partition].open;
}

int32_t gate_open_count(const struct gate *g)
{
    int32_t n = 0;
    for (int32_t i = 0; i < g->partitions; i++)
        n += g->parts[i].open ? 1 : 0;
    return n;
}

int32_t gate_partitions(const struct gate *g)
{
    return g->partitions;
}

int32_t gate_partition(const struct gate *g, int64_t key_hash)
{
    return (int32_t)(key_hash % g->partitions);
}

void gate_add_open(const struct gate *g, struct pg_params *params)
{
    pg_array_open(params, PG_ARRAY_I32);
    for (int32_t i = 0; i < g->partitions; i++) {
        if (g->parts[i].open)
            pg_item_i32(params, i);
    }
    pg_array_close(params);
}

int64_t gate_past_ms(const struct gate *g, int32_t partition)
{
    return partition >= 0 && partition < g->partitions ? g->parts[partition].past_ms : 0;
}
