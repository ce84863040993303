#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/problems.h"
#include "tests/devbroker/broker.h"
#include "tests/devbroker/topics.h"

#include "common/base/banned.h"

#define WHY_BYTES 512

static const char usage[] =
    "sam-devbroker: a Kafka broker in memory, for trying and testing. It forgets all at its end.\n"
    "usage: sam-devbroker --topics NAME:PARTITIONS[,NAME:PARTITIONS ...] [options]\n"
    "  --topics LIST        the topics; others appear with 4 partitions when they are used\n"
    "  --brokers N          1 to 10, each with a port of its own (default 1)\n"
    "  --address-file FILE  gets 127.0.0.1:PORT when clients are answered\n"
    "  --help, --version\n"
    "The address is also the first line of the output. SIGTERM ends it; SIGUSR1 breaks the\n"
    "producer that writes next.\n";

struct options {
    struct topics topics;
    int brokers;
    const char *address_file; /* NULL = none */
};

enum option_id {
    OPTION_TOPICS = 256,
    OPTION_BROKERS,
    OPTION_ADDRESS_FILE,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option table[] = {
    {"topics", required_argument, NULL, OPTION_TOPICS},
    {"brokers", required_argument, NULL, OPTION_BROKERS},
    {"address-file", required_argument, NULL, OPTION_ADDRESS_FILE},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static void read_brokers(const char *text, int *ret, struct problems *problems)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < 1 || value > BROKERS_MAX)
        problems_add(problems, "--brokers %s: a number from 1 to %d", text, BROKERS_MAX);
    else
        *ret = (int)value;
}

static void take(int id, struct options *o, const char *value, struct problems *problems)
{
    if (id == OPTION_TOPICS)
        topics_parse(value, &o->topics, problems);
    else if (id == OPTION_BROKERS)
        read_brokers(value, &o->brokers, problems);
    else if (id == OPTION_ADDRESS_FILE)
        o->address_file = value;
    else
        problems_add(problems, "see --help");
}

/* -1 = go on, else the exit code. */
static int read_options(int argc, char **argv, struct options *o)
{
    struct problems problems = PROBLEMS_INIT;
    int id;
    while ((id = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (id == OPTION_HELP || id == OPTION_VERSION) {
            (void)fputs(id == OPTION_HELP ? usage : "sam-devbroker " SAM_VERSION "\n", stdout);
            problems_deinit(&problems);
            return 0;
        }
        take(id, o, optarg, &problems);
    }
    if (optind < argc)
        problems_add(&problems, "%s: no such argument; see --help", argv[optind]);
    bool any = problems_any(&problems);
    if (!any && o->topics.count == 0) {
        problems_add(&problems, "--topics is missing, for example --topics sam.jobs:8,sam.sync:8");
        any = true;
    }
    problems_print(&problems, stderr);
    problems_deinit(&problems);
    return any ? 2 : -1;
}

/* Whole or not at all: readers wait for the file. */
static int write_address(const char *path, const char *address)
{
    char *part SAM_CLEANUP(freep) = sam_xasprintf("%s.part", path);
    FILE *file = fopen(part, "we");
    if (!file)
        return -errno;
    bool bad = fprintf(file, "%s\n", address) < 0;
    bad |= fclose(file) != 0;
    if (bad || rename(part, path) != 0)
        return errno ? -errno : -EIO;
    return 0;
}

static int serve(const struct options *o, const sigset_t *signals)
{
    struct broker *b SAM_CLEANUP(broker_freep) = NULL;
    char why[WHY_BYTES] = "";
    int number;
    if (broker_new(o->brokers, &o->topics, &b, why, sizeof(why)) != 0) {
        (void)fprintf(stderr, "sam-devbroker: %s\n", why);
        return 1;
    }
    int error = o->address_file ? write_address(o->address_file, broker_address(b)) : 0;
    if (error) {
        (void)fprintf(stderr, "--address-file %s: %s\n", o->address_file, strerror(-error));
        return 2;
    }
    if (printf("%s\n", broker_address(b)) < 0 || fflush(stdout) != 0) {
        (void)fprintf(stderr, "sam-devbroker: standard output: %s\n", strerror(errno));
        return 1;
    }
    int failed;
    while ((failed = sigwait(signals, &number)) == 0 && number == SIGUSR1)
        broker_break_producer(b);
    return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct options options = {.brokers = 1};
    sigset_t signals;
    int code = read_options(argc, argv, &options);
    if (code >= 0)
        return code;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    return serve(&options, &signals);
}
