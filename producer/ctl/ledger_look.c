#include "producer/ctl/ledger_look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/model/event.h"
#include "producer/ctl/topics.h"

#include "common/base/banned.h"

static const char ledger_sql[] = "SELECT ledger_id, least_partitions FROM ledger";
static const char positions_sql[] =
    "SELECT partition, next_offset, last_event_id FROM ledger_positions ORDER BY partition";

/* ---- one record ------------------------------------------------------------------------------ */

static void read_id(const struct kafka_record *record, struct uuid *ret)
{
    char id[UUID_TEXT_BYTES] = "";
    if (!kafka_record_header(record, "ce_id", id, sizeof(id)) || uuid_parse(id, ret) != 0)
        *ret = (struct uuid){{0}};
}

static void on_record(void *ctx, const struct kafka_record *record)
{
    struct ledger_record *found = ctx;
    struct event event;
    char type[64] = "";
    char why[RECORD_WHY_BYTES];
    *found = (struct ledger_record){.offset = record->offset, .at_ms = record->timestamp_ms};
    read_id(record, &found->id);
    (void)kafka_record_header(record, "ce_type", type, sizeof(type));
    if (event_decode(type, record->value ? record->value : "", record->value_bytes, &event, why))
        return;
    found->ledger_id = event.ledger_id;
    if (event.at_ms > found->at_ms)
        found->at_ms = event.at_ms;
}

static enum ctl_exit read_range(struct ledger_look *l, const struct kafka_range *range)
{
    char why[KAFKA_ADMIN_WHY_BYTES];
    int r = kafka_reader_read(l->reader, range, LEDGER_LOG_TIMEOUT_MS, why);
    if (r == 0)
        return CTL_DONE;
    return ctl_fail("a record of partition %d of %s cannot be read: %s%s; nothing was changed",
                    range->partition, l->log.topic, why,
                    r == -EACCES ? " (samctl's user needs Read on the topic)" : "");
}

enum ctl_exit ledger_look_record(struct ledger_look *l, const struct ledger_place *place,
                                 int64_t offset, struct ledger_record *ret, bool *ret_found)
{
    const struct kafka_range range = {.partition = place->partition,
                                      .ends = {.first = offset, .end = place->ends.end},
                                      .one = true,
                                      .fn = on_record,
                                      .ctx = ret};
    ret->offset = -1;
    enum ctl_exit e = read_range(l, &range);
    *ret_found = e == CTL_DONE && ret->offset >= 0;
    return e;
}

struct search {
    const struct uuid *id;
    int64_t offset;
};

static void on_searched(void *ctx, const struct kafka_record *record)
{
    struct search *search = ctx;
    struct uuid id;
    read_id(record, &id);
    if (uuid_equal(&id, search->id))
        search->offset = record->offset;
}

enum ctl_exit ledger_look_find(struct ledger_look *l, const struct ledger_place *place,
                               int64_t records, const struct uuid *id, int64_t *ret_offset)
{
    struct search search = {.id = id, .offset = -1};
    struct kafka_range range = {
        .partition = place->partition, .ends = place->ends, .fn = on_searched, .ctx = &search};
    if (range.ends.first < range.ends.end - records)
        range.ends.first = range.ends.end - records;
    enum ctl_exit e = read_range(l, &range);
    *ret_offset = search.offset;
    return e;
}

enum ctl_exit ledger_look_foreign(struct ledger_look *l, const struct ledger_place *place,
                                  bool *ret)
{
    const int64_t offsets[] = {place->ends.first, place->ends.end - 1};
    *ret = false;
    for (size_t i = 0; i < SAM_ARRAY_LEN(offsets) && place->ends.first < place->ends.end; i++) {
        struct ledger_record record;
        bool found = false;
        enum ctl_exit e = ledger_look_record(l, place, offsets[i], &record, &found);
        if (e)
            return e;
        *ret = *ret || (found && !uuid_is_null(&record.ledger_id) &&
                        !uuid_equal(&record.ledger_id, &l->ledger_id));
    }
    return CTL_DONE;
}

/* ---- all partitions -------------------------------------------------------------------------- */

enum ledger_fit ledger_fit_of(const struct kafka_ends *ends, int64_t position, bool has_id)
{
    if (position > ends->end)
        return LEDGER_ENDS_BEFORE;
    if (position < ends->first)
        return LEDGER_GAP;
    return has_id && position > 0 && position == ends->first ? LEDGER_UNVERIFIED : LEDGER_FITS;
}

const char *ledger_fit_text(enum ledger_fit fit)
{
    switch (fit) {
    case LEDGER_FITS:
        return NULL;
    case LEDGER_GAP:
        return "the log begins after the position: records are lost; bring them back, or "
               "`samctl ledger accept-gap`";
    case LEDGER_UNVERIFIED:
        return "the record before the position is gone: a worker that begins here cannot know the "
               "log by it; `samctl ledger accept-gap` (no record is lost)";
    case LEDGER_ENDS_BEFORE:
        return "the log ends before the position: another Kafka? If it was made anew: `samctl "
               "ledger reset`";
    case LEDGER_OTHER_RECORD:
        return "the record before the position is another one: another Kafka? If the topic was "
               "made anew: `samctl ledger reset`";
    case LEDGER_NO_ROW:
        return "no row: nothing of it was applied yet";
    case LEDGER_NO_PARTITION:
        return "Kafka has no such partition";
    }
    return NULL;
}

/* Is the record before the position the one that was applied last? */
static enum ctl_exit verify(struct ledger_look *l, struct ledger_place *p)
{
    bool has_id = !uuid_is_null(&p->last_event_id) && p->position > 0;
    struct ledger_record record;
    bool found = false;
    p->fit = ledger_fit_of(&p->ends, p->position, has_id);
    p->there = p->position > p->ends.first ? p->position : p->ends.first;
    if (p->fit != LEDGER_FITS || !has_id)
        return CTL_DONE;
    enum ctl_exit e = ledger_look_record(l, p, p->position - 1, &record, &found);
    if (e)
        return e;
    if (!found || record.offset >= p->position) {
        p->there = found ? record.offset : p->ends.end;
        p->fit = p->there > p->position ? LEDGER_GAP : LEDGER_UNVERIFIED;
    } else if (!uuid_equal(&record.id, &p->last_event_id)) {
        p->fit = LEDGER_OTHER_RECORD;
    }
    return CTL_DONE;
}

/* Both lists ascend. */
static enum ctl_exit look_at_all(struct ledger_look *l, const struct pg_result *r)
{
    enum ctl_exit e = CTL_DONE;
    int row = 0;
    l->places = sam_xcalloc((size_t)l->log.count + (size_t)pg_rows(r) + 1, sizeof(*l->places));
    for (int32_t partition = 0; !e && (partition < l->log.count || row < pg_rows(r));) {
        bool has_row = row < pg_rows(r) && pg_i64(r, row, 0) <= partition;
        if (!has_row && partition >= l->log.count) {
            partition = (int32_t)pg_i64(r, row, 0);
            continue;
        }
        struct ledger_place *p = &l->places[l->count++];
        *p = (struct ledger_place){.partition = partition, .ends = {-1, -1}};
        if (has_row) {
            p->position = pg_i64(r, row, 1);
            p->last_event_id = pg_uuid(r, row, 2);
            row++;
        }
        if (partition >= l->log.count) {
            p->fit = LEDGER_NO_PARTITION;
        } else {
            p->ends = l->log.ends[partition];
            p->fit = LEDGER_NO_ROW;
            e = has_row ? verify(l, p) : CTL_DONE;
        }
        partition++;
    }
    return e;
}

enum ctl_exit ledger_look(struct ctl *c, struct ledger_look *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *ledger = NULL;
    SAM_CLEANUP(pg_result_freep) struct pg_result *positions = NULL;
    char why[KAFKA_ADMIN_WHY_BYTES];
    enum ctl_exit e;
    *ret = (struct ledger_look){.count = 0};
    ctl_params(c);
    /* Positions before ends: what is applied meanwhile is never ahead of the log. */
    if ((e = ctl_query(c, ledger_sql, &ledger)) || (e = ctl_query(c, positions_sql, &positions)))
        return e;
    if (pg_rows(ledger) != 1)
        return ctl_fail("the database has no ledger yet: no sam-producer or sam-worker has run on "
                        "it; nothing was changed");
    ledger_log_ask(c, &ret->log);
    if ((e = ledger_log_tell(c, &ret->log, "nothing was changed")))
        return e;
    ret->ledger_id = pg_uuid(ledger, 0, 0);
    ret->grown = pg_i64(ledger, 0, 1) != ret->log.count;
    const struct kafka_options options = topics_kafka(c->settings);
    if (kafka_reader_new(&options, ret->log.topic, &ret->reader, why) != 0)
        return ctl_fail("%s", why);
    return look_at_all(ret, positions);
}

void ledger_look_deinit(struct ledger_look *l)
{
    ledger_log_deinit(&l->log);
    kafka_reader_free(l->reader);
    free(l->places);
    *l = (struct ledger_look){.count = 0};
}

struct ledger_place *ledger_look_at(const struct ledger_look *l, int64_t partition)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->places[i].partition == partition)
            return &l->places[i];
    }
    return NULL;
}
