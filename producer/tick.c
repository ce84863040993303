#include "producer/tick.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/adapters/leaving.h"
#include "common/adapters/topics_watch.h"
#include "common/base/clock.h"
#include "common/base/db_clock.h"
#include "common/base/due.h"
#include "producer/applied.h"
#include "producer/producer.h"

#include "common/base/banned.h"

#define ROUNDS_PER_TICK 20 /* full batches in a row before signals and topics are looked at */
#define GATE_EVERY_MS   50
#define RECONNECT_MS    1000

typedef struct batch step_fn(struct producer *);

/* How often each step has its turn at the least; a tick is the shortest. */
struct step {
    step_fn *fn;
    int64_t every_ms;
    enum metric_step name;
    bool needs_gate;
    bool needs_kafka; /* without a broker it would only mark what nobody can take */
};

/* clang-format off */
static const struct step steps[] = {
    {producer_outbox,    0,               METRIC_STEP_OUTBOX,       false,  true},
    {producer_undo,      0,               METRIC_STEP_UNDO,         true,   false},
    {producer_sweep,     SECOND_MS,       METRIC_STEP_SWEEP,        true,   false},
    {producer_expire,    SECOND_MS,       METRIC_STEP_EXPIRE,       true,   false},
    {producer_evidence,  2 * SECOND_MS,   METRIC_STEP_EVIDENCE,     true,   false},
    {producer_publish,   0,               METRIC_STEP_PUBLISH,      true,   true},
    {producer_plan,      0,               METRIC_STEP_PLAN,         true,   false},
    {producer_sync,      0,               METRIC_STEP_SYNC,         true,   true},
    {producer_give_up,   2 * SECOND_MS,   METRIC_STEP_GIVE_UP,      true,   false},
    {producer_end,       2 * SECOND_MS,   METRIC_STEP_END,          true,   false},
    {producer_complete,  2 * SECOND_MS,   METRIC_STEP_COMPLETE,     true,   false},
    {producer_forget,    MINUTE_MS,       METRIC_STEP_FORGET,       false,  false},
    {producer_count,     10 * SECOND_MS,  METRIC_STEP_COUNT,        false,  false},
    {producer_limits,    MINUTE_MS,       METRIC_STEP_LIMITS,       false,  false},
    {producer_calendar_age, HOUR_MS,     METRIC_STEP_CALENDAR_AGE, false, false},
};
/* clang-format on */

#define STEP_NAME(id, name) name,
static const char *const step_names[] = {METRIC_STEP_MAP(STEP_NAME)};
#undef STEP_NAME

struct app {
    struct producer p;
    struct startup *s;
    struct gate_floor *floor;
    struct topics_watch *topics;
    int signal_fd;
    char named[64]; /* the connection to Postgres: applied.h */
    bool stop;
    bool busy; /* the last round has left work that a next one can go on with */
    int exit_code;
    struct due due[SAM_ARRAY_LEN(steps)];
    char values[SAM_ARRAY_LEN(steps)][256]; /* that a step does not know; "" = it knows all */
    char value_said[256]; /* the last of them that was logged or met again, and when */
    int64_t value_said_ms;
    char failed[SAM_ARRAY_LEN(steps)][256]; /* why Postgres did not take it; "" = it did */
    struct db_clock clock;
};

static void reason(struct app *a, const char *what, const char *text)
{
    admin_reason_set(a->s->admin, what, text);
}

/* Waits for a signal, Kafka's reports, or the time. */
static void wait_ms(struct app *a, int64_t ms)
{
    struct pollfd fds[] = {{.fd = a->signal_fd, .events = POLLIN},
                           {.fd = kafka_producer_fd(a->p.kafka), .events = POLLIN}};
    int64_t until = clock_boot_ms() + ms;
    while (!a->stop) {
        int64_t left = until - clock_boot_ms();
        (void)poll(fds, SAM_ARRAY_LEN(fds), left > 0 ? (int)left : 0);
        if (fds[0].revents)
            a->stop = true;
        if (fds[1].revents)
            kafka_producer_poll(a->p.kafka);
        if (left <= 0)
            return;
    }
}

/* ---- gate and clock ------------------------------------------------------------------------- */

static void tell_gate(struct app *a)
{
    char text[80];
    int32_t open = gate_open_count(a->p.gate);
    int32_t all = gate_partitions(a->p.gate);
    (void)snprintf(text, sizeof(text), "the ledger is applied for %d of %d partitions", open, all);
    reason(a, "gate", open == all ? NULL : text);
    reason(a, "ledger_halted", gate_trouble(a->p.gate));
    metrics_set(a->p.metrics, METRIC_GATE_OPEN, open);
    metrics_set(a->p.metrics, METRIC_GATE_ALL, all);
}

/* Commands that let something go wait for this name. */
static enum pg_failure tell_samctl(struct app *a)
{
    char name[64] = APPLIED_PROGRAM;
    char sql[100];
    int32_t halted = gate_halted_count(a->p.gate);
    if (!gate_foreign(a->p.gate) &&
        gate_open_count(a->p.gate) + halted == gate_partitions(a->p.gate))
        (void)snprintf(name, sizeof(name), APPLIED_FORMAT, (long long)gate_positions_sum(a->p.gate),
                       halted);
    if (strcmp(name, a->named) == 0)
        return PG_FINE;
    (void)snprintf(sql, sizeof(sql), "SET application_name = '%s'", name);
    enum pg_failure failure = pg_script(a->p.pg, sql);
    if (!failure)
        memcpy(a->named, name, sizeof(name));
    return failure;
}

/* Before every round of steps, also while it is open: positions may go back or halt, and another
 * database may have been loaded, from which nothing at all may be taken. */
static enum pg_failure pass_gate(struct app *a)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    gate_write(a->p.gate, a->p.kafka, a->p.now_ms);
    kafka_producer_poll(a->p.kafka);
    gate_ask(a->p.gate, a->floor);
    enum pg_failure failure = pg_exec(a->p.pg, gate_positions_sql, NULL, &r);
    if (failure)
        gate_unread(a->p.gate, failure, pg_error(a->p.pg));
    else if (gate_positions(a->p.gate, a->floor, r) > 0 &&
             gate_open_count(a->p.gate) == gate_partitions(a->p.gate))
        log_info(a->p.log, "gate_open", LOG_INT("partitions", gate_partitions(a->p.gate)));
    tell_gate(a);
    if (!failure)
        failure = tell_samctl(a);
    return failure == PG_SCHEMA ? PG_FINE : failure; /* the gate tells of it */
}

/* sam_now() is what everything is measured with; the plain clock beside it tells whether the
 * database's clock can be trusted (a test's offset does not count). */
static enum pg_failure read_clock(struct app *a)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    char text[DB_CLOCK_TEXT_BYTES];
    bool before = db_clock_good(&a->clock);
    int64_t asked = clock_boot_ms();
    enum pg_failure failure = pg_exec(a->p.pg, "SELECT sam_now(), clock_timestamp()", NULL, &r);
    if (failure)
        return failure;
    a->p.now_ms = pg_time_ms(r, 0, 0);
    const struct clock_reading reading = {pg_time_ms(r, 0, 1), asked, clock_boot_ms(),
                                          clock_wall_ms()};
    db_clock_look(&a->clock, &reading);
    if (db_clock_good(&a->clock)) {
        if (!before)
            log_info(a->p.log, "clock_good", LOG_INT("off_ms", a->clock.off_ms));
        reason(a, "clock", NULL);
        return PG_FINE;
    }
    db_clock_text(&a->clock, text);
    if (before)
        log_error(a->p.log, "clock_off", LOG_MSG(text));
    reason(a, "clock", text);
    return PG_FINE;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static bool may_act(const struct app *a)
{
    return db_clock_good(&a->clock) && gate_open_count(a->p.gate) > 0 &&
           !topics_watch_trouble(a->topics);
}

/* A value of another release stays until somebody acts: said once, and kept in /readyz. */
static void tell_value(struct app *a, size_t step, enum pg_failure failure)
{
    const char *text = failure == PG_VALUE ? pg_error(a->p.pg) : a->p.left_out;
    if (strcmp(a->values[step], text) == 0)
        return;
    int64_t now = clock_boot_ms();
    (void)snprintf(a->values[step], sizeof(a->values[step]), "%s", text);
    /* by another step, or this one a moment ago: the same row may be due in every second round */
    bool said = strcmp(a->value_said, text) == 0 && now - a->value_said_ms < MINUTE_MS;
    if (*text && !said)
        log_error(a->p.log, "unknown_value", LOG_MSG(text));
    if (*text) {
        memcpy(a->value_said, a->values[step], sizeof(a->value_said));
        a->value_said_ms = now;
    }
    const char *first = NULL;
    for (size_t i = 0; i < SAM_ARRAY_LEN(steps) && !first; i++)
        first = a->values[i][0] ? a->values[i] : NULL;
    reason(a, "value", first);
}

/* A full disk, a read-only server, a missing right: kept in /readyz until the step passes again.
 * The log says it once a minute (said.h). */
static void tell_failed(struct app *a, size_t step, enum pg_failure failure)
{
    char *text = a->failed[step];
    bool refused = failure == PG_WAIT || failure == PG_REFUSED || failure == PG_BUG;
    if (!refused && !text[0])
        return;
    text[0] = '\0';
    if (refused)
        (void)snprintf(text, sizeof(a->failed[step]), "%s: %s", step_names[steps[step].name],
                       pg_error(a->p.pg));
    const char *first = NULL;
    for (size_t i = 0; i < SAM_ARRAY_LEN(steps) && !first; i++)
        first = a->failed[i][0] ? a->failed[i] : NULL;
    reason(a, "step", first);
}

static enum pg_failure run_step(struct app *a, size_t i, bool *ret_more)
{
    const struct step *step = &steps[i];
    int64_t now = clock_boot_ms();
    if (!due_now(&a->due[i], now) || (step->needs_kafka && !kafka_producer_up(a->p.kafka)) ||
        (step->needs_gate && !may_act(a)))
        return PG_FINE;
    due_after(&a->due[i], now, step->every_ms);
    int64_t begun_us = clock_monotonic_us();
    a->p.left_out[0] = '\0';
    struct batch b = step->fn(&a->p);
    if (!b.failure || b.failure == PG_VALUE)
        tell_value(a, i, b.failure);
    tell_failed(a, i, b.failure);
    if (b.rows > 0) {
        metrics_observe_label(a->p.metrics, METRIC_BATCH_SIZE, (int)step->name, b.rows);
        metrics_observe_label(a->p.metrics, METRIC_BATCH_SECONDS, (int)step->name,
                              clock_monotonic_us() - begun_us);
    }
    if (b.more) {
        *ret_more = true;
        due_at_once(&a->due[i]);
        a->busy = a->busy || b.rows > 0; /* a full batch that came to nothing may do so again */
    }
    if (b.again_ms > 0 && !b.more)
        due_after(&a->due[i], now, b.again_ms);
    return b.failure;
}

/* All steps in turn, again while any of them had a full batch. One that fails does not hold up the
 * others, unless the connection or the schema is at fault. */
static enum pg_failure run_steps(struct app *a)
{
    bool more = true;
    for (int round = 0; round < ROUNDS_PER_TICK && more && !a->stop; round++) {
        more = false;
        a->busy = false;
        enum pg_failure failure = read_clock(a);
        if (!failure)
            failure = pass_gate(a);
        if (failure || gate_foreign(a->p.gate))
            return failure;
        for (size_t i = 0; i < SAM_ARRAY_LEN(steps); i++) {
            failure = run_step(a, i, &more);
            if (failure == PG_LOST || failure == PG_SCHEMA)
                return failure;
            admin_turned(a->s->admin, clock_boot_ms());
        }
        kafka_producer_poll(a->p.kafka);
        admin_turned(a->s->admin, clock_boot_ms());
    }
    return PG_FINE;
}

/* Once more, until it is there: a database that is just being restored has no tables for a while,
 * and what was loaded by mistake is replaced while we wait. */
static void reconnect(struct app *a)
{
    char why[400] = "";
    char said[400] = "";
    while (!a->stop) {
        int r = startup_reconnect(a->s, why, sizeof(why));
        if (r == 0)
            return;
        reason(a, "postgres", why);
        if (r == -EPROTO && strcmp(why, said) != 0) {
            log_error(a->p.log, "schema_changed", LOG_MSG(why));
            memcpy(said, why, sizeof(said));
        }
        admin_turned(a->s->admin, clock_boot_ms());
        wait_ms(a, RECONNECT_MS);
    }
}

static void lost(struct app *a)
{
    metrics_set(a->p.metrics, METRIC_POSTGRES_UP, 0);
    log_warn(a->p.log, "postgres_lost", LOG_MSG(pg_error(a->p.pg)));
    pg_free(a->p.pg);
    a->p.pg = NULL;
    a->s->pg = NULL;
    a->named[0] = '\0';
    gate_shut(a->p.gate, "the connection to Postgres is lost");
    tell_gate(a);
    wait_ms(a, 0); /* a signal may be why it is awaited no longer */
    reconnect(a);
    a->p.pg = a->s->pg;
    if (!a->p.pg)
        return;
    reason(a, "postgres", NULL);
    metrics_set(a->p.metrics, METRIC_POSTGRES_UP, 1);
    log_info(a->p.log, "postgres_back", LOG_BOOL("connected", true));
}

static void tell_kafka(struct app *a)
{
    metrics_set(a->p.metrics, METRIC_KAFKA_UP, kafka_producer_connected(a->p.kafka) ? 1 : 0);
    reason(a, "kafka", kafka_producer_trouble(a->p.kafka));
}

static void tick(struct app *a)
{
    int64_t begun_us = clock_monotonic_us();
    enum pg_failure failure = run_steps(a);
    metrics_observe(a->p.metrics, METRIC_TURN_SECONDS, clock_monotonic_us() - begun_us);
    if (failure == PG_LOST || failure == PG_SCHEMA)
        lost(a);
    else
        startup_answered(a->s);
    tell_kafka(a);
    topics_watch_look(a->topics, a->p.kafka, clock_boot_ms());
    reason(a, "topics", topics_watch_trouble(a->topics));
    if (kafka_producer_broken(a->p.kafka)) {
        log_error(a->p.log, "kafka_producer_lost",
                  LOG_MSG("this process ends, to be started anew"));
        a->exit_code = 1;
        a->stop = true;
    }
    admin_turned(a->s->admin, clock_boot_ms());
}

static void loop(struct app *a)
{
    int64_t tick_ms = a->p.settings->producer.tick_ms;
    while (!a->stop) {
        int64_t begun = clock_boot_ms();
        tick(a);
        int64_t rest = a->busy ? 0 : tick_ms - (clock_boot_ms() - begun);
        bool waiting = gate_waiting(a->p.gate) && rest > GATE_EVERY_MS;
        wait_ms(a, waiting ? GATE_EVERY_MS : rest > 0 ? rest : 0);
    }
    leaving_within(a->p.log, LEAVING_MS);
}

int producer_run(struct startup *s, struct metrics *metrics)
{
    struct app a = {.s = s};
    struct producer *p = &a.p;
    p->settings = s->settings;
    p->log = s->log;
    p->metrics = metrics;
    p->pg = s->pg;
    p->kafka = s->kafka;
    p->ledger_id = s->ledger_id;
    p->topic_jobs = settings_topic(s->settings, "sam.jobs");
    p->topic_sync = settings_topic(s->settings, "sam.sync");
    p->topic_events = settings_topic(s->settings, "sam.events");
    p->gate = gate_new(s->partitions, p->topic_events, &p->ledger_id, p->log);
    a.floor = gate_floor_new(p->gate);
    a.topics = topics_watch_new(s->settings, s->partitions, p->log, metrics);
    p->facts = facts_new(s->settings);
    p->texts = texts_new();
    pg_params_init(&p->params);
    a.signal_fd = startup_signal_fd();
    if (a.signal_fd < 0) {
        log_error(p->log, "cannot_start", LOG_MSG(strerror(-a.signal_fd)));
        a.exit_code = 1;
    } else {
        admin_reason_set(s->admin, "starting", NULL);
        metrics_set(metrics, METRIC_POSTGRES_UP, 1);
        tell_gate(&a);
        loop(&a);
        (void)close(a.signal_fd);
    }
    s->pg = p->pg;
    pg_params_deinit(&p->params);
    texts_free(p->texts);
    facts_free(p->facts);
    topics_watch_free(a.topics);
    /* markers that are with Kafka point into the gate: it must have reported on them first */
    kafka_producer_free(s->kafka);
    s->kafka = NULL;
    producer_kafka_gone(p);
    gate_floor_free(a.floor);
    gate_free(p->gate);
    free(p->topic_jobs);
    free(p->topic_sync);
    free(p->topic_events);
    return a.exit_code;
}
