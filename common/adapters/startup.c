#include "common/adapters/startup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#include "common/adapters/migrate.h"
#include "common/adapters/topic_rules.h"
#include "common/base/clock.h"
#include "common/model/topic.h"

#include "common/base/banned.h"

#define WHY_BYTES        1200
#define TRY_EVERY_MS     1000
#define REMIND_EVERY_MS  MINUTE_MS
#define KAFKA_TIMEOUT_MS 3000
#define STATEMENT_MS     MINUTE_MS
#define FORGET_AFTER     5 /* tries, some 20 s */

static void signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGHUP);
}

void startup_block_signals(void)
{
    sigset_t set;
    signals(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

int startup_signal_fd(void)
{
    sigset_t set;
    signals(&set);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* What OpenSSL says, which libpq and librdkafka pass on at length, leaves out what is wrong. */
static const char *plain_error(const char *text)
{
    return strstr(text, "certificate verify failed")
               ? "its certificate is not accepted: has it expired, is it of another authority, or "
                 "for another name? `openssl s_client -connect` shows it"
               : text;
}

static void no_answer(struct startup *s, const char *about, char *why, size_t why_bytes)
{
    kafka_producer_poll(s->kafka); /* it has what the attempts met */
    const char *error = plain_error(kafka_producer_error(s->kafka));
    (void)snprintf(why, why_bytes, "no answer%s%s from %s%s%s", *about ? " about " : "", about,
                   s->settings->kafka.bootstrap_servers, *error ? ": " : "", error);
}

/* true: a signal came. */
static bool wait_or_signal(int64_t ms)
{
    sigset_t set;
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    signals(&set);
    return sigtimedwait(&set, NULL, &t) > 0;
}

const char startup_ledger_sql[] =
    "INSERT INTO ledger (one, ledger_id, least_partitions) VALUES (true, $1, 2147483647) "
    "ON CONFLICT (one) DO NOTHING";

/* $1 partitions of the topics; $2 the same, or 0 when events have been written while nobody had
 * looked: a backup from then was restored, and what came after it is not known. Only the first to
 * look decides that; its markers are written later. */
static const char least_partitions_sql[] =
    "UPDATE ledger SET least_partitions = CASE least_partitions WHEN 2147483647 THEN $2 "
    "ELSE least(least_partitions, $1) END WHERE least_partitions > $1";

static int check_schema(struct startup *s, enum migrate_state *ret, char *why, size_t why_bytes)
{
    char text[MIGRATE_WHY_BYTES] = "";
    if (migrate_check(s->pg, ret, text) != PG_FINE) {
        (void)snprintf(why, why_bytes, "%s", pg_error(s->pg));
        return -ENOTCONN;
    }
    (void)snprintf(why, why_bytes, "%s", text);
    if (*ret == MIGRATE_AHEAD)
        log_info(s->log, "schema_ahead", LOG_MSG(text));
    return migrate_fits(*ret) ? 0 : -EPROTO;
}

/* A server that stands still: this program is alive, and says why it is not ready. Postgres ends a
 * statement by itself; one that has not done so is gone. */
static bool awaited(void *ctx, int64_t waited_ms)
{
    struct startup *s = ctx;
    char text[80];
    sigset_t ours;
    sigset_t pending;
    admin_turned(s->admin, clock_boot_ms());
    if (waited_ms < PG_SILENT_MS)
        return true;
    (void)snprintf(text, sizeof(text), "no answer for %lld s", (long long)(waited_ms / SECOND_MS));
    admin_reason_set(s->admin, "postgres", text);
    metrics_set(s->metrics, METRIC_POSTGRES_UP, 0);
    if (!s->silent)
        log_warn(s->log, "postgres_silent", LOG_MSG(text));
    s->silent = true;
    signals(&ours);
    (void)sigpending(&pending);
    (void)sigandset(&pending, &pending, &ours);
    return sigisemptyset(&pending) && waited_ms < STATEMENT_MS + PG_SILENT_MS;
}

void startup_answered(struct startup *s)
{
    if (!s->silent)
        return;
    s->silent = false;
    admin_reason_set(s->admin, "postgres", NULL);
    metrics_set(s->metrics, METRIC_POSTGRES_UP, 1);
    log_info(s->log, "postgres_back", LOG_BOOL("connected", true));
}

/* *ret_schema: set with -EPROTO. */
static int open_postgres(struct startup *s, enum migrate_state *ret_schema, char *why,
                         size_t why_bytes)
{
    const struct pg_options options = {.conninfo = s->settings->postgres.conninfo,
                                       .application_name = s->program,
                                       .lock_timeout_ms = 5 * SECOND_MS,
                                       .statement_timeout_ms = STATEMENT_MS,
                                       .by_index = true,
                                       .waiting = awaited,
                                       .waiting_ctx = s};
    char said[WHY_BYTES] = "";
    s->silent = false; /* that was the last session */
    int r = pg_connect(&options, &s->pg, said, sizeof(said));
    if (r != 0)
        (void)snprintf(why, why_bytes, "%s%s",
                       plain_error(said) == said ? "" : "the server of postgres.conninfo: ",
                       plain_error(said));
    else
        r = check_schema(s, ret_schema, why, why_bytes);
    if (r != 0) {
        pg_free(s->pg);
        s->pg = NULL;
    }
    return r;
}

/* For one that starts: `samctl migrate` may be on its way (the Job beside a Deployment), so a
 * schema that is to come is waited for. */
static int open_database(struct startup *s, char *why, size_t why_bytes)
{
    enum migrate_state schema = MIGRATE_EQUAL;
    int r = open_postgres(s, &schema, why, why_bytes);
    bool comes = schema == MIGRATE_ABSENT || schema == MIGRATE_OLDER;
    return r == -EPROTO && comes ? -ENOTCONN : r;
}

int startup_reconnect(struct startup *s, char *why, size_t why_bytes)
{
    char text[MIGRATE_WHY_BYTES];
    enum migrate_state schema;
    int r = open_postgres(s, &schema, why, why_bytes);
    if (r == -EPROTO) {
        (void)snprintf(text, sizeof(text), "%s", why);
        (void)snprintf(why, why_bytes, "%s, or load a backup of this SAM", text);
    }
    return r;
}

static int count_partitions(struct startup *s, const char *topic, int32_t *ret,
                            int32_t *ret_replicas, char *why, size_t why_bytes)
{
    char *name SAM_CLEANUP(freep) = settings_topic(s->settings, topic);
    int r = kafka_topic_partitions(s->kafka, name, KAFKA_TIMEOUT_MS, ret, ret_replicas);
    if (r == -ENOENT)
        (void)snprintf(why, why_bytes,
                       "no topic %s, or no right to describe it: run samctl topics create", name);
    else if (r != 0)
        no_answer(s, "", why, why_bytes);
    return r == 0 ? 0 : -ENOTCONN;
}

/* What Kafka's operator can mend is waited for, as a topic that is not there: the program stays
 * unready and says why. A broker that does not tell how it keeps a topic is no reason to stand
 * still: some providers' tell nobody. */
static int check_configs(struct startup *s, const char *topic, char *why, size_t why_bytes)
{
    struct kafka_topic_configs configs;
    char text[TOPIC_RULES_TEXT_BYTES];
    char no_answer[KAFKA_ADMIN_WHY_BYTES];
    char *name SAM_CLEANUP(freep) = settings_topic(s->settings, topic);
    if (kafka_topic_configs(s->kafka, name, KAFKA_TIMEOUT_MS, &configs, no_answer) != 0) {
        (void)snprintf(why, why_bytes, "no answer about %s from %s: %s", name,
                       s->settings->kafka.bootstrap_servers, no_answer);
        return -ENOTCONN;
    }
    for (size_t i = 0; i < KAFKA_TOPIC_CONFIGS_N; i++) {
        if (topic_rules_kept(s->settings, topic, &configs, (enum kafka_topic_config_key)i, text))
            continue;
        (void)snprintf(why, why_bytes, "%s %s", name, text);
        return -ENOTCONN;
    }
    if (topic_rules_unchecked(topic, &configs, text))
        log_warn(s->log, "topic_configs_unknown", LOG_STR("topic", name), LOG_MSG(text));
    return 0;
}

/* An installation of before has no sam.accounts: nothing waits for it, or goes by its partitions.
 */
static void look_at_view(struct startup *s, const char *topic)
{
    char why[WHY_BYTES];
    int32_t count;
    int r = count_partitions(s, topic, &count, NULL, why, sizeof(why));
    if (r == 0 && count != s->partitions) {
        char *name SAM_CLEANUP(freep) = settings_topic(s->settings, topic);
        char *said SAM_CLEANUP(freep) = topic_rules_view_unequal(count, s->partitions);
        char *line SAM_CLEANUP(freep) = sam_xasprintf("%s %s", name, said);
        log_warn(s->log, "view_not_kept", LOG_MSG(line));
    }
    if (r != 0 || check_configs(s, topic, why, sizeof(why)) != 0)
        log_warn(s->log, "view_not_kept", LOG_MSG(why));
}

static bool is_view(size_t topic)
{
    return topic_row((enum topic)topic)->partitions == TOPIC_VIEW;
}

/* Only the ledger must outlive a broker: what else is lost is made anew. */
static int check_replicas(const struct startup *s, int32_t of_ledger, char *why, size_t why_bytes)
{
    char text[TOPIC_RULES_TEXT_BYTES];
    char *name SAM_CLEANUP(freep) = settings_topic(s->settings, topic_row(TOPIC_EVENTS)->name);
    if (topic_rules_replicas(s->settings, of_ledger, text))
        return 0;
    (void)snprintf(why, why_bytes, "%s %s", name, text);
    return -ENOTCONN;
}

static int check_all_configs(struct startup *s, char *why, size_t why_bytes)
{
    int r = 0;
    for (size_t i = 0; i < TOPIC_N && r == 0; i++) {
        const char *topic = topic_row((enum topic)i)->name;
        if (is_view(i))
            look_at_view(s, topic);
        else
            r = check_configs(s, topic, why, why_bytes);
    }
    return r;
}

/* The keyed ones must have the same number of partitions: the owner of an account's jobs and of
 * its events are found by the same hash. */
static int check_topics(struct startup *s, char *why, size_t why_bytes)
{
    int32_t counts[TOPIC_N] = {0};
    int32_t replicas[TOPIC_N] = {0};
    for (size_t i = 0; i < TOPIC_N; i++) {
        const char *topic = topic_row((enum topic)i)->name;
        if (is_view(i))
            continue;
        int r = count_partitions(s, topic, &counts[i], &replicas[i], why, why_bytes);
        if (r != 0)
            return r;
    }
    if (counts[TOPIC_JOBS] != counts[TOPIC_SYNC] || counts[TOPIC_JOBS] != counts[TOPIC_EVENTS]) {
        (void)snprintf(why, why_bytes,
                       "sam.jobs, sam.sync and sam.events have %d, %d and %d partitions: they must "
                       "be as many; see samctl topics show",
                       counts[TOPIC_JOBS], counts[TOPIC_SYNC], counts[TOPIC_EVENTS]);
        return -ENOTCONN;
    }
    /* A broker that makes topics by itself makes them of one partition, all alike. */
    if (counts[TOPIC_JOBS] < s->settings->kafka.partitions) {
        (void)snprintf(why, why_bytes,
                       "sam.jobs has %d partition%s, kafka.partitions says %lld: set the config to "
                       "what is there, or make the topics anew; see samctl topics show",
                       counts[TOPIC_JOBS], counts[TOPIC_JOBS] == 1 ? "" : "s",
                       (long long)s->settings->kafka.partitions);
        return -ENOTCONN;
    }
    s->partitions = counts[TOPIC_JOBS];
    int r = check_replicas(s, replicas[TOPIC_EVENTS], why, why_bytes);
    return r ? r : check_all_configs(s, why, why_bytes);
}

/* A handle of librdkafka that was made while brokers went and came can stay without an answer for
 * minutes, beside others that have one (tests/chaos, seed 1): nothing depends on it yet. */
static void forget_kafka(struct startup *s)
{
    if (++s->unanswered % FORGET_AFTER != 0)
        return;
    kafka_producer_free(s->kafka);
    s->kafka = NULL;
    s->partitions = 0;
}

static int open_kafka(struct startup *s, char *why, size_t why_bytes)
{
    const struct kafka_options options = {.bootstrap_servers = s->settings->kafka.bootstrap_servers,
                                          .client_id = s->program,
                                          .properties =
                                              (const char *const *)s->settings->kafka.properties,
                                          .log = s->log,
                                          .metrics = s->metrics};
    if (!s->kafka && kafka_producer_new(&options, &s->kafka, why, why_bytes) != 0)
        return -EPROTO; /* a property that librdkafka does not take */
    int r = check_topics(s, why, why_bytes);
    if (r != 0) {
        s->partitions = 0;
        forget_kafka(s);
    }
    return r;
}

/* unwritten: sam.events has never had a record, so a ledger may begin here. Where it has some, an
 * id made now would be another one's: our markers would stand in a log that the right database,
 * once it is loaded, could not read past. */
static enum pg_failure read_ledger(struct startup *s, bool unwritten, struct pg_result **ret)
{
    struct pg_params params;
    struct uuid fresh = uuid_v7();
    enum pg_failure failure = PG_FINE;
    pg_params_init(&params);
    if (unwritten) {
        pg_add_uuid(&params, &fresh);
        failure = pg_exec(s->pg, startup_ledger_sql, &params, NULL);
        pg_params_reset(&params);
    }
    pg_add_i32(&params, s->partitions);
    pg_add_i32(&params, unwritten ? s->partitions : 0);
    if (!failure)
        failure = pg_exec(s->pg, least_partitions_sql, &params, NULL);
    if (!failure)
        failure = pg_exec(s->pg, "SELECT ledger_id FROM ledger", NULL, ret);
    pg_params_deinit(&params);
    return failure;
}

/* Before a marker or any other event is written. */
static int open_ledger(struct startup *s, char *why, size_t why_bytes)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    char *events SAM_CLEANUP(freep) = settings_topic(s->settings, "sam.events");
    bool unwritten = false;
    if (!s->pg || !pg_connected(s->pg)) { /* lost while something else was waited for */
        pg_free(s->pg);
        s->pg = NULL;
        int opened = open_database(s, why, why_bytes);
        if (opened != 0)
            return opened;
    }
    int looked = s->partitions > 0 ? 0 : open_kafka(s, why, why_bytes);
    if (looked != 0)
        return looked;
    if (kafka_topic_unwritten(s->kafka, events, s->partitions, KAFKA_TIMEOUT_MS, &unwritten) != 0) {
        no_answer(s, events, why, why_bytes);
        forget_kafka(s);
        return -ENOTCONN;
    }
    s->unanswered = 0;
    if (read_ledger(s, unwritten, &r) != PG_FINE) {
        (void)snprintf(why, why_bytes, "%s", pg_error(s->pg));
        return -ENOTCONN;
    }
    if (pg_rows(r) == 0) {
        (void)snprintf(why, why_bytes,
                       "the database has no ledger, but %s has events of one: load a backup of "
                       "this SAM; for a new SAM choose another kafka.topic_prefix",
                       events);
        return -ENOTCONN;
    }
    s->ledger_id = pg_uuid(r, 0, 0);
    return 0;
}

/* Waiting mends a server, a topic or a schema that is not there yet or not as it must be; not a
 * schema of a later release on which this program does not run, or a property of the config. */
static bool hopeless(struct startup *s, const char *what, int r, const char *why)
{
    if (r != -EPROTO)
        return false;
    log_error(s->log, "cannot_start", LOG_STR("because_of", what), LOG_MSG(why));
    return true;
}

static int wait_for(struct startup *s, const char *what,
                    int (*open)(struct startup *, char *, size_t))
{
    char why[WHY_BYTES] = "";
    char said[WHY_BYTES] = "";
    int64_t said_at_ms = 0;
    for (;;) {
        int r = open(s, why, sizeof(why));
        if (r == 0) {
            admin_reason_set(s->admin, what, NULL);
            return 0;
        }
        if (hopeless(s, what, r, why))
            return -EPROTO;
        if (strcmp(why, said) != 0 || clock_boot_ms() - said_at_ms > REMIND_EVERY_MS) {
            log_warn(s->log, "waiting_for", LOG_STR("what", what), LOG_MSG(why));
            memcpy(said, why, sizeof(said));
            said_at_ms = clock_boot_ms();
        }
        admin_reason_set(s->admin, what, why);
        admin_turned(s->admin, clock_boot_ms());
        if (wait_or_signal(TRY_EVERY_MS))
            return -EINTR;
    }
}

/* Also of a program that only waits there are the gauges by which somebody is told. */
int startup_wait(struct startup *s)
{
    metrics_set(s->metrics, METRIC_POSTGRES_UP, 0);
    metrics_set(s->metrics, METRIC_KAFKA_UP, 0);
    int r = wait_for(s, "postgres", open_database);
    metrics_set(s->metrics, METRIC_POSTGRES_UP, r == 0);
    if (r == 0)
        r = wait_for(s, "kafka", open_kafka);
    metrics_set(s->metrics, METRIC_KAFKA_UP, r == 0);
    return r ? r : wait_for(s, "ledger", open_ledger);
}
