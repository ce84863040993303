/* account discover: the LinkedIn accounts that Unipile has, and which of them SAM knows. */
#include <json.h>
#include <string.h>

#include "producer/ctl/commands.h"
#include "producer/ctl/unipile_account.h"
#include "producer/ctl/unipile_get.h"

#include "common/base/banned.h"

#define PAGES_MAX 200

static const char known_sql[] =
    "SELECT a.unipile_id, w.name || '/' || a.name FROM linkedin_accounts a "
    "JOIN workspaces w ON w.id = a.workspace_id WHERE a.unipile_id = ANY ($1)";
static const struct column columns[] = {{"unipile_id", "unipile id", COLUMN_TEXT},
                                        {"name", "name", COLUMN_TEXT},
                                        {"status", "status", COLUMN_TEXT},
                                        {"features", "features", COLUMN_TEXT},
                                        {"account", "in SAM as", COLUMN_TEXT}};

struct discovery {
    struct ctl *c;
    struct table table;
    char *cursor; /* of the next page; NULL = none */
};

static void features_of(struct json_object *account, struct buf *out)
{
    struct json_object *im = unipile_member(unipile_member(account, "connection_params"), "im");
    struct json_object *list = unipile_member(im, "premiumFeatures");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        if (json_object_is_type(one, json_type_string))
            buf_addf(out, "%s%.60s", out->len ? ", " : "", json_object_get_string(one));
    }
}

static const char *known_as(const struct pg_result *known, const char *unipile_id)
{
    for (int row = 0; row < pg_rows(known); row++) {
        if (strcmp(pg_text(known, row, 0), unipile_id) == 0)
            return pg_text(known, row, 1);
    }
    return NULL;
}

static void show(struct discovery *d, struct json_object *account, const struct pg_result *known)
{
    SAM_CLEANUP(buf_deinit) struct buf features = BUF_INIT(1000);
    if (strcmp(unipile_text(account, "type"), "LINKEDIN") != 0)
        return;
    features_of(account, &features);
    table_text(&d->table, unipile_text(account, "id"));
    table_text(&d->table, unipile_text(account, "name"));
    table_text(&d->table, unipile_account_status(account));
    table_text(&d->table, buf_text(&features));
    table_text(&d->table, known_as(known, unipile_text(account, "id")));
}

static enum ctl_exit show_page(struct discovery *d, struct json_object *items)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *known = NULL;
    size_t n = json_object_array_length(items);
    pg_array_open(ctl_params(d->c), PG_ARRAY_TEXT);
    for (size_t i = 0; i < n; i++)
        pg_item_text(&d->c->params, unipile_text(json_object_array_get_idx(items, i), "id"));
    pg_array_close(&d->c->params);
    enum ctl_exit e = ctl_query(d->c, known_sql, &known);
    for (size_t i = 0; !e && i < n; i++)
        show(d, json_object_array_get_idx(items, i), known);
    return e;
}

static enum ctl_exit read_page(struct discovery *d, const struct http_get *h)
{
    if (unipile_get_is_stranger(h))
        return ctl_fail("what answers (%ld) is %s", h->status, UNIPILE_GET_STRANGER);
    if (h->status < 200 || h->status > 299)
        return ctl_fail("Unipile answers %ld: %s", h->status, unipile_get_advice(h->status));
    struct json_object *page = json_tokener_parse(buf_text(&h->body));
    struct json_object *items = unipile_member(page, "items");
    enum ctl_exit e;
    if (json_object_is_type(items, json_type_array))
        e = show_page(d, items);
    else
        e = ctl_fail("Unipile's answer is no list of accounts: check unipile.base_url");
    free(d->cursor);
    d->cursor = *unipile_text(page, "cursor") ? sam_xstrdup(unipile_text(page, "cursor")) : NULL;
    json_object_put(page);
    return e;
}

static enum ctl_exit get_page(struct discovery *d)
{
    struct http_get h;
    char why[HTTP_GET_WHY_BYTES];
    SAM_CLEANUP(freep) char *cursor = d->cursor ? http_get_escape(d->cursor) : NULL;
    SAM_CLEANUP(freep)
    char *path = sam_xasprintf("/api/v1/accounts?limit=100%s%s", cursor ? "&cursor=" : "",
                               cursor ? cursor : "");
    enum ctl_exit e = unipile_get(d->c->settings, path, &h, why) == 0
                          ? read_page(d, &h)
                          : ctl_fail("Unipile at %s: %s", d->c->settings->unipile.base_url, why);
    http_get_deinit(&h);
    return e;
}

enum ctl_exit command_account_discover(struct ctl *c)
{
    struct discovery d = {.c = c};
    enum ctl_exit e = ctl_connect(c);
    if (e)
        return e;
    table_init(&d.table, columns, SAM_ARRAY_LEN(columns), c->json, stdout);
    int pages = 0;
    do
        e = get_page(&d);
    while (!e && d.cursor && ++pages < PAGES_MAX);
    table_end(&d.table);
    if (!e && d.table.rows == 0)
        ctl_say(c, "Unipile has no LinkedIn account yet: connect one in its dashboard");
    table_deinit(&d.table);
    free(d.cursor);
    return e;
}
