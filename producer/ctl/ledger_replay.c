/* ledger replay: the workers apply events again that they have applied before. Always safe: what
 * was applied is recognised, and while the positions are back every gate is shut (gate.h). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/ledger_look.h"
#include "producer/ctl/topics.h"

#include "common/base/banned.h"

/* $1 partitions. The workers move them meanwhile: whatever they are now, no further than that. */
static const char lock_sql[] = "SELECT partition, next_offset FROM ledger_positions "
                               "WHERE partition = ANY ($1) ORDER BY partition FOR UPDATE";
/* $1 partitions, $2 offsets, $3 the events before them, $4 ledger. A halt stays until a worker has
 * applied something: it has shut the gate, and nobody has looked why. */
static const char back_sql[] =
    "UPDATE ledger_positions p SET next_offset = x.next_offset, last_event_id = x.id, "
    "updated_at = sam_now() FROM unnest($1::int[], $2::bigint[], $3::uuid[]) "
    "AS x(partition, next_offset, id) WHERE p.partition = x.partition "
    "AND p.next_offset > x.next_offset AND EXISTS (SELECT FROM ledger WHERE ledger_id = $4)";

enum replay_from { FROM_BEGINNING, FROM_OFFSET, FROM_TIME };

/* How one partition goes back. */
struct replay_move {
    const struct ledger_place *place;
    int64_t to;            /* never past the position */
    struct uuid before_id; /* of the record before it; null = there is none to be read */
    int64_t was;           /* as the change found it */
    bool clamped;          /* the log does not reach back so far */
};

struct ledger_replay {
    enum replay_from from;
    int64_t value;     /* offset, or time in ms */
    int64_t partition; /* -1 = all */
    struct ledger_look look;
    int64_t *offsets; /* owned; of FROM_TIME, by partition */
    struct replay_move *moves;
    size_t count;
};

static void ledger_replay_deinit(struct ledger_replay *l)
{
    ledger_look_deinit(&l->look);
    free(l->offsets);
    free(l->moves);
}

/* ---- the words ------------------------------------------------------------------------------- */

static enum ctl_exit read_from(struct ledger_replay *l, const char *from)
{
    char *end = NULL;
    if (strcmp(from, "beginning") == 0) {
        l->from = FROM_BEGINNING;
        return CTL_DONE;
    }
    if (from[0] && from[strspn(from, "0123456789")] == '\0') {
        l->from = FROM_OFFSET;
        l->value = strlen(from) < 19 ? strtoll(from, &end, 10) : INT64_MAX; /* as far as none is */
        return CTL_DONE;
    }
    l->from = FROM_TIME;
    if (time_parse(from, &l->value) == 0)
        return CTL_DONE;
    return ctl_wrong_use("--from takes an offset, `beginning`, or a time as in "
                         "2026-11-23T09:00:00Z, not %.60s",
                         from);
}

static enum ctl_exit read_words(const struct ctl *c, struct ledger_replay *l)
{
    char why[ARGS_WHY_BYTES];
    const char *from = args_get(&c->args, "from");
    if (!from)
        return ctl_wrong_use("replay from where? --from OFFSET|beginning|TIME");
    if (args_number(&c->args, "partition", 0, INT32_MAX, &l->partition, why))
        return ctl_wrong_use("%s", why);
    enum ctl_exit e = read_from(l, from);
    if (!e && l->from == FROM_OFFSET && l->partition < 0)
        return ctl_wrong_use("an offset is one of a partition: --partition N --from %s", from);
    return e;
}

/* ---- where each goes ------------------------------------------------------------------------- */

static enum ctl_exit ask_offsets(struct ctl *c, struct ledger_replay *l)
{
    SAM_CLEANUP(kafka_admin_freep) struct kafka_admin *admin = NULL;
    char why[KAFKA_ADMIN_WHY_BYTES];
    enum ctl_exit e = topics_connect(c->settings, &admin);
    if (e)
        return e;
    l->offsets = sam_xcalloc((size_t)l->look.log.count + 1, sizeof(*l->offsets));
    if (kafka_admin_offsets_at(admin, l->look.log.topic, l->look.log.count, l->value, l->offsets,
                               why) != 0)
        return ctl_fail("Kafka did not tell which records of %s are of that time: %s; nothing was "
                        "changed",
                        l->look.log.topic, why);
    return CTL_DONE;
}

static int64_t wanted(const struct ledger_replay *l, const struct ledger_place *p)
{
    switch (l->from) {
    case FROM_BEGINNING:
        return 0;
    case FROM_OFFSET:
        return l->value;
    case FROM_TIME: /* nothing is as late: what was not applied yet will be, once */
        return l->offsets[p->partition] < 0 ? p->position : l->offsets[p->partition];
    }
    return p->position;
}

/* The record before the new position. A worker that begins there finds out by it whether the log is
 * still this one; without an id it begins unseen. So NULL only where there is none: at the log's
 * first record, or where a record is missing. */
static enum ctl_exit find_before(struct ledger_replay *l, struct replay_move *m)
{
    const struct ledger_place *p = m->place;
    struct ledger_record record;
    bool found = false;
    if (m->to <= p->ends.first)
        return CTL_DONE;
    enum ctl_exit e = ledger_look_record(&l->look, p, m->to - 1, &record, &found);
    if (!e && found && record.offset == m->to - 1)
        m->before_id = record.id;
    return e;
}

static enum ctl_exit add_move(struct ledger_replay *l, const struct ledger_place *p)
{
    int64_t to = wanted(l, p);
    if (p->fit != LEDGER_FITS && p->fit != LEDGER_NO_ROW)
        return ctl_fail("partition %d: %s; nothing was changed", p->partition,
                        ledger_fit_text(p->fit));
    if (l->from == FROM_OFFSET && to > p->position)
        return ctl_fail("partition %d: its position is %" PRId64 ": from a later offset on, events "
                        "would be passed over; nothing was changed",
                        p->partition, p->position);
    struct replay_move *m = &l->moves[l->count++];
    *m = (struct replay_move){.place = p, .was = p->position};
    m->clamped = to < p->ends.first;
    m->to = to < p->ends.first ? p->ends.first : to;
    m->to = m->to > p->position ? p->position : m->to;
    return m->to < p->position ? find_before(l, m) : CTL_DONE;
}

static enum ctl_exit choose(struct ctl *c, struct ledger_replay *l)
{
    enum ctl_exit e = l->from == FROM_TIME ? ask_offsets(c, l) : CTL_DONE;
    l->moves = sam_xcalloc(l->look.count + 1, sizeof(*l->moves));
    if (!e && l->partition >= l->look.log.count)
        return ctl_fail("there is no partition %" PRId64 ": %s has 0 to %d", l->partition,
                        l->look.log.topic, l->look.log.count - 1);
    for (size_t i = 0; !e && i < l->look.count; i++) {
        const struct ledger_place *p = &l->look.places[i];
        if (p->partition < l->look.log.count && (l->partition < 0 || p->partition == l->partition))
            e = add_move(l, p);
    }
    return e;
}

/* ---- the change ------------------------------------------------------------------------------ */

static enum pg_failure change(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct ledger_replay *l = arg;
    struct pg_params *p = ctl_params(c);
    enum pg_failure failure;
    PG_COLUMN(p, PG_ARRAY_I32, l->count, true, pg_item_i32(p, l->moves[i].place->partition));
    if ((failure = pg_exec(c->pg, lock_sql, p, &r)))
        return failure;
    for (size_t i = 0; i < l->count; i++) {
        for (int row = 0; row < pg_rows(r); row++) {
            if (pg_i64(r, row, 0) == l->moves[i].place->partition)
                l->moves[i].was = pg_i64(r, row, 1);
        }
    }
    p = ctl_params(c);
    PG_COLUMN(p, PG_ARRAY_I32, l->count, true, pg_item_i32(p, l->moves[i].place->partition));
    PG_COLUMN(p, PG_ARRAY_I64, l->count, true, pg_item_i64(p, l->moves[i].to));
    PG_COLUMN(
        p, PG_ARRAY_UUID, l->count, true,
        pg_item_uuid(p, uuid_is_null(&l->moves[i].before_id) ? NULL : &l->moves[i].before_id));
    pg_add_uuid(p, &l->look.ledger_id);
    return pg_exec(c->pg, back_sql, p, NULL);
}

/* ---- what was done --------------------------------------------------------------------------- */

static const struct column columns[] = {{"kind", NULL, COLUMN_TEXT},
                                        {"partition", "partition", COLUMN_NUMBER},
                                        {"before", "position before", COLUMN_NUMBER},
                                        {"position", "now", COLUMN_NUMBER},
                                        {"again", "events to apply again", COLUMN_NUMBER},
                                        {"note", "note", COLUMN_TEXT}};

/* It may have been set back even further meanwhile. */
static int64_t reached(const struct replay_move *m)
{
    return m->to < m->was ? m->to : m->was;
}

static void show(struct ctl *c, const struct ledger_replay *l)
{
    SAM_CLEANUP(table_deinit) struct table t;
    int64_t again = 0;
    table_init(&t, columns, SAM_ARRAY_LEN(columns), c->json, stdout);
    for (size_t i = 0; i < l->count; i++) {
        const struct replay_move *m = &l->moves[i];
        table_text(&t, "partition");
        table_number(&t, m->place->partition);
        table_number(&t, m->was);
        table_number(&t, reached(m));
        table_number(&t, m->was - reached(m));
        table_text(&t, m->clamped ? "the log begins here, not earlier" : NULL);
        again += m->was - reached(m);
    }
    table_end(&t);
    if (again == 0)
        ctl_say(c, "nothing is to be applied again: nothing was changed");
    else
        ctl_say(c,
                "%" PRId64 " events are applied again by the workers; until then nothing is "
                "planned or sent for their accounts (`samctl ledger status`: lag)",
                again);
}

enum ctl_exit command_ledger_replay(struct ctl *c)
{
    SAM_CLEANUP(ledger_replay_deinit) struct ledger_replay l = {.partition = -1};
    enum ctl_exit e;
    if ((e = read_words(c, &l)) || (e = ctl_connect(c)) || (e = ledger_look(c, &l.look)) ||
        (e = choose(c, &l)) || (e = ctl_transaction(c, change, &l)))
        return e;
    show(c, &l);
    return CTL_DONE;
}
