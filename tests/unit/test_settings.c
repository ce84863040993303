/* common/base/settings: the table of sam.cfg, its bounds, and the document made from it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/settings.h"
#include "tests/test.h"

#include "common/base/banned.h"

struct fixture {
    char path[32];
    struct problems problems;
    struct settings *settings;
};

static int setup(void **state)
{
    struct fixture *f = sam_xcalloc(1, sizeof(*f));
    (void)snprintf(f->path, sizeof(f->path), "/tmp/sam-settings.XXXXXX");
    int fd = mkstemp(f->path);
    if (fd < 0)
        return -1;
    (void)close(fd);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    settings_free(f->settings);
    problems_deinit(&f->problems);
    (void)unlink(f->path);
    free(f);
    return 0;
}

#define REQUIRED(url)                                                                              \
    "postgres: { conninfo = \"dbname=sam\"; };\n"                                                  \
    "kafka: { bootstrap_servers = \"h:9092\"; };\n"                                                \
    "unipile: { base_url = \"" url "\"; api_key = \"k\"; };\n"
#define REMOTE "https://api1.unipile.com:13111"
#define LOCAL  "http://127.0.0.1:8080"

static void load(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    settings_free(f->settings);
    problems_deinit(&f->problems);
    f->settings = settings_load(f->path, &f->problems);
}

/* Exactly one problem, which holds the text. */
static void expect_problem(struct fixture *f, const char *text)
{
    assert_null(f->settings);
    if (f->problems.count != 1)
        problems_print(&f->problems, stderr);
    assert_int_equal(f->problems.count, 1);
    if (!strstr(f->problems.lines[0], text))
        fail_msg("expected \"%s\" in \"%s\"", text, f->problems.lines[0]);
}

static void test_defaults_are_the_documented_ones(void **state)
{
    struct fixture *f = *state;
    load(f, REQUIRED(REMOTE "//"));
    assert_non_null(f->settings);
    const struct settings *s = f->settings;
    assert_string_equal(s->unipile.base_url, REMOTE);
    assert_int_equal(s->kafka.partitions, 48);
    assert_int_equal(s->unipile.timeout_ms, 45 * SECOND_MS);
    assert_int_equal(s->limits.spacing_ms, 2 * MINUTE_MS);
    assert_int_equal(s->limits.daily_cap, 40);
    assert_int_equal(s->limits.weekly_invitations, 100);
    assert_int_equal(s->producer.plan_horizon_ms, DAY_MS);
    assert_int_equal(s->worker.reconcile_after_ms, 15 * MINUTE_MS);
    assert_true(s->worker.resend_unknown);
    assert_false(settings_loopback(s));
}

static void test_sample_can_be_loaded(void **state)
{
    struct fixture *f = *state;
    SAM_CLEANUP(buf_deinit) struct buf sample = BUF_INIT(65536);
    settings_sample(&sample);
    assert_int_equal(setenv("SAM_UNIPILE_API_KEY", "k", 1), 0);
    load(f, buf_text(&sample));
    assert_int_equal(unsetenv("SAM_UNIPILE_API_KEY"), 0);
    problems_print(&f->problems, stderr);
    assert_non_null(f->settings);
}

static void test_hard_bounds(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *line;
        const char *problem;
    } rows[] = {
        {"spacing = \"29s\";", "limits.spacing: must be 30s or more"},
        {"daily_cap = 151;", "limits.daily_cap: must be 150 or less"},
        {"daily_invitations = 81;", "limits.daily_invitations: must be 80 or less"},
        {"weekly_invitations = 201;", "limits.weekly_invitations: must be 200 or less"},
        {"daily_messages = 151;", "limits.daily_messages: must be 150 or less"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        char text[600];
        (void)snprintf(text, sizeof(text), REQUIRED(REMOTE) "limits: { %s };\n", rows[i].line);
        load(f, text);
        expect_problem(f, rows[i].problem);
        assert_non_null(strstr(f->problems.lines[0], ":4: "));
        (void)snprintf(text, sizeof(text), REQUIRED(LOCAL) "limits: { %s };\n", rows[i].line);
        load(f, text);
        assert_non_null(f->settings);
    }
    load(f, REQUIRED(REMOTE) "worker: { reconcile_after = \"14m\"; };\n");
    expect_problem(f, "worker.reconcile_after: must be 15m or more");
    load(f, REQUIRED(LOCAL) "worker: { reconcile_after = \"2s\"; };\n");
    assert_non_null(f->settings);
}

struct limit_row {
    const char *key;
    const char *value;
    const char *problem; /* NULL = it may be */
};

/* Zero of a number is a wish (none of them), and no spacing at all is none. */
static const struct limit_row limit_rows[] = {
    {"spacing", "30s", NULL},
    {"spacing", "29999ms", "must be 30s or more"},
    {"spacing", "0s", "must be 30s or more"},
    {"spacing", "31d", "out of range: 0s to 30d"},
    {"spacing", "-2m", "must be a duration"},
    {"spacing", "", "must be a duration"},
    {"jitter", "0s", NULL},
    {"jitter", "25h", "out of range: 0s to 1d"},
    {"daily_cap", "150", NULL},
    {"daily_cap", "0", NULL},
    {"daily_cap", "151", "must be 150 or less"},
    {"daily_cap", "-1", "out of range: 0 to 1000000000"},
    {"daily_cap", "", "must be a whole number"},
    {"daily_invitations", "80", NULL},
    {"daily_invitations", "81", "must be 80 or less"},
    {"daily_invitations", "-1", "out of range"},
    {"weekly_invitations", "200", NULL},
    {"weekly_invitations", "201", "must be 200 or less"},
    {"weekly_invitations", "20", NULL}, /* fewer than of a day */
    {"daily_messages", "150", NULL},
    {"daily_messages", "151", "must be 150 or less"},
    {"daily_profile_views", "10000", NULL},
    {"daily_profile_views", "-1", "out of range"},
    {"monthly_notes", "-1", "out of range"},
};

static void expect_limit(struct fixture *f, const struct limit_row *r, const char *where)
{
    if (r->problem) {
        expect_problem(f, r->problem);
        assert_non_null(strstr(f->problems.lines[0], where));
        assert_non_null(strstr(f->problems.lines[0], r->key));
    } else if (!f->settings) {
        fail_msg("%s = %s: %s", r->key, r->value, f->problems.lines[0]);
    }
}

static void test_limits_in_the_file(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(limit_rows); i++) {
        const struct limit_row *r = &limit_rows[i];
        bool number = *r->value && !strpbrk(r->value, "smdh");
        const char *quote = number ? "" : "\"";
        char text[600];
        (void)snprintf(text, sizeof(text), REQUIRED(REMOTE) "limits: { %s = %s%s%s; };\n", r->key,
                       quote, r->value, quote);
        load(f, text);
        expect_limit(f, r, ":4: limits.");
    }
}

static void test_limits_in_the_environment(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(limit_rows); i++) {
        const struct limit_row *r = &limit_rows[i];
        char name[64] = "SAM_LIMITS_";
        for (size_t n = strlen(name), j = 0; r->key[j]; j++)
            name[n + j] = (char)toupper((unsigned char)r->key[j]);
        assert_int_equal(setenv(name, r->value, 1), 0);
        load(f, REQUIRED(REMOTE));
        assert_int_equal(unsetenv(name), 0);
        expect_limit(f, r, name);
    }
}

/* What stands in Postgres may have been written before a bound was in force. */
static void test_values_that_nobody_has_checked(void **state)
{
    struct fixture *f = *state;
    load(f, REQUIRED(REMOTE));
    assert_int_equal(settings_limit_within(f->settings, "daily_cap", 151), 150);
    assert_int_equal(settings_limit_within(f->settings, "daily_cap", 149), 149);
    assert_int_equal(settings_limit_within(f->settings, "spacing", 0), 30 * SECOND_MS);
    assert_int_equal(settings_limit_within(f->settings, "spacing", MINUTE_MS), MINUTE_MS);
    assert_int_equal(settings_limit_within(f->settings, "jitter", 5), 5); /* it has no bound */
    load(f, REQUIRED(LOCAL));
    assert_int_equal(settings_limit_within(f->settings, "daily_cap", INT64_MAX), INT64_MAX);
    assert_int_equal(settings_limit_within(f->settings, "spacing", 0), 0);
}

static void test_bounds_of_an_account(void **state)
{
    struct fixture *f = *state;
    char why[120] = "";
    load(f, REQUIRED(REMOTE));
    assert_true(settings_limit_ok(f->settings, "daily_cap", 150, why, sizeof(why)));
    assert_false(settings_limit_ok(f->settings, "daily_cap", 151, why, sizeof(why)));
    assert_non_null(strstr(why, "150 or less"));
    assert_false(settings_limit_ok(f->settings, "spacing", 29999, why, sizeof(why)));
    assert_true(settings_limit_ok(f->settings, "spacing", 30000, why, sizeof(why)));
    assert_true(settings_limit_ok(f->settings, "daily_profile_views", 9999, why, sizeof(why)));
    load(f, REQUIRED(LOCAL));
    assert_true(settings_limit_ok(f->settings, "daily_cap", 1000000, why, sizeof(why)));
    assert_false(settings_limit_ok(f->settings, "spacing", 31 * DAY_MS, why, sizeof(why)));
    assert_string_equal(why, "out of range: 0s to 30d");
}

static void test_loopback(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *url;
        bool loopback;
    } rows[] = {{"http://localhost:1", true},
                {"https://127.0.0.1", true},
                {"http://[::1]:80", true},
                {"https://127.0.0.1.example.com", false},
                {"https://localhost.example.com:1", false},
                {"https://[::2]:80", false}};
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        char text[600];
        (void)snprintf(text, sizeof(text),
                       "postgres: { conninfo = \"x\"; }; kafka: { bootstrap_servers = \"h\"; };\n"
                       "unipile: { base_url = \"%s\"; api_key = \"k\"; };\n",
                       rows[i].url);
        load(f, text);
        assert_non_null(f->settings);
        assert_int_equal(settings_loopback(f->settings), rows[i].loopback);
    }
}

static void test_bad_base_urls(void **state)
{
    struct fixture *f = *state;
    load(f, REQUIRED("http://api1.unipile.com:1"));
    expect_problem(f, ":3: unipile.base_url: http:// is for this machine only");
    load(f, REQUIRED("api1.unipile.com:1"));
    expect_problem(f, "unipile.base_url: must begin with https://");
    load(f, REQUIRED("https://api1.unipile.com/api/v1"));
    expect_problem(f, "unipile.base_url: must be https://host:port and nothing more");
    load(f, REQUIRED("https://user@api1.unipile.com"));
    expect_problem(f, "unipile.base_url: must be https://host:port and nothing more");
    load(f, REQUIRED("https://:443"));
    expect_problem(f, "unipile.base_url: must be https://host:port and nothing more");
}

static void test_refused_properties(void **state)
{
    struct fixture *f = *state;
    static const char *const refused[] = {"acks=1",
                                          "topic.blacklist=.*",
                                          "allow.auto.create.topics=true",
                                          "enable.idempotence=false",
                                          "partitioner=random",
                                          "enable.auto.commit=true",
                                          "enable.auto.offset.store=true",
                                          "group.id=x",
                                          "session.timeout.ms=60000",
                                          "partition.assignment.strategy=cooperative-sticky",
                                          "group.instance.id=a",
                                          "transactional.id=t",
                                          "retries=0",
                                          "isolation.level=read_uncommitted"};
    char text[600];
    for (size_t i = 0; i < SAM_ARRAY_LEN(refused); i++) {
        (void)snprintf(text, sizeof(text),
                       "postgres: { conninfo = \"x\"; }; unipile: { base_url = \"" LOCAL
                       "\"; api_key = \"k\"; };\n"
                       "kafka: { bootstrap_servers = \"h\";\n properties = [ \"%s\" ]; };\n",
                       refused[i]);
        load(f, text);
        expect_problem(f, ":3: kafka.properties: ");
        assert_non_null(strstr(f->problems.lines[0], "is set by SAM"));
        assert_null(strstr(f->problems.lines[0], strchr(refused[i], '=')));
    }
    load(f, REQUIRED(LOCAL));
    assert_non_null(f->settings);
    assert_int_equal(setenv("SAM_KAFKA_PROPERTIES", "security.protocol", 1), 0);
    load(f, REQUIRED(LOCAL));
    expect_problem(f, "environment SAM_KAFKA_PROPERTIES: kafka.properties: \"security.protocol\": "
                      "must be \"key=value\"");
    assert_int_equal(setenv("SAM_KAFKA_PROPERTIES", "sasl.password:geheim", 1), 0);
    load(f, REQUIRED(LOCAL));
    expect_problem(f, "kafka.properties: \"sasl.password\": must be \"key=value\"");
    assert_null(strstr(f->problems.lines[0], "geheim"));
    assert_int_equal(setenv("SAM_KAFKA_PROPERTIES", "message.max.bytes=1000", 1), 0);
    load(f, REQUIRED(LOCAL));
    expect_problem(f, "message.max.bytes must be 32768 or more");
    assert_int_equal(setenv("SAM_KAFKA_PROPERTIES", "security.protocol=SSL,linger.ms=5", 1), 0);
    load(f, REQUIRED(LOCAL));
    assert_int_equal(unsetenv("SAM_KAFKA_PROPERTIES"), 0);
    assert_non_null(f->settings);
    assert_string_equal(f->settings->kafka.properties[1], "linger.ms=5");
}

static void test_listen_addresses(void **state)
{
    struct fixture *f = *state;
    load(f, REQUIRED(LOCAL) "producer: { listen = \"0.0.0.0:9464\"; };\n");
    expect_problem(f, ":4: producer.listen: others can reach this address: set admin.token_file");
    load(f, REQUIRED(LOCAL) "worker: { listen = \"0.0.0.0:9465\"; };\n"
                            "admin: { token_file = \"/run/token\"; };\n");
    assert_non_null(f->settings);
    load(f, REQUIRED(LOCAL) "worker: { listen = \"9465\"; };\n");
    expect_problem(f, "worker.listen: must be host:port");
    load(f, REQUIRED(LOCAL) "worker: { listen = \"127.0.0.1:70000\"; };\n");
    expect_problem(f, "worker.listen: must be host:port");
    load(f, REQUIRED(LOCAL) "worker: { listen = \"[::1]:9465\"; };\n");
    assert_non_null(f->settings);
}

static void test_all_problems_at_once(void **state)
{
    struct fixture *f = *state;
    load(f, "postgres: { conninfo = \"\"; };\n"
            "kafka: { properties = [ \"acks=1\" ]; };\n"
            "unipile: { base_url = \"" REMOTE "\"; };\n"
            "limits: { spacing = \"now\"; daily_cap = 500; };\n");
    assert_null(f->settings);
    static const char *const expected[] = {"postgres.conninfo: must not be empty",
                                           "kafka.bootstrap_servers: required",
                                           "unipile.api_key: required",
                                           "limits.spacing: must be a duration",
                                           "limits.daily_cap: must be 150 or less",
                                           "kafka.properties: acks is set by SAM"};
    assert_int_equal(f->problems.count, SAM_ARRAY_LEN(expected));
    for (size_t i = 0; i < SAM_ARRAY_LEN(expected); i++) {
        if (!strstr(f->problems.lines[i], expected[i]))
            fail_msg("expected \"%s\" in \"%s\"", expected[i], f->problems.lines[i]);
    }
}

static void test_topics(void **state)
{
    struct fixture *f = *state;
    load(f, "postgres: { conninfo = \"x\"; }; unipile: { base_url = \"" LOCAL
            "\"; api_key = \"k\"; };\n"
            "kafka: { bootstrap_servers = \"h\"; topic_prefix = \"eu.\"; };\n");
    assert_non_null(f->settings);
    SAM_CLEANUP(freep) char *jobs = settings_topic(f->settings, "sam.jobs");
    SAM_CLEANUP(freep) char *dead = settings_topic(f->settings, "dlq.sam.jobs");
    assert_string_equal(jobs, "eu.sam.jobs");
    assert_string_equal(dead, "dlq.eu.sam.jobs");
}

#define DOCUMENT "common/base/SETTINGS.md"

/* SAM_WRITE_DOCS=1 writes the document anew instead of comparing it. */
static void test_document_is_the_table(void **state)
{
    (void)state;
    SAM_CLEANUP(buf_deinit) struct buf want = BUF_INIT(1 << 20);
    settings_document(&want);
    bool write = getenv("SAM_WRITE_DOCS") != NULL;
    FILE *file = fopen(DOCUMENT, write ? "we" : "re");
    assert_non_null(file);
    if (write) {
        assert_int_equal(fwrite(want.data, 1, want.len, file), want.len);
    } else {
        SAM_CLEANUP(freep) char *have = sam_xcalloc(1, want.len + 2);
        size_t n = fread(have, 1, want.len + 1, file);
        if (n != want.len || memcmp(have, want.data, n) != 0)
            fail_msg(DOCUMENT " is not what the table says; write it anew: "
                              "SAM_WRITE_DOCS=1 build/dev/tests/unit_test_settings");
    }
    assert_int_equal(fclose(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults_are_the_documented_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sample_can_be_loaded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hard_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_in_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_in_the_environment, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_that_nobody_has_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds_of_an_account, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loopback, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_base_urls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_properties, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listen_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_problems_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_topics, setup, teardown),
        cmocka_unit_test(test_document_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
