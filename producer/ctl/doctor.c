/* doctor: everything that SAM needs, looked at once; each line ok or failed, and what to do. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/migrate.h"
#include "common/adapters/topic_rules.h"
#include "common/base/clock.h"
#include "common/model/calendar.h"
#include "common/model/calendar_age.h"
#include "producer/ctl/accounts.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/topics.h"
#include "producer/ctl/unipile_get.h"

#include "common/base/banned.h"

#define CLOCK_MAX_MS     (5 * SECOND_MS) /* design 3.10: then nothing is sent */
#define KAFKA_TIMEOUT_MS 5000

struct doctor {
    struct ctl *c;
    struct table table;
    int failed;
};

static const struct column columns[] = {{"check", "check", COLUMN_TEXT},
                                        {"result", "result", COLUMN_TEXT},
                                        {"detail", "detail", COLUMN_TEXT}};

SAM_PRINTF(4, 5)
static void line(struct doctor *d, const char *check, const char *result, const char *fmt, ...)
{
    SAM_CLEANUP(buf_deinit) struct buf text = BUF_INIT(2000);
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&text, fmt, ap);
    va_end(ap);
    d->failed += strcmp(result, "failed") == 0 ? 1 : 0;
    table_text(&d->table, check);
    table_text(&d->table, result);
    table_text(&d->table, buf_text(&text));
}

#define OK(d, check, ...)     line(d, check, "ok", __VA_ARGS__)
#define NOTE(d, check, ...)   line(d, check, "note", __VA_ARGS__)
#define FAILED(d, check, ...) line(d, check, "failed", __VA_ARGS__)

/* ---- this machine --------------------------------------------------------------------------- */

static void check_calendar(struct doctor *d)
{
    struct calendar_age age;
    char sentence[CALENDAR_AGE_BYTES];
    calendar_age_read(&age, clock_wall_ms() / DAY_MS);
    calendar_age_tzdata(&age, sentence);
    if (!zone_find("Europe/Berlin"))
        FAILED(d, "time zones", "tzdata is missing: apt-get install tzdata");
    else if (*sentence)
        NOTE(d, "time zones", "%s", sentence);
    else
        OK(d, "time zones", "tzdata %s", age.tzdata);
    calendar_age_holidays(&age, sentence);
    if (*sentence)
        NOTE(d, "holidays", "%s", sentence);
    else
        OK(d, "holidays", "the table ends in %" PRId64 " days", age.holidays_days);
}

static bool check_config(struct doctor *d)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    d->c->settings = settings_load(d->c->config_path, &problems);
    for (size_t i = 0; i < problems.count; i++)
        FAILED(d, "config", "%s", problems.lines[i]);
    if (!d->c->settings)
        return false;
    OK(d, "config", "%s", d->c->config_path ? d->c->config_path : "as found, see --print-config");
    check_calendar(d);
    return true;
}

/* ---- Postgres -------------------------------------------------------------------------------- */

static const char server_sql[] =
    "SELECT current_setting('server_version'), clock_timestamp(), "
    "(extract(epoch FROM sam_now() - clock_timestamp()) * 1000)::bigint, "
    "current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'";
static const char daemons_sql[] =
    "SELECT count(*) FILTER (WHERE application_name LIKE 'sam-producer%'), "
    "count(*) FILTER (WHERE application_name LIKE 'sam-worker%') FROM pg_stat_activity "
    "WHERE datname = current_database()";
static const char own_limits_sql[] =
    "SELECT name, spacing_ms, jitter_ms, daily_cap, daily_invitations, weekly_invitations, "
    "daily_messages, daily_profile_views, monthly_notes FROM linkedin_accounts "
    "WHERE coalesce(spacing_ms, daily_cap, daily_invitations, weekly_invitations, daily_messages) "
    "IS NOT NULL ORDER BY name";
static const char stuck_sql[] =
    "SELECT (SELECT count(*) FROM ledger_aside WHERE cleared_at IS NULL), "
    "(SELECT count(*) FROM send_queue WHERE status = 'unknown'), "
    "(SELECT string_agg(name || ' ' || status, ', ' ORDER BY name) FROM linkedin_accounts "
    "WHERE status IN ('disconnected', 'restricted')), "
    "(SELECT count(*) FROM outbox WHERE published_at IS NULL "
    "AND created_at < sam_now() - interval '1 minute'), "
    "(SELECT string_agg('partition ' || partition || ': ' || halted_reason, '; ' "
    "ORDER BY partition) FROM ledger_positions WHERE halted_reason IS NOT NULL), "
    "(SELECT string_agg(name, ', ' ORDER BY name) FROM workspaces WHERE paused_at IS NOT NULL), "
    "(SELECT partition || ':' || event_offset FROM ledger_aside WHERE cleared_at IS NULL "
    "ORDER BY partition, event_offset LIMIT 1)";

static void check_clock(struct doctor *d, const struct pg_result *r, int64_t before_ms,
                        int64_t after_ms)
{
    int64_t theirs = pg_time_ms(r, 0, 1);
    int64_t off = theirs < before_ms  ? before_ms - theirs
                  : theirs > after_ms ? theirs - after_ms
                                      : 0;
    if (off > CLOCK_MAX_MS)
        FAILED(d, "clock",
               "the database's clock and this machine's are %" PRId64 " s apart: nothing is sent "
               "until they agree within 5 s; check NTP on both",
               off / 1000);
    else
        OK(d, "clock", "within %" PRId64 " ms of the database's", off);
    if (pg_i64(r, 0, 2) > 1000 || pg_i64(r, 0, 2) < -1000)
        NOTE(d, "clock", "sam_now() is shifted by %" PRId64 " s: a test database",
             pg_i64(r, 0, 2) / 1000);
}

static void check_server(struct doctor *d)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    int64_t before_ms = clock_wall_ms();
    if (pg_exec(d->c->pg, server_sql, NULL, &r) != PG_FINE) {
        FAILED(d, "postgres", "%s", pg_error(d->c->pg));
        return;
    }
    OK(d, "postgres", "version %s", pg_text(r, 0, 0));
    check_clock(d, r, before_ms, clock_wall_ms());
    if (!pg_bool(r, 0, 3))
        FAILED(d, "postgres",
               "fsync or full_page_writes is off: a crash of the server can lose "
               "what was promised; set both to on");
}

static void check_stuck(struct doctor *d)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    if (pg_exec(d->c->pg, stuck_sql, NULL, &r) != PG_FINE) {
        FAILED(d, "work", "%s", pg_error(d->c->pg));
        return;
    }
    if (pg_i64(r, 0, 0))
        FAILED(d, "ledger",
               "%" PRId64
               " events could not be applied; their accounts are blocked: `samctl ledger "
               "status` shows them; who has looked at one lets its account go on: `samctl ledger "
               "clear %s`",
               pg_i64(r, 0, 0), pg_text(r, 0, 6));
    if (!pg_null(r, 0, 4))
        FAILED(d, "ledger",
               "nothing is sent for the accounts of %s: is this the right Kafka, and "
               "the right database? `samctl ledger status` shows both",
               pg_text(r, 0, 4));
    if (pg_i64(r, 0, 1))
        NOTE(d, "unknown", "%" PRId64 " sends without a known outcome: `samctl unknown list`",
             pg_i64(r, 0, 1));
    if (!pg_null(r, 0, 5))
        NOTE(d, "paused", "everything in %s: `samctl resume --all` lets it go on",
             pg_text(r, 0, 5));
    if (!pg_null(r, 0, 2))
        NOTE(d, "accounts", "%s: reconnect at Unipile, then `samctl account resume`",
             pg_text(r, 0, 2));
    if (pg_i64(r, 0, 3))
        FAILED(d, "outbox", "%" PRId64 " changes wait for the ledger: does sam-producer run?",
               pg_i64(r, 0, 3));
}

/* Written while base_url was a simulator's, or by hand: the bound counts (common/policy/bounds.h).
 */
static void check_own_limits(struct doctor *d)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    char example[160];
    char why[160];
    int beyond = 0;
    if (pg_exec(d->c->pg, own_limits_sql, NULL, &r) != PG_FINE) {
        FAILED(d, "limits", "%s", pg_error(d->c->pg));
        return;
    }
    for (int row = 0; row < pg_rows(r); row++) {
        if (account_options_beyond(d->c->settings, r, row, 1, why, sizeof(why)) == 0)
            continue;
        if (beyond++ == 0)
            (void)snprintf(example, sizeof(example), "%.60s: %.90s", pg_text(r, row, 0), why);
    }
    if (beyond)
        NOTE(d, "limits",
             "own values of %d account%s do not count, the bound does; %s; `samctl account set` "
             "writes them anew",
             beyond, beyond == 1 ? "" : "s", example);
}

static void check_daemons(struct doctor *d)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    if (pg_exec(d->c->pg, daemons_sql, NULL, &r) != PG_FINE)
        return;
    if (pg_i64(r, 0, 0) == 0)
        NOTE(d, "sam-producer", "none is connected to this database");
    else
        OK(d, "sam-producer", "connected");
    if (pg_i64(r, 0, 1) == 0)
        NOTE(d, "sam-worker", "none is connected to this database");
    else
        OK(d, "sam-worker", "connected");
}

static void check_postgres(struct doctor *d)
{
    enum migrate_state state = MIGRATE_EQUAL;
    char why[400];
    const struct pg_options options = {.conninfo = d->c->settings->postgres.conninfo,
                                       .application_name = "samctl",
                                       .statement_timeout_ms = 30 * SECOND_MS};
    if (pg_connect(&options, &d->c->pg, why, sizeof(why)) != 0) {
        FAILED(d, "postgres", "cannot be reached: %s (postgres.conninfo, %s)", why,
               settings_source(d->c->settings, "postgres", "conninfo")->text);
        return;
    }
    if (migrate_check(d->c->pg, &state, why) != PG_FINE) {
        FAILED(d, "schema", "%s", pg_error(d->c->pg));
        return;
    }
    if (!migrate_fits(state)) {
        FAILED(d, "schema", "%s", why);
        return;
    }
    check_server(d);
    if (state == MIGRATE_AHEAD)
        NOTE(d, "schema", "%s", why);
    else
        OK(d, "schema", "version %d", migrate_version());
    check_stuck(d);
    check_own_limits(d);
    check_daemons(d);
}

/* ---- Kafka ----------------------------------------------------------------------------------- */

/* How many rules the topic breaks, each told. */
static int check_kept(struct doctor *d, struct kafka_admin *admin, const char *topic,
                      const char *name)
{
    struct kafka_topic_configs configs;
    char text[TOPIC_RULES_TEXT_BYTES];
    char why[KAFKA_ADMIN_WHY_BYTES];
    int before = d->failed;
    if (kafka_admin_configs(admin, name, KAFKA_TIMEOUT_MS, &configs, why) != 0) {
        FAILED(d, name, "how it is kept is not known: %s", why);
        return 1;
    }
    for (size_t i = 0; i < KAFKA_TOPIC_CONFIGS_N; i++) {
        if (!topic_rules_kept(d->c->settings, topic, &configs, (enum kafka_topic_config_key)i,
                              text))
            FAILED(d, name, "%s", text);
    }
    if (topic_rules_unchecked(topic, &configs, text))
        NOTE(d, name, "%s", text);
    return d->failed - before;
}

/* fewest: by the config. A broker that makes topics by itself makes them of one partition, and of
 * one replica. */
static void check_topic(struct doctor *d, enum topic topic, const char *name,
                        const struct kafka_topic_state *t, int32_t fewest, bool kept)
{
    char few[TOPIC_RULES_TEXT_BYTES];
    bool safe = topic_rules_replicas(d->c->settings, t->replicas, few);
    if (!t->exists)
        FAILED(d, name, "there is no such topic: `samctl topics create`");
    else if (t->partitions < fewest)
        FAILED(d, name,
               "has %d partition%s, kafka.partitions says %d: set the config to what is there, or "
               "make the topic anew while nothing runs",
               t->partitions, t->partitions == 1 ? "" : "s", fewest);
    else if (!safe && topic == TOPIC_EVENTS)
        FAILED(d, name, "%s", few);
    else if (t->leaderless)
        FAILED(d, name, "%d of %d partitions have no leader: are all brokers up?", t->leaderless,
               t->partitions);
    else if (!safe)
        NOTE(d, name, "%s", few);
    else if (t->in_sync < t->replicas)
        NOTE(d, name, "a partition has %d of %d replicas in sync", t->in_sync, t->replicas);
    else if (kept)
        OK(d, name, "%d partitions, %d replicas", t->partitions, t->replicas);
}

/* All of the keyed ones are there, and of the others what is. */
static void check_equal(struct doctor *d, const struct topics *t,
                        const struct kafka_topic_state *states)
{
    int32_t keyed = states[0].partitions;
    for (size_t i = 1; i < TOPIC_N; i++) {
        enum topic_partitions kind = topic_row((enum topic)i)->partitions;
        if (!states[i].exists || states[i].partitions == keyed)
            continue;
        if (kind == TOPIC_KEYED) {
            FAILED(d, t->names[i],
                   "has %d partitions, %s has %d: they must be as many, the owner of an account "
                   "is found by them; make the smaller ones anew while nothing runs",
                   states[i].partitions, t->names[0], keyed);
        } else if (kind == TOPIC_VIEW) {
            char *text SAM_CLEANUP(freep) = topic_rules_view_unequal(states[i].partitions, keyed);
            NOTE(d, t->names[i], "%s", text);
        }
    }
}

static void check_topics(struct doctor *d, struct kafka_admin *admin)
{
    SAM_CLEANUP(topics_deinit) struct topics t;
    struct kafka_topic_state states[TOPIC_N];
    char why[KAFKA_ADMIN_WHY_BYTES];
    bool all = true;
    topics_init(&t, d->c->settings);
    for (size_t i = 0; i < TOPIC_N; i++) {
        if (kafka_admin_topic(admin, t.names[i], KAFKA_TIMEOUT_MS, &states[i], why) != 0) {
            FAILED(d, t.names[i], "%s", why);
            return;
        }
        bool kept = !states[i].exists ||
                    check_kept(d, admin, topic_row((enum topic)i)->name, t.names[i]) == 0;
        bool view = topic_row((enum topic)i)->partitions == TOPIC_VIEW;
        if (view && !states[i].exists) {
            NOTE(d, t.names[i],
                 "there is no such topic; nothing waits for it, but what waits for "
                 "each account is not told: `samctl topics create`");
            continue;
        }
        check_topic(d, (enum topic)i, t.names[i], &states[i], view ? 1 : t.wishes[i].partitions,
                    kept);
        all = all && states[i].exists;
    }
    if (all)
        check_equal(d, &t, states);
}

static void check_kafka(struct doctor *d)
{
    SAM_CLEANUP(kafka_admin_freep) struct kafka_admin *admin = NULL;
    char why[KAFKA_ADMIN_WHY_BYTES];
    int32_t brokers = 0;
    if (topics_connect(d->c->settings, &admin) != CTL_DONE) {
        FAILED(d, "kafka", "a property was refused, see above");
        return;
    }
    if (kafka_admin_brokers(admin, KAFKA_TIMEOUT_MS, &brokers, why) != 0) {
        FAILED(d, "kafka", "does not answer: %s (kafka.bootstrap_servers, %s)", why,
               settings_source(d->c->settings, "kafka", "bootstrap_servers")->text);
        return;
    }
    OK(d, "kafka", "%d broker%s", brokers, brokers == 1 ? "" : "s");
    check_topics(d, admin);
}

/* ---- Unipile --------------------------------------------------------------------------------- */

static void check_unipile(struct doctor *d)
{
    struct http_get h;
    char why[HTTP_GET_WHY_BYTES];
    if (unipile_get(d->c->settings, "/api/v1/accounts?limit=1", &h, why) != 0)
        FAILED(d, "unipile", "%s: check unipile.base_url (%s)", why,
               settings_source(d->c->settings, "unipile", "base_url")->text);
    else if (unipile_get_is_stranger(&h))
        FAILED(d, "unipile", "answers %ld: %s", h.status, UNIPILE_GET_STRANGER);
    else if (h.status < 200 || h.status > 299)
        FAILED(d, "unipile", "answers %ld: %s", h.status, unipile_get_advice(h.status));
    else
        OK(d, "unipile", "answers, and takes the key");
    http_get_deinit(&h);
}

enum ctl_exit command_doctor(struct ctl *c)
{
    struct doctor d = {.c = c};
    if (args_has(&c->args, "send-test"))
        return command_doctor_send(c);
    if (c->args.words_count > 0)
        return ctl_wrong_use("doctor takes no words without --send-test");
    table_init(&d.table, columns, SAM_ARRAY_LEN(columns), c->json, stdout);
    bool configured = check_config(&d);
    if (configured) {
        check_postgres(&d);
        check_kafka(&d);
        check_unipile(&d);
    }
    table_end(&d.table);
    table_deinit(&d.table);
    enum ctl_exit e = d.failed ? ctl_fail("%d failed", d.failed) : CTL_DONE;
    return configured ? e : CTL_WRONG_USE;
}
