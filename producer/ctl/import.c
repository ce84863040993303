/* import: people.csv streams through a COPY into a temporary table, some thousand lines at a time;
 * one INSERT ... SELECT per chunk takes what is new. Each chunk is committed: an import that ends
 * in the middle is simply repeated. */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/model/block_keys.h"
#include "producer/ctl/campaign_columns.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/forgotten.h"
#include "producer/ctl/import_changes.h"
#include "producer/ctl/line_list.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/people_row.h"
#include "producer/ctl/rejects.h"

#include "common/base/banned.h"

#define CHUNK_LINES     10000
#define CHUNK_BYTES     (8 << 20)
#define CHUNK_MAX_BYTES (CHUNK_BYTES + (1 << 20))

static const char stage_sql[] =
    "CREATE TEMPORARY TABLE import_stage (id uuid, account_id uuid, vanity text, "
    "provider_id text, first_name text, last_name text, company text, title text, custom jsonb, "
    "block_keys text[]) "
    "ON COMMIT DELETE ROWS";
/* Where a dry run puts people, so that they are counted as a real one would. */
static const char dry_sql[] =
    "CREATE TEMPORARY TABLE import_dry (LIKE prospect_approval_data INCLUDING ALL)";
static const char copy_sql[] = "COPY import_stage FROM STDIN";
/* $1 workspace, $2 campaign. */
#define INSERT(into, who)                                                                          \
    "WITH fresh AS (INSERT INTO " into " (id, workspace_id, campaign_id, account_id, vanity, "     \
    "provider_id, first_name, last_name, company, title, custom, block_keys) "                     \
    "SELECT s.id, $1, $2, s.account_id, s.vanity, s.provider_id, s.first_name, s.last_name, "      \
    "s.company, s.title, s.custom, s.block_keys FROM import_stage s " who                          \
    " ORDER BY s.vanity, s.provider_id, s.id ON CONFLICT DO NOTHING "                              \
    "RETURNING vanity, provider_id, block_keys) "                                                  \
    "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM contacted k "                     \
    "WHERE k.workspace_id = $1 AND k.identity = 'v:' || f.vanity) OR EXISTS ("                     \
    "SELECT FROM contacted k WHERE k.workspace_id = $1 AND k.identity = 'p:' || f.provider_id)), " \
    "count(*) FILTER (WHERE EXISTS (SELECT FROM blocklist WHERE workspace_id = $1) AND ("          \
    "EXISTS (SELECT FROM blocklist b WHERE b.workspace_id = $1 "                                   \
    "AND b.kind = 'person' AND b.value IN (f.vanity, f.provider_id)) OR EXISTS ("                  \
    "SELECT FROM unnest(f.block_keys) AS k(key) JOIN blocklist b ON b.workspace_id = $1 "          \
    "AND b.kind = split_part(k.key, ':', 1) "                                                      \
    "AND b.value = substr(k.key, strpos(k.key, ':') + 1)))) FROM fresh f"
static const char insert_sql[] = INSERT("prospect_approval_data", "");
static const char insert_dry_sql[] =
    INSERT("import_dry", "WHERE NOT EXISTS (SELECT FROM prospect_approval_data d "
                         "WHERE d.campaign_id = $2 AND d.vanity = s.vanity) AND NOT EXISTS ("
                         "SELECT FROM prospect_approval_data d WHERE d.campaign_id = $2 "
                         "AND d.provider_id = s.provider_id)");
/* The new ones who are in another campaign too that may write to them: once, not for each chunk,
 * so that Postgres can hash them. $1 workspace, $2 campaign, $3 and $4 the first and last id. */
#define ELSEWHERE(table, identity)                                                                 \
    "SELECT d.id FROM " table " d JOIN prospect_approval_data o ON o." identity " = d." identity   \
    " AND o.campaign_id <> $2 AND o.status <> 'rejected' JOIN campaigns c ON "                     \
    "c.id = o.campaign_id AND c.workspace_id = $1 AND c.status <> 'stopped' "                      \
    "WHERE d.campaign_id = $2 AND d.id BETWEEN $3 AND $4"
#define COUNT_ELSEWHERE(table)                                                                     \
    "SELECT count(*) FROM (" ELSEWHERE(table, "vanity") " UNION " ELSEWHERE(table,                 \
                                                                            "provider_id") ") x"
static const char elsewhere_sql[] = COUNT_ELSEWHERE("prospect_approval_data");
static const char elsewhere_dry_sql[] = COUNT_ELSEWHERE("import_dry");
static const char accounts_sql[] = "SELECT a.id, a.name FROM campaign_accounts ca JOIN "
                                   "linkedin_accounts a ON a.id = ca.account_id "
                                   "WHERE ca.campaign_id = $1 ORDER BY ca.position, a.name";
static const char taken_sql[] =
    "SELECT count(*) FROM prospect_approval_data WHERE campaign_id = $1";

struct import {
    struct ctl *c;
    const char *path; /* for people where it is standard input */
    bool from_stdin;
    FILE *out; /* of the report */
    struct lookup_campaign campaign;
    struct pg_result *accounts; /* owned: id, name */
    GHashTable *by_name;        /* owned: name in accounts -> its row + 1 */
    size_t turn;                /* whose turn it is */
    bool dry;
    struct people_columns columns;
    bool has_columns;
    bool has_keyed_column;    /* one of the user's own tells a company or a domain */
    struct problems problems; /* of the header */
    struct people_row person;
    struct buf chunk; /* COPY text */
    size_t chunk_lines;
    struct uuid first_id; /* of the people, in their order */
    struct uuid last_id;
    int64_t chunk_fresh;
    int64_t chunk_contacted;
    int64_t chunk_blocklisted;
    struct import_changes changes; /* of the chunk */
    struct forgotten *forgotten;   /* owned */
    struct rejects *rejects;
    int64_t lines; /* of people */
    int64_t fresh;
    int64_t contacted;
    int64_t blocklisted;
    int64_t updated;
    int64_t unchanged;
    int64_t too_late; /* corrected, but contacted already */
    int64_t held;
    int64_t elsewhere; /* new, and in another campaign too */
    int64_t emptied;   /* values that no person has */
    struct line_list emptied_lines;
    int64_t began_us;
    enum ctl_exit exit;
};

/* ---- one chunk ------------------------------------------------------------------------------ */

static enum pg_failure write_chunk(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct import *m = arg;
    enum pg_failure failure = pg_script(c->pg, "SET LOCAL synchronous_commit = off");
    if (!failure)
        failure = pg_copy_begin(c->pg, copy_sql);
    if (failure)
        return failure;
    failure = pg_copy_bytes(c->pg, buf_text(&m->chunk), m->chunk.len);
    enum pg_failure ended = pg_copy_end(c->pg);
    if (failure || ended)
        return failure ? failure : ended;
    pg_add_uuid(ctl_params(c), &m->campaign.workspace_id);
    pg_add_uuid(&c->params, &m->campaign.id);
    failure = pg_exec(c->pg, m->dry ? insert_dry_sql : insert_sql, &c->params, &r);
    if (failure)
        return failure;
    m->chunk_fresh = pg_i64(r, 0, 0);
    m->chunk_contacted = pg_i64(r, 0, 1);
    m->chunk_blocklisted = pg_i64(r, 0, 2);
    m->changes = (struct import_changes){.workspace_id = &m->campaign.workspace_id,
                                         .campaign_id = &m->campaign.id,
                                         .first_id = &m->first_id,
                                         .columns = &m->columns,
                                         .dry = m->dry};
    if (m->chunk_fresh == (int64_t)m->chunk_lines && !m->dry)
        return PG_FINE;
    return import_changes_write(&m->changes, c);
}

/* Without nested loops: Postgres knows nothing yet of what has just been imported. */
static enum pg_failure count_elsewhere(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct import *m = arg;
    enum pg_failure failure = pg_script(c->pg, "SET LOCAL enable_nestloop = off");
    pg_add_uuid(ctl_params(c), &m->campaign.workspace_id);
    pg_add_uuid(&c->params, &m->campaign.id);
    pg_add_uuid(&c->params, &m->first_id);
    pg_add_uuid(&c->params, &m->last_id);
    if (!failure)
        failure = pg_exec(c->pg, m->dry ? elsewhere_dry_sql : elsewhere_sql, &c->params, &r);
    if (!failure)
        m->elsewhere = pg_i64(r, 0, 0);
    return failure;
}

/* The chunks did not wait for the disk; a commit that does makes all of them durable. */
static enum pg_failure make_durable(struct ctl *c, void *arg)
{
    const struct import *m = arg;
    pg_add_uuid(ctl_params(c), &m->campaign.id);
    return pg_exec(c->pg, "UPDATE campaigns SET updated_at = sam_now() WHERE id = $1", &c->params,
                   NULL);
}

static void show_progress(const struct import *m)
{
    int64_t us = clock_monotonic_us() - m->began_us;
    char what[60];
    (void)snprintf(what, sizeof(what), "lines, %" PRId64 " a second",
                   us > 0 ? m->lines * 1000000 / us : 0);
    ctl_progress(m->c, m->lines, what);
}

static bool flush(struct import *m)
{
    if (m->chunk_lines == 0)
        return true;
    m->exit = ctl_transaction(m->c, write_chunk, m);
    if (m->exit)
        return false;
    m->fresh += m->chunk_fresh;
    m->contacted += m->chunk_contacted;
    m->blocklisted += m->chunk_blocklisted;
    m->updated += m->changes.updated;
    m->unchanged += m->changes.unchanged;
    m->too_late += m->changes.contacted;
    m->held += m->changes.held;
    buf_reset(&m->chunk);
    m->chunk_lines = 0;
    show_progress(m);
    return true;
}

/* ---- one line ------------------------------------------------------------------------------- */

static void add_value(struct import *m, const char *value)
{
    buf_addc(&m->chunk, '\t');
    pg_copy_value(&m->chunk, value && *value ? value : NULL);
}

static void add_block_keys(struct import *m)
{
    struct block_keys keys;
    block_keys_read(&keys, m->person.texts[PEOPLE_COMPANY],
                    m->has_keyed_column ? buf_text(&m->person.custom) : NULL);
    SAM_CLEANUP(freep) char *array = block_keys_array(&keys);
    add_value(m, array);
    block_keys_deinit(&keys);
}

static void add_person(struct import *m, const struct uuid *account_id)
{
    char id[UUID_TEXT_BYTES];
    m->last_id = uuid_v7_after(&m->last_id); /* people keep the order of the file */
    if (uuid_is_null(&m->first_id))
        m->first_id = m->last_id;
    uuid_format(&m->last_id, id);
    buf_adds(&m->chunk, id);
    uuid_format(account_id, id);
    add_value(m, id);
    add_value(m, m->person.vanity);
    add_value(m, m->person.provider_id);
    add_value(m, m->person.texts[PEOPLE_FIRST_NAME]);
    add_value(m, m->person.texts[PEOPLE_LAST_NAME]);
    add_value(m, m->person.texts[PEOPLE_COMPANY]);
    add_value(m, m->person.texts[PEOPLE_TITLE]);
    add_value(m, buf_text(&m->person.custom));
    add_block_keys(m);
    buf_addc(&m->chunk, '\n');
    m->chunk_lines++;
}

/* Who writes: the account that the line names, else in turn. -1: it is none of the campaign's. */
static int find_account(struct import *m, const char *name)
{
    if (!name)
        return (int)(m->turn++ % (size_t)pg_rows(m->accounts));
    return GPOINTER_TO_INT(g_hash_table_lookup(m->by_name, name)) - 1;
}

static bool on_person(struct import *m, const struct csv_row *row)
{
    char why[PEOPLE_WHY_BYTES];
    int account = -1;
    bool good = people_row_read(&m->person, &m->columns, row, why);
    m->lines++;
    m->emptied += (int64_t)m->person.emptied;
    if (m->person.emptied > 0)
        line_list_add(&m->emptied_lines, row->line);
    if (good && (account = find_account(m, m->person.texts[PEOPLE_ACCOUNT])) < 0) {
        (void)snprintf(why, sizeof(why),
                       "account: the campaign has no account of this name; `samctl campaign show` "
                       "lists them");
        good = false;
    }
    if (good && forgotten_has(m->forgotten, m->person.vanity, m->person.provider_id)) {
        (void)snprintf(why, sizeof(why),
                       "was forgotten (`samctl person forget`): nobody of the workspace may write "
                       "to them again");
        good = false;
    }
    if (!good) {
        m->exit = rejects_add(m->rejects, row, why);
        return m->exit == CTL_DONE;
    }
    struct uuid id = pg_uuid(m->accounts, account, 0);
    add_person(m, &id);
    return (m->chunk_lines < CHUNK_LINES && m->chunk.len < CHUNK_BYTES) || flush(m);
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct import *m = ctx;
    const struct campaign_columns x = {
        .label = m->path, .campaign_id = &m->campaign.id, .header = &m->columns};
    if (m->has_columns)
        return on_person(m, row);
    if (people_columns_preamble(&m->columns, row))
        return true;
    m->has_columns = true;
    people_columns_read(&m->columns, m->path, row, &m->problems);
    for (size_t i = 0; i < m->columns.custom_count; i++)
        m->has_keyed_column = m->has_keyed_column || block_keys_column(m->columns.custom[i].name);
    rejects_header(m->rejects, row);
    if (!problems_any(&m->problems))
        m->exit = campaign_columns_check_saved(x, m->c, &m->problems);
    return !problems_any(&m->problems) && m->exit == CTL_DONE;
}

/* ---- the command ---------------------------------------------------------------------------- */

static enum ctl_exit prepare(struct import *m)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *taken = NULL;
    struct ctl *c = m->c;
    enum ctl_exit e;
    if ((e = forgotten_load(c, &m->campaign.workspace_id, &m->forgotten)))
        return e;
    pg_add_uuid(ctl_params(c), &m->campaign.id);
    if ((e = ctl_query(c, accounts_sql, &m->accounts)) || (e = ctl_query(c, taken_sql, &taken)))
        return e;
    if (pg_rows(m->accounts) == 0)
        return ctl_fail("the campaign has no accounts");
    m->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    for (int i = 0; i < pg_rows(m->accounts); i++)
        (void)g_hash_table_insert(m->by_name, (gpointer)(uintptr_t)pg_text(m->accounts, i, 1),
                                  GINT_TO_POINTER(i + 1));
    m->turn = (size_t)pg_i64(taken, 0, 0); /* go on where an earlier import ended */
    enum pg_failure failure = pg_script(c->pg, stage_sql);
    if (!failure)
        failure = import_changes_begin(c);
    if (!failure && m->dry)
        failure = pg_script(c->pg, dry_sql);
    return failure ? ctl_sql_failed(c, failure) : CTL_DONE;
}

static const struct column columns[] = {{"lines", "lines", COLUMN_NUMBER},
                                        {"imported", "new", COLUMN_NUMBER},
                                        {"existing", "there already", COLUMN_NUMBER},
                                        {"updated", "of them updated", COLUMN_NUMBER},
                                        {"unchanged", "unchanged", COLUMN_NUMBER},
                                        {"too_late", "contacted already", COLUMN_NUMBER},
                                        {"contacted_before", "contacted before", COLUMN_NUMBER},
                                        {"blocklisted", "on the blocklist", COLUMN_NUMBER},
                                        {"in_other_campaigns", "in other campaigns", COLUMN_NUMBER},
                                        {"rejected", "rejected", COLUMN_NUMBER},
                                        {"rejected_file", "rejected lines", COLUMN_TEXT},
                                        {"emptied", "counted as empty", COLUMN_NUMBER},
                                        {"emptied_lines", "in lines", COLUMN_TEXT}};

static void report(const struct import *m)
{
    int64_t rejected = rejects_count(m->rejects);
    struct table t;
    char lines[LINE_LIST_BYTES];
    table_init_upright(&t, columns, SAM_ARRAY_LEN(columns), m->c->json, m->out);
    ctl_progress(m->c, m->lines, NULL);
    table_number(&t, m->lines);
    table_number(&t, m->fresh);
    table_number(&t, m->lines - rejected - m->fresh);
    table_number(&t, m->updated);
    table_number(&t, m->unchanged);
    table_number(&t, m->too_late);
    table_number(&t, m->contacted);
    table_number(&t, m->blocklisted);
    table_number(&t, m->elsewhere);
    table_number(&t, rejected);
    table_text(&t, rejects_path(m->rejects));
    table_number(&t, m->emptied);
    table_text(&t, line_list_text(&m->emptied_lines, lines));
    table_end(&t);
    table_deinit(&t);
    if (m->dry)
        ctl_say(m->c, "dry run: nothing was changed, this is what an import would do");
    else if (m->fresh > 0)
        ctl_say(m->c, "next: `samctl approve --campaign %s --all`",
                args_get(&m->c->args, "campaign"));
    if (m->emptied > 0)
        ctl_say(m->c,
                "note: values that no person has (null, N/A, #REF!, an address as a name) count "
                "as empty: the text's fallback, or the person is held");
    if (m->contacted > 0)
        ctl_say(m->c, "note: people who were contacted before, by any campaign of the workspace, "
                      "will not be contacted a second time, unless contact_again_after lets them "
                      "through: `samctl preview` counts both");
    if (m->too_late > 0)
        ctl_say(m->c,
                "note: who was contacted, rejected or has ended keeps the values that they had");
    if (m->held > 0)
        ctl_say(m->c,
                "note: %" PRId64
                " people are on hold: with the new values their text cannot be sent; "
                "`samctl preview` says why",
                m->held);
    if (m->blocklisted > 0)
        ctl_say(m->c,
                "note: who stands on the blocklist, by their own or their company's name or a "
                "domain, is held when approved");
    if (m->elsewhere > 0)
        ctl_say(m->c, "note: of people who are in several campaigns of the workspace, the first "
                      "campaign that writes to them keeps them; the others do not");
}

/* Not by opening /dev/stdin: a pipe that another user has made (a container's) refuses that. */
static int read_rows(struct import *m, char why[CSV_WHY_BYTES])
{
    return m->from_stdin ? csv_rows_read_open(stdin, on_row, m, why)
                         : csv_rows_read(m->path, on_row, m, why);
}

static enum ctl_exit run(struct import *m)
{
    char why[CSV_WHY_BYTES];
    m->began_us = clock_monotonic_us();
    int bad = read_rows(m, why);
    if (problems_any(&m->problems))
        return ctl_problems(&m->problems);
    if (m->exit)
        return m->exit;
    if (!flush(m) || (m->exit = rejects_end(m->rejects)))
        return m->exit;
    if (m->fresh + m->updated > 0 && !m->dry && (m->exit = ctl_transaction(m->c, make_durable, m)))
        return m->exit;
    if (m->fresh > 0 && (m->exit = ctl_transaction(m->c, count_elsewhere, m)))
        return m->exit;
    if (!bad && m->lines == 0)
        return ctl_fail("%s: holds no people: a first line with the column names, then one line a "
                        "person",
                        m->path);
    if (m->lines > 0)
        report(m);
    if (bad)
        return ctl_fail("%s: %s%s", m->path, why,
                        m->lines ? " (the lines before it are in; correct it and import again)"
                                 : "");
    return m->lines > rejects_count(m->rejects) ? CTL_DONE
                                                : ctl_fail("%s: no line can be used", m->path);
}

/* Standard output is for the lines alone where they go there. */
static enum ctl_exit place_rejects(struct import *m, const char *place)
{
    struct stat input;
    struct stat output;
    if (place && stat(m->path, &input) == 0 && stat(place, &output) == 0 &&
        input.st_dev == output.st_dev && input.st_ino == output.st_ino)
        return ctl_wrong_use("--rejects %s is the file that is imported", place);
    if (place && strcmp(place, "-") == 0)
        m->c->words = stderr;
    m->out = m->c->words ? m->c->words : stdout;
    m->rejects = rejects_new(m->path, place, m->dry);
    return CTL_DONE;
}

enum ctl_exit command_import(struct ctl *c)
{
    struct import *m = sam_xcalloc(1, sizeof(*m));
    enum ctl_exit e;
    m->c = c;
    m->from_stdin = strcmp(c->args.words[0], "-") == 0;
    m->path = m->from_stdin ? "/dev/stdin" : c->args.words[0];
    m->dry = args_has(&c->args, "dry-run");
    buf_init(&m->chunk, CHUNK_MAX_BYTES);
    people_row_init(&m->person);
    if (!(e = place_rejects(m, args_get(&c->args, "rejects"))) && !(e = ctl_connect(c)) &&
        !(e = lookup_campaign_option(c, &m->campaign))) {
        if (m->campaign.status == CAMPAIGN_STOPPED)
            e = ctl_fail("the campaign is stopped, which is final: make a new one");
        else if (!(e = prepare(m)))
            e = run(m);
    }
    rejects_free(m->rejects);
    forgotten_free(m->forgotten);
    people_row_deinit(&m->person);
    people_columns_deinit(&m->columns);
    problems_deinit(&m->problems);
    buf_deinit(&m->chunk);
    if (m->by_name)
        g_hash_table_destroy(m->by_name);
    pg_result_free(m->accounts);
    free(m);
    return e;
}
