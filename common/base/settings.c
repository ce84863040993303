#include "common/base/settings.h"

#include <assert.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/settings_internal.h"

#include "common/base/banned.h"

#define AT(field)    offsetof(struct settings, field)
#define NO_RANGE     0, 0, NULL, NULL
#define EXAMPLE(x)   0, 0, NULL, (x)
#define RANGE(a, b)  (a), (b), NULL, NULL
#define CHOICES(set) 0, 0, (set), NULL

static const struct config_key keys[] = {
    {"postgres", "conninfo", CONFIG_CONNINFO, AT(postgres.conninfo), NULL, EXAMPLE("dbname=sam"),
     "where Postgres is: libpq keywords or a URI"},

    {"kafka", "bootstrap_servers", CONFIG_TEXT, AT(kafka.bootstrap_servers), NULL,
     EXAMPLE("localhost:9092"), "Kafka brokers to begin with, host:port, comma-separated"},
    {"kafka", "topic_prefix", CONFIG_TEXT, AT(kafka.topic_prefix), "", NO_RANGE,
     "goes before the name of each topic and group"},
    {"kafka", "partitions", CONFIG_INT, AT(kafka.partitions), "48", RANGE(1, 1000),
     "of sam.jobs, sam.sync and sam.events, for `samctl topics create`"},
    {"kafka", "replication_factor", CONFIG_INT, AT(kafka.replication_factor), "3", RANGE(1, 10),
     "of the topics, for `samctl topics create`; sam.events may not have fewer"},
    {"kafka", "ledger_retention", CONFIG_KEPT, AT(kafka.ledger_retention_ms), "forever",
     RANGE(DAY_MS, 36500 * DAY_MS),
     "least time that sam.events is kept: longer than your oldest backup of Postgres is old"},
    {"kafka", "properties", CONFIG_LIST, AT(kafka.properties), "",
     EXAMPLE("security.protocol=SASL_SSL"), "key=value, handed to librdkafka as they are"},

    {"unipile", "base_url", CONFIG_TEXT, AT(unipile.base_url), NULL,
     EXAMPLE("https://api1.unipile.com:13111"), "your Unipile DSN, as its dashboard shows it"},
    {"unipile", "api_key", CONFIG_SECRET, AT(unipile.api_key), NULL, EXAMPLE("unipile.key"),
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
    {"limits", "daily_cap", CONFIG_INT, AT(limits.daily_cap), "40", RANGE(0, CONFIG_MANY),
     "write calls per account and its local day"},
    {"limits", "daily_invitations", CONFIG_INT, AT(limits.daily_invitations), "25",
     RANGE(0, CONFIG_MANY), "invitations per account and day"},
    {"limits", "weekly_invitations", CONFIG_INT, AT(limits.weekly_invitations), "100",
     RANGE(0, CONFIG_MANY), "invitations per account in any 7 days"},
    {"limits", "daily_messages", CONFIG_INT, AT(limits.daily_messages), "100",
     RANGE(0, CONFIG_MANY), "messages per account and day"},
    {"limits", "daily_profile_views", CONFIG_INT, AT(limits.daily_profile_views), "80",
     RANGE(0, CONFIG_MANY), "profiles looked up per account and day"},
    {"limits", "monthly_notes", CONFIG_INT, AT(limits.monthly_notes), "5", RANGE(0, CONFIG_MANY),
     "invitations with a note per free account and its local calendar month; 0 = none"},

    {"limits", "pace", CONFIG_CHOICE, AT(limits.pace), "spread", CHOICES("spread|fast"),
     "spread: a day's calls over its window; fast: each as soon as its spacing allows"},

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
    {"worker", "opt_out_words", CONFIG_PHRASES, AT(worker.opt_out_words), "", EXAMPLE("nein danke"),
     "phrases beside the known ones by which a person asks not to be written to"},
    {"worker", "listen", CONFIG_TEXT, AT(worker.listen), "127.0.0.1:9465", NO_RANGE,
     "admin port: /healthz /readyz /metrics"},

    {"admin", "token_file", CONFIG_TEXT, AT(admin.token_file), "", NO_RANGE,
     "bearer token of the admin ports; required when a listen address is not loopback"},

    {"log", "level", CONFIG_CHOICE, AT(log.level), "info", CHOICES("debug|info|warn|error"),
     "least level that is written"},
    {"log", "format", CONFIG_CHOICE, AT(log.format), "text", CHOICES("text|json"),
     "one line an event"},
};
static_assert(SAM_ARRAY_LEN(keys) <= CONFIG_KEYS_MAX, "more sources are needed");

struct settings *settings_load(const char *path, struct problems *problems)
{
    struct settings *s = sam_xcalloc(1, sizeof(*s));
    if (!path)
        path = access("sam.cfg", F_OK) == 0            ? "sam.cfg"
               : access("/etc/sam/sam.cfg", F_OK) == 0 ? "/etc/sam/sam.cfg"
                                                       : NULL;
    config_load(keys, SAM_ARRAY_LEN(keys), path, s, s->sources, problems);
    settings_check(s, problems);
    if (!path && problems_any(problems))
        problems_add(problems, "there is neither ./sam.cfg nor /etc/sam/sam.cfg: -c names another "
                               "file, `samctl config sample` prints one to begin with");
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

const struct config_key *settings_key(const char *section, const char *key)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(keys); i++) {
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].key, key) == 0)
            return &keys[i];
    }
    abort(); /* a key that the table does not have */
}

const struct config_source *settings_source(const struct settings *s, const char *section,
                                            const char *key)
{
    return &s->sources[settings_key(section, key) - keys];
}

void settings_sample(struct buf *out)
{
    buf_adds(out, "// sam.cfg - each key may also be given as environment SAM_<SECTION>_<KEY>, "
                  "which wins.\n\n");
    config_sample(keys, SAM_ARRAY_LEN(keys), out);
}

void settings_print(const struct settings *s, struct buf *out)
{
    config_print(keys, SAM_ARRAY_LEN(keys), s, s->sources, out);
}

void settings_document(struct buf *out)
{
    buf_adds(out,
             "# sam.cfg\n\nMade from the table in `settings.c`; a test holds both equal.\n\n"
             "A value comes from the environment, else from the file, else it is the default. "
             "Durations carry a unit\n(`ms s m h d w`, as in `\"90s\"` or `\"1h30m\"`). "
             "`unipile.api_key` and `postgres.conninfo` may also stand in a\nfile of their own: "
             "`api_key_file`, `SAM_UNIPILE_API_KEY_FILE`. `samctl config sample` prints a file "
             "to begin with,\n`--print-config` of each program what is in force and where it "
             "came from. A key or section\nthat there is not is refused in the file; as a "
             "variable, a key that there is not in a section of ours, and a\nkey of ours in a "
             "section that there is not. So is a secret's file that cannot be read or is empty: "
             "the program\nends with 2 and says which.\n\n");
    config_document(keys, SAM_ARRAY_LEN(keys), out);
    settings_document_bounds(out);
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
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    SAM_CLEANUP(settings_freep) struct settings *s = settings_load(path, &problems);
    if (optind < argc)
        problems_add(&problems, "unexpected argument: %s", argv[optind]);
    if (problems_any(&problems)) {
        problems_print(&problems, stderr);
        *ret_exit = 2;
        return NULL;
    }
    if (print) {
        SAM_CLEANUP(buf_deinit) struct buf out = BUF_INIT(65536);
        settings_print(s, &out);
        (void)fputs(buf_text(&out), stdout);
        return NULL;
    }
    struct settings *done = s;
    s = NULL;
    return done;
}
