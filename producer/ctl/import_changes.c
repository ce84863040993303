#include "producer/ctl/import_changes.h"

#include "producer/ctl/block_fill.h"
#include "producer/ctl/schedule.h"
#include "producer/ctl/waiting_texts.h"

#include "common/base/banned.h"

/* Who was met, by which line. */
static const char begin_sql[] =
    "CREATE TEMPORARY TABLE import_seen (id uuid PRIMARY KEY, line uuid)";
/* $1 campaign, $2 first id of this import. A line that names somebody by both identities does not
 * mean a row that has another one of them. */
static const char seen_sql[] =
    "INSERT INTO import_seen (id, line) SELECT x.id, x.line FROM ("
    "SELECT d.id, s.id AS line FROM import_stage s JOIN prospect_approval_data d "
    "ON d.campaign_id = $1 AND d.vanity = s.vanity "
    "AND coalesce(d.provider_id = s.provider_id, true) WHERE d.id < $2 "
    "UNION ALL SELECT d.id, s.id FROM import_stage s JOIN prospect_approval_data d "
    "ON d.campaign_id = $1 AND d.provider_id = s.provider_id "
    "AND coalesce(d.vanity = s.vanity, true) WHERE d.id < $2) x "
    "ORDER BY x.line, x.id ON CONFLICT DO NOTHING";

/* What stands there, and what the line would make of it. $1..$4 whether the file has first_name,
 * last_name, company, title; $5 text[] its own columns in normal form (as in person_edit.c). */
#define CHANGED                                                                                    \
    "WITH line AS MATERIALIZED (SELECT d.id, d.status, d.first_name AS old_first, "                \
    "d.last_name AS old_last, d.company AS old_company, d.title AS old_title, "                    \
    "d.custom AS old_custom, CASE WHEN $1 THEN s.first_name ELSE d.first_name END AS first_name, " \
    "CASE WHEN $2 THEN s.last_name ELSE d.last_name END AS last_name, "                            \
    "CASE WHEN $3 THEN s.company ELSE d.company END AS company, "                                  \
    "CASE WHEN $4 THEN s.title ELSE d.title END AS title, "                                        \
    "nullif((SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') "                             \
    "FROM jsonb_each(coalesce(d.custom, '{}')) e WHERE lower(regexp_replace(e.key, "               \
    "'[[:space:]_.-]', '', 'g')) <> ALL ($5)) || coalesce(s.custom, '{}'), '{}') AS custom "       \
    "FROM import_stage s JOIN import_seen x ON x.line = s.id "                                     \
    "JOIN prospect_approval_data d ON d.id = x.id), "                                              \
    "judged AS MATERIALIZED (SELECT l.*, (l.first_name, l.last_name, l.company, l.title, "         \
    "l.custom) IS DISTINCT FROM (l.old_first, l.old_last, l.old_company, l.old_title, "            \
    "l.old_custom) AS differs, l.status <> 'rejected' AND (p.id IS NULL OR ("                      \
    "p.contacted_at IS NULL AND p.status IN ('pending', 'approved', 'connected') "                 \
    "AND (SELECT true FROM send_queue i WHERE i.prospect_id = p.id "                               \
    "AND i.status IN ('sending', 'sent', 'unknown') LIMIT 1) IS NULL)) AS free FROM line l "       \
    "LEFT JOIN LATERAL (SELECT * FROM campaign_prospects WHERE id = l.id LIMIT 1) p ON true) "
#define COUNTS                                                                                     \
    "SELECT count(*) FILTER (WHERE differs AND free), count(*) FILTER (WHERE NOT differs), "       \
    "count(*) FILTER (WHERE differs AND NOT free) FROM judged"
/* block_keys NULL: they are made anew by block_fill(). A text that could not be made may be right
 * now; it is tried below. */
#define WRITE(table, more)                                                                         \
    "UPDATE " table " t SET first_name = j.first_name, last_name = j.last_name, "                  \
    "company = j.company, title = j.title, custom = j.custom, block_keys = NULL" more              \
    " FROM judged j WHERE t.id = j.id AND j.differs AND j.free"
static const char look_sql[] = CHANGED COUNTS;
static const char write_sql[] =
    CHANGED ", imported AS (" WRITE("prospect_approval_data", "") "), people AS (" WRITE(
        "campaign_prospects",
        ", doubt_waived = false, hold_reason = CASE WHEN t.hold_reason = 'text_invalid' THEN NULL "
        "ELSE t.hold_reason END") ") " COUNTS;

enum pg_failure import_changes_begin(struct ctl *c)
{
    return pg_script(c->pg, begin_sql);
}

static enum pg_failure find_seen(const struct import_changes *x, struct ctl *c, int64_t *ret_seen)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), x->campaign_id);
    pg_add_uuid(&c->params, x->first_id);
    enum pg_failure failure = pg_exec(c->pg, seen_sql, &c->params, &r);
    if (!failure)
        *ret_seen = pg_affected(r);
    return failure;
}

static enum pg_failure write_lines(struct import_changes *x, struct ctl *c)
{
    static const enum people_column columns[] = {PEOPLE_FIRST_NAME, PEOPLE_LAST_NAME,
                                                 PEOPLE_COMPANY, PEOPLE_TITLE};
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct pg_params *params = ctl_params(c);
    for (size_t i = 0; i < SAM_ARRAY_LEN(columns); i++)
        pg_add_bool(params, x->columns->known[columns[i]] >= 0);
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < x->columns->custom_count; i++) {
        SAM_CLEANUP(freep) char *normal = people_column_normal(x->columns->custom[i].name);
        pg_item_text(params, normal);
    }
    pg_array_close(params);
    enum pg_failure failure = pg_exec(c->pg, x->dry ? look_sql : write_sql, params, &r);
    if (failure)
        return failure;
    x->updated = pg_i64(r, 0, 0);
    x->unchanged = pg_i64(r, 0, 1);
    x->contacted = pg_i64(r, 0, 2);
    return PG_FINE;
}

static enum pg_failure write_texts(struct import_changes *x, struct ctl *c,
                                   const struct schedule *s)
{
    struct waiting_texts texts = {.campaign_id = x->campaign_id, .accounts = s};
    enum pg_failure failure = block_fill(c, x->workspace_id, x->campaign_id);
    if (!failure)
        failure = waiting_texts_refresh(&texts, c);
    if (!failure)
        failure = schedule_release(s, c, (const char *const[]){"person_held", NULL}, x->campaign_id,
                                   NULL);
    x->held = texts.held;
    return failure ? failure : schedule_kick(s, c);
}

enum pg_failure import_changes_write(struct import_changes *x, struct ctl *c)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    int64_t seen = 0;
    x->updated = x->unchanged = x->contacted = x->held = 0;
    enum pg_failure failure = find_seen(x, c, &seen);
    if (failure || seen == 0)
        return failure;
    if (!x->dry)
        failure = schedule_lock_campaign(&s, c, x->campaign_id);
    if (!failure)
        failure = write_lines(x, c);
    if (!failure && !x->dry && x->updated > 0)
        failure = write_texts(x, c, &s);
    return failure;
}
