#include "tests/simulator/scenario.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/simulator/errors.h"
#include "tests/simulator/fields.h"

#include "common/base/banned.h"

#define WHERE_BYTES 64
#define NOT_SAID    (-2)
#define LONG_AGO_MS (100 * DAY_MS)

/* ---- accounts ------------------------------------------------------------------------------- */

static void load_account(struct world *w, struct json_object *object, const char *where,
                         struct problems *wrong)
{
    const char *id = NULL;
    const char *status = "OK";
    bool premium = world_options(w)->premium;
    int64_t quota[4] = {0};
    const struct field fields[] = {
        {"id", &id, 0, FIELD_TEXT, true},
        {"premium", &premium, 0, FIELD_FLAG, false},
        {"status", &status, 0, FIELD_TEXT, false},
        {"invites_per_day", &quota[0], UINT32_MAX, FIELD_NUMBER, false},
        {"invites_per_week", &quota[1], UINT32_MAX, FIELD_NUMBER, false},
        {"notes_per_month", &quota[2], UINT32_MAX, FIELD_NUMBER, false},
        {"pending_max", &quota[3], UINT32_MAX, FIELD_NUMBER, false},
    };
    fields_read(object, where, fields, SAM_ARRAY_LEN(fields), wrong);
    if (problems_any(wrong))
        return;
    if (!*id || world_knows_account(w, id)) {
        problems_add(wrong, "%s: id: empty, or an account twice", where);
        return;
    }
    struct account *a = world_add_account(w, id);
    a->premium = premium;
    a->quota = (struct quota){(uint32_t)quota[0], (uint32_t)quota[1], (uint32_t)quota[2],
                              (uint32_t)quota[3]};
    if (!status || account_status_parse(status, &a->status) != 0)
        problems_add(wrong, "%s: status: OK, CREDENTIALS, CHECKPOINT or RESTRICTED", where);
}

/* ---- people --------------------------------------------------------------------------------- */

struct described {
    const char *slug;
    const char *provider_id;
    const char *first_name;
    const char *last_name;
    const char *relation_id;
    const char *reply_text;
    const char *refuse_invitation;
    const char *refuse_message;
    struct json_object *former_slugs;   /* NULL = none, as below */
    struct json_object *connected_with; /* ids of accounts */
    int64_t degree;
    int64_t accept_after_ms; /* NOT_SAID = as the command line has it */
    int64_t reply_after_ms;
    bool locked;
    bool pending;
    bool withdrawn;
};

static size_t length_of(struct json_object *list)
{
    return list ? json_object_array_length(list) : 0;
}

/* NULL = not a text, or an empty one. */
static const char *text_at(struct json_object *list, size_t i)
{
    struct json_object *item = json_object_array_get_idx(list, i);
    if (!json_object_is_type(item, json_type_string) || json_object_get_string_len(item) == 0)
        return NULL;
    return json_object_get_string(item);
}

static const char *kept(struct world *w, const char *text)
{
    return text ? world_keep(w, text) : NULL;
}

static struct person *add_person(struct world *w, const struct described *d)
{
    struct person *p = world_add_person(w, d->slug, d->provider_id);
    p->first_name = kept(w, d->first_name);
    p->last_name = kept(w, d->last_name);
    p->relation_id = kept(w, d->relation_id);
    p->reply_text = kept(w, d->reply_text);
    p->refuse_invitation = kept(w, d->refuse_invitation);
    p->refuse_message = kept(w, d->refuse_message);
    p->degree = (int)d->degree;
    p->locked = d->locked;
    if (d->accept_after_ms != NOT_SAID)
        p->accept_after_ms = d->accept_after_ms;
    if (d->reply_after_ms != NOT_SAID)
        p->reply_after_ms = d->reply_after_ms;
    for (size_t i = 0; i < length_of(d->former_slugs); i++)
        world_add_former_slug(w, p, text_at(d->former_slugs, i));
    return p;
}

/* Between the person and accounts of the scenario. */
static void place_person(struct world *w, struct person *p, const struct described *d)
{
    const struct list *accounts = world_accounts(w);
    for (size_t i = 0; i < length_of(d->connected_with); i++) {
        struct account *a = world_account(w, text_at(d->connected_with, i));
        world_relate(w, world_link(w, a, p), world_now_ms(w) - LONG_AGO_MS);
    }
    if (p->degree != 1 && !d->pending && !d->withdrawn)
        return;
    for (uint32_t i = 0; i < accounts->count; i++) {
        struct link *link = world_link(w, accounts->items[i], p);
        if (p->degree == 1) {
            world_relate(w, link, world_now_ms(w) - LONG_AGO_MS);
            continue;
        }
        (void)world_invite(w, link, "");
        if (d->withdrawn)
            world_withdraw(w, link);
    }
}

static void check_lists(struct world *w, const struct described *d, const char *where,
                        struct problems *wrong)
{
    for (size_t i = 0; i < length_of(d->former_slugs); i++) {
        const char *slug = text_at(d->former_slugs, i);
        if (!slug || world_knows_slug(w, slug) || strcmp(slug, d->slug) == 0)
            problems_add(wrong, "%s: former_slugs: no text, or a person twice", where);
    }
    for (size_t i = 0; i < length_of(d->connected_with); i++) {
        const char *id = text_at(d->connected_with, i);
        if (!id || !world_knows_account(w, id))
            problems_add(wrong, "%s: connected_with: no account of the scenario", where);
    }
}

static void check_person(struct world *w, const struct described *d, const char *where,
                         struct problems *wrong)
{
    if (!*d->slug || world_knows_slug(w, d->slug))
        problems_add(wrong, "%s: slug: empty, or a person twice", where);
    if (d->provider_id && !provider_id_looks_right(d->provider_id))
        problems_add(wrong, "%s: provider_id: not of the form ACo...", where);
    if (d->provider_id && world_knows_id(w, d->provider_id))
        problems_add(wrong, "%s: provider_id: a person twice", where);
    if (d->refuse_invitation && !error_find(d->refuse_invitation))
        problems_add(wrong, "%s: refuse_invitation: no such error type", where);
    if (d->refuse_message && !error_find(d->refuse_message))
        problems_add(wrong, "%s: refuse_message: no such error type", where);
    if ((d->degree == 1 || length_of(d->connected_with)) + d->pending + d->withdrawn > 1)
        problems_add(wrong, "%s: connected, pending and withdrawn exclude each other", where);
    check_lists(w, d, where, wrong);
}

static void load_person(struct world *w, struct json_object *object, const char *where,
                        struct problems *wrong)
{
    struct described d = {.degree = 2, .accept_after_ms = NOT_SAID, .reply_after_ms = NOT_SAID};
    const struct field fields[] = {
        {"slug", &d.slug, 0, FIELD_TEXT, true},
        {"provider_id", &d.provider_id, 0, FIELD_TEXT, false},
        {"first_name", &d.first_name, 0, FIELD_TEXT, false},
        {"last_name", &d.last_name, 0, FIELD_TEXT, false},
        {"former_slugs", &d.former_slugs, 0, FIELD_LIST, false},
        {"connected_with", &d.connected_with, 0, FIELD_LIST, false},
        {"degree", &d.degree, 3, FIELD_NUMBER, false},
        {"accept_after_ms", &d.accept_after_ms, 0, FIELD_SPAN, false},
        {"reply_after_ms", &d.reply_after_ms, 0, FIELD_SPAN, false},
        {"relation_id", &d.relation_id, 0, FIELD_TEXT, false},
        {"reply_text", &d.reply_text, 0, FIELD_TEXT, false},
        {"refuse_invitation", &d.refuse_invitation, 0, FIELD_TEXT, false},
        {"refuse_message", &d.refuse_message, 0, FIELD_TEXT, false},
        {"locked", &d.locked, 0, FIELD_FLAG, false},
        {"pending", &d.pending, 0, FIELD_FLAG, false},
        {"withdrawn", &d.withdrawn, 0, FIELD_FLAG, false},
    };
    fields_read(object, where, fields, SAM_ARRAY_LEN(fields), wrong);
    if (!problems_any(wrong))
        check_person(w, &d, where, wrong);
    if (!problems_any(wrong))
        place_person(w, add_person(w, &d), &d);
}

/* ---- the file ------------------------------------------------------------------------------- */

typedef void load_fn(struct world *w, struct json_object *object, const char *where,
                     struct problems *wrong);

static void load_list(struct world *w, struct json_object *list, const char *name, load_fn *load,
                      struct problems *wrong)
{
    char where[WHERE_BYTES];
    size_t n = list ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++) {
        struct problems found = PROBLEMS_INIT;
        (void)snprintf(where, sizeof(where), "%s[%zu]", name, i);
        load(w, json_object_array_get_idx(list, i), where, &found);
        for (size_t k = 0; k < found.count; k++)
            problems_add(wrong, "scenario: %s", found.lines[k]);
        problems_deinit(&found);
    }
}

void scenario_load(struct world *w, const char *path, struct problems *wrong)
{
    struct json_object *accounts = NULL;
    struct json_object *people = NULL;
    const struct field fields[] = {
        {"accounts", &accounts, 0, FIELD_LIST, true},
        {"people", &people, 0, FIELD_LIST, false},
    };
    struct json_object *root = json_object_from_file(path);
    if (!root) {
        problems_add(wrong, "scenario: %s: %s", path, json_util_get_last_err());
        return;
    }
    fields_read(root, "scenario", fields, SAM_ARRAY_LEN(fields), wrong);
    if (!problems_any(wrong)) {
        load_list(w, accounts, "accounts", load_account, wrong);
        load_list(w, people, "people", load_person, wrong);
    }
    json_object_put(root);
}
