#include "worker/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/adapters/leaving.h"
#include "common/adapters/startup.h"
#include "common/base/clock.h"
#include "worker/dead_letters.h"
#include "worker/gate_look.h"
#include "worker/queues.h"
#include "worker/worker_main.h"

#include "common/base/banned.h"

#define HEARTBEAT_MS 1000

/* Everything that only the main file needs. */
struct app {
    struct worker w;
    struct loop_watch *signals;
    int signal_fd;
    struct loop_timer heartbeat;
    bool postgres_silent;
    int exit_code;
};

static void reason(struct worker *w, const char *what, const char *text)
{
    admin_reason_set(w->admin, what, text);
}

/* ---- what is told of the ledger and the clock ----------------------------------------------- */

static void on_reconnected(void *ctx)
{
    struct worker *w = ctx;
    gate_shut(w->gate, "the ledger's connection is fresh");
}

static void on_applied(void *ctx, int32_t partition, int64_t next_offset)
{
    struct worker *w = ctx;
    gate_seen(w->gate, partition, next_offset);
}

static void on_touched(void *ctx, const struct uuid *account_id)
{
    struct worker *w = ctx;
    accounts_touch(w->accounts, account_id);
}

static void on_ledger_state(void *ctx, const char *what, const char *text)
{
    struct worker *w = ctx;
    reason(w, what, text);
}

/* Without the clock and what is paused nothing is read, and so hardly anything sent: that is said.
 */
static void tell_clock(struct worker *w, enum pg_failure failure, const char *error)
{
    char text[ADMIN_TEXT_BYTES];
    bool untold = failure && failure != PG_LOST; /* that one is told by the connection */
    if (untold) {
        (void)snprintf(text, sizeof(text), "Postgres does not tell the time and what is paused: %s",
                       error);
        if (!w->clock_untold)
            log_warn(w->log, "clock_untold", LOG_MSG(text));
    }
    if (untold || w->clock_untold)
        reason(w, "clock", untold ? text : NULL);
    w->clock_untold = untold;
}

static void on_clock(void *ctx, enum pg_failure failure, const struct pg_result *r,
                     const char *error)
{
    struct worker *w = ctx;
    w->clock_asked = false;
    tell_clock(w, failure, error);
    if (failure || pg_rows(r) == 0)
        return;
    paused_set(w->paused, r, 2);
    int64_t now = clock_boot_ms();
    const struct clock_reading reading = {pg_time_ms(r, 0, 1), w->clock_asked_boot_ms, now,
                                          clock_wall_ms()};
    stops_clock(w->stops, &reading);
    works_clock(w, pg_time_ms(r, 0, 0), now);
}

/* What is asked every second: early jobs wait by our own clock, and without claims nothing else
 * would tell how the database's goes; what is paused meanwhile, nothing is to be read for. */
static const char clock_sql[] = "SELECT t.now, t.clock, w.id FROM (SELECT sam_now() AS now, "
                                "clock_timestamp() AS clock) t LEFT JOIN workspaces w "
                                "ON w.paused_at IS NOT NULL";

static void ask_clock(struct worker *w)
{
    if (!pg_async_up(w->util) || w->clock_asked)
        return;
    w->clock_asked = true;
    w->clock_asked_boot_ms = clock_boot_ms();
    pg_async_send(w->util, "clock", clock_sql, NULL, on_clock, w);
    pg_async_sync(w->util);
}

static void on_util(void *ctx, bool up, const char *why)
{
    struct worker *w = ctx;
    reason(w, "postgres", up ? NULL : why);
    w->gate_asked = false;
    w->clock_asked = false;
    if (!up)
        return;
    gate_shut(w->gate, "a connection to Postgres is fresh");
    paused_forget(w->paused);
    ask_clock(w);
}

/* ---- turns ---------------------------------------------------------------------------------- */

/* One claim at a time while little is to be done, so that its batch fills; more beside it only when
 * there is work for a good part of a batch. */
static void begin_claims(struct worker *w)
{
    size_t busy = 0;
    for (size_t i = 0; i < WORKER_CLAIMS_MAX; i++)
        busy += claim_busy(w->claims[i]) ? 1 : 0;
    size_t enough = busy == 0 ? 1 : (size_t)w->settings->worker.batch / 4 + 1;
    for (size_t i = 0; i < WORKER_CLAIMS_MAX && w->ready_count >= enough; i++) {
        if (!claim_idle(w->claims[i]))
            continue;
        claim_begin(w->claims[i]);
        enough = (size_t)w->settings->worker.batch / 4 + 1;
    }
}

static bool drained(const struct worker *w)
{
    for (size_t i = 0; i < WORKER_CLAIMS_MAX; i++) {
        if (claim_busy(w->claims[i]))
            return false;
    }
    return w->sending == 0 && outgoing_count(w->outgoing) == 0;
}

static void leave(struct app *app, const char *how)
{
    app->w.phase = WORKER_LEAVE;
    log_info(app->w.log, "leaving", LOG_STR("how", how), LOG_INT("sending", app->w.sending));
    leaving_within(app->w.log, LEAVING_MS);
    loop_stop(app->w.loop);
}

static void drain(struct app *app, const char *why)
{
    struct worker *w = &app->w;
    log_info(w->log, "draining", LOG_INT("sending", w->sending),
             LOG_INT("timeout_seconds", w->settings->worker.drain_timeout_ms / SECOND_MS));
    w->phase = WORKER_DRAIN;
    w->drain_until_boot_ms = clock_boot_ms() + w->settings->worker.drain_timeout_ms;
    reason(w, "draining", why);
    consume_leave(w);
    accounts_leave(w->accounts);
}

/* A broken producer takes nothing any more, for ever: the ends of the calls that are under way go
 * to the outbox, or their items would be unknown; then this process makes room for a new one. */
static void look_at_kafka(struct app *app)
{
    if (app->exit_code || !kafka_producer_broken(app->w.kafka))
        return;
    log_error(app->w.log, "kafka_producer_lost",
              LOG_MSG("this process drains and ends, to be started anew"));
    app->exit_code = 1;
    if (app->w.phase == WORKER_RUN)
        drain(app, "Kafka's producer is broken, or another Kafka answers: calls under way end, "
                   "nothing new is begun");
}

/* Others, who know the schema, take the partitions; without them an event that is new to us would
 * halt one for everybody. What is under way ends as at SIGTERM. */
static void look_at_schema(struct app *app)
{
    struct worker *w = &app->w;
    if (!gate_outdated(w->gate))
        return;
    ledger_leave(w->ledger);
    if (w->phase != WORKER_RUN)
        return;
    log_error(w->log, "program_outdated", LOG_STR("why", gate_trouble(w->gate)),
              LOG_MSG("this process gives its partitions to others, drains and ends"));
    app->exit_code = 1;
    drain(app, "the database needs later programs: calls under way end, nothing new is begun");
}

static void drain_step(struct app *app)
{
    struct worker *w = &app->w;
    int64_t now = loop_now_ms(w->loop);
    if (drained(w)) {
        leave(app, "drained");
        return;
    }
    /* shortly before the end, what Kafka has not taken goes to the outbox */
    int64_t left = w->drain_until_boot_ms - now;
    bool late = left < 2 * SECOND_MS || (left < 5 * SECOND_MS && !kafka_producer_up(w->kafka)) ||
                kafka_producer_broken(w->kafka);
    if (late && pg_async_up(w->util))
        outgoing_to_outbox(w->outgoing);
    if (now >= w->drain_until_boot_ms)
        leave(app, "drain_timeout");
}

static void on_turn(void *ctx)
{
    struct app *app = ctx;
    struct worker *w = &app->w;
    admin_turned(w->admin, loop_now_ms(w->loop));
    gate_look_hurry(w);
    look_at_kafka(app);
    look_at_schema(app);
    if (w->phase == WORKER_DRAIN)
        drain_step(app);
    else if (!stops_claims(w->stops))
        begin_claims(w);
}

static void tell_kafka(struct worker *w)
{
    const char *trouble = kafka_producer_trouble(w->kafka);
    if (!trouble && w->consumer)
        trouble = kafka_consumer_trouble(w->consumer);
    if (!trouble)
        trouble = ledger_refused(w->ledger);
    metrics_set(w->metrics, METRIC_KAFKA_UP, kafka_producer_connected(w->kafka) ? 1 : 0);
    reason(w, "kafka", trouble);
}

/* The worst of our sessions; and a server that is there, but stands still. */
static void tell_postgres(struct app *app)
{
    struct worker *w = &app->w;
    int64_t silent_ms = w->clock_asked ? clock_boot_ms() - w->clock_asked_boot_ms : 0;
    bool silent = silent_ms >= PG_SILENT_MS;
    bool up = pg_async_up(w->util) && ledger_up(w->ledger) && !silent;
    if (silent) {
        char why[80];
        (void)snprintf(why, sizeof(why), "no answer for %" PRId64 " s", silent_ms / SECOND_MS);
        reason(w, "postgres", why);
    } else if (app->postgres_silent && pg_async_up(w->util)) {
        reason(w, "postgres", NULL);
    }
    app->postgres_silent = silent;
    for (size_t i = 0; i < WORKER_CLAIMS_MAX; i++)
        up = up && claim_up(w->claims[i]);
    metrics_set(w->metrics, METRIC_POSTGRES_UP, up ? 1 : 0);
}

static void on_heartbeat(void *ctx)
{
    struct app *app = ctx;
    loop_timer_after(app->w.loop, &app->heartbeat, HEARTBEAT_MS);
    sync_advance(app->w.sync);
    consume_tend(&app->w);
    ledger_tend(app->w.ledger);
    ask_clock(&app->w);
    tell_kafka(&app->w);
    tell_postgres(app);
    queues_show(&app->w);
    if (app->w.phase == WORKER_RUN) /* leaving would wait for the answer */
        topics_watch_look(app->w.topics_watch, app->w.kafka, loop_now_ms(app->w.loop));
    reason(&app->w, "outgoing", outgoing_trouble(app->w.outgoing));
    reason(&app->w, "topics", topics_watch_trouble(app->w.topics_watch));
}

static void on_kafka(void *ctx, unsigned events)
{
    struct worker *w = ctx;
    (void)events;
    kafka_producer_poll(w->kafka);
}

static void on_signal(void *ctx, unsigned events)
{
    struct app *app = ctx;
    struct signalfd_siginfo info;
    (void)events;
    if (read(app->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    if (app->w.phase != WORKER_RUN) {
        app->exit_code = 1;
        leave(app, "second_signal");
        return;
    }
    drain(app, "a signal: calls under way end, nothing new is begun");
}

/* ---- building ------------------------------------------------------------------------------- */

static int open_signals(struct app *app)
{
    app->signal_fd = startup_signal_fd();
    if (app->signal_fd < 0)
        return app->signal_fd;
    app->signals = loop_watch(app->w.loop, app->signal_fd, LOOP_READ, on_signal, app);
    return app->signals ? 0 : -errno;
}

static int open_unipile(struct worker *w, char *why, size_t why_bytes)
{
    const struct settings *s = w->settings;
    const struct unipile_options options = {.base_url = s->unipile.base_url,
                                            .api_key = s->unipile.api_key,
                                            .timeout_ms = s->unipile.timeout_ms,
                                            .connect_timeout_ms = s->unipile.connect_timeout_ms,
                                            .max_in_flight = (size_t)s->unipile.max_in_flight};
    return unipile_new(w->loop, w->log, &options, &w->unipile, why, why_bytes);
}

static int open_ledger(struct worker *w, char *why, size_t why_bytes)
{
    const struct settings *s = w->settings;
    const struct ledger_options options = {
        .loop = w->loop,
        .log = w->log,
        .metrics = w->metrics,
        .postgres = {.conninfo = s->postgres.conninfo,
                     .application_name = "sam-worker ledger",
                     .lock_timeout_ms = 10 * SECOND_MS,
                     .statement_timeout_ms = 60 * SECOND_MS,
                     .by_index = true},
        .kafka = {.bootstrap_servers = s->kafka.bootstrap_servers,
                  .client_id = "sam-worker-ledger",
                  .properties = (const char *const *)s->kafka.properties,
                  .log = w->log},
        .facts = w->facts,
        .topic = w->topic_events,
        .group = w->group_ledger,
        .ledger_id = w->ledger_id,
        .batch = 2 * (size_t)s->worker.batch, /* two events a send */
        .replies_ms = s->producer.replies_every_ms,
        .relations_ms = s->producer.relations_every_ms / 2,
        .state = on_ledger_state,
        .reconnected = on_reconnected,
        .applied = on_applied,
        .touched = on_touched,
        .ctx = w};
    return ledger_new(&options, &w->ledger, why, why_bytes);
}

static void open_accounts(struct worker *w)
{
    const struct settings *s = w->settings;
    const struct accounts_options options = {
        .loop = w->loop,
        .log = w->log,
        .metrics = w->metrics,
        .postgres = {.conninfo = s->postgres.conninfo,
                     .application_name = "sam-worker accounts",
                     .lock_timeout_ms = SECOND_MS,
                     .statement_timeout_ms = 5 * SECOND_MS,
                     .by_index = true},
        .kafka = {.bootstrap_servers = s->kafka.bootstrap_servers,
                  .client_id = "sam-worker-accounts",
                  .properties = (const char *const *)s->kafka.properties,
                  .log = w->log},
        .topic = w->topic_accounts,
        .facts = w->facts,
        .gate = w->gate,
        .ledger = w->ledger,
        .topics = w->topics_watch};
    w->accounts = accounts_new(&options);
}

static void open_postgres(struct worker *w)
{
    const struct pg_options options = {.conninfo = w->settings->postgres.conninfo,
                                       .application_name = "sam-worker util",
                                       .lock_timeout_ms = 5 * SECOND_MS,
                                       .statement_timeout_ms = 30 * SECOND_MS,
                                       .by_index = true};
    w->util = pg_async_new(w->loop, &options, w->log, on_util, w);
    for (int i = 0; i < WORKER_CLAIMS_MAX; i++)
        w->claims[i] = claim_new(w, i + 1);
}

static void names(struct worker *w)
{
    w->topics[0] = settings_topic(w->settings, "sam.jobs");
    w->topics[1] = settings_topic(w->settings, "sam.sync");
    w->topic_events = settings_topic(w->settings, "sam.events");
    w->topic_dead = settings_topic(w->settings, "dlq.sam.jobs");
    w->topic_accounts = settings_topic(w->settings, "sam.accounts");
    w->group_workers = settings_topic(w->settings, "sam-workers");
    w->group_ledger = settings_topic(w->settings, "sam-ledger");
}

static int build(struct app *app, char *why, size_t why_bytes)
{
    struct worker *w = &app->w;
    int r;
    w->facts = facts_new(w->settings);
    w->gate = gate_new(w->partitions, w->topic_events, &w->ledger_id, w->log);
    w->gate_floor = gate_floor_new(w->gate);
    w->topics_watch = topics_watch_new(w->settings, w->partitions, w->log, w->metrics);
    w->outgoing = outgoing_new(w);
    w->dead_letters = dead_letters_new(w);
    w->sync = sync_new(w);
    w->stops = stops_new(w);
    w->paused = paused_new();
    w->db_minus_boot_ms = clock_wall_ms() - clock_boot_ms();
    works_init(w);
    w->kafka_watch = loop_watch(w->loop, kafka_producer_fd(w->kafka), LOOP_READ, on_kafka, w);
    if (!w->kafka_watch)
        return -errno;
    reason(w, "gate", "the ledger has not been applied yet");
    reason(w, "jobs", "no partitions of sam.jobs were assigned yet");
    open_postgres(w);
    if ((r = open_unipile(w, why, why_bytes)) != 0 || (r = open_ledger(w, why, why_bytes)) != 0 ||
        (r = consume_new(w, why, why_bytes)) != 0)
        return r;
    open_accounts(w);
    gate_look_begin(w);
    app->heartbeat.fn = on_heartbeat;
    app->heartbeat.ctx = app;
    loop_timer_after(w->loop, &app->heartbeat, HEARTBEAT_MS);
    loop_on_turn(w->loop, on_turn, app);
    return 0;
}

static void tear_down(struct app *app)
{
    struct worker *w = &app->w;
    unipile_free(w->unipile); /* answers the calls that are left, to parts that are all there yet */
    if (kafka_producer_flush(w->kafka, SECOND_MS) != 0) /* before anything that may not end */
        log_warn(w->log, "kafka_unflushed", LOG_INT("messages", kafka_producer_pending(w->kafka)));
    consume_free(w);
    accounts_free(w->accounts);
    ledger_free(w->ledger);
    loop_unwatch(w->loop, w->kafka_watch);
    for (int i = 0; i < WORKER_CLAIMS_MAX; i++)
        claim_leave(w->claims[i]);
    topics_watch_free(w->topics_watch);
    kafka_producer_free(w->kafka); /* reports on every event that is with it */
    for (int i = 0; i < WORKER_CLAIMS_MAX; i++)
        claim_free(w->claims[i]);
    pg_async_free(w->util);
    outgoing_free(w->outgoing);
    dead_letters_free(w->dead_letters);
    sync_free(w->sync);
    stops_free(w->stops);
    paused_free(w->paused);
    while (!TAILQ_EMPTY(&w->works))
        work_drop(TAILQ_FIRST(&w->works));
    timers_deinit(&w->due);
    gate_floor_free(w->gate_floor);
    gate_free(w->gate);
    facts_free(w->facts);
    free(w->topics[0]);
    free(w->topics[1]);
    free(w->topic_events);
    free(w->topic_dead);
    free(w->topic_accounts);
    free(w->group_workers);
    free(w->group_ledger);
    loop_unwatch(w->loop, app->signals);
    if (app->signal_fd >= 0)
        (void)close(app->signal_fd);
}

int worker_run(const struct worker_parts *parts)
{
    struct app *app = sam_xcalloc(1, sizeof(*app));
    struct worker *w = &app->w;
    char why[300] = "";
    w->settings = parts->settings;
    w->log = parts->log;
    w->metrics = parts->metrics;
    w->admin = parts->admin;
    w->loop = parts->loop;
    w->kafka = parts->kafka;
    w->partitions = parts->partitions;
    w->ledger_id = parts->ledger_id;
    app->signal_fd = -1;
    names(w);
    int r = open_signals(app);
    if (r == 0)
        r = build(app, why, sizeof(why));
    if (r == 0) {
        admin_reason_set(w->admin, "starting", NULL);
        r = loop_run(w->loop);
    } else {
        log_error(w->log, "cannot_start", LOG_MSG(why[0] ? why : strerror(-r)));
    }
    tear_down(app);
    int code = r ? 1 : app->exit_code;
    free(app);
    return code;
}
