#include "worker/accounts.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/base/clock.h"
#include "common/base/fnv1a.h"
#include "worker/accounts_read.h"
#include "worker/accounts_seen.h"
#include "worker/accounts_trouble.h"

#include "common/base/banned.h"

#define TURN_MS   SECOND_MS
#define WALK_ROWS 500              /* accounts of a turn, whoever owns them */
#define WALK_MS   (3 * SECOND_MS)  /* from one walk over all of them to the next, at least */
#define QUIET_MS  (30 * SECOND_MS) /* after a failure */
/* Of this worker: no more than can be looked at within a minute, as where something waits each is
 * due again after one. */
#define ACCOUNTS_MAX ((size_t)12000)
static_assert(ACCOUNTS_MAX <= ACCOUNTS_READ_MAX * MINUTE_MS / TURN_MS, "else looks fall behind");
/* What the owner of before had under way when it lost its partitions may come after our first
 * records: it lives for 30 s at most (kafka_producer.c: message.timeout.ms). */
#define OTHERS_MS   (35 * SECOND_MS)
#define PENDING_MAX ((size_t)500) /* records that Kafka has not acknowledged */

/* $1 partitions, $2 ours, $3 the last account of the turn before, $4 rows. Whoever changes how an
 * account stands changes one of these rows: the account's own (status, limits), its schedule
 * (publish, claim, plan, apply), its workspace (pause) or its campaigns (of fifty at most). xmin is
 * the transaction that wrote a row. */
static const char walk_sql[] =
    "SELECT a.id, a.key_hash % $1 = ANY ($2), CASE WHEN a.key_hash % $1 = ANY ($2) THEN "
    "concat_ws(':', a.mark, (SELECT xmin FROM account_schedule WHERE account_id = a.id LIMIT 1), "
    "(SELECT xmin FROM workspaces WHERE id = a.workspace_id LIMIT 1), "
    "(SELECT sum(c.mark) FROM (SELECT campaign_id FROM campaign_accounts "
    "WHERE account_id = a.id LIMIT 50) ca CROSS JOIN LATERAL (SELECT xmin::text::bigint AS mark "
    "FROM campaigns WHERE id = ca.campaign_id LIMIT 1) c)) END "
    "FROM (SELECT id, key_hash, workspace_id, xmin AS mark FROM linkedin_accounts WHERE id > $3 "
    "ORDER BY id LIMIT $4) a";

struct accounts {
    struct accounts_options o;
    struct pg_async *pg;
    struct pg_params params;
    struct accounts_read *read;
    struct accounts_seen *seen;
    struct loop_timer timer;
    struct kafka_producer *kafka; /* NULL until the topic is there */
    struct loop_watch *kafka_watch;
    uint64_t begun; /* ledger_begun() of what is seen */
    bool reading;
    bool walking;
    bool left;
    struct uuid walked; /* up to here; the null id = at the beginning */
    int64_t walk_boot_ms;
    int64_t others_until_boot_ms; /* 0 = what others wrote has come */
    int64_t quiet_until_boot_ms;
    struct accounts_trouble trouble;
};

/* A record on its way. */
struct letter {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    struct accounts *accounts;
    struct uuid account_id;
};

static void is_trouble(struct accounts *a, enum accounts_cause cause, const char *text)
{
    accounts_trouble_is(&a->trouble, cause, text, loop_now_ms(a->o.loop));
}

/* What concerns all accounts: nothing is begun for a while. */
static void go_quiet(struct accounts *a, enum accounts_cause cause, const char *text)
{
    a->quiet_until_boot_ms = loop_now_ms(a->o.loop) + QUIET_MS;
    is_trouble(a, cause, text);
}

/* ---- Kafka -------------------------------------------------------------------------------------
 */

static void on_kafka(void *ctx, unsigned events)
{
    struct accounts *a = ctx;
    (void)events;
    kafka_producer_poll(a->kafka);
}

static void close_kafka(struct accounts *a)
{
    loop_unwatch(a->o.loop, a->kafka_watch);
    kafka_producer_free(a->kafka); /* reports on what is under way */
    a->kafka_watch = NULL;
    a->kafka = NULL;
}

static bool open_kafka(struct accounts *a)
{
    char why[200] = "";
    if (a->kafka)
        return true;
    if (kafka_producer_new(&a->o.kafka, &a->kafka, why, sizeof(why)) != 0) {
        go_quiet(a, ACCOUNTS_NO_PRODUCER, why);
        return false;
    }
    a->kafka_watch = loop_watch(a->o.loop, kafka_producer_fd(a->kafka), LOOP_READ, on_kafka, a);
    if (!a->kafka_watch) {
        go_quiet(a, ACCOUNTS_NO_PRODUCER, "no watch of the producer");
        close_kafka(a);
        return false;
    }
    accounts_trouble_over(&a->trouble, ACCOUNTS_NO_PRODUCER);
    return true;
}

/* As long as there is one account whose last record was not taken, whatever became of the others'.
 */
static void look_at_lost(struct accounts *a)
{
    if (accounts_seen_lost_count(a->seen) == 0)
        accounts_trouble_over(&a->trouble, ACCOUNTS_REFUSED);
}

static void unwritten(struct accounts *a, const struct uuid *account_id, int error)
{
    metrics_add(a->o.metrics, METRIC_ACCOUNT_STATES_LOST, 1);
    accounts_seen_lost(a->seen, account_id, loop_now_ms(a->o.loop) + QUIET_MS);
    if (a->left)
        return;
    if (error != -EMSGSIZE) /* which says nothing of the others' records */
        a->quiet_until_boot_ms = loop_now_ms(a->o.loop) + QUIET_MS;
    if (accounts_seen_lost_count(a->seen) > 0) /* else it is no account of ours any more */
        is_trouble(a, ACCOUNTS_REFUSED, kafka_error_text(error));
}

static void on_delivery(struct kafka_delivery *delivery, int error, int32_t partition,
                        int64_t offset)
{
    struct letter *letter = (struct letter *)delivery;
    (void)partition;
    (void)offset;
    if (error) {
        unwritten(letter->accounts, &letter->account_id, error);
    } else {
        metrics_add(letter->accounts->o.metrics, METRIC_ACCOUNT_STATES, 1);
        accounts_seen_arrived(letter->accounts->seen, &letter->account_id);
        look_at_lost(letter->accounts);
    }
    free(letter);
}

/* state NULL: there is no such account any more; compaction takes it out of the topic. */
static void write_record(struct accounts *a, const struct uuid *account_id,
                         const struct account_state *state)
{
    struct buf record SAM_CLEANUP(buf_deinit) = BUF_INIT(RECORD_MAX_BYTES);
    struct letter *letter = sam_xcalloc(1, sizeof(*letter));
    letter->delivery.fn = on_delivery;
    letter->accounts = a;
    letter->account_id = *account_id;
    if (state)
        account_state_encode(state, &record);
    const struct cloud_event e = {.topic = a->o.topic,
                                  .key = account_id,
                                  .type = ACCOUNT_STATE_TYPE,
                                  .source = "/sam/worker",
                                  .id = state ? state->id : uuid_v7(),
                                  .value = state ? buf_text(&record) : NULL,
                                  .value_bytes = record.len,
                                  .delivery = &letter->delivery};
    int r = cloud_event_produce(a->kafka, &e);
    if (r == 0)
        return;
    unwritten(a, account_id, r);
    free(letter);
}

/* ---- looks -------------------------------------------------------------------------------------
 */

static void write_if_changed(struct accounts *a, const struct account_read *account)
{
    const struct account_state *state = &account->state;
    int64_t now_ms = loop_now_ms(a->o.loop);
    bool ours = !account->gone && ledger_owns(a->o.ledger, account->partition);
    if (account->gone)
        write_record(a, &state->account_id, NULL);
    if (!ours) {
        accounts_seen_forget(a->seen, &state->account_id);
        return;
    }
    accounts_seen_looked(a->seen, &state->account_id, now_ms, now_ms + account->again_ms);
    if (account->known &&
        accounts_seen_changed(a->seen, &state->account_id, account_state_digest(state)))
        write_record(a, &state->account_id, state);
}

static void on_read(void *ctx, const struct account_read *accounts, size_t count, const char *error)
{
    struct accounts *a = ctx;
    int64_t now_ms = loop_now_ms(a->o.loop);
    a->reading = false;
    if (a->left)
        return;
    if (error)
        go_quiet(a, ACCOUNTS_NO_READ, error);
    else
        accounts_trouble_over(&a->trouble, ACCOUNTS_NO_READ);
    for (size_t i = 0; i < count; i++) {
        if (error || !a->kafka)
            accounts_seen_looked(a->seen, &accounts[i].state.account_id, now_ms, now_ms);
        else
            write_if_changed(a, &accounts[i]);
    }
}

static void look_at_due(struct accounts *a)
{
    struct uuid ids[ACCOUNTS_READ_MAX];
    if (a->reading)
        return;
    size_t count = accounts_seen_take(a->seen, loop_now_ms(a->o.loop), ids, SAM_ARRAY_LEN(ids));
    if (count == 0)
        return;
    a->reading = true;
    accounts_read_begin(a->read, ids, count);
}

/* ---- the walk ----------------------------------------------------------------------------------
 */

static void end_walk(struct accounts *a, int64_t now_ms)
{
    char text[80];
    (void)snprintf(text, sizeof(text), "this worker tells about %zu accounts: start more workers",
                   ACCOUNTS_MAX);
    if (accounts_seen_walked(a->seen, now_ms))
        accounts_trouble_over(&a->trouble, ACCOUNTS_FULL);
    else
        is_trouble(a, ACCOUNTS_FULL, text);
    if (accounts_seen_count(a->seen) == 0) /* no read that would end it will come */
        accounts_trouble_over(&a->trouble, ACCOUNTS_NO_READ);
}

static void on_walk(void *ctx, enum pg_failure failure, const struct pg_result *r,
                    const char *error)
{
    struct accounts *a = ctx;
    int64_t now_ms = loop_now_ms(a->o.loop);
    a->walking = false;
    if (failure) {
        go_quiet(a, ACCOUNTS_NO_WALK, error);
        return;
    }
    accounts_trouble_over(&a->trouble, ACCOUNTS_NO_WALK);
    a->walked = (struct uuid){{0}};
    for (int row = 0; row < pg_rows(r); row++) {
        const struct uuid id = pg_uuid(r, row, 0);
        if (pg_bool(r, row, 1))
            accounts_seen_mark(a->seen, &id, fnv1a_mark(pg_text(r, row, 2)), now_ms);
        if (row == WALK_ROWS - 1)
            a->walked = id;
    }
    if (uuid_is_null(&a->walked))
        end_walk(a, now_ms);
}

static void walk(struct accounts *a)
{
    int64_t now_ms = loop_now_ms(a->o.loop);
    bool begins = uuid_is_null(&a->walked);
    if (a->walking || (begins && now_ms - a->walk_boot_ms < WALK_MS))
        return;
    if (begins)
        a->walk_boot_ms = now_ms;
    a->walking = true;
    pg_params_reset(&a->params);
    pg_add_i32(&a->params, gate_partitions(a->o.gate));
    ledger_add_owned(a->o.ledger, &a->params);
    pg_add_uuid(&a->params, &a->walked);
    pg_add_i64(&a->params, WALK_ROWS);
    pg_async_send(a->pg, "accounts_walk", walk_sql, &a->params, on_walk, a);
    pg_async_sync(a->pg);
}

/* ---- turns -------------------------------------------------------------------------------------
 */

/* May more be written now? */
static bool ready(struct accounts *a)
{
    if (loop_now_ms(a->o.loop) < a->quiet_until_boot_ms || !pg_async_up(a->pg))
        return false;
    int32_t partitions = topics_watch_count(a->o.topics, "sam.accounts");
    if (partitions == 0)
        is_trouble(a, ACCOUNTS_NO_TOPIC, "there is no such topic: run samctl topics create");
    if (partitions > 0)
        accounts_trouble_over(&a->trouble, ACCOUNTS_NO_TOPIC);
    if (partitions <= 0)
        return false;
    if (a->kafka && kafka_producer_broken(a->kafka)) {
        if (kafka_producer_pending(a->kafka) == 0)
            close_kafka(a); /* another one is made after the quiet time */
        go_quiet(a, ACCOUNTS_NO_PRODUCER, "the producer is broken");
        return false;
    }
    return open_kafka(a) && kafka_producer_pending(a->kafka) < PENDING_MAX;
}

/* Others may have written meanwhile: all is forgotten, when what is under way has answered. true:
 * until then nothing is begun, or it might never come to it. */
static bool begins_anew(struct accounts *a)
{
    if (a->begun == ledger_begun(a->o.ledger))
        return false;
    if (a->reading || a->walking)
        return true;
    a->begun = ledger_begun(a->o.ledger);
    a->walked = (struct uuid){{0}};
    a->walk_boot_ms = 0;
    a->others_until_boot_ms = loop_now_ms(a->o.loop) + OTHERS_MS;
    accounts_seen_clear(a->seen);
    return false;
}

/* Whatever was written so far may be overtaken by now. */
static void look_after_others(struct accounts *a)
{
    int64_t now_ms = loop_now_ms(a->o.loop);
    if (a->others_until_boot_ms == 0 || now_ms < a->others_until_boot_ms)
        return;
    a->others_until_boot_ms = 0;
    accounts_seen_doubt(a->seen, now_ms);
}

static void on_turn(void *ctx)
{
    struct accounts *a = ctx;
    loop_timer_after(a->o.loop, &a->timer, TURN_MS);
    look_after_others(a);
    look_at_lost(a); /* one may have been forgotten: it is gone, or another's */
    if (!begins_anew(a) && ready(a)) {
        walk(a);
        look_at_due(a);
    }
    metrics_set(a->o.metrics, METRIC_ACCOUNT_STATES_STALE,
                accounts_trouble_ms(&a->trouble, loop_now_ms(a->o.loop)));
}

static void on_postgres(void *ctx, bool up, const char *why)
{
    struct accounts *a = ctx;
    (void)up; /* the worker's other sessions tell it */
    (void)why;
    a->walking = false;
}

void accounts_touch(struct accounts *a, const struct uuid *account_id)
{
    if (!a->left && !uuid_is_null(account_id))
        accounts_seen_touch(a->seen, account_id, loop_now_ms(a->o.loop));
}

void accounts_leave(struct accounts *a)
{
    a->left = true;
    loop_timer_cancel(a->o.loop, &a->timer);
}

struct accounts *accounts_new(const struct accounts_options *options)
{
    struct accounts *a = sam_xcalloc(1, sizeof(*a));
    a->o = *options;
    a->trouble = (struct accounts_trouble){.log = options->log, .topic = options->topic};
    a->timer.fn = on_turn;
    a->timer.ctx = a;
    a->seen = accounts_seen_new(ACCOUNTS_MAX);
    pg_params_init(&a->params);
    a->pg = pg_async_new(options->loop, &options->postgres, options->log, on_postgres, a);
    a->read = accounts_read_new(&(struct accounts_read_options){
        .pg = a->pg, .facts = options->facts, .gate = options->gate, .done = on_read, .ctx = a});
    loop_timer_after(options->loop, &a->timer, TURN_MS);
    return a;
}

void accounts_free(struct accounts *a)
{
    if (!a)
        return;
    accounts_leave(a);
    close_kafka(a);
    pg_async_free(a->pg);
    accounts_read_free(a->read);
    accounts_seen_free(a->seen);
    pg_params_deinit(&a->params);
    free(a);
}
