/* ledger clear: an operator has looked at events that were set aside, and lets their accounts go
 * on. The events themselves are never applied. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/reason.h"
#include "producer/ctl/catch_up.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/event_meaning.h"
#include "producer/ctl/log_place.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/lost_attempts.h"
#include "producer/ctl/person_hold.h"
#include "producer/ctl/schedule.h"

#include "common/base/banned.h"

/* A worker that sets an event aside looks whether its account is blocked already, and we look
 * whether an event is left: at the same time, both would miss each other and the account would go
 * on. The lock makes one wait for the other. */
static const char lock_sql[] = "LOCK TABLE ledger_aside IN SHARE ROW EXCLUSIVE MODE";
#define EVENT_COLUMNS                                                                              \
    "e.partition IS NULL, x.partition, x.event_offset, e.cleared_at IS NOT NULL, e.account_id, "   \
    "coalesce(a.name, e.account_id::text), a.workspace_id, w.name, e.reason, e.record "
enum event_column {
    COL_MISSING,
    COL_PARTITION,
    COL_OFFSET,
    COL_CLEARED,
    COL_ACCOUNT_ID,
    COL_ACCOUNT,
    COL_WORKSPACE_ID,
    COL_WORKSPACE,
    COL_REASON,
    COL_RECORD
};
#define EVENT_JOINS                                                                                \
    "LEFT JOIN linkedin_accounts a ON a.id = e.account_id "                                        \
    "LEFT JOIN workspaces w ON w.id = a.workspace_id "
/* $1 partitions, $2 offsets. */
static const char named_sql[] =
    "SELECT " EVENT_COLUMNS "FROM (SELECT DISTINCT u.partition, u.event_offset "
    "FROM unnest($1::int[], $2::bigint[]) AS u(partition, event_offset)) x "
    "LEFT JOIN ledger_aside e ON e.partition = x.partition AND e.event_offset = "
    "x.event_offset " EVENT_JOINS "ORDER BY x.partition, x.event_offset";
/* $1 account. */
static const char of_account_sql[] =
    "SELECT " EVENT_COLUMNS "FROM ledger_aside x JOIN ledger_aside e "
    "ON e.partition = x.partition AND e.event_offset = x.event_offset " EVENT_JOINS
    "WHERE x.account_id = $1 AND x.cleared_at IS NULL ORDER BY x.partition, x.event_offset";
static const char there_sql[] =
    "SELECT string_agg(y.place, ', ' ORDER BY y.n), count(*) FILTER (WHERE y.n > 5) FROM ("
    "SELECT CASE WHEN row_number() OVER o <= 5 THEN partition || ':' || event_offset END AS place, "
    "row_number() OVER o AS n FROM ledger_aside WHERE cleared_at IS NULL "
    "WINDOW o AS (ORDER BY partition, event_offset)) y";
/* $1 accounts; in the lock order of the tree. */
static const char lock_accounts_sql[] =
    "SELECT account_id FROM account_schedule "
    "WHERE account_id = ANY ($1) ORDER BY account_id FOR UPDATE";
/* $1 partitions, $2 offsets. */
static const char clear_sql[] =
    "UPDATE ledger_aside SET cleared_at = sam_now() WHERE cleared_at IS NULL "
    "AND (partition, event_offset) IN (SELECT * FROM unnest($1::int[], $2::bigint[]))";
/* $1 accounts. One that another event still blocks says for what. */
static const char unblock_sql[] =
    "UPDATE linkedin_accounts a SET blocked_reason = (SELECT x.reason FROM ledger_aside x "
    "WHERE x.account_id = a.id AND x.cleared_at IS NULL ORDER BY x.at, x.partition, x.event_offset "
    "LIMIT 1) WHERE a.id = ANY ($1) AND a.blocked_reason IS NOT NULL RETURNING a.id, a.name, "
    "a.status, a.blocked_reason IS NOT NULL, (SELECT count(*) FROM ledger_aside x "
    "WHERE x.account_id = a.id AND x.cleared_at IS NULL)";
enum unblock_column { COL_ID, COL_NAME, COL_STATUS, COL_STILL, COL_LEFT };

struct ledger_clear {
    const char *account; /* --account; NULL = the events are named */
    struct uuid account_id;
    struct log_place *places; /* owned */
    size_t count;
    struct pg_result *events;   /* owned; as they were before */
    struct pg_result *accounts; /* owned; those that were blocked, as they are now */
    struct lost_attempts lost;
};

static void ledger_clear_deinit(struct ledger_clear *l)
{
    free(l->places);
    pg_result_free(l->events);
    pg_result_free(l->accounts);
    lost_attempts_deinit(&l->lost);
}

/* ---- the words ------------------------------------------------------------------------------- */

static enum ctl_exit read_words(const struct ctl *c, struct ledger_clear *l)
{
    l->account = args_get(&c->args, "account");
    l->count = c->args.words_count;
    if (l->account && l->count)
        return ctl_wrong_use("ledger clear takes events or --account, not both");
    if (!l->account && !l->count)
        return ctl_wrong_use("which events? PARTITION:OFFSET as `samctl ledger status` shows them, "
                             "or --account NAME for all of an account");
    l->places = sam_xcalloc(l->count + 1, sizeof(*l->places));
    for (size_t i = 0; i < l->count; i++) {
        if (!log_place_parse(c->args.words[i], &l->places[i]))
            return ctl_wrong_use(
                "%.60s is not the place of an event: PARTITION:OFFSET, two numbers "
                "as in 3:17; `samctl ledger status` shows them",
                c->args.words[i]);
    }
    return CTL_DONE;
}

/* ---- may it be done? ------------------------------------------------------------------------- */

static enum pg_failure load_events(struct ctl *c, struct ledger_clear *l)
{
    struct pg_params *p = ctl_params(c);
    pg_result_free(l->events);
    l->events = NULL;
    if (l->account) {
        pg_add_uuid(p, &l->account_id);
    } else {
        PG_COLUMN(p, PG_ARRAY_I32, l->count, true, pg_item_i32(p, l->places[i].partition));
        PG_COLUMN(p, PG_ARRAY_I64, l->count, true, pg_item_i64(p, l->places[i].offset));
    }
    return pg_exec(c->pg, l->account ? of_account_sql : named_sql, p, &l->events);
}

static enum ctl_exit tell_missing(struct ctl *c, const struct ledger_clear *l, int row)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    char place[48];
    char more[48] = "";
    (void)snprintf(place, sizeof(place), "%" PRId64 ":%" PRId64,
                   pg_i64(l->events, row, COL_PARTITION), pg_i64(l->events, row, COL_OFFSET));
    ctl_params(c);
    enum ctl_exit e = ctl_query(c, there_sql, &r);
    if (e)
        return e;
    if (pg_null(r, 0, 0))
        return ctl_fail("no event is set aside at %s, nor anywhere; nothing was changed", place);
    if (pg_i64(r, 0, 1))
        (void)snprintf(more, sizeof(more), " and %" PRId64 " more", pg_i64(r, 0, 1));
    return ctl_fail("no event is set aside at %s; not cleared yet: %s%s (`samctl ledger status`); "
                    "nothing was changed",
                    place, pg_text(r, 0, 0), more);
}

/* All are there, and those of accounts are of the workspace. */
static enum ctl_exit check_events(struct ctl *c, const struct ledger_clear *l)
{
    struct lookup_workspace w = {.name = ""};
    enum ctl_exit e = CTL_DONE;
    for (int row = 0; row < pg_rows(l->events); row++) {
        struct uuid owner = pg_uuid(l->events, row, COL_WORKSPACE_ID);
        if (pg_bool(l->events, row, COL_MISSING))
            return tell_missing(c, l, row);
        if (pg_null(l->events, row, COL_WORKSPACE_ID))
            continue;
        if (!w.name[0] && (e = lookup_workspace(c, &w)))
            return e;
        if (!uuid_equal(&owner, &w.id))
            return ctl_fail("%" PRId64 ":%" PRId64 " is an event of account %s, which is of "
                            "workspace %s, not of %s; nothing was changed",
                            pg_i64(l->events, row, COL_PARTITION),
                            pg_i64(l->events, row, COL_OFFSET),
                            pg_text(l->events, row, COL_ACCOUNT),
                            pg_text(l->events, row, COL_WORKSPACE), w.name);
    }
    return e;
}

/* ---- the change ------------------------------------------------------------------------------ */

/* people: theirs too; NULL = of the events alone. */
static void add_accounts(const struct ledger_clear *l, const struct people *people,
                         struct pg_params *p)
{
    pg_array_open(p, PG_ARRAY_UUID);
    if (l->account)
        pg_item_uuid(p, &l->account_id);
    for (int row = 0; row < pg_rows(l->events); row++) {
        struct uuid id = pg_uuid(l->events, row, COL_ACCOUNT_ID);
        if (!pg_null(l->events, row, COL_ACCOUNT_ID))
            pg_item_uuid(p, &id);
    }
    for (size_t i = 0; people && i < people->count; i++)
        pg_item_uuid(p, &people->rows[i].account_id);
    pg_array_close(p);
}

/* One that was cleared already has held its people then; somebody may have released them since. */
static enum pg_failure load_lost(struct ctl *c, struct ledger_clear *l)
{
    lost_attempts_deinit(&l->lost);
    for (int row = 0; row < pg_rows(l->events); row++) {
        if (!pg_bool(l->events, row, COL_CLEARED))
            lost_attempts_add(&l->lost, pg_text(l->events, row, COL_RECORD),
                              pg_text_bytes(l->events, row, COL_RECORD));
    }
    return lost_attempts_load(&l->lost, c);
}

static enum pg_failure clear_events(struct ctl *c, const struct ledger_clear *l)
{
    struct pg_params *p = ctl_params(c);
    size_t n = (size_t)pg_rows(l->events);
    PG_COLUMN(p, PG_ARRAY_I32, n, true,
              pg_item_i32(p, (int32_t)pg_i64(l->events, (int)i, COL_PARTITION)));
    PG_COLUMN(p, PG_ARRAY_I64, n, true, pg_item_i64(p, pg_i64(l->events, (int)i, COL_OFFSET)));
    return pg_exec(c->pg, clear_sql, p, NULL);
}

/* What waited only for this goes at once. */
static enum pg_failure release_accounts(struct ctl *c, const struct pg_result *accounts)
{
    const char *const causes[] = {reason_name(REASON_ACCOUNT_BLOCKED), NULL};
    struct schedule s = {.count = 0};
    s.accounts = sam_xcalloc((size_t)pg_rows(accounts) + 1, sizeof(*s.accounts));
    for (int row = 0; row < pg_rows(accounts); row++) {
        if (!pg_bool(accounts, row, COL_STILL))
            s.accounts[s.count++] = pg_uuid(accounts, row, COL_ID);
    }
    enum pg_failure failure = PG_FINE;
    if (s.count)
        failure = schedule_release(&s, c, causes, NULL, NULL);
    if (s.count && !failure)
        failure = schedule_kick(&s, c);
    schedule_deinit(&s);
    return failure;
}

static enum pg_failure change(struct ctl *c, void *arg)
{
    struct ledger_clear *l = arg;
    enum pg_failure failure;
    pg_result_free(l->accounts);
    l->accounts = NULL;
    ctl_params(c);
    if ((failure = pg_exec(c->pg, lock_sql, NULL, NULL)) || (failure = load_events(c, l)) ||
        (failure = load_lost(c, l)))
        return failure;
    add_accounts(l, &l->lost.people, ctl_params(c));
    if ((failure = pg_exec(c->pg, lock_accounts_sql, &c->params, NULL)) ||
        (failure = people_hold(c, &l->lost.people, LOST_ATTEMPTS_HOLD)) ||
        (failure = clear_events(c, l)))
        return failure;
    add_accounts(l, NULL, ctl_params(c));
    if ((failure = pg_exec(c->pg, unblock_sql, &c->params, &l->accounts)))
        return failure;
    return release_accounts(c, l->accounts);
}

/* ---- what was done --------------------------------------------------------------------------- */

static const struct column event_columns[] = {{"kind", NULL, COLUMN_TEXT},
                                              {"event", "event", COLUMN_TEXT},
                                              {"type", "type", COLUMN_TEXT},
                                              {"account", "account", COLUMN_TEXT},
                                              {"reason", "set aside for", COLUMN_TEXT},
                                              {"result", "result", COLUMN_TEXT},
                                              {"meaning", "that means", COLUMN_TEXT}};

static void show_event(struct ctl *c, const struct pg_result *r, int row)
{
    SAM_CLEANUP(table_deinit) struct table t;
    struct event_meaning m;
    char place[48];
    bool was_cleared = pg_bool(r, row, COL_CLEARED);
    event_meaning(&m, pg_text(r, row, COL_RECORD), pg_text_bytes(r, row, COL_RECORD));
    (void)snprintf(place, sizeof(place), "%" PRId64 ":%" PRId64, pg_i64(r, row, COL_PARTITION),
                   pg_i64(r, row, COL_OFFSET));
    table_init_upright(&t, event_columns, SAM_ARRAY_LEN(event_columns), c->json, stdout);
    table_text(&t, "event");
    table_text(&t, place);
    table_text(&t, m.type);
    table_text(&t, pg_null(r, row, COL_ACCOUNT_ID) ? NULL : pg_text(r, row, COL_ACCOUNT));
    table_text(&t, pg_text(r, row, COL_REASON));
    table_text(&t, was_cleared ? "was cleared already" : "cleared, not applied");
    table_text(&t, m.text);
    table_end(&t);
    ctl_say(c, "%s", "");
}

static void show_account(const struct ctl *c, const struct pg_result *r, int row)
{
    const char *name = pg_text(r, row, COL_NAME);
    const char *status = pg_text(r, row, COL_STATUS);
    int64_t left = pg_i64(r, row, COL_LEFT);
    bool still = pg_bool(r, row, COL_STILL);
    ctl_result(c, "kind", "account", "account", name, "blocked", still ? "yes" : "no", "status",
               status, NULL);
    if (still)
        ctl_say(c, "account %s stays blocked: %" PRId64 " more event%s of it %s set aside", name,
                left, left == 1 ? "" : "s", left == 1 ? "is" : "are");
    else if (strcmp(status, account_status_name(ACCOUNT_ACTIVE)) == 0)
        ctl_say(c, "account %s is not blocked any more: it goes on", name);
    else
        ctl_say(c, "account %s is not blocked any more, but %s: it sends nothing for that", name,
                status);
}

static void show_held(const struct ctl *c, const struct person *p)
{
    char id[UUID_TEXT_BYTES];
    uuid_format(&p->id, id);
    ctl_result(c, "kind", "person", "person_id", id, "campaign", p->campaign, "account", p->account,
               "hold_reason", LOST_ATTEMPTS_HOLD, NULL);
    ctl_say(c,
            "campaign %s: person %s is on hold (" LOST_ATTEMPTS_HOLD "), for nothing in the "
            "database says whether they were written to; released only after a look at LinkedIn: "
            "`samctl person release %s`",
            p->campaign, id, id);
}

/* Nobody is there to be held: whoever imports that human again has to know. */
static void show_nobody(const struct ctl *c, const struct event *attempt)
{
    char id[UUID_TEXT_BYTES];
    uuid_format(&attempt->attempt.person_id, id);
    ctl_result(c, "kind", "person", "person_id", id, "hold_reason", NULL, NULL);
    ctl_say(c,
            "person %s, to whom an attempt went that is not in the database, is not there or has "
            "ended, and is not put on hold: look at LinkedIn before they are imported again",
            id);
}

static void show(struct ctl *c, const struct ledger_clear *l)
{
    for (int row = 0; row < pg_rows(l->events); row++)
        show_event(c, l->events, row);
    for (size_t i = 0; i < l->lost.people.count; i++)
        show_held(c, &l->lost.people.rows[i]);
    for (size_t i = 0; i < l->lost.count; i++) {
        if (!lost_attempts_has_person(&l->lost, &l->lost.events[i]))
            show_nobody(c, &l->lost.events[i]);
    }
    for (int row = 0; row < pg_rows(l->accounts); row++)
        show_account(c, l->accounts, row);
    if (pg_rows(l->events) == 0 && pg_rows(l->accounts) == 0) {
        ctl_result(c, "kind", "account", "account", l->account, "blocked", "no", NULL);
        ctl_say(c, "no event of account %s is set aside, and it is not blocked", l->account);
    }
}

enum ctl_exit command_ledger_clear(struct ctl *c)
{
    SAM_CLEANUP(ledger_clear_deinit) struct ledger_clear l = {.count = 0};
    struct lookup_account account;
    enum pg_failure failure;
    enum ctl_exit e;
    if ((e = read_words(c, &l)) || (e = ctl_connect(c)) || (e = catch_up(c)) ||
        (l.account && (e = lookup_account(c, l.account, &account))))
        return e;
    if (l.account)
        l.account_id = account.id;
    if ((failure = load_events(c, &l)))
        return ctl_sql_failed(c, failure);
    if ((e = check_events(c, &l)) || (e = ctl_transaction(c, change, &l)))
        return e;
    show(c, &l);
    return CTL_DONE;
}
