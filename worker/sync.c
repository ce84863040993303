/* Sync (design 3.11): one look at an account for acceptances or replies. Pages are read, the people
 * behind them are looked up, findings go to the ledger; the end of the look is an event as well, so
 * that the schedule knows of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "worker/news.h"
#include "worker/reads.h"
#include "worker/replies.h"
#include "worker/unaccepted.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define SYNCS_AT_ONCE      8 /* and one in so many of the places in flight */
#define SYNCS_MAX          2000
#define PAGES_MAX          100 /* since the last look; more is read by the next one, again */
#define RELATION_PAGES_MAX 5   /* of the first look, newest first: what is older is no news, */
#define REPLY_PAGES_MAX    20  /* for nobody had been written to */
/* How far the lists may lag behind what they tell (facts/unipile.md sections 8 and 9). */
#define RELATIONS_LAG_MS (12 * HOUR_MS)
#define REPLIES_LAG_MS   (2 * MINUTE_MS)

/* A message or relation whose person is to be looked up; texts are judged already. */
struct found {
    char person[PROVIDER_ID_MAX_BYTES + 1];
    char vanity[VANITY_MAX_BYTES + 1]; /* of a relation; "" = not told */
    char chat_id[EVENT_ID_MAX + 1];
    char message_id[EVENT_ID_MAX + 1];
    int64_t at_ms;
    bool own; /* a message of ours: kept for the order in the chat */
    enum reply_class reply_class;
};

struct look {
    TAILQ_ENTRY(look) link;
    struct sync *sync;
    struct sync_job job;
    int32_t partition;
    int64_t offset;
    bool begun;
    bool given_back;
    int pages;
    int64_t begun_db_ms;
    struct found *found; /* owned; UNIPILE_ITEMS_MAX once it has begun */
    size_t found_count;
    int64_t oldest_ms; /* of the page; INT64_MAX = none */
    bool more;         /* another page follows */
    bool cut;          /* and one more, that is not read */
    char cursor[1024];
    struct news news;             /* of the page */
    struct unaccepted unaccepted; /* of relations, at the end */
};

TAILQ_HEAD(looks, look);

struct sync {
    struct worker *worker;
    struct looks looks;
    size_t count;
    size_t running;
    struct pg_params params;
};

/* $1 account, $2 kind, $3 dispatch: a row if the schedule waits for this very look, and the account
 * may still call. */
static const char current_sql[] =
    "SELECT true FROM sync_schedule WHERE account_id = $1 "
    "AND kind = $2 AND dispatch = $3 AND outstanding_until IS NOT NULL "
    "AND (SELECT status IN ('active', 'resting') FROM linkedin_accounts WHERE id = $1)";
#define PEOPLE_COLUMNS "p.status, p.contacted_at, " FACTS_SINCE ", p.account_id, p.chat_id"
#define SEEN_HERE      "p.account_id = $1 AND p.provider_id = ANY ($2)"
/* Who may have been invited: known by the id, or by the name, for the list may show another id.
 * (The status is not asked for: the planner would walk the index of all that are invited.) $3
 * text[] names. */
static const char invited_sql[] =
    "SELECT p.id, p.campaign_id, p.provider_id, " PEOPLE_COLUMNS ", p.vanity "
    "FROM campaign_prospects p WHERE " SEEN_HERE " UNION "
    "SELECT p.id, p.campaign_id, p.provider_id, " PEOPLE_COLUMNS ", p.vanity "
    "FROM campaign_accounts ca CROSS JOIN LATERAL (SELECT * FROM campaign_prospects "
    "WHERE campaign_id = ca.campaign_id AND vanity = ANY ($3) OFFSET 0) p "
    "WHERE ca.account_id = $1 AND p.account_id = $1";
/* Somebody may have written to them: an answer is the evidence that settles it. (Both statuses are
 * named so that the partial index of what is on its way is used.) */
#define MAYBE_WRITTEN_TO                                                                           \
    "((SELECT true FROM send_queue i "                                                             \
    "WHERE i.account_id = p.account_id AND i.prospect_id = p.id AND i.status = 'unknown' LIMIT "   \
    "1) "                                                                                          \
    "OR (SELECT true FROM send_queue i WHERE i.account_id = p.account_id "                         \
    "AND i.prospect_id = p.id AND i.status IN ('published', 'sending') AND i.status = 'sending' "  \
    "LIMIT 1)) "
/* Who may have answered: people of the account, and whom another account of the workspace has
 * written to, or may have, for they answer to anybody (P6). They are known by the id, or by the
 * name of who has this id for this account; whose call is without an end yet, by what the claim
 * took for it. $3 workspace. */
static const char people_sql[] =
    "WITH v AS (SELECT p.provider_id, p.vanity FROM campaign_prospects p WHERE " SEEN_HERE
    " AND p.vanity IS NOT NULL) "
    "SELECT p.id, p.campaign_id, p.provider_id, " PEOPLE_COLUMNS " FROM campaign_prospects p "
    "WHERE " SEEN_HERE " AND p.status <> 'opted_out' UNION "
    "SELECT p.id, p.campaign_id, p.provider_id, " PEOPLE_COLUMNS " FROM campaign_prospects p "
    "WHERE p.provider_id = ANY ($2) AND p.account_id <> $1 AND p.workspace_id = $3 "
    "AND (p.contacted_at IS NOT NULL OR " MAYBE_WRITTEN_TO ") AND p.status <> 'opted_out' UNION "
    "SELECT p.id, p.campaign_id, v.provider_id, " PEOPLE_COLUMNS " FROM v "
    "JOIN campaign_prospects p ON p.vanity = v.vanity AND p.workspace_id = $3 "
    "AND p.account_id <> $1 AND p.contacted_at IS NOT NULL AND p.status <> 'opted_out' UNION "
    "SELECT p.id, p.campaign_id, v.provider_id, " PEOPLE_COLUMNS " FROM v "
    "JOIN contacted k ON k.workspace_id = $3 AND k.identity = 'v:' || v.vanity "
    "JOIN campaign_prospects p ON p.id = k.prospect_id "
    "AND p.account_id <> $1 AND " MAYBE_WRITTEN_TO "AND p.status <> 'opted_out'";
enum people_column {
    COL_ID,
    COL_CAMPAIGN,
    COL_SENDER, /* their provider id as this account sees it */
    COL_STATUS,
    COL_CONTACTED_AT,
    COL_SINCE,
    COL_ACCOUNT,
    COL_CHAT,  /* "" = none of ours */
    COL_VANITY /* of who was invited */
};

static void read_page(struct look *look);
static void on_told(void *ctx, const struct unipile_read *failed);

struct sync *sync_new(struct worker *w)
{
    struct sync *s = sam_xcalloc(1, sizeof(*s));
    s->worker = w;
    TAILQ_INIT(&s->looks);
    pg_params_init(&s->params);
    return s;
}

static void look_free(struct look *look)
{
    struct sync *s = look->sync;
    TAILQ_REMOVE(&s->looks, look, link);
    s->count--;
    s->running -= look->begun ? 1 : 0;
    news_deinit(&look->news);
    free(look->found);
    free(look);
}

void sync_free(struct sync *s)
{
    if (!s)
        return;
    struct look *next;
    for (struct look *look = TAILQ_FIRST(&s->looks); look; look = next) {
        next = TAILQ_NEXT(look, link);
        news_deinit(&look->news);
        free(look->found);
        free(look);
    }
    pg_params_deinit(&s->params);
    free(s);
}

size_t sync_busy(const struct sync *s)
{
    return s->running;
}

void sync_add(struct sync *s, const struct sync_job *job, int32_t partition, int64_t offset)
{
    if (s->count >= SYNCS_MAX) { /* its time comes again; the schedule takes it as lost */
        consume_settle(s->worker, 1, partition, offset);
        return;
    }
    struct look *look = sam_xcalloc(1, sizeof(*look));
    look->sync = s;
    look->job = *job;
    look->news =
        (struct news){.worker = s->worker, .job = &look->job, .done = on_told, .ctx = look};
    look->partition = partition;
    look->offset = offset;
    TAILQ_INSERT_TAIL(&s->looks, look, link);
    s->count++;
    sync_advance(s);
}

void sync_give_back(struct sync *s, const struct kafka_part *parts, size_t count)
{
    struct look *next;
    for (struct look *look = TAILQ_FIRST(&s->looks); look; look = next) {
        bool gone = false;
        next = TAILQ_NEXT(look, link);
        for (size_t i = 0; i < count && !gone; i++)
            gone = parts[i].topic == 1 && parts[i].partition == look->partition;
        if (gone && look->begun)
            look->given_back = true;
        else if (gone)
            look_free(look);
    }
}

static void settle(struct look *look)
{
    struct sync *s = look->sync;
    if (!look->given_back)
        consume_settle(s->worker, 1, look->partition, look->offset);
    look_free(look);
    sync_advance(s);
}

static void finish(struct look *look, bool succeeded, const char *reason)
{
    struct worker *w = look->sync->worker;
    int64_t lag = look->job.kind == SYNC_RELATIONS ? RELATIONS_LAG_MS : REPLIES_LAG_MS;
    bool whole = succeeded && !look->cut; /* else what was not read would never be */
    struct event e = {.type = EVENT_ACCOUNT,
                      .workspace_id = look->job.workspace_id,
                      .account_id = look->job.account_id,
                      .account = {.is_sync = true,
                                  .sync_kind = look->job.kind,
                                  .dispatch = look->job.dispatch,
                                  .watermark_ms = whole ? look->begun_db_ms - lag : 0,
                                  .succeeded = succeeded}};
    (void)snprintf(e.account.reason, sizeof(e.account.reason), "%s", reason);
    outgoing_event(w, &e);
    metrics_add_label(w->metrics, METRIC_SYNC_JOBS, (int)look->job.kind, 1);
    settle(look);
}

static void tell(struct look *look, const struct found *f, const struct pg_result *r, int row)
{
    struct event e = {
        .type = EVENT_PERSON,
        .workspace_id = look->job.workspace_id,
        .account_id = pg_uuid(r, row, COL_ACCOUNT),
        .person = {.id = pg_uuid(r, row, COL_ID), .campaign_id = pg_uuid(r, row, COL_CAMPAIGN)}};
    if (look->job.kind == SYNC_RELATIONS) {
        e.person.finding = FINDING_CONNECTED;
        e.person.happened_at_ms = f->at_ms;
    } else {
        e.person.finding = FINDING_REPLY;
        e.person.happened_at_ms = f->at_ms;
        e.person.reply_class = f->reply_class;
        if (uuid_equal(&e.account_id, &look->job.account_id))
            memcpy(e.person.chat_id, f->chat_id, sizeof(f->chat_id));
        memcpy(e.person.message_id, f->message_id, sizeof(f->message_id));
    }
    bool one_person = look->job.kind == SYNC_RELATIONS ||
                      strcmp(f->chat_id, pg_text(r, row, COL_CHAT)) == 0; /* of our own message */
    news_add(&look->news, &e, f->chat_id, one_person);
}

static void on_asked(void *ctx, const char *trouble)
{
    struct look *look = ctx;
    if (look->sync->worker->phase == WORKER_LEAVE)
        look_free(look);
    else
        finish(look, !trouble, trouble ? trouble : "");
}

/* All pages have been read. */
static void read_whole(struct look *look)
{
    if (look->job.kind != SYNC_RELATIONS) {
        finish(look, true, "");
        return;
    }
    look->unaccepted = (struct unaccepted){
        .worker = look->sync->worker, .job = &look->job, .done = on_asked, .ctx = look};
    unaccepted_ask(&look->unaccepted, &look->sync->params);
}

/* The i-th message that was found, in its chat as far as this page shows it. */
static bool is_reply(const struct look *look, size_t i, const struct pg_result *r, int row)
{
    const struct reply_contact contact = {
        "", reply_contact_ms(pg_time_ms(r, row, COL_CONTACTED_AT), pg_time_ms(r, row, COL_SINCE))};
    struct reply_message messages[UNIPILE_ITEMS_MAX];
    size_t count = 0;
    size_t at = 0;
    for (size_t j = 0; j < look->found_count; j++) {
        const struct found *f = &look->found[j];
        if (strcmp(f->chat_id, look->found[i].chat_id) != 0)
            continue;
        if (j == i)
            at = count;
        messages[count++] = (struct reply_message){f->message_id, f->at_ms, f->own};
    }
    int64_t since_ms = reply_since_ms(&contact);
    bool first_page = !look->more && look->pages == 1;
    bool whole = look->oldest_ms < since_ms || (first_page && look->job.watermark_ms < since_ms);
    struct uuid account = pg_uuid(r, row, COL_ACCOUNT);
    /* what this account wrote itself stands for nothing that another one wrote */
    bool ours = uuid_equal(&account, &look->job.account_id);
    const struct reply_chat chat = {messages, count, whole && ours};
    return reply_is(&contact, &chat, at);
}

/* Is this finding news about this person? */
static bool is_news(const struct look *look, size_t i, const struct pg_result *r, int row)
{
    if (look->job.kind == SYNC_RELATIONS)
        return strcmp(pg_text(r, row, COL_STATUS), "connection_request_sent") == 0;
    return !look->found[i].own && is_reply(look, i, r, row);
}

static bool is_about(const struct look *look, size_t i, const struct pg_result *r, int row)
{
    const struct found *f = &look->found[i];
    if (*f->person && strcmp(f->person, pg_text(r, row, COL_SENDER)) == 0)
        return true;
    return look->job.kind == SYNC_RELATIONS && *f->vanity &&
           strcmp(f->vanity, pg_text(r, row, COL_VANITY)) == 0;
}

static void on_people(void *ctx, enum pg_failure failure, const struct pg_result *r,
                      const char *error)
{
    struct look *look = ctx;
    if (failure) {
        log_warn(look->sync->worker->log, "sync_lookup_failed", LOG_MSG(error));
        finish(look, false, "postgres");
        return;
    }
    for (int row = 0; row < pg_rows(r); row++) {
        for (size_t i = 0; i < look->found_count; i++) {
            if (is_about(look, i, r, row) && is_news(look, i, r, row))
                tell(look, &look->found[i], r, row);
        }
    }
    news_tell(&look->news);
}

static void look_up(struct look *look)
{
    struct sync *s = look->sync;
    if (look->found_count == 0) {
        if (look->more)
            read_page(look);
        else
            read_whole(look);
        return;
    }
    pg_params_reset(&s->params);
    pg_add_uuid(&s->params, &look->job.account_id);
    pg_array_open(&s->params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < look->found_count; i++)
        pg_item_text(&s->params, look->found[i].person);
    pg_array_close(&s->params);
    bool replies = look->job.kind == SYNC_REPLIES;
    if (replies) {
        pg_add_uuid(&s->params, &look->job.workspace_id);
    } else {
        pg_array_open(&s->params, PG_ARRAY_TEXT);
        for (size_t i = 0; i < look->found_count; i++)
            pg_item_text(&s->params, look->found[i].vanity);
        pg_array_close(&s->params);
    }
    pg_async_send(s->worker->util, replies ? "sync_people" : "sync_invited",
                  replies ? people_sql : invited_sql, &s->params, on_people, look);
    pg_async_sync(s->worker->util);
}

static void keep_name(const char *name, char *out, size_t out_bytes)
{
    struct identity identity;
    out[0] = '\0';
    if (identity_parse(name, &identity) == IDENTITY_OK && identity.kind == IDENTITY_VANITY)
        (void)snprintf(out, out_bytes, "%s", identity.text);
}

static void keep(struct look *look, const struct unipile_item *item)
{
    struct found *f = &look->found[look->found_count];
    bool own = look->job.kind == SYNC_REPLIES && !item->inbound;
    if ((!own && !*item->person && !*item->name) || look->found_count == UNIPILE_ITEMS_MAX)
        return;
    keep_name(item->name, f->vanity, sizeof(f->vanity));
    (void)snprintf(f->person, sizeof(f->person), "%s", item->person);
    (void)snprintf(f->chat_id, sizeof(f->chat_id), "%s", item->chat_id);
    (void)snprintf(f->message_id, sizeof(f->message_id), "%s", item->message_id);
    f->at_ms = item->at_ms;
    f->own = own;
    f->reply_class = reply_classify(look->sync->worker->settings, item->text);
    look->found_count++;
}

static void page_failed(struct look *look, const struct unipile_read *read)
{
    struct worker *w = look->sync->worker;
    log_warn(w->log, "sync_failed", LOG_UUID("account", &look->job.account_id),
             LOG_STR("kind", sync_kind_name(look->job.kind)), LOG_STR("type", read->error_type));
    finish(look, false, read->error_type);
}

/* What the page says has been told, or could not be made sure of. */
static void on_told(void *ctx, const struct unipile_read *failed)
{
    struct look *look = ctx;
    if (failed && look->sync->worker->phase == WORKER_LEAVE)
        look_free(look);
    else if (failed)
        page_failed(look, failed);
    else if (look->more)
        read_page(look);
    else
        read_whole(look);
}

static int pages_max(const struct look *look)
{
    if (look->job.watermark_ms > 0)
        return PAGES_MAX;
    return look->job.kind == SYNC_RELATIONS ? RELATION_PAGES_MAX : REPLY_PAGES_MAX;
}

static void on_page(void *ctx, const struct unipile_read *read)
{
    struct look *look = ctx;
    bool relations = look->job.kind == SYNC_RELATIONS;
    bool old = false; /* newest first: what follows was seen by an earlier look */
    reads_ended(look->sync->worker, &look->job.workspace_id, &look->job.account_id, read);
    if (look->sync->worker->phase == WORKER_LEAVE) { /* cut off by our own end: nothing was seen */
        look_free(look);
        return;
    }
    if (read->result != UNIPILE_READ_OK) {
        page_failed(look, read);
        return;
    }
    if (read->broken > 0)
        log_warn(look->sync->worker->log, "sync_elements_left_out",
                 LOG_UUID("account", &look->job.account_id), LOG_INT("elements", read->broken));
    look->found_count = 0;
    look->oldest_ms = INT64_MAX;
    for (size_t i = 0; i < read->items_count; i++) {
        keep(look, &read->items[i]);
        if (read->items[i].at_ms && read->items[i].at_ms < look->oldest_ms)
            look->oldest_ms = read->items[i].at_ms;
        old = old ||
              (relations && read->items[i].at_ms && read->items[i].at_ms < look->job.watermark_ms);
    }
    /* a cursor that repeats would never end */
    look->more = *read->cursor && strcmp(read->cursor, look->cursor) != 0 && !old &&
                 strlen(read->cursor) < sizeof(look->cursor);
    bool enough = look->pages >= pages_max(look);
    look->cut = look->more && enough && look->job.watermark_ms > 0;
    look->more = look->more && !enough;
    if (look->cut)
        log_warn(look->sync->worker->log, "sync_cut", LOG_UUID("account", &look->job.account_id),
                 LOG_INT("pages", look->pages));
    (void)snprintf(look->cursor, sizeof(look->cursor), "%s", look->more ? read->cursor : "");
    look_up(look);
}

static void read_page(struct look *look)
{
    struct worker *w = look->sync->worker;
    const struct sync_job *job = &look->job;
    if (paused_has(w->paused, &job->workspace_id)) {
        finish(look, false, "paused");
        return;
    }
    if (!look->found)
        look->found = sam_xcalloc(UNIPILE_ITEMS_MAX, sizeof(*look->found));
    look->pages++;
    reads_begun(w);
    if (job->kind == SYNC_RELATIONS)
        unipile_relations(w->unipile, job->unipile_account, look->cursor, on_page, look);
    else
        unipile_messages(w->unipile, job->unipile_account, job->watermark_ms, look->cursor, on_page,
                         look);
}

static void on_current(void *ctx, enum pg_failure failure, const struct pg_result *r,
                       const char *error)
{
    struct look *look = ctx;
    struct worker *w = look->sync->worker;
    if (failure) {
        log_warn(w->log, "sync_lookup_failed", LOG_MSG(error));
        finish(look, false, "postgres");
    } else if (pg_rows(r) == 0) {
        metrics_add(w->metrics, METRIC_JOBS_STALE, 1);
        settle(look);
    } else if (w->phase != WORKER_RUN) {
        look_free(look);
    } else {
        read_page(look);
    }
}

/* Old jobs come again when offsets are reset: nothing is read for them. */
static void begin(struct look *look)
{
    struct sync *s = look->sync;
    look->begun = true;
    look->begun_db_ms = worker_db_now_ms(s->worker, clock_boot_ms());
    s->running++;
    pg_params_reset(&s->params);
    pg_add_uuid(&s->params, &look->job.account_id);
    pg_add_text(&s->params, sync_kind_name(look->job.kind));
    pg_add_i32(&s->params, (int32_t)look->job.dispatch);
    pg_async_send(s->worker->util, "sync_current", current_sql, &s->params, on_current, look);
    pg_async_sync(s->worker->util);
}

static struct look *first_waiting(const struct sync *s)
{
    struct look *look = TAILQ_FIRST(&s->looks);
    while (look && look->begun)
        look = TAILQ_NEXT(look, link);
    return look;
}

void sync_advance(struct sync *s)
{
    struct worker *w = s->worker;
    struct look *look;
    size_t share = (size_t)w->settings->unipile.max_in_flight / SYNCS_AT_ONCE;
    size_t at_once = share > SYNCS_AT_ONCE ? share : SYNCS_AT_ONCE;
    while (s->running < at_once && w->phase == WORKER_RUN && !stops_claims(w->stops) &&
           unipile_room(w->unipile) > 0 && pg_async_up(w->util) && paused_known(w->paused) &&
           (look = first_waiting(s)))
        begin(look);
}
