#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "worker/apply_sql.h"

#include "common/base/banned.h"

/* An attempt waits here for a claim that is just committing; what it returns, Postgres had
 * forgotten. */
const char apply_attempts_sql[] =
    "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, item_id, "
    "message_type, kind, identities, started_at, start_by, noted) "
    "SELECT x.id, x.workspace_id, x.account_id, x.campaign_id, x.prospect_id, x.item_id, "
    "x.message_type, x.kind, array_remove(ARRAY[x.v, x.p], NULL), x.started_at, x.start_by, "
    "x.noted "
    "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], "
    "$7::text[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], "
    "$13::bool[]) "
    "AS x(id, workspace_id, account_id, campaign_id, prospect_id, item_id, message_type, kind, v, "
    "p, started_at, start_by, noted) ORDER BY x.id ON CONFLICT (id) DO NOTHING RETURNING id";

/* Both rows: a statement that has waited for the lock of one sees the other as it was before. */
#define LOCK_ACCOUNTS(which)                                                                       \
    "SELECT a.id, a.status, a.rest_until, a.rest_count, a.version, a.name, a.status_reason, "      \
    "a.rest_sent_at, a.invitations_rest_until, a.invitations_rest_count, "                         \
    "a.invitations_rest_sent_at, "                                                                 \
    "sam_now(), " FACTS_FRAME_COLUMNS " FROM account_schedule s JOIN linkedin_accounts a "         \
    "ON a.id = s.account_id WHERE s.account_id = ANY (" which ") "                                 \
    "ORDER BY s.account_id FOR UPDATE OF s FOR NO KEY UPDATE OF a"
const char apply_accounts_sql[] = LOCK_ACCOUNTS("$1");
const char apply_workspaces_accounts_sql[] = LOCK_ACCOUNTS(
    "$1 || ARRAY(SELECT w.id FROM linkedin_accounts w WHERE w.workspace_id = ANY ($2))");

#define ITEM_COLUMNS                                                                               \
    "i.id, i.account_id, i.campaign_id, i.prospect_id, i.message_type, i.status, i.step, "         \
    "i.failures, i.scheduled_for, i.sent_at, i.attempt_id, i.restored "
const char apply_items_sql[] = "SELECT " ITEM_COLUMNS "FROM send_queue i WHERE i.id = ANY ($1)";

/* A restored database may have planned an item anew, under another id. */
const char apply_items_full_sql[] =
    "SELECT " ITEM_COLUMNS "FROM send_queue i WHERE i.id = ANY ($1) UNION "
    "SELECT " ITEM_COLUMNS "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) "
    "AS e(id, campaign_id, prospect_id, message_type) "
    "CROSS JOIN LATERAL (SELECT * FROM send_queue w WHERE w.prospect_id = e.prospect_id "
    "AND w.message_type = e.message_type AND w.campaign_id = e.campaign_id LIMIT 1) i "
    "WHERE i.id <> e.id AND (SELECT count(*) FROM send_queue x WHERE x.id = e.id) = 0";

/* What is known of an item by its attempts; never its text. */
const char apply_forgotten_sql[] =
    "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, message_type, "
    "step, requires_connection, priority, status, reason, scheduled_for, message, attempt_id, "
    "restored) SELECT x.item_id, p.workspace_id, p.campaign_id, p.id, p.account_id, "
    "x.message_type, x.step, p.campaign_type = 'connector' AND x.step > 0, "
    "CASE WHEN x.step > 0 THEN 0 ELSE 1 END, 'unknown', 'outcome_unknown', x.started_at, '', x.id, "
    "true FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], "
    "$7::timestamptz[]) AS x(id, item_id, campaign_id, person_id, message_type, step, started_at) "
    "CROSS JOIN LATERAL (SELECT * FROM campaign_prospects WHERE id = x.person_id "
    "AND campaign_id = x.campaign_id LIMIT 1) p ORDER BY x.started_at, x.id ON CONFLICT DO NOTHING";

const char apply_item_attempts_sql[] =
    "SELECT t.id, t.item_id, t.ended_at IS NOT NULL, t.outcome FROM send_attempts t "
    "WHERE t.item_id = ANY ($1) AND t.kind <> 'profile_view'";

const char apply_people_sql[] =
    "SELECT p.id, p.account_id, p.campaign_id, p.campaign_type, p.status, p.status_reason, "
    "p.hold_reason, p.provider_id, p.vanity, p.invitation_id, p.chat_id, p.contacted_at, "
    "p.connected_at, "
    "p.last_sent_at, p.replied_at, p.next_step, p.next_at, p.give_up_at, p.version, "
    "p.doubt_waived, "
    "c.give_up_after_ms, jsonb_array_length(c.steps), "
    "jsonb_path_query_array(c.steps, '$[*].after_ms')::text "
    "FROM campaign_prospects p JOIN campaigns c ON c.id = p.campaign_id WHERE p.id = ANY ($1)";

static bool is_attempt(const struct event *e, enum apply_load load)
{
    return e->type == EVENT_ATTEMPT_ENDED ||
           (e->type == EVENT_ATTEMPT_STARTED && load == APPLY_FULL);
}

/* One array parameter over the events that `wanted` chooses. */
#define EACH_EVENT(array, wanted, add)                                                             \
    do {                                                                                           \
        pg_array_open(params, array);                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            const struct event *e = &events[i];                                                    \
            if (wanted)                                                                            \
                add;                                                                               \
        }                                                                                          \
        pg_array_close(params);                                                                    \
    } while (0)

static bool is_restored(const struct event *e, enum apply_load load)
{
    return e->type == EVENT_ATTEMPT_STARTED ||
           (e->type == EVENT_ATTEMPT_ENDED && load == APPLY_FULL);
}

bool apply_sql_attempts(const struct event *events, size_t count, enum apply_load load,
                        struct pg_params *params)
{
    bool any = false;
    for (size_t i = 0; i < count && !any; i++)
        any = is_restored(&events[i], load);
#define WANTED is_restored(e, load)
    pg_params_reset(params);
    EACH_EVENT(PG_ARRAY_UUID, WANTED, pg_item_uuid(params, &e->attempt.id));
    EACH_EVENT(PG_ARRAY_UUID, WANTED, pg_item_uuid(params, &e->workspace_id));
    EACH_EVENT(PG_ARRAY_UUID, WANTED, pg_item_uuid(params, &e->account_id));
    EACH_EVENT(PG_ARRAY_UUID, WANTED, pg_item_uuid(params, &e->attempt.campaign_id));
    EACH_EVENT(PG_ARRAY_UUID, WANTED, pg_item_uuid(params, &e->attempt.person_id));
    EACH_EVENT(PG_ARRAY_UUID, WANTED, pg_item_uuid(params, &e->attempt.item_id));
    EACH_EVENT(PG_ARRAY_TEXT, WANTED, pg_item_text(params, e->attempt.message_type));
    EACH_EVENT(PG_ARRAY_TEXT, WANTED, pg_item_text(params, call_kind_name(e->attempt.kind)));
    EACH_EVENT(PG_ARRAY_TEXT, WANTED, pg_item_filled(params, e->attempt.identities[0]));
    EACH_EVENT(PG_ARRAY_TEXT, WANTED, pg_item_filled(params, e->attempt.identities[1]));
    EACH_EVENT(PG_ARRAY_TIME, WANTED, pg_item_time(params, e->attempt.started_at_ms));
    EACH_EVENT(PG_ARRAY_TIME, WANTED, pg_item_time(params, e->attempt.start_by_ms));
    EACH_EVENT(
        PG_ARRAY_BOOL, WANTED,
        pg_item_bool(params, e->attempt.kind == CALL_INVITATION && !e->attempt.without_note));
#undef WANTED
    return any;
}

static int by_uuid(const void *x, const void *y)
{
    return uuid_compare(x, y);
}

/* The ids of a batch repeat (a started and its ended): each once. */
static void add_unique(struct pg_params *params, struct uuid *ids, size_t count)
{
    if (count > 1)
        qsort(ids, count, sizeof(*ids), by_uuid);
    pg_array_open(params, PG_ARRAY_UUID);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !uuid_equal(&ids[i], &ids[i - 1]))
            pg_item_uuid(params, &ids[i]);
    }
    pg_array_close(params);
}

bool apply_sql_accounts(const struct event *events, size_t count, enum apply_load load,
                        struct pg_params *params)
{
    struct uuid *ids = sam_xcalloc(count + 1, sizeof(*ids));
    size_t n = 0;
    bool all = false;
    for (size_t i = 0; i < count; i++) {
        const struct event *e = &events[i];
        all = all || e->type == EVENT_BLOCKLIST;
        bool wanted = e->type != EVENT_ATTEMPT_STARTED || load == APPLY_FULL;
        if (wanted && !uuid_is_null(&e->account_id))
            ids[n++] = e->account_id;
    }
    pg_params_reset(params);
    add_unique(params, ids, n);
    free(ids);
    if (all)
        EACH_EVENT(PG_ARRAY_UUID, e->type == EVENT_BLOCKLIST,
                   pg_item_uuid(params, &e->workspace_id));
    return all;
}

/* A newer program may have written it: without it nothing is decided. The first one is told. */
static void known(struct apply_batch *b, int parsed, const char *column, const char *value)
{
    if (parsed != 0 && !b->unknown[0])
        pg_value_text(column, value, b->unknown, sizeof(b->unknown));
}

void apply_sql_read_accounts(struct apply_batch *b, struct facts *facts, const struct pg_result *r)
{
    b->accounts_count = (size_t)pg_rows(r);
    b->accounts = sam_xcalloc(b->accounts_count + 1, sizeof(*b->accounts));
    for (int row = 0; row < pg_rows(r); row++) {
        struct apply_account *a = &b->accounts[row];
        struct facts_frame frame;
        a->id = pg_uuid(r, row, 0);
        known(b, account_status_parse(pg_text(r, row, 1), &a->status), "linkedin_accounts.status",
              pg_text(r, row, 1));
        a->loaded = a->status;
        a->rest.until_ms = pg_time_ms(r, row, 2);
        a->rest.count = pg_i64(r, row, 3);
        a->version = pg_i64(r, row, 4);
        SAM_COPY(a->name, pg_text(r, row, 5));
        a->rest.sent_at_ms = pg_time_ms(r, row, 7);
        a->invitations_rest =
            (struct apply_rest){pg_time_ms(r, row, 8), pg_i64(r, row, 9), pg_time_ms(r, row, 10)};
        facts_frame(facts, r, row, 12, pg_time_ms(r, row, 11), &frame);
        a->limits = frame.limits;
        a->day_start_ms = frame.day_start_ms;
        a->zone = frame.zone;
        SAM_COPY(a->reason, pg_text(r, row, 6));
        if (a->rest.until_ms <= pg_time_ms(r, row, 11) && a->status != ACCOUNT_ACTIVE &&
            account_transition_allowed(ACCOUNT_BY_TIME, a->status, ACCOUNT_ACTIVE)) {
            a->status = ACCOUNT_ACTIVE; /* rested: written back when something else changes */
            a->reason[0] = '\0';
        }
    }
}

void apply_sql_items(const struct event *events, size_t count, enum apply_load load,
                     struct pg_params *params)
{
    pg_params_reset(params);
    EACH_EVENT(PG_ARRAY_UUID, is_attempt(e, load), pg_item_uuid(params, &e->attempt.item_id));
    if (load == APPLY_LEAN)
        return;
    EACH_EVENT(PG_ARRAY_UUID, is_attempt(e, load), pg_item_uuid(params, &e->attempt.campaign_id));
    EACH_EVENT(PG_ARRAY_UUID, is_attempt(e, load), pg_item_uuid(params, &e->attempt.person_id));
    EACH_EVENT(PG_ARRAY_TEXT, is_attempt(e, load), pg_item_text(params, e->attempt.message_type));
}

static bool has_step(const struct event *e)
{
    int64_t step;
    return is_attempt(e, APPLY_FULL) && e->attempt.kind != CALL_PROFILE_VIEW &&
           message_type_step(e->attempt.message_type, &step) == 0;
}

static int32_t step_of(const struct event *e)
{
    int64_t step = 0;
    return message_type_step(e->attempt.message_type, &step) == 0 ? (int32_t)step : 0;
}

void apply_sql_forgotten(const struct event *events, size_t count, struct pg_params *params)
{
    pg_params_reset(params);
    EACH_EVENT(PG_ARRAY_UUID, has_step(e), pg_item_uuid(params, &e->attempt.id));
    EACH_EVENT(PG_ARRAY_UUID, has_step(e), pg_item_uuid(params, &e->attempt.item_id));
    EACH_EVENT(PG_ARRAY_UUID, has_step(e), pg_item_uuid(params, &e->attempt.campaign_id));
    EACH_EVENT(PG_ARRAY_UUID, has_step(e), pg_item_uuid(params, &e->attempt.person_id));
    EACH_EVENT(PG_ARRAY_TEXT, has_step(e), pg_item_text(params, e->attempt.message_type));
    EACH_EVENT(PG_ARRAY_I32, has_step(e), pg_item_i32(params, step_of(e)));
    EACH_EVENT(PG_ARRAY_TIME, has_step(e), pg_item_time(params, e->attempt.started_at_ms));
}

void apply_sql_read_items(struct apply_batch *b, const struct pg_result *r)
{
    b->items = sam_xcalloc((size_t)pg_rows(r) + 1, sizeof(*b->items));
    for (int row = 0; row < pg_rows(r); row++) {
        struct apply_item *i = &b->items[b->items_count];
        i->id = pg_uuid(r, row, 0);
        i->account_id = pg_uuid(r, row, 1);
        i->campaign_id = pg_uuid(r, row, 2);
        i->person_id = pg_uuid(r, row, 3);
        SAM_COPY(i->message_type, pg_text(r, row, 4));
        known(b, item_status_parse(pg_text(r, row, 5), &i->status), "send_queue.status",
              pg_text(r, row, 5));
        i->loaded = i->status;
        i->step = pg_i64(r, row, 6);
        i->failures = pg_i64(r, row, 7);
        i->scheduled_ms = pg_time_ms(r, row, 8);
        i->sent_at_ms = pg_time_ms(r, row, 9);
        i->attempt_id = pg_uuid(r, row, 10);
        i->restored = pg_bool(r, row, 11);
        b->items_count++;
    }
}

void apply_sql_item_attempts(const struct event *events, size_t count, enum apply_load load,
                             struct pg_params *params)
{
    struct uuid *ids = sam_xcalloc(count + 1, sizeof(*ids));
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_attempt(&events[i], load))
            ids[n++] = events[i].attempt.item_id;
    }
    pg_params_reset(params);
    add_unique(params, ids, n);
    free(ids);
}

void apply_sql_read_attempts(struct apply_batch *b, const struct pg_result *r)
{
    b->attempts_count = (size_t)pg_rows(r);
    b->attempts = sam_xcalloc(b->attempts_count + 1, sizeof(*b->attempts));
    for (int row = 0; row < pg_rows(r); row++) {
        struct apply_attempt *a = &b->attempts[row];
        a->id = pg_uuid(r, row, 0);
        a->item_id = pg_uuid(r, row, 1);
        a->ended = pg_bool(r, row, 2);
        if (a->ended)
            known(b, outcome_parse(pg_text(r, row, 3), &a->outcome), "send_attempts.outcome",
                  pg_text(r, row, 3));
    }
}

void apply_sql_people(const struct event *events, size_t count, enum apply_load load,
                      struct pg_params *params)
{
    struct uuid *ids = sam_xcalloc(count + 1, sizeof(*ids));
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_attempt(&events[i], load))
            ids[n++] = events[i].attempt.person_id;
        else if (events[i].type == EVENT_PERSON)
            ids[n++] = events[i].person.id;
    }
    pg_params_reset(params);
    add_unique(params, ids, n);
    free(ids);
}

/* "[0, 86400000]": all of them, for a batch may carry a person over many steps. */
static void read_numbers(const char *text, int64_t *out, size_t max)
{
    size_t n = 0;
    while (n < max && (text = strpbrk(text, "-0123456789"))) {
        char *end;
        out[n++] = strtoll(text, &end, 10);
        text = end;
    }
}

static void read_person(struct apply_person *p, const struct pg_result *r, int row)
{
    p->id = pg_uuid(r, row, 0);
    p->account_id = pg_uuid(r, row, 1);
    p->campaign_id = pg_uuid(r, row, 2);
    SAM_COPY(p->status_reason, pg_text(r, row, 5));
    SAM_COPY(p->hold_reason, pg_text(r, row, 6));
    SAM_COPY(p->provider_id, pg_text(r, row, 7));
    SAM_COPY(p->vanity, pg_text(r, row, 8));
    SAM_COPY(p->invitation_id, pg_text(r, row, 9));
    SAM_COPY(p->chat_id, pg_text(r, row, 10));
    p->contacted_at_ms = pg_time_ms(r, row, 11);
    p->connected_at_ms = pg_time_ms(r, row, 12);
    p->last_sent_at_ms = pg_time_ms(r, row, 13);
    p->replied_at_ms = pg_time_ms(r, row, 14);
    p->next_step = pg_i64(r, row, 15);
    p->next_at_ms = pg_time_ms(r, row, 16);
    p->give_up_at_ms = pg_time_ms(r, row, 17);
    p->version = pg_i64(r, row, 18);
    p->doubt_waived = pg_bool(r, row, 19);
    p->give_up_after_ms = pg_i64(r, row, 20);
    p->steps_count = pg_i64(r, row, 21);
    read_numbers(pg_text(r, row, 22), p->after_ms, SAM_ARRAY_LEN(p->after_ms));
}

void apply_sql_read_people(struct apply_batch *b, const struct pg_result *r)
{
    b->people = sam_xcalloc((size_t)pg_rows(r) + 1, sizeof(*b->people));
    for (int row = 0; row < pg_rows(r); row++) {
        struct apply_person *p = &b->people[b->people_count];
        known(b, campaign_type_parse(pg_text(r, row, 3), &p->type), "campaigns.campaign_type",
              pg_text(r, row, 3));
        known(b, person_status_parse(pg_text(r, row, 4), &p->status), "campaign_prospects.status",
              pg_text(r, row, 4));
        p->loaded = p->status;
        read_person(p, r, row);
        b->people_count++;
    }
}
