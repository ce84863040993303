#include "worker/unknown_items.h"

#include <stdlib.h>
#include <string.h>

#include "common/adapters/settle.h"

#include "common/base/banned.h"

/* $1 account, $2 items at most, $3 text[] words of a look after which a person decides. */
const char unknown_items_sql[] =
    "SELECT " SETTLE_COLUMNS ", CASE WHEN i.restored THEN NULL ELSE i.message END, p.provider_id, "
    "p.vanity, t.unseen_at FROM (SELECT * FROM send_queue WHERE account_id = $1 "
    "AND status = 'unknown' AND (SELECT true FROM send_attempts t WHERE t.item_id = send_queue.id "
    "AND t.outcome = 'unknown' AND t.error_type = ANY ($3) LIMIT 1) IS NULL ORDER BY random() "
    "LIMIT $2) i "
    "CROSS JOIN LATERAL (SELECT * FROM campaign_prospects WHERE id = i.prospect_id LIMIT 1) p "
    "CROSS JOIN LATERAL (SELECT * FROM send_attempts WHERE item_id = i.id OFFSET 0) t "
    "WHERE " SETTLE_OPEN "ORDER BY i.id, t.started_at DESC, t.id";
enum column {
    COL_ITEM_ID = 5, /* of SETTLE_COLUMNS */
    COL_TEXT = SETTLE_COLUMNS_N,
    COL_PROVIDER_ID,
    COL_VANITY,
    COL_UNSEEN_AT,
};

/* $1 uuid[] items. */
const char unknown_items_known_sql[] =
    "SELECT i.id, t.message_id, CASE WHEN o.restored THEN NULL ELSE o.message END "
    "FROM unnest($1::uuid[]) AS x(id) JOIN send_queue i ON i.id = x.id "
    "CROSS JOIN LATERAL (SELECT * FROM send_queue WHERE prospect_id = i.prospect_id "
    "AND id <> i.id OFFSET 0) o CROSS JOIN LATERAL (SELECT * FROM send_attempts "
    "WHERE item_id = o.id AND kind <> 'profile_view' OFFSET 0) t "
    "WHERE t.outcome IS NULL OR t.outcome IN ('sent', 'unknown')";

void unknown_item_deinit(struct unknown_item *it)
{
    for (size_t i = 0; i < it->known_count; i++)
        free(it->known[i].text);
    free(it->known);
    free(it->ends);
    free(it->text);
}

bool unknown_item_is_invitation(const struct unknown_item *it)
{
    return it->ends[0].attempt.kind == CALL_INVITATION;
}

bool unknown_item_is_person(const struct unknown_item *it, const struct unipile_item *item)
{
    struct identity identity;
    if (*item->person && *it->provider_id)
        return strcmp(item->person, it->provider_id) == 0;
    return *it->vanity && identity_parse(item->name, &identity) == IDENTITY_OK &&
           identity.kind == IDENTITY_VANITY && strcmp(identity.text, it->vanity) == 0;
}

/* By its id; where none was told, by its text, once. Else an item whose own text is not known would
 * be taken for unsent as often as another one has the same. */
bool unknown_item_is_known(struct unknown_item *it, const struct unipile_item *message)
{
    bool sought = it->text && reconcile_same_text(it->text, message->text);
    for (size_t i = 0; i < it->known_count; i++) {
        if (*it->known[i].message_id && strcmp(it->known[i].message_id, message->message_id) == 0)
            return true;
    }
    for (size_t i = 0; i < it->known_count && !sought; i++) {
        struct unknown_known *k = &it->known[i];
        if (*k->message_id || k->met || !k->text || !reconcile_same_text(k->text, message->text))
            continue;
        k->met = true;
        return true;
    }
    return false;
}

/* ---- items ----------------------------------------------------------------------------------- */

void unknown_items_ask(struct pg_params *params, const struct uuid *account_id, size_t max)
{
    pg_params_reset(params);
    pg_add_uuid(params, account_id);
    pg_add_i64(params, (int64_t)max);
    pg_array_open(params, PG_ARRAY_TEXT);
    pg_item_text(params, EVENT_SEEN_TWICE);
    pg_item_text(params, EVENT_UNSEEN_TWICE);
    pg_array_close(params);
}

static void add_attempt(struct unknown_item *it, const struct pg_result *r, int row,
                        int64_t timeout_ms)
{
    int64_t unseen_ms = pg_time_ms(r, row, COL_UNSEEN_AT);
    struct event e;
    if (!settle_attempt(r, row, &e)) { /* a later release's: its own workers look for it */
        it->unread = true;
        return;
    }
    it->ends = sam_xrealloc(it->ends, (it->ends_count + 1) * sizeof(*it->ends));
    it->ends[it->ends_count++] = e;
    const struct event_attempt *a = &e.attempt;
    int64_t over_ms = a->start_by_ms + timeout_ms + RECONCILE_MARGIN_MS;
    struct reconcile_sought *s = &it->sought;
    s->first_started_ms = a->started_at_ms; /* the latest comes first */
    if (over_ms > s->over_ms)
        s->over_ms = over_ms;
    bool first = it->ends_count == 1;
    bool each = unseen_ms && (first || s->unseen_ms); /* was looked for */
    if (!each)
        s->unseen_ms = 0;
    else if (unseen_ms > s->unseen_ms)
        s->unseen_ms = unseen_ms;
}

static void begin_item(struct unknown_item *it, const struct pg_result *r, int row)
{
    *it = (struct unknown_item){.unread = pg_null(r, row, COL_PROVIDER_ID)};
    if (!pg_null(r, row, COL_TEXT))
        it->text = sam_xstrdup(pg_text(r, row, COL_TEXT));
    it->sought.text = it->text;
    SAM_COPY(it->provider_id, pg_text(r, row, COL_PROVIDER_ID));
    SAM_COPY(it->vanity, pg_text(r, row, COL_VANITY));
}

size_t unknown_items_read(struct unknown_item *items, size_t max, const struct pg_result *r,
                          int64_t timeout_ms)
{
    struct uuid last = {{0}};
    size_t count = 0;
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, COL_ITEM_ID);
        if (count == 0 || !uuid_equal(&id, &last)) {
            if (count == max)
                break;
            begin_item(&items[count++], r, row);
            last = id;
        }
        add_attempt(&items[count - 1], r, row, timeout_ms);
    }
    return count;
}

/* ---- what stands beside them ----------------------------------------------------------------- */

void unknown_items_ask_known(struct pg_params *params, const struct unknown_item *items,
                             size_t count)
{
    pg_params_reset(params);
    pg_array_open(params, PG_ARRAY_UUID);
    for (size_t i = 0; i < count; i++)
        pg_item_uuid(params, &items[i].ends[0].attempt.item_id);
    pg_array_close(params);
}

static struct unknown_item *item_of(struct unknown_item *items, size_t count, const struct uuid *id)
{
    for (size_t i = 0; i < count; i++) {
        if (uuid_equal(&items[i].ends[0].attempt.item_id, id))
            return &items[i];
    }
    return NULL;
}

void unknown_items_read_known(struct unknown_item *items, size_t count, const struct pg_result *r)
{
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        struct unknown_item *it = item_of(items, count, &id);
        if (!it)
            continue;
        it->known = sam_xrealloc(it->known, (it->known_count + 1) * sizeof(*it->known));
        struct unknown_known *k = &it->known[it->known_count++];
        *k = (struct unknown_known){.text = NULL};
        SAM_COPY(k->message_id, pg_text(r, row, 1));
        if (!pg_null(r, row, 2) && *pg_text(r, row, 2)) /* "": an invitation without a note */
            k->text = sam_xstrdup(pg_text(r, row, 2));
    }
}
