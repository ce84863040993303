#include "common/adapters/gate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/adapters/migrate.h"
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
    int32_t open_parts; /* how many have passed their markers */
    bool grown;         /* partitions were added, or may have been: history may be anywhere */
    struct buf record;
    struct gate_part *parts;
    int64_t shuts; /* how often it was shut: an older question's answer says nothing any more */
    char
        *tables; /* owned: the files of the tables (tables_sql); NULL = not looked since the shut */
    char *foreign;  /* owned: why the database is not this SAM's; NULL = it is */
    bool outdated;  /* foreign, as its schema needs later programs */
    char text[400]; /* gate_trouble */
};

#define MISFIT_AGAIN_MS 10000 /* between markers in a log that does not fit */

/* The files of what a claim decides by. A dump that is loaded into a live database cuts nobody off,
 * and where it was taken at the position that was seen last, or later, nothing went back: but it
 * makes each table anew. */
#define TABLES_SQL                                                                                 \
    "concat_ws(' ', pg_relation_filenode('ledger_positions'), "                                    \
    "pg_relation_filenode('send_queue'), pg_relation_filenode('send_attempts'), "                  \
    "pg_relation_filenode('contacted'), pg_relation_filenode('campaign_prospects'), "              \
    "pg_relation_filenode('campaigns'), pg_relation_filenode('linkedin_accounts')) "

/* One row at the least, whatever the tables hold: an empty answer would look like "nothing new". */
const char gate_positions_sql[] =
    "SELECT l.ledger_id, l.least_partitions, (SELECT max(version) FROM "
    "schema_migrations), " MIGRATE_OLDEST_SQL ", " TABLES_SQL
    ", p.partition, p.next_offset, p.halted_reason "
    "FROM (SELECT 1) one LEFT JOIN ledger l ON true LEFT JOIN ledger_positions p ON true";
enum column {
    COLUMN_LEDGER_ID,
    COLUMN_LEAST,
    COLUMN_VERSION,
    COLUMN_OLDEST_PROGRAM,
    COLUMN_TABLES,
    COLUMN_PARTITION,
    COLUMN_OFFSET,
    COLUMN_HALTED
};

static const char ends_before[] = "the log ends before the position (another Kafka? if the topic "
                                  "was made anew: `samctl ledger reset`)";

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
    g->grown = true; /* until Postgres says otherwise */
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
    free(g->foreign);
    free(g->tables);
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

int64_t gate_shuts(const struct gate *g)
{
    return g->shuts;
}

void gate_shut(struct gate *g, const char *why)
{
    g->shuts++;
    g->open_parts = 0;
    free(g->tables);
    g->tables = NULL;
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
    for (int32_t i = 0; i < g->partitions; i++) {
        if ((i == partition || g->grown) && g->parts[i].marker == MARKER_NONE)
            want(&g->parts[i]);
    }
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
    if (g->foreign)
        return;
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
    int64_t shuts;
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
    floor->shuts = g->shuts;
    for (int32_t i = 0; i < floor->partitions; i++)
        floor->next_offset[i] = g->parts[i].next_offset;
}

void gate_seen(struct gate *g, int32_t partition, int64_t next_offset)
{
    if (partition < 0 || partition >= g->partitions)
        return;
    struct gate_part *p = &g->parts[partition];
    if (p->known && next_offset > p->next_offset)
        p->next_offset = next_offset;
}

/* -1: the row names no partition of ours. */
static int32_t partition_of(const struct gate *g, const struct pg_result *r, int row)
{
    int64_t partition = pg_i64(r, row, COLUMN_PARTITION);
    bool ours = !pg_null(r, row, COLUMN_PARTITION) && partition >= 0 && partition < g->partitions;
    return ours ? (int32_t)partition : -1;
}

/* A partition that had a position and has no row has gone back to nothing. */
static bool went_back(const struct gate *g, const struct gate_floor *floor,
                      const struct pg_result *r)
{
    int32_t reached = 0;
    int32_t wanted = 0;
    for (int32_t i = 0; i < floor->partitions; i++)
        wanted += floor->next_offset[i] > 0 ? 1 : 0;
    for (int row = 0; row < pg_rows(r); row++) {
        int32_t i = partition_of(g, r, row);
        if (i < 0 || floor->next_offset[i] == 0)
            continue;
        if (pg_i64(r, row, COLUMN_OFFSET) < floor->next_offset[i])
            return true;
        reached++;
    }
    return reached < wanted;
}

/* The tables are not those that were looked at last. */
static bool made_anew(struct gate *g, const struct pg_result *r)
{
    const char *tables = pg_text(r, 0, COLUMN_TABLES);
    if (!g->tables)
        g->tables = sam_xstrdup(tables);
    return strcmp(g->tables, tables) != 0;
}

/* ---- whose database is it? ------------------------------------------------------------------ */

/* why NULL: it is this SAM's. */
static void set_foreign(struct gate *g, const char *why)
{
    bool had = g->foreign != NULL;
    if (!why && !had)
        return;
    if (why && had && strcmp(why, g->foreign) == 0)
        return;
    free(g->foreign);
    g->foreign = why ? sam_xstrdup(why) : NULL;
    if (!why) {
        log_info(g->log, "gate_database_fits", LOG_STR("topic", g->topic));
        return;
    }
    log_error(g->log, "gate_database_misfit", LOG_MSG(why));
    gate_shut(g, "the database is not this SAM's");
}

/* false: not this SAM's, or not of this program's schema; both are known by now. */
static bool database_fits(struct gate *g, const struct pg_result *r)
{
    char why[sizeof(g->text)];
    char found[UUID_TEXT_BYTES];
    char ours[UUID_TEXT_BYTES];
    struct uuid id = pg_uuid(r, 0, COLUMN_LEDGER_ID);
    int64_t version = pg_i64(r, 0, COLUMN_VERSION);
    int64_t oldest = pg_i64(r, 0, COLUMN_OLDEST_PROGRAM);
    g->outdated = oldest > migrate_version();
    if (version < migrate_version()) {
        (void)snprintf(why, sizeof(why),
                       "the database has the schema of an older release (version %" PRId64
                       ", this program has %d): run `samctl migrate`, or load a backup of this SAM",
                       version, migrate_version());
    } else if (g->outdated) {
        (void)snprintf(why, sizeof(why),
                       "the database has the schema of a later release, which needs programs from "
                       "%03" PRId64 " on (this is %03d): upgrade the program, or load a backup of "
                       "this SAM",
                       oldest, migrate_version());
    } else if (pg_null(r, 0, COLUMN_LEDGER_ID)) {
        (void)snprintf(why, sizeof(why),
                       "the database has no ledger, its tables are empty: load a backup of this "
                       "SAM");
    } else if (!uuid_equal(&id, &g->ledger_id)) {
        uuid_format(&id, found);
        uuid_format(&g->ledger_id, ours);
        (void)snprintf(why, sizeof(why),
                       "the database belongs to another ledger (ledger_id %s, not %s): load a "
                       "backup of this SAM, or start the programs with the settings of that one",
                       found, ours);
    } else {
        set_foreign(g, NULL);
        return true;
    }
    set_foreign(g, why);
    return false;
}

void gate_unread(struct gate *g, enum pg_failure failure, const char *error)
{
    char why[sizeof(g->text)];
    if (failure != PG_SCHEMA)
        return;
    (void)snprintf(why, sizeof(why),
                   "the database has not the schema of this program (%.150s): run `samctl "
                   "migrate`, or load a backup of this SAM",
                   error);
    set_foreign(g, why);
}

bool gate_foreign(const struct gate *g)
{
    return g->foreign != NULL;
}

bool gate_outdated(const struct gate *g)
{
    return g->outdated;
}

/* ---- does the log fit? ---------------------------------------------------------------------- */

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

/* One row's partition. true: it has opened. */
static bool take_row(struct gate *g, const struct pg_result *r, int row)
{
    int32_t i = partition_of(g, r, row);
    if (i < 0)
        return false;
    struct gate_part *p = &g->parts[i];
    if (pg_i64(r, row, COLUMN_OFFSET) > p->next_offset)
        p->next_offset = pg_i64(r, row, COLUMN_OFFSET);
    if (pg_null(r, row, COLUMN_HALTED))
        return pass(g, i);
    set_trouble(g, i, pg_text(r, row, COLUMN_HALTED));
    return false;
}

int gate_positions(struct gate *g, const struct gate_floor *floor, const struct pg_result *r)
{
    int opened = 0;
    if (floor->shuts != g->shuts || !database_fits(g, r))
        return -1;
    if (went_back(g, floor, r)) {
        gate_shut(g, "ledger_positions went back: another database was loaded");
        return -1;
    }
    if (made_anew(g, r)) {
        gate_shut(g, "the tables were made anew: another database was loaded");
        return -1;
    }
    g->grown = pg_i64(r, 0, COLUMN_LEAST) != g->partitions;
    for (int row = 0; row < pg_rows(r); row++)
        opened += take_row(g, r, row) ? 1 : 0;
    g->open_parts = 0;
    for (int32_t i = 0; i < g->partitions; i++) {
        g->parts[i].known = true; /* no row: nothing was ever applied, 0 it is */
        g->open_parts += g->parts[i].open ? 1 : 0;
    }
    return opened;
}

const char *gate_trouble(struct gate *g)
{
    if (g->foreign)
        return g->foreign;
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
    return partition >= 0 && partition < g->partitions && g->parts[partition].open &&
           (!g->grown || g->open_parts == g->partitions);
}

int32_t gate_open_count(const struct gate *g)
{
    return !g->grown || g->open_parts == g->partitions ? g->open_parts : 0;
}

int32_t gate_partitions(const struct gate *g)
{
    return g->partitions;
}

int32_t gate_halted_count(const struct gate *g)
{
    int32_t halted = 0;
    for (int32_t i = 0; i < g->partitions; i++)
        halted += g->parts[i].trouble ? 1 : 0;
    return halted;
}

int64_t gate_positions_sum(const struct gate *g)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < g->partitions; i++)
        sum += g->parts[i].next_offset;
    return sum;
}

int32_t gate_partition(const struct gate *g, int64_t key_hash)
{
    return (int32_t)(key_hash % g->partitions);
}

void gate_add_open(const struct gate *g, struct pg_params *params)
{
    pg_array_open(params, PG_ARRAY_I32);
    for (int32_t i = 0; i < g->partitions; i++) {
        if (gate_open(g, i))
            pg_item_i32(params, i);
    }
    pg_array_close(params);
}

int64_t gate_past_ms(const struct gate *g, int32_t partition)
{
    if (partition < 0 || partition >= g->partitions)
        return 0;
    int64_t past_ms = g->parts[partition].past_ms;
    for (int32_t i = 0; i < g->partitions && g->grown; i++)
        past_ms = g->parts[i].past_ms < past_ms ? g->parts[i].past_ms : past_ms;
    return past_ms;
}
