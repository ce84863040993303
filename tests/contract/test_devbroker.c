/* sam-devbroker as another process: what it prints, serves and refuses, and how it ends. */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/attr.h"
#include "common/base/clock.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define DEADLINE_MS   60000
#define ADDRESS_BYTES 256
#define ARGUMENTS_MAX 8
#define RECORDS       500
#define PARTITIONS    6
#define TOPIC         "sam.jobs"

struct child {
    pid_t pid;
    FILE *out; /* its standard output or error */
};

/* Starts it with one of its streams (1 or 2) in our hands. */
static void start(struct child *c, int stream, const char *const *arguments)
{
    const char *argv[ARGUMENTS_MAX + 2] = {"sam-devbroker"};
    char *path SAM_CLEANUP(freep) = sam_xasprintf("%s/sam-devbroker", getenv("SAM_BIN"));
    int ends[2];
    for (size_t i = 0; arguments[i]; i++) {
        assert_true(i < ARGUMENTS_MAX);
        argv[i + 1] = arguments[i];
    }
    assert_int_equal(pipe(ends), 0);
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0) {
        (void)dup2(ends[1], stream);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execv(path, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(ends[1]);
    c->out = fdopen(ends[0], "r");
    assert_non_null(c->out);
}

static int finish(struct child *c)
{
    int status = 0;
    assert_int_equal(fclose(c->out), 0);
    while (waitpid(c->pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void read_line(FILE *in, char out[ADDRESS_BYTES])
{
    assert_non_null(fgets(out, ADDRESS_BYTES, in));
    out[strcspn(out, "\n")] = '\0';
}

/* ---- clients ---- */

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK)
        fail_msg("%s", why);
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *address)
{
    char why[256];
    set(conf, "bootstrap.servers", address);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (!rk)
        fail_msg("%s", why);
    return rk;
}

static void on_delivered(rd_kafka_t *rk SAM_UNUSED, const rd_kafka_message_t *m, void *opaque)
{
    int *delivered = opaque;
    if (m->err)
        fail_msg("not delivered: %s", rd_kafka_err2str(m->err));
    ++*delivered;
}

static void produce_all(const char *address)
{
    int delivered = 0;
    char key[16];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "enable.idempotence", "true");
    set(conf, "partitioner", "murmur2_random");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    rd_kafka_conf_set_opaque(conf, &delivered);
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, conf, address);
    for (int i = 0; i < RECORDS; i++) {
        int n = snprintf(key, sizeof(key), "%d", i);
        rd_kafka_resp_err_t error =
            rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_KEY(key, (size_t)n),
                              RD_KAFKA_V_VALUE(key, (size_t)n),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        assert_int_equal(error, RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    assert_int_equal(rd_kafka_flush(rk, DEADLINE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(delivered, RECORDS);
    rd_kafka_destroy(rk);
}

static rd_kafka_t *subscribed(const char *address)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "group.id", "sam-workers");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "enable.auto.commit", "false");
    set(conf, "fetch.wait.max.ms", "10");
    set(conf, "session.timeout.ms", "6000");
    rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, conf, address);
    (void)rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(topics, TOPIC, RD_KAFKA_PARTITION_UA);
    assert_int_equal(rd_kafka_subscribe(rk, topics), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(topics);
    return rk;
}

/* The next record; it is the caller's. */
static rd_kafka_message_t *next_record(rd_kafka_t *rk)
{
    const int64_t until_ms = clock_boot_ms() + DEADLINE_MS;
    while (clock_boot_ms() < until_ms) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 100);
        if (m && !m->err)
            return m;
        if (m)
            rd_kafka_message_destroy(m);
    }
    fail_msg("no record within %d ms", DEADLINE_MS);
    return NULL;
}

static void leave(rd_kafka_t *rk)
{
    assert_int_equal(rd_kafka_consumer_close(rk), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(rk);
}

static int partitions_of(rd_kafka_t *rk, const char *topic)
{
    const struct rd_kafka_metadata *found = NULL;
    int n = -1;
    assert_int_equal(rd_kafka_metadata(rk, 1, NULL, &found, DEADLINE_MS), 0);
    for (int i = 0; i < found->topic_cnt; i++) {
        if (strcmp(found->topics[i].topic, topic) == 0)
            n = found->topics[i].partition_cnt;
    }
    rd_kafka_metadata_destroy(found);
    return n;
}

/* ---- tests ---- */

static void test_prints_and_writes_its_address(void **state SAM_UNUSED)
{
    char folder[] = "/tmp/sam-devbroker-XXXXXX";
    char printed[ADDRESS_BYTES];
    char written[ADDRESS_BYTES];
    struct child c;
    assert_non_null(mkdtemp(folder));
    char *file SAM_CLEANUP(freep) = sam_xasprintf("%s/address", folder);
    start(&c, STDOUT_FILENO,
          (const char *const[]){"--topics", "sam.jobs:6,dlq.sam.jobs:1", "--brokers", "2",
                                "--address-file", file, NULL});
    read_line(c.out, printed);
    FILE *in = fopen(file, "r");
    assert_non_null(in);
    read_line(in, written);
    assert_int_equal(fclose(in), 0);
    assert_string_equal(printed, written);
    assert_int_equal(strncmp(printed, "127.0.0.1:", 10), 0);
    assert_non_null(strstr(printed, ",127.0.0.1:"));

    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), printed);
    assert_int_equal(partitions_of(rk, TOPIC), PARTITIONS);
    assert_int_equal(partitions_of(rk, "dlq.sam.jobs"), 1);
    assert_int_equal(partitions_of(rk, "sam.sync"), -1);
    assert_int_equal(kill(c.pid, SIGTERM), 0); /* with a client connected */
    assert_int_equal(finish(&c), 0);
    rd_kafka_destroy(rk);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Keys stay in one partition each; a group goes on where it committed. */
static void test_serves_producers_and_groups(void **state SAM_UNUSED)
{
    char address[ADDRESS_BYTES];
    bool seen[RECORDS] = {false};
    bool used[PARTITIONS] = {false};
    int partitions = 0;
    struct child c;
    start(&c, STDOUT_FILENO, (const char *const[]){"--topics", "sam.jobs:6", NULL});
    read_line(c.out, address);
    produce_all(address);

    rd_kafka_t *rk = subscribed(address);
    for (int i = 0; i < RECORDS; i++) {
        rd_kafka_message_t *m = next_record(rk);
        char text[16];
        (void)snprintf(text, sizeof(text), "%.*s", (int)m->len, (const char *)m->payload);
        long n = strtol(text, NULL, 10);
        assert_in_range(n, 0, RECORDS - 1);
        assert_false(seen[n]);
        assert_in_range(m->partition, 0, PARTITIONS - 1);
        seen[n] = true;
        partitions += !used[m->partition];
        used[m->partition] = true;
        rd_kafka_message_destroy(m);
    }
    assert_int_equal(partitions, PARTITIONS);
    assert_int_equal(rd_kafka_commit(rk, NULL, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    leave(rk);

    produce_all(address);
    rk = subscribed(address);
    for (int i = 0; i < RECORDS; i++)
        rd_kafka_message_destroy(next_record(rk));
    assert_null(rd_kafka_consumer_poll(rk, 100)); /* none from before the commit */
    leave(rk);
    assert_int_equal(kill(c.pid, SIGINT), 0);
    assert_int_equal(finish(&c), 0);
}

static void expect_refused(const char *const *arguments, const char *const *words)
{
    struct child c;
    char said[4096];
    start(&c, STDERR_FILENO, arguments);
    said[fread(said, 1, sizeof(said) - 1, c.out)] = '\0';
    assert_int_equal(finish(&c), 2);
    for (size_t i = 0; words[i]; i++) {
        if (!strstr(said, words[i]))
            fail_msg("wanted \"%s\" in:\n%s", words[i], said);
    }
}

static void test_refuses_wrong_arguments_all_at_once(void **state SAM_UNUSED)
{
    expect_refused((const char *const[]){NULL}, (const char *const[]){"--topics is missing", NULL});
    expect_refused((const char *const[]){"--topics", "a:0,b,c:1,c:2,so/so:1,d:1025,..:1,",
                                         "--brokers", "11", "loose", NULL},
                   (const char *const[]){"\"a:0\"", "\"b\"", "\"c:2\": named twice", "\"so/so:1\"",
                                         "\"d:1025\"", "\"..:1\"", "\"\"", "--brokers 11",
                                         "loose: no such argument", NULL});
    expect_refused((const char *const[]){"--topics", "a:1", "--address-file", "/nowhere/a", NULL},
                   (const char *const[]){"/nowhere/a: No such file", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prints_and_writes_its_address),
        cmocka_unit_test(test_serves_producers_and_groups),
        cmocka_unit_test(test_refuses_wrong_arguments_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
