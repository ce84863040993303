

#include "producer/ctl/unipile_account.h"

#include <string.h>

#include "producer/ctl/unipile_get.h"

#include "common/base/banned.h"

static const char id_sql[] = "SELECT unipile_id FROM linkedin_accounts WHERE id = $1";

struct json_object *unipile_member(struct json_object *o, const char *key)
{
    struct json_object *value = NULL;
    if (json_object_is_type(o, json_type_object))
        (void)json_object_object_get_ex(o, key, &value);
    return value;
}

const char *unipile_text(struct json_object *o, const char *key)
{
    struct json_object *value = unipile_member(o, key);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

const char *unipile_account_status(struct json_object *account)
{
    struct json_object *sources = unipile_member(account, "sources");
    size_t n =
        json_object_is_type(sources, json_type_array) ? json_object_array_length(sources) : 0;
    const char *status = "";
    for (size_t i = 0; i < n; i++) {
        status = unipile_text(json_object_array_get_idx(sources, i), "status");
        if (strcmp(status, "OK") != 0)
            break;
    }
    return status;
}

static enum ctl_exit judge(const struct http_get *h, const char *name, const char *unipile_id)
{
    if (unipile_get_is_stranger(h))
        return ctl_fail("what answers (%ld) is %s", h->status, UNIPILE_GET_STRANGER);
    if (h->status == 404)
        return ctl_fail("Unipile has no account %s: account %s was removed there, or is of another "
                        "key; `samctl account discover` shows those that it has",
                        unipile_id, name);
    if (h->status < 200 || h->status > 299)
        return ctl_fail("Unipile answers %ld: %s; account %s stays as it is", h->status,
                        unipile_get_advice(h->status), name);
    struct json_object *account = json_tokener_parse(buf_text(&h->body));
    const char *status = unipile_account_status(account);
    enum ctl_exit e = CTL_DONE;
    if (!*status)
        e = ctl_fail("Unipile does not tell the status of account %s: it stays as it is", name);
    else if (strcmp(status, "OK") != 0)
        e = ctl_fail("Unipile still says %.60s of account %s: connect it again in Unipile's "
                     "dashboard, then resume it",
                     status, name);
    json_object_put(account);
    return e;
}

enum ctl_exit unipile_account_look(struct ctl *c, const struct uuid *id, const char *name)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct http_get h;
    char why[HTTP_GET_WHY_BYTES];
    pg_add_uuid(ctl_params(c), id);
    enum ctl_exit e = ctl_query(c, id_sql, &r);
    if (e)
        return e;
    if (pg_rows(r) == 0)
        return ctl_fail("there is no account %s any more", name);
    SAM_CLEANUP(freep) char *escaped = http_get_escape(pg_text(r, 0, 0));
    SAM_CLEANUP(freep) char *path = sam_xasprintf("/api/v1/accounts/%s", escaped);
    e = unipile_get(c->settings, path, &h, why) == 0
            ? judge(&h, name, pg_text(r, 0, 0))
            : ctl_fail("Unipile at %s: %s; account %s stays as it is",
                       c->settings->unipile.base_url, why, name);
    http_get_deinit(&h);
    return e;
}
