/* ledger accept-gap, reset: the log does not fit the positions, and an operator takes the loss. The
 * positions move to what the log has, and who may have been written to is put on hold first: while
 * the log does not fit, every gate is shut, and behind the move nothing is in doubt any more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/ledger_hold.h"
#include "producer/ctl/ledger_look.h"

#include "common/base/banned.h"

/* Kafka's time of a record is of the program that wrote it: clocks differ by seconds, and a record
 * may wait for its broker. */
#define MARGIN_MS MINUTE_MS

/* Of the end of a copied log, among which the event that was applied last is looked for. */
#define COPIED_RECORDS 1000

static const char now_sql[] = "SELECT sam_now()";
/* $1 partitions. */
static const char aside_sql[] = "SELECT count(*), min(partition || ':' || event_offset) "
                                "FROM ledger_aside WHERE cleared_at IS NULL "
                                "AND partition = ANY ($1)";
/* $1 partitions, $2 positions as they were seen, $3 as they are to be, $4 ids of the records before
 * these (NULL: there is none that was applied), $5 ledger. */
static const char move_sql[] =
    "UPDATE ledger_positions p SET next_offset = x.next_offset, last_event_id = x.id, "
    "updated_at = sam_now(), halted_reason = NULL FROM unnest($1::int[], $2::bigint[], "
    "$3::bigint[], $4::uuid[]) AS x(partition, was, next_offset, id) "
    "WHERE p.partition = x.partition "
    "AND p.next_offset = x.was AND EXISTS (SELECT FROM ledger WHERE ledger_id = $5)";
/* $1 partitions. In a log that was made anew the same places are of other events, and one that is
 * set aside there must not pass for one that somebody has cleared. */
static const char forget_aside_sql[] =
    "DELETE FROM ledger_aside WHERE partition = ANY ($1) AND cleared_at IS NOT NULL";

struct repair_move {
    const struct ledger_place *place;
    int64_t to;
    const struct uuid *before_id; /* of the record before `to`; NULL = none that was applied */
    struct ledger_loss loss;      /* until_ms 0: nothing is lost */
};

struct ledger_repair {
    bool reset;  /* else accept-gap */
    bool copied; /* the log is a whole copy: its operator says so, and the event is looked for */
    struct ledger_look look;
    int64_t now_ms; /* sam_now() */
    struct repair_move *moves;
    size_t count;
    struct ledger_hold hold;
    int64_t people; /* to be held */
};

static void ledger_repair_deinit(struct ledger_repair *l)
{
    ledger_look_deinit(&l->look);
    ledger_hold_deinit(&l->hold);
    free(l->moves);
}

/* ---- what is to be done ---------------------------------------------------------------------- */

static bool fits_command(const struct ledger_repair *l, enum ledger_fit fit)
{
    return l->reset ? fit == LEDGER_ENDS_BEFORE || fit == LEDGER_OTHER_RECORD
                    : fit == LEDGER_GAP || fit == LEDGER_UNVERIFIED;
}

/* Nothing tells how far the copy was applied, unless there is nothing in it that could have been.
 */
static enum ctl_exit move_behind_nothing(const struct ledger_repair *l, struct repair_move *m)
{
    const struct ledger_place *p = m->place;
    if (p->ends.first < p->ends.end)
        return ctl_fail("partition %d: there is no event to look for in %s, since Postgres knows "
                        "of none that was applied last: `samctl ledger reset` without --copied "
                        "applies the copy from its beginning, and puts on hold whoever may have "
                        "been written to; nothing was changed",
                        p->partition, l->look.log.topic);
    m->to = p->ends.end;
    m->loss.until_ms = 0;
    return CTL_DONE;
}

/* Behind the event that was applied last, which the copy must have: so it reaches to there, and
 * what comes after it is applied as ever. */
static enum ctl_exit move_behind_last(struct ledger_repair *l, struct repair_move *m)
{
    const struct ledger_place *p = m->place;
    int64_t offset = -1;
    if (uuid_is_null(&p->last_event_id))
        return move_behind_nothing(l, m);
    enum ctl_exit e = ledger_look_find(&l->look, p, COPIED_RECORDS, &p->last_event_id, &offset);
    if (e)
        return e;
    if (offset < 0)
        return ctl_fail(
            "partition %d: the event that was applied last is not among the last %d records "
            "of %s: the copy is not whole (or far ahead of the database: let the workers "
            "apply all of the old log first); nothing was changed",
            p->partition, COPIED_RECORDS, l->look.log.topic);
    m->to = offset + 1;
    m->before_id = &p->last_event_id;
    m->loss.until_ms = 0;
    return CTL_DONE;
}

/* Lost is what stood between the position and what is there; of a log that was made anew, whatever
 * was never applied. */
static enum ctl_exit add_move(struct ledger_repair *l, const struct ledger_place *p)
{
    struct repair_move *m = &l->moves[l->count++];
    struct ledger_record record;
    bool found = false;
    *m = (struct repair_move){.place = p, .to = l->reset ? p->ends.first : p->there};
    m->loss = (struct ledger_loss){.partition = p->partition, .until_ms = l->now_ms};
    if (p->fit == LEDGER_UNVERIFIED)
        m->loss.until_ms = 0;
    if (l->copied)
        return move_behind_last(l, m);
    if (p->fit != LEDGER_GAP)
        return CTL_DONE;
    enum ctl_exit e = ledger_look_record(&l->look, p, m->to, &record, &found);
    if (!e && found && record.at_ms + MARGIN_MS < l->now_ms)
        m->loss.until_ms = record.at_ms + MARGIN_MS;
    return e;
}

static enum ctl_exit no_gap(const struct ledger_place *p)
{
    const char *instead = ledger_fit_text(p->fit);
    if (instead)
        return ctl_fail("partition %d has no gap: %s; nothing was changed", p->partition, instead);
    return ctl_fail("partition %d has no gap: its position is %" PRId64 ", and the log holds the "
                    "records from %" PRId64 " to %" PRId64 "; nothing was changed",
                    p->partition, p->position, p->ends.first, p->ends.end);
}

static enum ctl_exit choose_named(const struct ctl *c, struct ledger_repair *l)
{
    for (size_t i = 0; i < c->args.words_count; i++) {
        int64_t number = strtoll(c->args.words[i], NULL, 10); /* read_words has looked */
        const struct ledger_place *p = ledger_look_at(&l->look, number);
        bool again = false;
        for (size_t k = 0; k < l->count; k++)
            again = again || l->moves[k].place == p;
        if (!p)
            return ctl_fail("there is no partition %" PRId64 ": %s has 0 to %d; nothing was "
                            "changed",
                            number, l->look.log.topic, l->look.log.count - 1);
        if (!fits_command(l, p->fit))
            return no_gap(p);
        enum ctl_exit e = again ? CTL_DONE : add_move(l, p);
        if (e)
            return e;
    }
    return CTL_DONE;
}

/* What another command mends is named. */
static enum ctl_exit nothing_wrong(const struct ledger_repair *l)
{
    for (size_t i = 0; i < l->look.count; i++) {
        const struct ledger_place *p = &l->look.places[i];
        if (p->fit != LEDGER_FITS && p->fit != LEDGER_NO_ROW && p->fit != LEDGER_NO_PARTITION)
            return ctl_fail("partition %d: %s; nothing was changed", p->partition,
                            ledger_fit_text(p->fit));
    }
    return ctl_fail("%s: the log of %s fits the positions of all partitions; nothing was changed",
                    l->reset ? "nothing is to be reset" : "no partition has a gap",
                    l->look.log.topic);
}

static enum ctl_exit choose(const struct ctl *c, struct ledger_repair *l)
{
    enum ctl_exit e = CTL_DONE;
    l->moves = sam_xcalloc(l->look.count + 1, sizeof(*l->moves));
    if (c->args.words_count)
        return choose_named(c, l);
    for (size_t i = 0; !e && i < l->look.count; i++) {
        if (fits_command(l, l->look.places[i].fit))
            e = add_move(l, &l->look.places[i]);
    }
    return e || l->count ? e : nothing_wrong(l);
}

/* ---- may it be done? ------------------------------------------------------------------------- */

static void add_partitions(const struct ledger_repair *l, struct pg_params *p)
{
    PG_COLUMN(p, PG_ARRAY_I32, l->count, true, pg_item_i32(p, l->moves[i].place->partition));
}

/* A Kafka of somebody else: it would be applied to this database. */
static enum ctl_exit check_ledger(struct ledger_repair *l)
{
    for (size_t i = 0; i < l->look.count; i++) {
        const struct ledger_place *p = &l->look.places[i];
        bool foreign = false;
        enum ctl_exit e = ledger_look_foreign(&l->look, p, &foreign);
        if (e)
            return e;
        if (foreign)
            return ctl_fail("partition %d of %s holds events of another ledger: this is the Kafka "
                            "of another database, or the other way round (kafka, postgres in "
                            "sam.cfg); nothing was changed",
                            p->partition, l->look.log.topic);
    }
    return CTL_DONE;
}

/* Their places would be those of other events. */
static enum ctl_exit check_aside(struct ctl *c, const struct ledger_repair *l)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    add_partitions(l, ctl_params(c));
    enum ctl_exit e = ctl_query(c, aside_sql, &r);
    if (e || pg_i64(r, 0, 0) == 0)
        return e;
    return ctl_fail("%" PRId64 " events of these partitions were set aside and nobody has looked "
                    "at them: `samctl ledger clear %s` first, and what `samctl ledger status` "
                    "shows besides; nothing was changed",
                    pg_i64(r, 0, 0), pg_text(r, 0, 1));
}

/* ---- the change ------------------------------------------------------------------------------ */

static enum ctl_exit find_people(struct ctl *c, struct ledger_repair *l)
{
    size_t count = 0;
    struct ledger_loss *losses = sam_xcalloc(l->count + 1, sizeof(*losses));
    for (size_t i = 0; i < l->count; i++) {
        if (l->moves[i].loss.until_ms)
            losses[count++] = l->moves[i].loss;
    }
    enum ctl_exit e =
        ledger_hold_init(&l->hold, c, losses, count, l->look.log.count, l->look.grown);
    free(losses);
    return e ? e : ledger_hold_count(&l->hold, c, &l->people);
}

static enum pg_failure move(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct ledger_repair *l = arg;
    struct pg_params *p = ctl_params(c);
    enum pg_failure failure;
    add_partitions(l, p);
    PG_COLUMN(p, PG_ARRAY_I64, l->count, true, pg_item_i64(p, l->moves[i].place->position));
    PG_COLUMN(p, PG_ARRAY_I64, l->count, true, pg_item_i64(p, l->moves[i].to));
    PG_COLUMN(p, PG_ARRAY_UUID, l->count, true, pg_item_uuid(p, l->moves[i].before_id));
    pg_add_uuid(p, &l->look.ledger_id);
    if ((failure = pg_exec(c->pg, move_sql, p, &r)))
        return failure;
    if (pg_affected(r) != (int64_t)l->count)
        return ctl_refuse(c, "a position has just changed, and none was changed by this; people "
                             "are on hold: look at `samctl ledger status` and try again");
    add_partitions(l, ctl_params(c));
    return l->reset ? pg_exec(c->pg, forget_aside_sql, &c->params, NULL) : PG_FINE;
}

/* ---- what is done ---------------------------------------------------------------------------- */

static const struct column columns[] = {
    {"kind", NULL, COLUMN_TEXT},          {"partition", "partition", COLUMN_NUMBER},
    {"from", "position", COLUMN_NUMBER},  {"to", "new position", COLUMN_NUMBER},
    {"lost", "lost", COLUMN_NUMBER},      {"until", "lost until", COLUMN_TIME},
    {"trouble", "for that", COLUMN_TEXT},
};

static void say_lost(const struct ctl *c, const char *people, bool done)
{
    ctl_say(c,
            "%s people %s on hold (" LEDGER_HOLD_REASON "), for what is lost may say that they "
            "were written to; `samctl person release` after a look at LinkedIn",
            people, done ? "are" : "are to be put");
    ctl_say(c, "if this database was restored: stops, opt-outs, pauses and blocklist entries since "
               "the backup may be lost too, so bring them in again; and who was imported or "
               "approved since then may have been written to: look at LinkedIn before they are "
               "again");
}

static void show(struct ctl *c, const struct ledger_repair *l, bool done)
{
    SAM_CLEANUP(table_deinit) struct table t;
    char people[32];
    table_init(&t, columns, SAM_ARRAY_LEN(columns), c->json, stdout);
    for (size_t i = 0; i < l->count; i++) {
        const struct repair_move *m = &l->moves[i];
        table_text(&t, "partition");
        table_number(&t, m->place->partition);
        table_number(&t, m->place->position);
        table_number(&t, m->to);
        if (l->reset) /* nobody knows how far that log went */
            table_null(&t);
        else
            table_number(&t, m->to - m->place->position);
        table_time(&t, m->loss.until_ms);
        table_text(&t, ledger_fit_text(m->place->fit));
    }
    table_end(&t);
    (void)snprintf(people, sizeof(people), "%" PRId64, l->people);
    ctl_result(c, "kind", "people", "people", people, "hold_reason", LEDGER_HOLD_REASON, "done",
               done ? "yes" : "no", NULL);
    if (l->copied)
        ctl_say(c,
                "each partition has the event that was applied last, or no event at all: nobody is "
                "put on hold");
    else
        say_lost(c, people, done);
    if (done)
        ctl_say(c, "the positions are set: the workers go on within a minute (`samctl ledger "
                   "status`)");
}

static enum ctl_exit read_words(const struct ctl *c)
{
    for (size_t i = 0; i < c->args.words_count; i++) {
        const char *word = c->args.words[i];
        if (!word[0] || word[strspn(word, "0123456789")] || strlen(word) > 10)
            return ctl_wrong_use("%.60s is no partition: a number, as `samctl ledger status` shows "
                                 "it",
                                 word);
    }
    return CTL_DONE;
}

static enum ctl_exit plan(struct ctl *c, struct ledger_repair *l)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = ledger_look(c, &l->look)))
        return e;
    ctl_params(c);
    if ((e = ctl_query(c, now_sql, &r)))
        return e;
    l->now_ms = pg_time_ms(r, 0, 0);
    if ((e = check_ledger(l)) || (e = choose(c, l)) || (l->reset && (e = check_aside(c, l))))
        return e;
    return find_people(c, l);
}

static enum ctl_exit repair(struct ctl *c, struct ledger_repair *l)
{
    enum ctl_exit e = plan(c, l);
    if (e)
        return e;
    if (!args_has(&c->args, "yes")) {
        show(c, l, false);
        return ctl_fail("nothing was changed: with --yes it is done");
    }
    if ((e = ledger_hold_all(&l->hold, c)) || (e = ctl_transaction(c, move, l)))
        return e;
    show(c, l, true);
    return CTL_DONE;
}

enum ctl_exit command_ledger_accept_gap(struct ctl *c)
{
    SAM_CLEANUP(ledger_repair_deinit) struct ledger_repair l = {.reset = false};
    bool all = args_has(&c->args, "all");
    enum ctl_exit e = read_words(c);
    if (!e && all == (c->args.words_count > 0))
        e = ctl_wrong_use("which partitions? their numbers, or --all, not both");
    return e ? e : repair(c, &l);
}

enum ctl_exit command_ledger_reset(struct ctl *c)
{
    SAM_CLEANUP(ledger_repair_deinit) struct ledger_repair l = {.reset = true};
    l.copied = args_has(&c->args, "copied");
    return repair(c, &l);
}
