#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "tests/simulator/http.h"
#include "tests/simulator/options.h"
#include "tests/simulator/simulator.h"

#include "common/base/banned.h"

#define FLUSH_MS 100

struct app {
    struct options options;
    struct log log;
    struct loop *loop;
    struct http *http;
    struct simulator simulator;
    struct loop_timer flush;
    int signal_fd;
    struct loop_watch *signal_watch;
    int code;
};

static void serve(void *ctx, struct request *r)
{
    struct app *app = ctx;
    simulator_serve(&app->simulator, r);
}

static void on_signal(void *ctx, unsigned events SAM_UNUSED)
{
    struct app *app = ctx;
    struct signalfd_siginfo info;
    if (read(app->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        loop_stop(app->loop);
}

/* A journal with holes is no proof: without it the program ends. */
static bool flush_journal(struct app *app)
{
    int error = journal_flush(app->simulator.journal);
    if (!error)
        return true;
    log_error(&app->log, "journal_not_written", LOG_STR("why", strerror(-error)));
    app->code = 1;
    return false;
}

static void on_flush(void *ctx)
{
    struct app *app = ctx;
    if (flush_journal(app))
        loop_timer_after(app->loop, &app->flush, FLUSH_MS);
    else
        loop_stop(app->loop);
}

static int watch_signals(struct app *app)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    app->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (app->signal_fd < 0)
        return -errno;
    app->signal_watch = loop_watch(app->loop, app->signal_fd, LOOP_READ, on_signal, app);
    return app->signal_watch ? 0 : -errno;
}

/* Many callers at once is what it is for. */
static void raise_files_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
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

/* 0, or an exit code after saying why. */
static int start(struct app *app)
{
    const struct options *o = &app->options;
    struct simulator *s = &app->simulator;
    char why[300] = "";
    struct problems wrong = PROBLEMS_INIT;
    int error = journal_new(o->journal, &s->journal);
    if (error) {
        (void)fprintf(stderr, "--journal %s: %s\n", o->journal, strerror(-error));
        return 2;
    }
    s->world = world_new(&o->world);
    s->judge = judge_new();
    s->faults = faults_new();
    s->scenario = o->scenario;
    s->accounts = o->accounts;
    s->api_key = o->api_key;
    memcpy(s->latency_ms, o->latency_ms, sizeof(s->latency_ms));
    error = simulator_begin(s, &wrong);
    problems_print(&wrong, stderr);
    problems_deinit(&wrong);
    if (error)
        return 2;
    const struct http_options http = {
        .listen = o->listen, .loop = app->loop, .serve = serve, .ctx = app};
    if (http_new(&http, &app->http, why, sizeof(why)) != 0) {
        (void)fprintf(stderr, "%s\n", why);
        return 2;
    }
    s->http = app->http;
    error = o->address_file ? write_address(o->address_file, http_address(app->http)) : 0;
    if (error) {
        (void)fprintf(stderr, "--address-file %s: %s\n", o->address_file, strerror(-error));
        return 2;
    }
    return 0;
}

static int run(struct app *app)
{
    app->loop = loop_new();
    if (!app->loop || watch_signals(app) != 0) {
        (void)fprintf(stderr, "the kernel refuses epoll or signalfd: %s\n", strerror(errno));
        return 1;
    }
    raise_files_limit();
    int code = start(app);
    if (code)
        return code;
    log_info(&app->log, "started", LOG_STR("listen", http_address(app->http)));
    app->flush.fn = on_flush;
    app->flush.ctx = app;
    loop_timer_after(app->loop, &app->flush, FLUSH_MS);
    int error = loop_run(app->loop);
    loop_timer_cancel(app->loop, &app->flush);
    if (!app->code)
        (void)flush_journal(app);
    log_info(&app->log, "stopped", LOG_INT("exit", error ? 1 : app->code));
    return error ? 1 : app->code;
}

int main(int argc, char **argv)
{
    struct app app = {.signal_fd = -1};
    int code = options_read(argc, argv, &app.options);
    if (code == OPTIONS_GO) {
        log_init(&app.log, "sam-simulator", stderr, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
        code = run(&app);
    }
    http_free(app.http);
    journal_free(app.simulator.journal);
    faults_free(app.simulator.faults);
    judge_free(app.simulator.judge);
    world_free(app.simulator.world);
    if (app.signal_watch)
        loop_unwatch(app.loop, app.signal_watch);
    if (app.signal_fd >= 0)
        (void)close(app.signal_fd);
    loop_free(app.loop);
    options_deinit(&app.options);
    return code;
}
