#include "worker/claim_batch.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/doubt.h"
#include "common/model/person_name.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define WAIT_HERE_MS (2 * SECOND_MS) /* shorter waits are not worth a way through the schedule */

static const char lock_sql[] =
    "SELECT s.account_id, sam_now(), clock_timestamp(), " FACTS_FRAME_COLUMNS
    " FROM account_schedule s JOIN linkedin_accounts a ON a.id = s.account_id "
    "WHERE s.account_id = ANY ($1) ORDER BY s.account_id FOR UPDATE OF s SKIP LOCKED";

static const char known_sql[] =
    "SELECT x.at FROM unnest($1::uuid[]) WITH ORDINALITY AS x(account_id, at) WHERE NOT EXISTS "
    "(SELECT FROM account_schedule s WHERE s.account_id = x.account_id)";

struct claim_identities {
    GHashTable *set;
};

void claim_batch_init(struct claim_batch *b, size_t capacity)
{
    memset(b, 0, sizeof(*b));
    b->capacity = capacity;
    b->works = sam_xcalloc(capacity, sizeof(struct work *));
    b->fates = sam_xcalloc(capacity, sizeof(*b->fates));
    b->wait_until_db_ms = sam_xcalloc(capacity, sizeof(*b->wait_until_db_ms));
    b->asked = sam_xcalloc(capacity, sizeof(*b->asked));
    b->locked = sam_xcalloc(capacity, sizeof(*b->locked));
    b->asks = sam_xcalloc(capacity, sizeof(*b->asks));
    b->grants = sam_xcalloc(capacity, sizeof(struct grant *));
    b->identities = sam_xcalloc(1, sizeof(*b->identities));
    b->identities->set = g_hash_table_new(g_str_hash, g_str_equal);
    pg_params_init(&b->params);
}

void claim_batch_reset(struct claim_batch *b)
{
    g_hash_table_remove_all(b->identities->set);
    for (size_t i = 0; i < b->grants_count; i++)
        grant_free(b->grants[i]);
    b->grants_count = 0;
    b->count = 0;
    b->asked_count = 0;
    b->locked_count = 0;
    b->identities_count = 0;
    b->again = false;
    b->expected_count = 0;
    b->expected_at = 0;
    b->db_now_ms = 0;
    verdicts_reset(&b->verdicts);
}

void claim_batch_deinit(struct claim_batch *b)
{
    claim_batch_reset(b);
    verdicts_deinit(&b->verdicts);
    pg_params_deinit(&b->params);
    g_hash_table_destroy(b->identities->set);
    free(b->identities);
    free(b->works);
    free(b->fates);
    free(b->wait_until_db_ms);
    free(b->asked);
    free(b->locked);
    free(b->asks);
    free(b->grants);
}

unsigned claim_batch_lock(struct claim_batch *b, struct pg_async *pg, pg_async_fn *fn, void *ctx)
{
    unsigned skips = 0;
    pg_params_reset(&b->params);
    pg_array_open(&b->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->count; i++) {
        b->fates[i] = FATE_SKIPPED;
        skips = b->works[i]->skips > skips ? b->works[i]->skips : skips;
        pg_item_uuid(&b->params, &b->works[i]->job.account_id);
    }
    pg_array_close(&b->params);
    pg_async_send(pg, "claim_lock", lock_sql, &b->params, fn, ctx);
    return skips;
}

void claim_batch_ask(struct claim_batch *b, struct pg_async *pg, pg_async_fn *fn, void *ctx)
{
    pg_params_reset(&b->params);
    pg_array_open(&b->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->count; i++)
        pg_item_uuid(&b->params, &b->works[i]->job.account_id);
    pg_array_close(&b->params);
    pg_async_send(pg, "claim_known", known_sql, &b->params, fn, ctx);
}

void claim_batch_known(struct claim_batch *b, const struct pg_result *r)
{
    for (int row = 0; row < pg_rows(r); row++)
        b->works[pg_i64(r, row, 0) - 1]->orphan = true;
}

void claim_batch_locked(struct claim_batch *b, struct facts *facts, const struct pg_result *r)
{
    b->locked_count = (size_t)pg_rows(r);
    for (int row = 0; row < pg_rows(r); row++) {
        b->locked[row].id = pg_uuid(r, row, 0);
        b->db_now_ms = pg_time_ms(r, row, 1);
        b->db_clock_ms = pg_time_ms(r, row, 2);
        b->locked[row].granted = false;
        facts_frame(facts, r, row, 3, b->db_now_ms, &b->locked[row].frame);
    }
}

static int by_id(const void *x, const void *y)
{
    return uuid_compare(&((const struct claim_account *)x)->id,
                        &((const struct claim_account *)y)->id);
}

static struct claim_account *locked(const struct claim_batch *b, const struct uuid *id)
{
    struct claim_account key = {.id = *id};
    return b->locked_count ? bsearch(&key, b->locked, b->locked_count, sizeof(key), by_id) : NULL;
}

size_t claim_batch_close_gated(struct claim_batch *b, const struct gate *gate)
{
    b->asked_count = 0;
    for (size_t i = 0; i < b->count; i++) {
        bool there = locked(b, &b->works[i]->job.account_id) != NULL;
        b->works[i]->skips = there ? 0 : b->works[i]->skips + 1;
        if (there && gate_open(gate, b->works[i]->partition))
            b->asked[b->asked_count++] = i;
    }
    return b->asked_count;
}

void claim_batch_load(struct claim_batch *b, struct pg_async *pg, const struct facts *facts,
                      pg_async_fn *fn, void *ctx)
{
    for (size_t i = 0; i < b->asked_count; i++) {
        const struct work *work = b->works[b->asked[i]];
        b->asks[i] = (struct facts_ask){.item_id = work->job.item_id,
                                        .provider_id = work->provider_id,
                                        .vanity = work->vanity,
                                        .frame = &locked(b, &work->job.account_id)->frame};
    }
    facts_usage_ask(facts, b->asks, b->asked_count, b->db_now_ms, &b->params);
    for (size_t i = 0; i < b->asked_count; i++)
        b->fates[b->asked[i]] = FATE_STALE; /* until its row is seen */
    pg_async_send(pg, "claim_load", facts_usage_sql, &b->params, fn, ctx);
    pg_async_sync(pg);
}

static void identities(const struct facts_item *it, struct event_attempt *a)
{
    if (!it->policy.item.first_contact)
        return;
    if (*it->vanity)
        (void)snprintf(a->identities[0], sizeof(a->identities[0]), "v:%s", it->vanity);
    (void)snprintf(a->identities[1], sizeof(a->identities[1]), "p:%s", it->provider_id);
}

/* Another job of the account (a copy of its record), or of the same human by another account, has
 * been granted by this claim: the database cannot show it yet, so it is asked again after the
 * commit. */
static bool granted_beside(const struct claim_batch *b, const struct facts_item *it)
{
    struct event_attempt a = {.kind = it->policy.item.kind};
    const struct claim_account *account = locked(b, &it->account_id);
    if (!account || account->granted)
        return true;
    identities(it, &a);
    for (size_t i = 0; i < EVENT_IDENTITIES_MAX; i++) {
        if (a.identities[i][0] && g_hash_table_contains(b->identities->set, a.identities[i]))
            return true;
    }
    return false;
}

static void add_grant(struct claim_batch *b, const struct work *work, const struct facts_item *it)
{
    struct grant *g = sam_xcalloc(1, sizeof(*g));
    struct event_attempt *a = &g->attempt;
    a->id = uuid_v7();
    a->campaign_id = it->campaign_id;
    a->person_id = it->person_id;
    a->item_id = it->id;
    a->kind = it->policy.item.kind;
    a->started_at_ms = b->db_now_ms;
    a->start_by_ms = b->db_now_ms + b->start_by_ms;
    (void)snprintf(a->message_type, sizeof(a->message_type), "%s", it->message_type);
    identities(it, a);
    g->workspace_id = it->workspace_id;
    g->account_id = it->account_id;
    g->begun_boot_ms = b->begun_boot_ms;
    g->start_by_boot_ms = b->start_by_boot_ms;
    g->db_now_ms = b->db_now_ms;
    g->due_at_ms = work->job.due_at_ms;
    g->dispatch = work->job.dispatch;
    if (policy_contact_again(&it->policy)) {
        g->again_before_ms = b->db_now_ms - it->policy.campaign.contact_again_after_ms;
        b->again = true;
    }
    g->leave_note_out = policy_leave_note_out(&it->policy);
    g->text = sam_xstrdup(g->leave_note_out ? "" : it->message);
    a->without_note = a->kind == CALL_INVITATION && *g->text == '\0';
    (void)snprintf(g->recipient, sizeof(g->recipient), "%s", it->provider_id);
    (void)snprintf(g->unipile_account, sizeof(g->unipile_account), "%s", it->unipile_account);
    b->grants[b->grants_count++] = g;
    locked(b, &it->account_id)->granted = true;
    for (size_t i = 0; i < EVENT_IDENTITIES_MAX; i++) {
        if (!a->identities[i][0])
            continue;
        (void)g_hash_table_add(b->identities->set, a->identities[i]);
        b->identities_count++;
    }
}

/* A record that an older producer made, or that was cut down, may not say what is to be read: then
 * nothing was, and the item is published anew. */
static bool is_unread(const struct work *work, const struct facts_item *it)
{
    if (work->unread_ms)
        return true;
    if (it->policy.item.first_contact)
        return !work->provider_id[0]; /* the profile */
    return it->policy.item.kind == CALL_MESSAGE && !work->provider_id[0] && !work->job.look[0];
}

/* The policy's word, and what only this worker knows: whether the ledger takes the record of a
 * call, and whether the reads before it have succeeded. */
static struct verdict judge(const struct claim_batch *b, const struct work *work,
                            struct facts_item *it)
{
    it->policy.person.replied_now = work->replied; /* the database may not know it yet */
    it->policy.item.costs_profile_view = false;    /* counted when the job was published */
    struct verdict v = policy_decide_until(&it->policy, b->db_now_ms + b->start_by_ms);
    if (v.kind != VERDICT_GO)
        return v;
    if (b->ungranted_ms)
        return (struct verdict){VERDICT_WAIT, REASON_LEDGER_UNAVAILABLE,
                                b->db_now_ms + b->ungranted_ms};
    if (is_unread(work, it) || !*it->provider_id) {
        int64_t wait = work->unread_ms ? work->unread_ms : 5 * MINUTE_MS;
        return (struct verdict){VERDICT_WAIT, REASON_NOT_PREPARED, b->db_now_ms + wait};
    }
    return v;
}

/* Whoever was to be written to is not who the profile says, or cannot be reached: a person decides.
 * It goes to the ledger; until that is applied the work knows. */
static enum doubt doubt(const struct work *work, const struct facts_item *it)
{
    if (it->doubt_waived)
        return DOUBT_NONE;
    /* the name first: who lets them go on for another reason has seen that it is theirs */
    if (person_name_differs(it->first_name, it->last_name, work->first_name, work->last_name))
        return DOUBT_ANOTHER_NAME;
    if (work->distant && it->step == 0 && it->policy.item.kind == CALL_MESSAGE)
        return DOUBT_NOT_CONNECTED;
    return DOUBT_NONE;
}

static void tell_doubt(const struct work *work, enum doubt why)
{
    struct event e = {.type = EVENT_PERSON,
                      .workspace_id = work->job.workspace_id,
                      .account_id = work->job.account_id,
                      .person = {.id = work->job.person_id,
                                 .campaign_id = work->job.campaign_id,
                                 .finding = FINDING_DOUBTED}};
    (void)snprintf(e.person.reason, sizeof(e.person.reason), "%s", doubt_name(why));
    outgoing_event(work->worker, &e);
}

static void decide_one(struct claim_batch *b, size_t at, struct facts_item *it)
{
    struct work *work = b->works[at];
    struct verdict v;
    if (it->status != ITEM_PUBLISHED || it->dispatch != work->job.dispatch)
        return; /* stale */
    if (!work->prepared && !b->ungranted_ms) {
        b->fates[at] = FATE_PREPARE;
        return;
    }
    v = judge(b, work, it);
    enum doubt why = v.kind != VERDICT_CANCEL ? doubt(work, it) : DOUBT_NONE;
    if (why) {
        tell_doubt(work, why);
        v = (struct verdict){VERDICT_WAIT, REASON_PERSON_HELD, TIME_NEVER_MS};
    }
    if (v.kind == VERDICT_GO && granted_beside(b, it)) {
        b->fates[at] = FATE_SKIPPED;
        return;
    }
    if (v.kind == VERDICT_GO) {
        b->fates[at] = FATE_GRANTED;
        add_grant(b, work, it);
        return;
    }
    if (v.kind == VERDICT_WAIT && v.next_at_ms < b->db_now_ms + WAIT_HERE_MS &&
        (v.reason == REASON_SPACING || v.reason == REASON_SCHEDULED)) {
        b->fates[at] = FATE_WAIT;
        b->wait_until_db_ms[at] = v.next_at_ms;
        return;
    }
    b->fates[at] = FATE_REFUSED;
    verdicts_add(&b->verdicts, it, &v);
}

int claim_batch_decide(struct claim_batch *b, struct worker *w, const struct pg_result *r)
{
    b->ungranted_ms = stops_ungranted_ms(w->stops);
    for (int row = 0; row < pg_rows(r); row++) {
        struct facts_item it;
        if (facts_item(w->facts, r, row, true, b->db_now_ms, &it) != 0)
            return -EINVAL;
        if (it.index < b->asked_count)
            decide_one(b, b->asked[it.index], &it);
    }
    return 0;
}
