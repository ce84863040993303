/* export: the people of a campaign with what became of them, as CSV or JSON; streamed. */
#include <json.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/csv_field.h"
#include "producer/ctl/lookup.h"

#include "common/base/banned.h"

#define FETCH_ROWS "2000"
#define LINE_BYTES (8 << 20)
#define FIXED      17 /* columns before the user's own */

/* $1 campaign. */
static const char keys_sql[] =
    "SELECT DISTINCT k FROM campaign_prospects p CROSS JOIN LATERAL jsonb_object_keys(p.custom) k "
    "WHERE p.campaign_id = $1 AND p.custom IS NOT NULL ORDER BY k";
static const char people_sql[] =
    "DECLARE export NO SCROLL CURSOR FOR SELECT 'https://www.linkedin.com/in/' || p.vanity, "
    "p.provider_id, p.first_name, p.last_name, p.company, p.title, a.name, p.status, "
    "p.status_reason, p.hold_reason, p.contacted_at, p.connected_at, p.last_sent_at, p.replied_at, "
    "(SELECT count(*) FROM campaign_messages m WHERE m.prospect_id = p.id), p.next_at, p.id, "
    "p.custom::text FROM campaign_prospects p JOIN linkedin_accounts a ON a.id = p.account_id "
    "WHERE p.campaign_id = $1 ORDER BY p.id";
static const struct column columns[FIXED + 1] = {
    {"linkedin_url", "", COLUMN_TEXT},    {"linkedin_user_id", "", COLUMN_TEXT},
    {"first_name", "", COLUMN_TEXT},      {"last_name", "", COLUMN_TEXT},
    {"company", "", COLUMN_TEXT},         {"title", "", COLUMN_TEXT},
    {"account", "", COLUMN_TEXT},         {"status", "", COLUMN_TEXT},
    {"status_reason", "", COLUMN_TEXT},   {"hold_reason", "", COLUMN_TEXT},
    {"contacted_at", "", COLUMN_TIME},    {"connected_at", "", COLUMN_TIME},
    {"last_sent_at", "", COLUMN_TIME},    {"replied_at", "", COLUMN_TIME},
    {"messages_sent", "", COLUMN_NUMBER}, {"next_at", "", COLUMN_TIME},
    {"person_id", "", COLUMN_UUID},       {"custom", "", COLUMN_JSON}};

struct export
{
    struct ctl *c;
    struct uuid campaign_id;
    struct pg_result *keys; /* owned: the user's own columns */
    bool raw;               /* CSV only: formulas stay formulas */
    struct table table;     /* JSON only */
    struct buf line;        /* CSV only */
};

/* ---- CSV ------------------------------------------------------------------------------------- */

static void add_field(struct export *x, const char *text)
{
    if (x->line.len)
        buf_addc(&x->line, ',');
    if (*text)
        csv_field_add(&x->line, text, x->raw);
}

/* The first field may be empty: the line must not look as if nothing had been written yet. */
static void begin_line(struct export *x, const char *text)
{
    buf_reset(&x->line);
    add_field(x, text);
    if (x->line.len == 0)
        buf_adds(&x->line, "\"\"");
}

static bool end_line(struct export *x)
{
    buf_addc(&x->line, '\n');
    return fwrite(buf_text(&x->line), 1, x->line.len, stdout) == x->line.len;
}

static bool write_header(struct export *x)
{
    begin_line(x, columns[0].key);
    for (size_t i = 1; i < FIXED; i++)
        add_field(x, columns[i].key);
    for (int row = 0; row < pg_rows(x->keys); row++)
        add_field(x, pg_text(x->keys, row, 0));
    return end_line(x);
}

static void add_value(struct export *x, const struct pg_result *r, int row, int col)
{
    char text[TIME_TEXT_BYTES + UUID_TEXT_BYTES] = "";
    struct uuid id;
    if (columns[col].type == COLUMN_TIME && !pg_null(r, row, col)) {
        time_format_utc(pg_time_ms(r, row, col), text);
    } else if (columns[col].type == COLUMN_NUMBER) {
        (void)snprintf(text, sizeof(text), "%lld", (long long)pg_i64(r, row, col));
    } else if (columns[col].type == COLUMN_UUID) {
        id = pg_uuid(r, row, col);
        uuid_format(&id, text);
    } else if (columns[col].type == COLUMN_TEXT) {
        add_field(x, pg_text(r, row, col));
        return;
    }
    add_field(x, text);
}

static void add_custom(struct export *x, const char *json)
{
    struct json_object *custom = *json ? json_tokener_parse(json) : NULL;
    for (int row = 0; row < pg_rows(x->keys); row++) {
        struct json_object *value = NULL;
        if (custom)
            (void)json_object_object_get_ex(custom, pg_text(x->keys, row, 0), &value);
        add_field(x, value ? json_object_get_string(value) : "");
    }
    json_object_put(custom);
}

static bool write_csv(struct export *x, const struct pg_result *r, int row)
{
    begin_line(x, pg_text(r, row, 0));
    for (int col = 1; col < FIXED; col++)
        add_value(x, r, row, col);
    add_custom(x, pg_text(r, row, FIXED));
    return end_line(x);
}

/* ---- the command ----------------------------------------------------------------------------- */

static enum pg_failure write_people(struct export *x, const struct pg_result *r)
{
    for (int row = 0; row < pg_rows(r); row++) {
        if (x->c->json)
            table_row(&x->table, r, row, 0);
        else if (!write_csv(x, r, row))
            return ctl_refuse(x->c, "the output could not be written");
    }
    return PG_FINE;
}

static enum pg_failure walk(struct ctl *c, void *arg)
{
    struct export *x = arg;
    pg_add_uuid(ctl_params(c), &x->campaign_id);
    enum pg_failure failure = pg_exec(c->pg, keys_sql, &c->params, &x->keys);
    if (!failure && !c->json && !write_header(x))
        return ctl_refuse(c, "the output could not be written");
    if (!failure)
        failure = pg_exec(c->pg, people_sql, &c->params, NULL);
    while (!failure) {
        SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
        failure = pg_exec(c->pg, "FETCH " FETCH_ROWS " FROM export", NULL, &r);
        if (failure || pg_rows(r) == 0)
            return failure;
        failure = write_people(x, r);
    }
    return failure;
}

enum ctl_exit command_export(struct ctl *c)
{
    struct export x = {.c = c, .raw = args_has(&c->args, "raw"), .line = BUF_INIT(LINE_BYTES)};
    struct lookup_campaign campaign;
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = lookup_campaign(c, c->args.words[0], &campaign)))
        return e;
    x.campaign_id = campaign.id;
    table_init(&x.table, columns, SAM_ARRAY_LEN(columns), true, stdout);
    e = ctl_transaction(c, walk, &x);
    table_deinit(&x.table);
    pg_result_free(x.keys);
    buf_deinit(&x.line);
    return e;
}
