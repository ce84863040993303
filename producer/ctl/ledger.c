/* ledger status: for whoever is on call at night. How far each partition of sam.events is applied,
 * as Postgres and as Kafka have it; the events that were set aside, and the accounts that they
 * block. What Postgres knows is shown also while Kafka is away. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "producer/ctl/commands.h"
#include "producer/ctl/event_meaning.h"
#include "producer/ctl/ledger_look.h"
#include "producer/ctl/lookup.h"

#include "common/base/banned.h"

#define ROWS_SHOWN 100 /* to people, of events and of accounts */

static const char ledger_sql[] = "SELECT ledger_id FROM ledger";
static const char positions_sql[] =
    "SELECT partition, next_offset, updated_at, halted_reason, last_event_id IS NOT NULL "
    "FROM ledger_positions ORDER BY partition";
enum position_column { COL_PARTITION, COL_POSITION, COL_MOVED, COL_HALTED, COL_HAS_ID };

static const struct column ledger_columns[] = {{"kind", NULL, COLUMN_TEXT},
                                               {"ledger_id", "ledger", COLUMN_UUID},
                                               {"topic", "topic", COLUMN_TEXT},
                                               {"partitions", "partitions", COLUMN_NUMBER}};
static const struct column partition_columns[] = {{"kind", NULL, COLUMN_TEXT},
                                                  {"partition", "partition", COLUMN_NUMBER},
                                                  {"position", "position", COLUMN_NUMBER},
                                                  {"first", "first", COLUMN_NUMBER},
                                                  {"end", "end", COLUMN_NUMBER},
                                                  {"lag", "lag", COLUMN_NUMBER},
                                                  {"moved_at", "last moved", COLUMN_TIME},
                                                  {"note", "note", COLUMN_TEXT},
                                                  {"halted_reason", "halted by", COLUMN_TEXT}};

/* $1 workspace or NULL, $2 rows. An event without an account that we know is of no workspace. The
 * last column is not shown: how many there are; of an event the record before it neither. */
static const char events_sql[] =
    "SELECT 'event', x.partition || ':' || x.event_offset, x.partition, x.event_offset, "
    "x.event_id, w.name, coalesce(a.name, x.account_id::text), x.reason, x.at, x.record, "
    "count(*) OVER () "
    "FROM ledger_aside x LEFT JOIN linkedin_accounts a ON a.id = x.account_id "
    "LEFT JOIN workspaces w ON w.id = a.workspace_id WHERE x.cleared_at IS NULL "
    "AND ($1::uuid IS NULL OR w.id IS NULL OR w.id = $1) "
    "ORDER BY x.partition, x.event_offset LIMIT $2";
enum event_column { COL_RECORD = 9 };
static const struct column event_columns[] = {
    {"kind", NULL, COLUMN_TEXT},         {"event", "event", COLUMN_TEXT},
    {"partition", NULL, COLUMN_NUMBER},  {"offset", NULL, COLUMN_NUMBER},
    {"event_id", "id", COLUMN_UUID},     {"workspace", "workspace", COLUMN_TEXT},
    {"account", "account", COLUMN_TEXT}, {"reason", "set aside for", COLUMN_TEXT},
    {"set_aside_at", "at", COLUMN_TIME}, {"type", "type", COLUMN_TEXT},
    {"meaning", NULL, COLUMN_TEXT}};

static const char accounts_sql[] =
    "SELECT 'account', w.name, a.name, (SELECT count(*) FROM ledger_aside x "
    "WHERE x.account_id = a.id AND x.cleared_at IS NULL), a.status, a.blocked_reason, "
    "count(*) OVER () FROM linkedin_accounts a JOIN workspaces w ON w.id = a.workspace_id "
    "WHERE a.blocked_reason IS NOT NULL AND ($1::uuid IS NULL OR w.id = $1) "
    "ORDER BY w.name, a.name LIMIT $2";
static const struct column account_columns[] = {{"kind", NULL, COLUMN_TEXT},
                                                {"workspace", "workspace", COLUMN_TEXT},
                                                {"account", "blocked account", COLUMN_TEXT},
                                                {"events", "by events", COLUMN_NUMBER},
                                                {"status", "status", COLUMN_TEXT},
                                                {"blocked_reason", "first for", COLUMN_TEXT}};

/* ---- partitions ------------------------------------------------------------------------------ */

static void number_or_null(struct table *t, bool known, int64_t value)
{
    if (known)
        table_number(t, value);
    else
        table_null(t);
}

static const char *note_of(const struct ledger_log *log, const struct kafka_ends *ends,
                           int64_t position, bool has_id)
{
    if (position < 0)
        return ledger_fit_text(LEDGER_NO_ROW);
    if (log->asked && !ends)
        return ledger_fit_text(LEDGER_NO_PARTITION);
    if (!ends || ends->end < 0)
        return NULL;
    return ledger_fit_text(ledger_fit_of(ends, position, has_id));
}

/* row < 0: Postgres has none for it. */
static void show_partition(struct table *t, const struct ledger_log *log, int32_t partition,
                           const struct pg_result *r, int row)
{
    const struct kafka_ends *ends = partition < log->count ? &log->ends[partition] : NULL;
    bool known = ends && ends->end >= 0;
    int64_t position = row < 0 ? -1 : pg_i64(r, row, COL_POSITION);
    int64_t from = row < 0 && known ? ends->first : position;
    table_text(t, "partition");
    table_number(t, partition);
    number_or_null(t, row >= 0, position);
    number_or_null(t, known, known ? ends->first : 0);
    number_or_null(t, known, known ? ends->end : 0);
    number_or_null(t, known && from <= ends->end, known ? ends->end - from : 0);
    table_time(t, row < 0 ? 0 : pg_time_ms(r, row, COL_MOVED));
    table_text(t, note_of(log, ends, position, row >= 0 && pg_bool(r, row, COL_HAS_ID)));
    table_text(t, row < 0 || pg_null(r, row, COL_HALTED) ? NULL : pg_text(r, row, COL_HALTED));
}

/* Both lists ascend. */
static int show_partitions(struct ctl *c, const struct ledger_log *log, const struct pg_result *r)
{
    SAM_CLEANUP(table_deinit) struct table t;
    int halted = 0;
    int32_t next = 0; /* of Kafka's */
    table_init(&t, partition_columns, SAM_ARRAY_LEN(partition_columns), c->json, stdout);
    for (int row = 0; row < pg_rows(r); row++) {
        int32_t partition = (int32_t)pg_i64(r, row, COL_PARTITION);
        for (; next < partition && next < log->count; next++)
            show_partition(&t, log, next, r, -1);
        show_partition(&t, log, partition, r, row);
        next = partition + 1;
        halted += pg_null(r, row, COL_HALTED) ? 0 : 1;
    }
    for (; next < log->count; next++)
        show_partition(&t, log, next, r, -1);
    table_end(&t);
    if (t.rows == 0)
        ctl_say(c, "no partition is known: neither Postgres nor Kafka tells of one");
    return halted;
}

static void show_ledger(struct ctl *c, const struct ledger_log *log, const struct pg_result *r)
{
    SAM_CLEANUP(table_deinit) struct table t;
    table_init_upright(&t, ledger_columns, SAM_ARRAY_LEN(ledger_columns), c->json, stdout);
    char id[UUID_TEXT_BYTES];
    if (pg_rows(r) == 1) {
        struct uuid ledger_id = pg_uuid(r, 0, 0);
        uuid_format(&ledger_id, id);
    }
    table_text(&t, "ledger");
    table_text(&t, pg_rows(r) == 1 ? id : NULL);
    table_text(&t, log->topic);
    number_or_null(&t, log->asked, log->count);
    table_end(&t);
}

static enum ctl_exit show_log(struct ctl *c, struct ledger_log *log)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *ledger = NULL;
    SAM_CLEANUP(pg_result_freep) struct pg_result *positions = NULL;
    enum ctl_exit e;
    ctl_params(c);
    /* Positions before ends: what is applied meanwhile is never ahead of the log. */
    if ((e = ctl_query(c, ledger_sql, &ledger)) || (e = ctl_query(c, positions_sql, &positions)))
        return e;
    ledger_log_ask(c, log);
    show_ledger(c, log, ledger);
    ctl_say(c, "%s", "");
    int halted = show_partitions(c, log, positions);
    if (halted)
        ctl_say(c, "\nNOTHING IS SENT for the accounts of %d partition%s: see `halted by`", halted,
                halted == 1 ? "" : "s");
    return CTL_DONE;
}

/* ---- what was set aside ---------------------------------------------------------------------- */

/* Adds the columns of a row that its record tells. */
static void show_event(struct table *t, const struct pg_result *r, int row)
{
    struct event_meaning m;
    event_meaning(&m, pg_text(r, row, COL_RECORD), pg_text_bytes(r, row, COL_RECORD));
    table_some(t, r, row, 0, COL_RECORD);
    table_text(t, m.type);
    table_text(t, m.text);
}

static void show_account(struct table *t, const struct pg_result *r, int row)
{
    table_row(t, r, row, 0);
}

struct aside_list {
    const char *sql;
    const struct column *columns;
    size_t columns_count;
    int count_column;
    void (*show)(struct table *t, const struct pg_result *r, int row);
    const char *empty;
    const char *advice; /* said after the rows; NULL = nothing */
};

static const struct aside_list lists[] = {
    {events_sql, event_columns, SAM_ARRAY_LEN(event_columns), COL_RECORD + 1, show_event,
     "no event is set aside",
     "they are not applied (--json says what that means for each); `samctl ledger clear "
     "PARTITION:OFFSET` lets the account go on without one"},
    {accounts_sql, account_columns, SAM_ARRAY_LEN(account_columns), SAM_ARRAY_LEN(account_columns),
     show_account, "no account is blocked by an event", NULL}};

static enum ctl_exit show_list(struct ctl *c, const struct aside_list *list,
                               const struct uuid *workspace_id)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(table_deinit) struct table t;
    pg_add_uuid(ctl_params(c), workspace_id);
    pg_add_i64(&c->params, c->json ? INT64_MAX : ROWS_SHOWN);
    table_init(&t, list->columns, list->columns_count, c->json, stdout);
    enum ctl_exit e = ctl_query(c, list->sql, &r);
    if (e)
        return e;
    ctl_say(c, "%s", "");
    for (int row = 0; row < pg_rows(r); row++)
        list->show(&t, r, row);
    table_end(&t);
    int64_t all = pg_rows(r) ? pg_i64(r, 0, list->count_column) : 0;
    if (all > pg_rows(r))
        ctl_say(c, "and %" PRId64 " more; --json lists all", all - pg_rows(r));
    if (all == 0)
        ctl_say(c, "%s", list->empty);
    else if (list->advice)
        ctl_say(c, "%s", list->advice);
    return CTL_DONE;
}

enum ctl_exit command_ledger_status(struct ctl *c)
{
    SAM_CLEANUP(ledger_log_deinit) struct ledger_log log = {.topic = NULL};
    struct lookup_workspace w;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (c->workspace && (e = lookup_workspace(c, &w))))
        return e;
    e = show_log(c, &log);
    for (size_t i = 0; !e && i < SAM_ARRAY_LEN(lists); i++)
        e = show_list(c, &lists[i], c->workspace ? &w.id : NULL);
    return e ? e : ledger_log_tell(c, &log, "its columns are -");
}
