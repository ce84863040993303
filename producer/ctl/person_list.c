/* person list: who is in the workspace's campaigns, some at a time. */
#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"

#include "common/base/banned.h"

#define ROWS_USUAL       200
#define ROWS_MAX         1000000
#define SEARCH_MAX_BYTES 200

/* People in the order of approval, by the primary key: it ends with the last row that is shown. A
 * search reads on until it has found enough, once over the people at most. $1 workspace, $2
 * campaign or NULL, $3 status or NULL, $4 pattern or NULL, $5 rows. */
#define WHO                                                                                        \
    "p.id, p.campaign_id, p.account_id, p.vanity, p.provider_id, p.first_name, p.last_name, "      \
    "p.company, p.status, p.hold_reason, p.contacted_at, p.replied_at FROM campaign_prospects p "
#define FITS                                                                                       \
    "AND ($4::text IS NULL OR concat_ws(' ', p.first_name, p.last_name) ILIKE $4 "                 \
    "OR p.company ILIKE $4 OR p.vanity ILIKE $4) "
#define NAMED                                                                                      \
    "SELECT q.id, coalesce(q.vanity, q.provider_id), concat_ws(' ', q.first_name, q.last_name), "  \
    "q.company, c.name, a.name, q.status, q.hold_reason, q.contacted_at, q.replied_at FROM ("
#define NAMES                                                                                      \
    ") q CROSS JOIN LATERAL (SELECT name FROM campaigns WHERE id = q.campaign_id LIMIT 1) c "      \
    "CROSS JOIN LATERAL (SELECT name FROM linkedin_accounts WHERE id = q.account_id LIMIT 1) a "   \
    "ORDER BY q.id"
static const char all_sql[] =
    NAMED "SELECT " WHO "WHERE p.workspace_id = $1 AND $2::uuid IS NULL AND $3::text IS NULL " FITS
          "ORDER BY p.id LIMIT $5" NAMES;
/* By the campaigns' people of a status (campaign_prospects_standing), not in a fixed order: else
 * all of them were sorted first. */
static const char some_sql[] = NAMED
    "SELECT " WHO "JOIN campaigns g ON g.id = p.campaign_id WHERE g.workspace_id = $1 "
    "AND ($2::uuid IS NULL OR p.campaign_id = $2) AND ($3::text IS NULL OR p.status = $3) " FITS
    "LIMIT $5" NAMES;
static const struct column columns[] = {{"person_id", NULL, COLUMN_UUID},
                                        {"person", "person", COLUMN_TEXT},
                                        {"name", "name", COLUMN_TEXT},
                                        {"company", "company", COLUMN_TEXT},
                                        {"campaign", "campaign", COLUMN_TEXT},
                                        {"account", "account", COLUMN_TEXT},
                                        {"status", "status", COLUMN_TEXT},
                                        {"hold_reason", "on hold", COLUMN_TEXT},
                                        {"contacted_at", "contacted", COLUMN_TIME},
                                        {"replied_at", "replied", COLUMN_TIME}};

/* The text anywhere, and its %, _ and \ as they are; NULL: told. The caller frees it. */
static char *search_pattern(const char *text, enum ctl_exit *ret_exit)
{
    size_t n = strlen(text);
    if (n == 0 || n > SEARCH_MAX_BYTES || !utf8_valid(text, n)) {
        *ret_exit = ctl_wrong_use("--search takes 1 to %d bytes of UTF-8", SEARCH_MAX_BYTES);
        return NULL;
    }
    char *pattern = sam_xmalloc(2 * n + 3);
    size_t used = 0;
    pattern[used++] = '%';
    for (const char *c = text; *c; c++) {
        if (strchr("%_\\", *c))
            pattern[used++] = '\\';
        pattern[used++] = *c;
    }
    pattern[used++] = '%';
    pattern[used] = '\0';
    return pattern;
}

struct listing {
    const char *status;
    const char *search;
    int64_t rows;
};

static enum ctl_exit read_listing(struct ctl *c, struct listing *l)
{
    char why[ARGS_WHY_BYTES];
    enum person_status status;
    l->rows = c->json ? ROWS_MAX : ROWS_USUAL;
    l->status = args_get(&c->args, "status");
    l->search = args_get(&c->args, "search");
    if (args_number(&c->args, "limit", 1, ROWS_MAX, &l->rows, why) != 0)
        return ctl_wrong_use("person list: %s", why);
    if (l->status && person_status_parse(l->status, &status) != 0)
        return ctl_wrong_use("--status %.40s: pending, approved, connection_request_sent, "
                             "connected, messaging, replied, opted_out, converted, "
                             "not_interested, completed or failed",
                             l->status);
    return CTL_DONE;
}

static enum ctl_exit show_listing(struct ctl *c, const char *sql, int64_t rows)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(table_deinit) struct table t;
    table_init(&t, columns, SAM_ARRAY_LEN(columns), c->json, stdout);
    enum ctl_exit e = ctl_query(c, sql, &r);
    if (e)
        return e;
    for (int row = 0; row < pg_rows(r) && row < rows; row++)
        table_row(&t, r, row, 0);
    table_end(&t);
    if (pg_rows(r) == 0)
        ctl_say(c, "nobody; who waits for approval is listed by `samctl approve --campaign C`");
    else if (pg_rows(r) > rows)
        ctl_say(c, "and more; --limit N shows N");
    return CTL_DONE;
}

enum ctl_exit command_person_list(struct ctl *c)
{
    SAM_CLEANUP(freep) char *pattern = NULL;
    struct lookup_workspace w;
    struct lookup_campaign campaign;
    struct listing l;
    bool of_campaign = args_has(&c->args, "campaign");
    enum ctl_exit e = read_listing(c, &l);
    if (e || (l.search && !(pattern = search_pattern(l.search, &e))) || (e = ctl_connect(c)) ||
        (e = lookup_workspace(c, &w)) ||
        (of_campaign && (e = lookup_campaign_option(c, &campaign))))
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    pg_add_uuid(&c->params, of_campaign ? &campaign.id : NULL);
    pg_add_text(&c->params, l.status);
    pg_add_text(&c->params, pattern);
    pg_add_i64(&c->params, l.rows + 1); /* one more tells that there are more */
    return show_listing(c, of_campaign || l.status ? some_sql : all_sql, l.rows);
}
