#include "common/base/settings.h"

#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define AT(field)    offsetof(struct settings, field)
#define MANY         INT64_C(1000000000)
#define NO_RANGE     0, 0, NULL
#define RANGE(a, b)  (a), (b), NULL
#define CHOICES(set) 0, 0, (set)

static const struct config_key keys[] = {
    {"postgres", "conninfo", CONFIG_TEXT, AT(postgres.conninfo), NULL, NO_RANGE,
     "where Postgres is: libpq keywords or a URI"},

    {"kafka", "bootstrap_servers", CONFIG_TEXT, AT(kafka.bootstrap_servers), NULL, NO_RANGE,
     "Kafka brokers to begin with, host:port, comma-separated"},
    {"kafka", "topic_prefix", CONFIG_TEXT, AT(kafka.topic_prefix), "", NO_RANGE,
     "goes before the name of each topic and group"},
    {"kafka", "partitions", CONFIG_INT, AT(kafka.partitions), "48", RANGE(1, 1000),
     "of sam.jobs, sam.sync and sam.events, for `samctl topics create`"},
    {"kafka", "replication_factor", CONFIG_INT, AT(kafka.replication_factor), "3", RANGE(1, 10),
     "of the topics, for `samctl topics create`"},
    {"kafka", "properties", CONFIG_LIST, AT(kafka.properties), "", NO_RANGE,
     "handed to librdkafka as they are, e.g. \"security.protocol=SASL_SSL\""},

    {"unipile", "base_url", CONFIG_TEXT, AT(unipile.base_url), NULL, NO_RANGE,
     "your Unipile DSN, e.g. https://api1.unipile.com:13111"},
    {"unipile", "api_key", CONFIG_SECRET, AT(unipile.api_key), NULL, NO_RANGE,
     "your Unipile access token"},
    {"unipile", "timeout", CONFIG_DURATION, AT(unipile.timeout_ms), "45s",
     RANGE(SECOND_MS, 5 * MINUTE_MS), "of one call; after it the outcome is unknown"},
    {"unipile", "connect_timeout", CONFIG_DURATION, AT(unipile.connect_timeout_ms), "10s",
     RANGE(100, MINUTE_MS), "of a connection; after it nothing was executed"},
    {"unipile", "max_in_flight", CONFIG_INT, AT(unipile.max_in_flight), "1024", RANGE(1, 10000),
     "calls at a time, per worker"},

    {"limits", "spacing", CONFIG_DURATION, AT(limits.spacing_ms), "2m", RANGE(0, 30 * DAY_MS),
     "least gap between two write calls of one account"},
    {"limits", "jitter", CONFIG_DURATION, AT(limits.jitter_ms), "60s", RANGE(0, DAY_MS),
     "random extra of the gap, at most"},
    {"limits", "daily_cap", CONFIG_INT, AT(limits.daily_cap), "40", RANGE(0, MANY),
     "write calls per account and its local day"},
    {"limits", "daily_invitations", CONFIG_INT, AT(limits.daily_invitations), "25", RANGE(0, MANY),
     "invitations per account and day"},
    {"limits", "weekly_invitations", CONFIG_INT, AT(limits.weekly_invitations), "100",
     RANGE(0, MANY), "invitations per account in any 7 days"},
    {"limits", "daily_messages", CONFIG_INT, AT(limits.daily_messages), "100", RANGE(0, MANY),
     "messages per account and day"},
    {"limits", "daily_profile_views", CONFIG_INT, AT(limits.daily_profile_views), "80",
     RANGE(0, MANY), "profiles looked up per account and day"},

    {"producer", "tick", CONFIG_DURATION, AT(producer.tick_ms), "1s", RANGE(10, MINUTE_MS),
     "how often the producer looks for work"},
    {"producer", "plan_horizon", CONFIG_DURATION, AT(producer.plan_horizon_ms), "24h",
     RANGE(MINUTE_MS, 3 * DAY_MS), "how far ahead messages are given a time"},
    {"producer", "replies_every", CONFIG_DURATION, AT(producer.replies_every_ms), "5m",
     RANGE(500, 7 * DAY_MS), "how often open conversations are looked at"},
    {"producer", "relations_every", CONFIG_DURATION, AT(producer.relations_every_ms), "5h",
     RANGE(500, 7 * DAY_MS), "how often acceptances are looked for; varied by a quarter"},
    {"producer", "listen", CONFIG_TEXT, AT(producer.listen), "127.0.0.1:9464", NO_RANGE,
     "admin port: /healthz /readyz /metrics"},

    {"worker", "batch", CONFIG_INT, AT(worker.batch), "500", RANGE(1, 5000),
     "jobs of one claim, events of one apply"},
    {"worker", "drain_timeout", CONFIG_DURATION, AT(worker.drain_timeout_ms), "60s",
     RANGE(SECOND_MS, HOUR_MS), "after SIGTERM, for the calls under way"},
    {"worker", "reconcile_after", CONFIG_DURATION, AT(worker.reconcile_after_ms), "15m",
     RANGE(100, 7 * DAY_MS), "between two reads that settle an unknown call"},
    {"worker", "resend_unknown", CONFIG_BOOL, AT(worker.resend_unknown), "true", NO_RANGE,
     "send again what two reads have proven unsent"},
    {"worker", "listen", CONFIG_TEXT, AT(worker.listen), "127.0.0.1:9465", NO_RANGE,
     "admin port: /healthz /readyz /metrics"},

    {"admin", "token_file", CONFIG_TEXT, AT(admin.token_file), "", NO_RANGE,
     "bearer token of /metrics; required when a listen address is not loopback"},

    {"log", "level", CONFIG_CHOICE, AT(log.level), "info", CHOICES("debug|info|warn|error"),
     "least level that is written"},
    {"log", "format", CONFIG_CHOICE, AT(log.format), "text", CHOICES("text|json"),
     "one line an event"},
};
static_assert(SAM_ARRAY_LEN(keys) <= CONFIG_KEYS_MAX, "more sources are needed");

/* Bounds that no setting and no account may pass (interface.md section 2). */
static const struct {
    const char *name;
    int64_t min;
    int64_t max;
    bool duration;
} bounds[] = {
    {"spacing", 30 * SECOND_MS, INT64_MAX, true},
    {"daily_cap", 0, 150, false},
    {"daily_invitations", 0, 80, false},
    {"weekly_invitations", 0, 200, false},
    {"daily_messages", 0, 150, false},
};

bool settings_loopback(const struct settings *s)
{
    const char *host = strstr(s->unipile.base_url, "://");
    host = host ? host + 3 : s->unipile.base_url;
    size_t n = strcspn(host, ":/");
    return (n == 9 && strncmp(host, "127.0.0.1", n) == 0) ||
           (n == 9 && strncmp(host, "localhost", n) == 0) || strncmp(host, "[::1]", 5) == 0;
}

bool settings_limit_ok(const struct settings *s, const char *name, int64_t value, char *why,
                       size_t why_bytes)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(bounds) && !settings_loopback(s); i++) {
        if (strcmp(bounds[i].name, name) != 0)
            continue;
        if (value >= bounds[i].min && value <= bounds[i].max)
            return true;
        if (bounds[i].duration)
            (void)snprintf(why, why_bytes, "must be %" PRId64 "s or more: a hard bound",
                           bounds[i].min / SECOND_MS);
        else
            (void)snprintf(why, why_bytes, "must be %" PRId64 " or less: a hard bound",
                           bounds[i].max);
        return false;
    }
    return true;
}

static void check_limit(const struct settings *s, const char *name, int64_t value,
                        struct problems *problems)
{
    char why[120];
    if (!settings_limit_ok(s, name, value, why, sizeof(why)))
        problems_add(problems, "limits.%s: %s", name, why);
}

/* What the promises of SAM depend on cannot be set by hand. */
static const char *const refused_properties[] = {"acks",
                                                 "request.required.acks",
                                                 "enable.idempotence",
                                                 "partitioner",
                                                 "enable.auto.commit",
                                                 "auto.commit.interval.ms",
                                                 "enable.auto.offset.store",
                                                 "auto.offset.reset",
                                                 "group.id",
                                                 "group.instance.id",
                                                 "session.timeout.ms",
                                                 "heartbeat.interval.ms",
                                                 "transactional.id",
                                                 "partition.assignment.strategy",
                                                 "bootstrap.servers",
                                                 "metadata.broker.list",
                                                 "client.id",
                                                 "max.poll.interval.ms",
                                                 "message.timeout.ms",
                                                 "delivery.timeout.ms",
                                                 "isolation.level"};

static void check_properties(const struct settings *s, struct problems *problems)
{
    for (size_t i = 0; s->kafka.properties && s->kafka.properties[i]; i++) {
        const char *p = s->kafka.properties[i];
        size_t n = strcspn(p, "=");
        if (n == 0 || p[n] != '=')
            problems_add(problems, "kafka.properties[%zu]: must be \"key=value\"", i);
        for (size_t j = 0; j < SAM_ARRAY_LEN(refused_properties); j++) {
            if (strlen(refused_properties[j]) == n && strncmp(p, refused_properties[j], n) == 0)
                problems_add(problems,
                             "kafka.properties[%zu]: %.*s is set by SAM: its promises depend on it",
                             i, (int)n, p);
        }
    }
}

static void check(struct settings *s, struct problems *problems)
{
    size_t n = strlen(s->unipile.base_url);
    while (n > 0 && s->unipile.base_url[n - 1] == '/')
        s->unipile.base_url[--n] = '\0';
    if (strncmp(s->unipile.base_url, "http://", 7) != 0 &&
        strncmp(s->unipile.base_url, "https://", 8) != 0)
        problems_add(problems, "unipile.base_url: must begin with https:// (or http://)");
    else if (strncmp(s->unipile.base_url, "http://", 7) == 0 && !settings_loopback(s))
        problems_add(problems, "unipile.base_url: http:// only for this machine; the key would "
                               "travel in the clear");
    check_limit(s, "spacing", s->limits.spacing_ms, problems);
    check_limit(s, "daily_cap", s->limits.daily_cap, problems);
    check_limit(s, "daily_invitations", s->limits.daily_invitations, problems);
    check_limit(s, "weekly_invitations", s->limits.weekly_invitations, problems);
    check_limit(s, "daily_messages", s->limits.daily_messages, problems);
    if (s->worker.reconcile_after_ms < 15 * MINUTE_MS && !settings_loopback(s))
        problems_add(problems, "worker.reconcile_after: 15m or more: Unipile's lists lag behind");
    check_properties(s, problems);
}

struct settings *settings_load(const char *path, struct problems *problems)
{
    struct settings *s = sam_xcalloc(1, sizeof(*s));
    if (!path)
        path = access("sam.cfg", F_OK) == 0            ? "sam.cfg"
               : access("/etc/sam/sam.cfg", F_OK) == 0 ? "/etc/sam/sam.cfg"
                                                       : NULL;
    config_load(keys, SAM_ARRAY_LEN(keys), path, s, s->sources, problems);
    if (!problems_any(problems))
        check(s, problems);
    if (problems_any(problems)) {
        settings_free(s);
        return NULL;
    }
    return s;
}

void settings_free(struct settings *s)
{
    if (!s)
        return;
    config_deinit(keys, SAM_ARRAY_LEN(keys), s);
    free(s);
}

void settings_sample(struct buf *out)
{
    config_sample(keys, SAM_ARRAY_LEN(keys), out);
}

void settings_print(const struct settings *s, struct buf *out)
{
    config_print(keys, SAM_ARRAY_LEN(keys), s, s->sources, out);
}

void settings_document(struct buf *out)
{
    buf_adds(out, "# sam.cfg\n\nMade from the table in `settings.c`; a test holds both equal.\n\n");
    config_document(keys, SAM_ARRAY_LEN(keys), out);
}

char *settings_topic(const struct settings *s, const char *name)
{
    if (strncmp(name, "dlq.", 4) == 0)
        return sam_xasprintf("dlq.%s%s", s->kafka.topic_prefix, name + 4);
    return sam_xasprintf("%s%s", s->kafka.topic_prefix, name);
}

void settings_log(const struct settings *s, const char *program, struct log *ret_log)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    int level = LOG_LEVEL_INFO;
    for (int i = 0; i < 4; i++) {
        if (strcmp(s->log.level, levels[i]) == 0)
            level = i;
    }
    log_init(ret_log, program, stderr, (enum log_level)level,
             strcmp(s->log.format, "json") == 0 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
}

struct settings *settings_main(int argc, char **argv, const char *usage, int *ret_exit)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"print-config", no_argument, NULL, 'p'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    bool print = false;
    int option;
    *ret_exit = 0;
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'c') {
            path = optarg;
        } else if (option == 'p') {
            print = true;
        } else if (option == 'v') {
            (void)printf("%s\n", SAM_VERSION);
            return NULL;
        } else {
            (void)fputs(usage, option == 'h' ? stdout : stderr);
            *ret_exit = option == 'h' ? 0 : 2;
            return NULL;
        }
    }
    struct problems problems = PROBLEMS_INIT;
    struct settings *s = settings_load(path, &problems);
    if (optind < argc)
        problems_add(&problems, "unexpected argument: %s", argv[optind]);
    if (problems_any(&problems)) {
        problems_print(&problems, stderr);
        settings_free(s);
        s = NULL;
        *ret_exit = 2;
    } else if (print) {
        struct buf out = BUF_INIT(65536);
        settings_print(s, &out);
        (void)fputs(buf_text(&out), stdout);
        buf_deinit(&out);
        settings_free(s);
        s = NULL;
    }
    problems_deinit(&problems);
    return s;
}
