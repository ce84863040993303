/* Sync (design 3.11): one look at an account for acceptances or replies. Pages are read, the people
 * behind them are looked up, findings go to the ledger; the end of the look is an event as well, so
 * that the schedule knows of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "worker/reads.h"
#include "worker/replies.h"
#include "worker/sync_people.h"
#include "worker/unaccepted.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define SYNCS_AT_ONCE      8   /* and one in so many of the places in flight */
#define PAGES_MAX          100 /* since the last look; more is read by the next one, again */
#define RELATION_PAGES_MAX 5   /* of the first look, newest first: what is older is no news, */
#define REPLY_PAGES_MAX    20  /* for nobody had been written to */
/* How far the lists may lag behind what they tell (facts/unipile.md sections 8 and 9). */
#define RELATIONS_LAG_MS (12 * HOUR_MS)
#define REPLIES_LAG_MS   (2 * MINUTE_MS)

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

static void destroy(struct look *look)
{
    news_deinit(&look->news);
    if (look->unknowns)
        unknowns_deinit(look->unknowns);
    free(look->unknowns);
    free(look->found);
    free(look);
}

static void look_free(struct look *look)
{
    struct sync *s = look->sync;
    TAILQ_REMOVE(&s->looks, look, link);
    s->count--;
    s->running -= look->begun ? 1 : 0;
    destroy(look);
}

void sync_free(struct sync *s)
{
    if (!s)
        return;
    struct look *next;
    for (struct look *look = TAILQ_FIRST(&s->looks); look; look = next) {
        next = TAILQ_NEXT(look, link);
        destroy(look);
    }
    pg_params_deinit(&s->params);
    free(s);
}

size_t sync_count(const struct sync *s)
{
    return s->count;
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

static void on_asked(void *ctx, const char *trouble)
{
    struct look *look = ctx;
    if (look->sync->worker->phase == WORKER_LEAVE)
        look_free(look);
    else
        finish(look, !trouble, trouble ? trouble : "");
}

static void on_unknowns(void *ctx)
{
    struct look *look = ctx;
    if (look->sync->worker->phase == WORKER_LEAVE)
        look_free(look);
    else
        finish(look, true, ""); /* what it was for has been read, whatever became of these */
}

static void ask_for_unknowns(struct look *look)
{
    look->unknowns = sam_xcalloc(1, sizeof(*look->unknowns));
    look->unknowns->worker = look->sync->worker;
    look->unknowns->job = &look->job;
    look->unknowns->partition = look->partition;
    look->unknowns->begun_ms = look->begun_db_ms;
    look->unknowns->done = on_unknowns;
    look->unknowns->ctx = look;
    unknowns_ask(look->unknowns, &look->sync->params);
}

/* All pages have been read. */
static void read_whole(struct look *look)
{
    if (look->job.kind == SYNC_REPLIES) {
        ask_for_unknowns(look);
        return;
    }
    look->unaccepted = (struct unaccepted){
        .worker = look->sync->worker, .job = &look->job, .done = on_asked, .ctx = look};
    unaccepted_ask(&look->unaccepted, &look->sync->params);
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
    sync_people_found(look, r);
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
    sync_people_ask(look, s->worker->util, &s->params, on_people);
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
