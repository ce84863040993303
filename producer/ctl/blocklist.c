/* blocklist add, list, remove: people, companies and domains that nobody writes to. */
#include "producer/ctl/blocklist.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "producer/ctl/block_fill.h"
#include "producer/ctl/catch_up.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/people.h"
#include "producer/ctl/person_hold.h"
#include "producer/ctl/schedule.h"
#include "producer/ctl/waiting_texts.h"

#include "common/base/banned.h"

#define HOLD_BATCH 1000
#define ROWS_USUAL 200
#define ROWS_MAX   1000000

#define OPEN                                                                                       \
    "p.status IN ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging') "
#define ACCOUNT                                                                                    \
    "CROSS JOIN LATERAL (SELECT name FROM linkedin_accounts WHERE id = p.account_id LIMIT 1) a "

/* ---- add ----------------------------------------------------------------------------------- */

/* $1 workspace, $2 kind, $3 text[] values, $4 text[] as given, $5 again: in a database that has yet
 * to catch up, what stands there is an entry of before, and a removal that the ledger is about to
 * bring would end it. */
static const char insert_sql[] =
    "WITH gone AS (DELETE FROM blocklist_removed WHERE workspace_id = $1 AND kind = $2 "
    "AND value = ANY ($3) RETURNING value, version) "
    "INSERT INTO blocklist AS b (workspace_id, kind, value, given, version) "
    "SELECT DISTINCT ON (x.value) $1, $2, x.value, x.given, "
    "sam_next_version(coalesce(g.version, 0)) FROM unnest($3::text[], $4::text[]) "
    "AS x(value, given) LEFT JOIN gone g ON g.value = x.value ORDER BY x.value "
    "ON CONFLICT (workspace_id, kind, value) DO UPDATE SET version = sam_next_version(b.version) "
    "WHERE $5 RETURNING value, version, xmax = 0";
/* $1 workspace, $2 text[] names, $3 rows. Who is on hold for something else is held again by the
 * database when that ends. */
static const char people_sql[] =
    "SELECT " PEOPLE_COLUMNS "FROM campaigns c JOIN campaign_prospects p ON p.campaign_id = c.id "
    "AND p.vanity = ANY ($2) " ACCOUNT "WHERE c.workspace_id = $1 AND p.hold_reason IS NULL "
    "AND " OPEN "UNION SELECT " PEOPLE_COLUMNS "FROM campaign_prospects p "
    "JOIN campaigns c ON c.id = p.campaign_id " ACCOUNT "WHERE p.provider_id = ANY ($2) "
    "AND p.workspace_id = $1 AND p.hold_reason IS NULL AND " OPEN "LIMIT $3";
/* $2 text[] keys. */
static const char keyed_sql[] =
    "SELECT " PEOPLE_COLUMNS "FROM campaigns c JOIN campaign_prospects p ON p.campaign_id = c.id "
    "AND " OPEN "AND p.hold_reason IS NULL AND p.block_keys && $2 " ACCOUNT
    "WHERE c.workspace_id = $1 LIMIT $3";
/* $1 uuid[] accounts. */
static const char sending_sql[] =
    "SELECT count(*) FROM send_queue i JOIN campaign_prospects p ON p.id = i.prospect_id "
    "WHERE i.account_id = ANY ($1) AND i.status = 'sending' AND p.hold_reason = '" BLOCKLIST_HOLD
    "'";

static enum pg_failure insert_entries(struct ctl *c, struct blocklist_change *b,
                                      const struct block_entries *e)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct pg_params *params = ctl_params(c);
    pg_add_uuid(params, &b->workspace_id);
    pg_add_text(params, block_kind_name(e->kind));
    block_entries_add_values(e, params);
    PG_COLUMN(params, PG_ARRAY_TEXT, e->count, true, pg_item_text(params, e->rows[i].given));
    pg_add_bool(params, b->again);
    enum pg_failure failure = pg_exec(c->pg, insert_sql, params, &r);
    for (int row = 0; !failure && row < pg_rows(r); row++)
        b->added += pg_bool(r, row, 2);
    return failure ? failure : block_tell(&b->tell, c, r, true);
}

static enum pg_failure insert_all(struct ctl *c, struct blocklist_change *b)
{
    enum pg_failure failure = block_tell_begin(&b->tell, c, &b->workspace_id, b->entries->kind);
    struct block_entries part = *b->entries; /* borrowed rows */
    for (size_t done = 0; !failure && done < b->entries->count; done += part.count) {
        size_t left = b->entries->count - done;
        part.rows = b->entries->rows + done;
        part.count = left < BLOCK_TELL_BATCH ? left : BLOCK_TELL_BATCH;
        failure = insert_entries(c, b, &part);
        ctl_progress(c, (int64_t)(done + part.count), "entries");
    }
    ctl_progress(c, 0, NULL);
    return failure;
}

static enum pg_failure hold_batch(struct ctl *c, struct blocklist_change *b, size_t *ret_count)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(people_deinit) struct people people = {.count = 0};
    bool named = b->entries->kind == BLOCK_PERSON;
    pg_add_uuid(ctl_params(c), &b->workspace_id);
    if (named)
        block_entries_add_values(b->entries, &c->params);
    else
        block_entries_add_keys(b->entries, &c->params);
    pg_add_i64(&c->params, HOLD_BATCH);
    enum pg_failure failure = pg_exec(c->pg, named ? people_sql : keyed_sql, &c->params, &r);
    if (failure)
        return failure;
    if (!people_read(r, &people))
        return ctl_refuse(c, "somebody has a status that this program does not know");
    *ret_count = people.count;
    b->held += (int64_t)people.count;
    return people_hold(c, &people, BLOCKLIST_HOLD);
}

enum pg_failure blocklist_add(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    struct blocklist_change *b = arg;
    size_t count = 0;
    b->added = b->held = 0;
    /* locked first: who is approved or edited meanwhile waits, and sees the entry */
    enum pg_failure failure = schedule_lock_workspace(&s, c, &b->workspace_id);
    if (!failure && b->entries->kind != BLOCK_PERSON)
        failure = block_fill(c, &b->workspace_id, NULL);
    if (!failure)
        failure = insert_all(c, b);
    do {
        if (!failure)
            failure = hold_batch(c, b, &count);
    } while (!failure && count == HOLD_BATCH);
    if (failure)
        return failure;
    schedule_add_accounts(&s, ctl_params(c));
    failure = pg_exec(c->pg, sending_sql, &c->params, &r);
    if (!failure)
        b->sending = pg_i64(r, 0, 0);
    return failure ? failure : schedule_due(&s, c);
}

enum ctl_exit blocklist_look(struct ctl *c, struct blocklist_change *b)
{
    bool applied = false;
    enum ctl_exit e = catch_up_look(c, &applied);
    b->again = !applied;
    return e;
}

void blocklist_change_deinit(struct blocklist_change *b)
{
    block_tell_deinit(&b->tell);
}

static const struct column add_columns[] = {{"added", "added", COLUMN_NUMBER},
                                            {"existing", "there already", COLUMN_NUMBER},
                                            {"held", "people on hold", COLUMN_NUMBER},
                                            {"sending", "being sent just now", COLUMN_NUMBER}};

static void report_add(const struct ctl *c, const struct blocklist_change *b)
{
    struct table t;
    table_init_upright(&t, add_columns, SAM_ARRAY_LEN(add_columns), c->json, stdout);
    table_number(&t, b->added);
    table_number(&t, (int64_t)b->entries->count - b->added);
    table_number(&t, b->held);
    table_number(&t, b->sending);
    table_end(&t);
    table_deinit(&t);
    ctl_say(c, "nothing more is sent to them, also not what waits in the queue; who is imported "
               "later is looked at too");
    block_tell_note(&b->tell, c);
    if (b->sending > 0)
        ctl_say(c, "note: a message that is under way cannot be called back");
}

enum ctl_exit command_blocklist_add(struct ctl *c)
{
    SAM_CLEANUP(block_entries_deinit) struct block_entries entries = {.count = 0};
    struct blocklist_change b = {.entries = &entries};
    struct lookup_workspace w;
    enum ctl_exit e;
    if ((e = block_entries_read(&entries, c)) || (e = ctl_connect(c)) ||
        (e = lookup_workspace(c, &w)))
        return e;
    b.workspace_id = w.id;
    if ((e = blocklist_look(c, &b)))
        return e;
    if (!(e = ctl_transaction(c, blocklist_add, &b)))
        report_add(c, &b);
    blocklist_change_deinit(&b);
    return e;
}

/* ---- list ---------------------------------------------------------------------------------- */

/* $1 workspace, $2 kind or NULL, $3 rows. */
static const char list_sql[] =
    "SELECT kind, value, coalesce(given, value), added_at FROM blocklist WHERE workspace_id = $1 "
    "AND ($2::text IS NULL OR kind = $2) ORDER BY kind, value LIMIT $3";
static const struct column list_columns[] = {{"kind", "kind", COLUMN_TEXT},
                                             {"value", "is compared as", COLUMN_TEXT},
                                             {"given", "given as", COLUMN_TEXT},
                                             {"added_at", "since", COLUMN_TIME}};

enum ctl_exit command_blocklist_list(struct ctl *c)
{
    struct lookup_workspace w;
    char why[ARGS_WHY_BYTES];
    int64_t rows = c->json ? ROWS_MAX : ROWS_USUAL;
    const char *kind = args_get(&c->args, "kind");
    enum block_kind parsed;
    enum ctl_exit e;
    if (args_number(&c->args, "limit", 1, ROWS_MAX, &rows, why) != 0)
        return ctl_wrong_use("blocklist list: %s", why);
    if (kind && block_kind_parse(kind, &parsed) != 0)
        return ctl_wrong_use("--kind takes person, company or domain");
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &w)))
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    pg_add_text(&c->params, kind);
    pg_add_i64(&c->params, rows);
    return ctl_list(c, list_sql, list_columns, SAM_ARRAY_LEN(list_columns),
                    "nothing stands on the blocklist");
}

/* ---- remove -------------------------------------------------------------------------------- */

/* $1 workspace, $2 kind, $3 text[] values, $4 behind. */
static const char delete_sql[] =
    "WITH gone AS (DELETE FROM blocklist WHERE workspace_id = $1 AND kind = $2 "
    "AND value = ANY ($3) "
    "RETURNING workspace_id, kind, value, version) "
    "INSERT INTO blocklist_removed AS r (workspace_id, kind, value, version) "
    "SELECT workspace_id, kind, value, sam_change_version(version, $4) FROM gone "
    "ON CONFLICT (workspace_id, kind, value) "
    "DO UPDATE SET version = greatest(r.version, excluded.version) RETURNING value, version";
/* $1 workspace, $2 text[] names, $3 text[] keys, $4 behind. The database keeps on hold whom another
 * entry means. */
static const char release_sql[] =
    "UPDATE campaign_prospects p SET hold_reason = NULL, "
    "version = sam_change_version(p.version, $4) WHERE p.workspace_id = $1 "
    "AND p.hold_reason = '" BLOCKLIST_HOLD "' AND (p.vanity = ANY ($2) "
    "OR p.provider_id = ANY ($2) OR p.block_keys && $3) AND " OPEN
    "RETURNING p.id, p.version, p.hold_reason";
/* $1 uuid[] people. */
static const char released_sql[] =
    "SELECT " PEOPLE_COLUMNS ", coalesce(p.vanity, p.provider_id), "
    "concat_ws(' ', p.first_name, p.last_name), p.company, p.version FROM campaign_prospects p "
    "JOIN campaigns c ON c.id = p.campaign_id " ACCOUNT
    "WHERE p.id = ANY ($1) ORDER BY c.name, p.id";
#define RELEASED_CAMPAIGN 1
#define RELEASED_SHOWN    9 /* columns before those that are shown */
static const struct column released_columns[] = {{"person", "person", COLUMN_TEXT},
                                                 {"name", "name", COLUMN_TEXT},
                                                 {"company", "company", COLUMN_TEXT}};
static const struct column released_where[] = {{"person", "person", COLUMN_TEXT},
                                               {"name", "name", COLUMN_TEXT},
                                               {"company", "company", COLUMN_TEXT},
                                               {"campaign", "campaign", COLUMN_TEXT},
                                               {"account", "account", COLUMN_TEXT}};

struct removal {
    const struct block_entries *entries;
    struct uuid workspace_id;
    struct block_tell tell;
    struct pg_result *gone;     /* owned: the values that stood there */
    struct pg_result *released; /* owned: see released_sql */
    int64_t held;               /* of their campaigns: whose text cannot be sent */
};

static enum pg_failure tell_released(struct ctl *c, const struct removal *m)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o = {.count = 0};
    SAM_CLEANUP(people_deinit) struct people people = {.count = 0};
    if (!people_read(m->released, &people))
        return ctl_refuse(c, "somebody has a status that this program does not know");
    enum pg_failure failure = outbox_begin(&o, c->pg, &c->params);
    if (failure)
        return failure;
    for (size_t i = 0; i < people.count; i++) {
        struct person_decision d = {
            .person = &people.rows[i], .finding = FINDING_RELEASE, .reason = ""};
        person_decision_tell(
            &o, &d,
            pg_i64(m->released, (int)i, RELEASED_SHOWN + (int)SAM_ARRAY_LEN(released_columns)));
    }
    return outbox_write(&o, c->pg, &c->params);
}

static enum pg_failure release_people(struct ctl *c, struct removal *m)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct pg_params *params = ctl_params(c);
    const struct block_entries none = {.kind = m->entries->kind};
    bool named = m->entries->kind == BLOCK_PERSON;
    pg_add_uuid(params, &m->workspace_id);
    block_entries_add_values(named ? m->entries : &none, params);
    block_entries_add_keys(named ? &none : m->entries, params);
    pg_add_bool(params, c->behind);
    enum pg_failure failure = pg_exec(c->pg, release_sql, params, &r);
    if (failure)
        return failure;
    pg_array_open(ctl_params(c), PG_ARRAY_UUID);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        if (pg_null(r, row, 2))
            pg_item_uuid(params, &id);
    }
    pg_array_close(params);
    return pg_exec(c->pg, released_sql, params, &m->released);
}

/* Their messages may have been rendered by a text or a name that was changed meanwhile. */
static enum pg_failure refresh_texts(struct ctl *c, struct removal *m, const struct schedule *s)
{
    struct uuid last = {{0}};
    m->held = 0;
    for (int row = 0; row < pg_rows(m->released); row++) {
        struct uuid campaign_id = pg_uuid(m->released, row, RELEASED_CAMPAIGN);
        struct waiting_texts texts = {.campaign_id = &campaign_id, .accounts = s};
        if (uuid_equal(&campaign_id, &last))
            continue; /* they come by campaign */
        enum pg_failure failure = waiting_texts_refresh(&texts, c);
        if (failure)
            return failure;
        m->held += texts.held;
        last = campaign_id;
    }
    return PG_FINE;
}

static enum pg_failure remove_entries(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    struct removal *m = arg;
    pg_result_freep(&m->gone); /* of an earlier try */
    pg_result_freep(&m->released);
    m->gone = m->released = NULL;
    enum pg_failure failure = schedule_lock_workspace(&s, c, &m->workspace_id);
    if (failure)
        return failure;
    pg_add_uuid(ctl_params(c), &m->workspace_id);
    pg_add_text(&c->params, block_kind_name(m->entries->kind));
    block_entries_add_values(m->entries, &c->params);
    pg_add_bool(&c->params, c->behind);
    failure = pg_exec(c->pg, delete_sql, &c->params, &m->gone);
    if (!failure)
        failure = block_tell_begin(&m->tell, c, &m->workspace_id, m->entries->kind);
    if (!failure)
        failure = block_tell(&m->tell, c, m->gone, false);
    if (!failure)
        failure = release_people(c, m);
    if (!failure)
        failure = tell_released(c, m);
    if (!failure)
        failure = refresh_texts(c, m, &s);
    if (!failure)
        failure = schedule_release(&s, c, (const char *const[]){"person_held", NULL}, NULL, NULL);
    return failure ? failure : schedule_kick(&s, c);
}

static bool was_there(const struct removal *m, const char *value)
{
    for (int row = 0; row < pg_rows(m->gone); row++) {
        if (strcmp(pg_text(m->gone, row, 0), value) == 0)
            return true;
    }
    return false;
}

static enum ctl_exit report_removal(const struct ctl *c, const struct removal *m)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    SAM_CLEANUP(table_deinit) struct table t;
    int shown = pg_rows(m->released);
    for (size_t i = 0; i < m->entries->count; i++) {
        if (!was_there(m, m->entries->rows[i].value))
            problems_add(&problems, "%.100s is not on the blocklist", m->entries->rows[i].given);
    }
    if (!c->json && shown > ROWS_USUAL)
        shown = ROWS_USUAL;
    table_init(&t, released_where, SAM_ARRAY_LEN(released_where), c->json, stdout);
    for (int row = 0; row < shown; row++) {
        table_some(&t, m->released, row, RELEASED_SHOWN, SAM_ARRAY_LEN(released_columns));
        table_some(&t, m->released, row, RELEASED_SHOWN - 2, 2);
    }
    table_end(&t);
    ctl_say(c, "%d removed from the blocklist; %d people may be written to again%s",
            pg_rows(m->gone), pg_rows(m->released),
            pg_rows(m->released) > shown ? " (the first of them above)" : "");
    if (m->held > 0)
        ctl_say(c, "%" PRId64 " people of their campaigns are on hold, their text cannot be sent",
                m->held);
    ctl_say(c, "who was cancelled or has ended meanwhile stays so, and whom another entry or "
               "another hold stops stays stopped");
    return ctl_problems(&problems);
}

enum ctl_exit command_blocklist_remove(struct ctl *c)
{
    SAM_CLEANUP(block_entries_deinit) struct block_entries entries = {.count = 0};
    struct removal m = {.entries = &entries};
    struct lookup_workspace w;
    enum ctl_exit e;
    if ((e = block_entries_read(&entries, c)) || (e = ctl_connect(c)) || (e = catch_up(c)) ||
        (e = lookup_workspace(c, &w)))
        return e;
    m.workspace_id = w.id;
    e = ctl_transaction(c, remove_entries, &m);
    if (!e)
        e = report_removal(c, &m);
    block_tell_deinit(&m.tell);
    if (!e)
        catch_up_note(c);
    pg_result_free(m.gone);
    pg_result_free(m.released);
    return e;
}
