/* common/adapters/admin over real sockets: what it answers, and what it refuses to start with. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/adapters/admin.h"
#include "common/adapters/metric_names.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/model/outcome.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define DEADLINE_MS   10000
#define TOKEN         "0123456789abcdef0123456789abcdef"
#define REQUEST(line) line " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

struct fixture {
    struct metrics *metrics;
    struct admin *admin;
    char token_file[64];
};

static int connect_to(const char *address)
{
    const char *port = strrchr(address, ':');
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtol(port + 1, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval wait = {.tv_sec = DEADLINE_MS / 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

/* Everything that comes until the other side closes. "" = nothing. */
static char *receive(int fd)
{
    struct buf out = BUF_INIT(4 << 20);
    char part[4096];
    buf_adds(&out, "");
    for (;;) {
        ssize_t n = recv(fd, part, sizeof(part), 0);
        if (n <= 0)
            break;
        buf_add(&out, part, (size_t)n);
    }
    assert_int_equal(close(fd), 0);
    assert_false(out.overflow);
    return buf_take(&out);
}

static char *ask(const struct admin *admin, const char *request)
{
    int fd = connect_to(admin_address(admin));
    size_t bytes = strlen(request);
    assert_int_equal(send(fd, request, bytes, MSG_NOSIGNAL), bytes);
    return receive(fd);
}

/* The answer has this status and contains the text; "" = any. */
static void expect(const struct admin *admin, const char *request, int status, const char *text)
{
    char first[32];
    char *answer SAM_CLEANUP(freep) = ask(admin, request);
    (void)snprintf(first, sizeof(first), "HTTP/1.1 %d ", status);
    if (strncmp(answer, first, strlen(first)) != 0 || !strstr(answer, text))
        fail_msg("%s: wanted %d and \"%s\", got:\n%s", request, status, text, answer);
}

static void write_token(struct fixture *f, const char *content)
{
    (void)snprintf(f->token_file, sizeof(f->token_file), "/tmp/sam-token-XXXXXX");
    int fd = mkstemp(f->token_file);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(close(fd), 0);
}

static int start(struct fixture *f, const char *listen_at, char *why, size_t why_bytes)
{
    const struct admin_options options = {
        .listen = listen_at, .token_file = f->token_file, .metrics = f->metrics};
    return admin_new(&options, &f->admin, why, why_bytes);
}

static void must_start(struct fixture *f, const char *listen_at)
{
    char why[512] = "";
    if (start(f, listen_at, why, sizeof(why)) != 0)
        fail_msg("%s: %s", listen_at, why);
}

static int setup(void **state)
{
    struct fixture *f = sam_xcalloc(1, sizeof(*f));
    f->metrics = metrics_new(IN_WORKER, metric_names);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    admin_free(f->admin);
    metrics_free(f->metrics);
    if (f->token_file[0])
        (void)unlink(f->token_file);
    free(f);
    return 0;
}

static void test_healthy_while_the_loop_turns(void **state)
{
    struct fixture *f = *state;
    must_start(f, "127.0.0.1:0");
    expect(f->admin, REQUEST("GET /healthz"), 200, "\r\n\r\nok\n");
    admin_turned(f->admin, clock_boot_ms() - ADMIN_STUCK_MS - 5000);
    expect(f->admin, REQUEST("GET /healthz"), 503, "stuck: the loop has not turned for 15 s");
    admin_turned(f->admin, clock_boot_ms());
    expect(f->admin, REQUEST("GET /healthz"), 200, "ok");
}

static void test_ready_when_no_reason_is_left(void **state)
{
    struct fixture *f = *state;
    must_start(f, "127.0.0.1:0");
    expect(f->admin, REQUEST("GET /readyz"), 503, "\r\n\r\nstarting: ");
    admin_reason_set(f->admin, "postgres", "no connection:\ntimeout");
    admin_reason_set(f->admin, "gate", "3 of 48 partitions are open");
    admin_reason_set(f->admin, "gate", "40 of 48 partitions are open");
    admin_reason_set(f->admin, "starting", NULL);
    expect(f->admin, REQUEST("GET /readyz"), 503,
           "\r\n\r\npostgres: no connection: timeout\ngate: 40 of 48 partitions are open\n");
    admin_reason_set(f->admin, "postgres", NULL);
    expect(f->admin, REQUEST("GET /readyz"), 503, "\r\n\r\ngate: 40");
    admin_reason_set(f->admin, "gate", NULL);
    expect(f->admin, REQUEST("GET /readyz"), 200, "\r\n\r\nready\n");
    /* not ready is not unhealthy */
    admin_reason_set(f->admin, "postgres", "away");
    expect(f->admin, REQUEST("GET /healthz"), 200, "ok");
}

static void test_metrics_without_token_on_loopback(void **state)
{
    struct fixture *f = *state;
    must_start(f, "127.0.0.1:0");
    metrics_add_label(f->metrics, METRIC_CALLS, OUTCOME_SENT, 41);
    expect(f->admin, REQUEST("GET /metrics"), 200, "\nsam_calls_total{outcome=\"sent\"} 41\n");
    expect(f->admin, REQUEST("GET /metrics?x=1"), 200, "text/plain; version=0.0.4");
}

static void test_ipv6_loopback(void **state)
{
    struct fixture *f = *state;
    char why[512] = "";
    int error = start(f, "[::1]:0", why, sizeof(why));
    if (error == -EADDRNOTAVAIL || error == -EAFNOSUPPORT) {
        print_message("no IPv6 here\n");
        skip();
    }
    assert_int_equal(error, 0);
    assert_int_equal(strncmp(admin_address(f->admin), "[::1]:", 6), 0);
}

static void test_get_and_head_only(void **state)
{
    struct fixture *f = *state;
    must_start(f, "127.0.0.1:0");
    char *head SAM_CLEANUP(freep) = ask(f->admin, REQUEST("HEAD /metrics"));
    assert_int_equal(strncmp(head, "HTTP/1.1 200 ", 13), 0);
    assert_string_equal(strstr(head, "\r\n\r\n"), "\r\n\r\n");
    expect(f->admin, REQUEST("GET /"), 404, "/healthz");
    expect(f->admin, REQUEST("GET /healthz/"), 404, "");
    expect(f->admin, REQUEST("GET /../metrics"), 404, "");
    expect(f->admin, REQUEST("DELETE /metrics"), 405, "Allow: GET, HEAD");
    expect(f->admin,
           "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
           405, "Allow: GET, HEAD");
    expect(f->admin, REQUEST("POST /nothing"), 404, "");
}

#define WITH(header) "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" header "\r\n\r\n"

static void test_metrics_ask_for_the_token(void **state)
{
    struct fixture *f = *state;
    write_token(f, TOKEN "\n");
    must_start(f, "0.0.0.0:0");
    expect(f->admin, REQUEST("GET /healthz"), 200, "ok");
    expect(f->admin, REQUEST("GET /readyz"), 503, "starting");
    expect(f->admin, REQUEST("GET /metrics"), 401, "WWW-Authenticate: Bearer");
    expect(f->admin, WITH("Authorization: Bearer " TOKEN), 200, "sam_build_info");
    expect(f->admin, WITH("authorization: bearer " TOKEN), 200, "sam_build_info");
    expect(f->admin, WITH("Authorization: Bearer " TOKEN "0"), 401, "");
    expect(f->admin, WITH("Authorization: Bearer 0123456789abcdef"), 401, "");
    expect(f->admin, WITH("Authorization: Bearer 1123456789abcdef0123456789abcdef"), 401, "");
    expect(f->admin, WITH("Authorization: Bearer "), 401, "");
    expect(f->admin, WITH("Authorization: " TOKEN), 401, "");
    expect(f->admin, WITH("Authorization: Basic " TOKEN), 401, "");
    char *answer SAM_CLEANUP(freep) = ask(f->admin, REQUEST("GET /metrics"));
    assert_null(strstr(answer, TOKEN));
    assert_null(strstr(answer, "sam_calls"));
}

static void test_a_token_counts_on_loopback_too(void **state)
{
    struct fixture *f = *state;
    write_token(f, TOKEN);
    must_start(f, "127.0.0.1:0");
    expect(f->admin, REQUEST("GET /metrics"), 401, "");
    expect(f->admin, WITH("Authorization: Bearer " TOKEN), 200, "");
}

static void expect_refusal(struct fixture *f, const char *listen_at, int error, const char *text)
{
    char why[512] = "";
    int result = start(f, listen_at, why, sizeof(why));
    if (result != error || !strstr(why, text) || strchr(why, '\n') || strstr(why, TOKEN))
        fail_msg("%s: wanted %d and \"%s\", got %d and \"%s\"", listen_at, error, text, result,
                 why);
    assert_null(f->admin);
}

static void test_bad_addresses_are_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *listen_at;
        int error;
        const char *text;
    } rows[] = {
        {"", -EINVAL, "not host:port"},
        {"9465", -EINVAL, "not host:port"},
        {"127.0.0.1", -EINVAL, "not host:port"},
        {":9465", -EINVAL, "no host"},
        {"[]:9465", -EINVAL, "no host"},
        {"::1:9465", -EINVAL, "in brackets"},
        {"[::1:9465", -EINVAL, "not [address]:port"},
        {"127.0.0.1:", -EINVAL, "port"},
        {"127.0.0.1:http", -EINVAL, "port"},
        {"127.0.0.1:65536", -EINVAL, "port"},
        {"127.0.0.1:-1", -EINVAL, "port"},
        {"127.0.0.1:94 65", -EINVAL, "port"},
        {"http://127.0.0.1:9465", -EINVAL, "host:port"},
        {"no-such-host.invalid:9465", -ENOENT, "no-such-host.invalid"},
        {"192.0.2.1:9465", -EADDRNOTAVAIL, "192.0.2.1"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++)
        expect_refusal(f, rows[i].listen_at, rows[i].error, rows[i].text);
}

static void test_a_port_in_use_is_refused(void **state)
{
    struct fixture *f = *state;
    must_start(f, "127.0.0.1:0");
    struct fixture second = {.metrics = f->metrics};
    expect_refusal(&second, admin_address(f->admin), -EADDRINUSE, "another program listens there");
}

static void test_an_open_port_without_token_is_refused(void **state)
{
    struct fixture *f = *state;
    expect_refusal(f, "0.0.0.0:0", -EPERM, "set admin.token_file");
}

static void test_bad_token_files_are_refused(void **state)
{
    struct fixture *f = *state;
    (void)snprintf(f->token_file, sizeof(f->token_file), "/nowhere/token");
    expect_refusal(
        f, "127.0.0.1:0", -ENOENT,
        "admin.token_file \"/nowhere/token\" cannot be read: No such file or directory; write");
    static const struct {
        const char *content;
        const char *text;
    } rows[] = {
        {"", "is empty"},
        {" \n\r\n", "is empty"},
        {TOKEN " and more", "more than one word"},
        {TOKEN "\n" TOKEN "\n", "more than one word"},
        {"t\xc3\xb6ken", "more than one word"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        write_token(f, rows[i].content);
        expect_refusal(f, "127.0.0.1:0", -EINVAL, rows[i].text);
        assert_int_equal(unlink(f->token_file), 0);
    }
    char *huge SAM_CLEANUP(freep) = sam_xcalloc(1, 1026);
    memset(huge, 'a', 1025);
    write_token(f, huge);
    expect_refusal(f, "127.0.0.1:0", -EINVAL, "longer");
}

static void test_bad_requests_do_no_harm(void **state)
{
    struct fixture *f = *state;
    must_start(f, "127.0.0.1:0");
    char *rubbish SAM_CLEANUP(freep) = ask(f->admin, "\x16\x03\x01\x02\r\n\r\n");
    assert_null(strstr(rubbish, " 200 "));
    char *request SAM_CLEANUP(freep) =
        sam_xasprintf("GET /%0100000d HTTP/1.1\r\nHost: x\r\n\r\n", 0);
    int fd = connect_to(admin_address(f->admin));
    (void)send(fd, request, strlen(request), MSG_NOSIGNAL);
    char *answer SAM_CLEANUP(freep) = receive(fd);
    assert_null(strstr(answer, " 200 "));
    expect(f->admin, REQUEST("GET /healthz"), 200, "ok");
}

static void test_silent_clients_do_not_stop_the_others(void **state)
{
    struct fixture *f = *state;
    int silent[40];
    must_start(f, "127.0.0.1:0");
    int half = connect_to(admin_address(f->admin));
    assert_int_equal(send(half, "GET /heal", 9, MSG_NOSIGNAL), 9);
    expect(f->admin, REQUEST("GET /healthz"), 200, "ok");
    /* more connections than there are places; once they are gone there is room again */
    for (size_t i = 0; i < SAM_ARRAY_LEN(silent); i++)
        silent[i] = connect_to(admin_address(f->admin));
    for (size_t i = 0; i < SAM_ARRAY_LEN(silent); i++)
        assert_int_equal(close(silent[i]), 0);
    assert_int_equal(close(half), 0);
    int64_t until_ms = clock_boot_ms() + DEADLINE_MS;
    bool fine = false;
    while (!fine && clock_boot_ms() < until_ms) {
        int fd = connect_to(admin_address(f->admin));
        (void)send(fd, REQUEST("GET /healthz"), strlen(REQUEST("GET /healthz")), MSG_NOSIGNAL);
        char *again SAM_CLEANUP(freep) = receive(fd);
        fine = strncmp(again, "HTTP/1.1 200 ", 13) == 0;
    }
    assert_true(fine);
}

/* What the tool says about an exposition text; "" = nothing to say. */
static char *promtool(const char *text)
{
    char path[] = "/tmp/sam-metrics-XXXXXX";
    struct buf said = BUF_INIT(1 << 20);
    char line[1024];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
    char *command SAM_CLEANUP(freep) = sam_xasprintf("promtool check metrics <%s 2>&1", path);
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    buf_adds(&said, "");
    while (fgets(line, sizeof(line), pipe))
        buf_adds(&said, line);
    int status = pclose(pipe);
    (void)unlink(path);
    if (status != 0)
        buf_addf(&said, "status %d\n", status);
    return buf_take(&said);
}

static bool have_promtool(void)
{
    char line[256];
    FILE *pipe = popen("command -v promtool", "re");
    assert_non_null(pipe);
    bool found = fgets(line, sizeof(line), pipe) != NULL;
    (void)pclose(pipe);
    return found;
}

#define KIND_ROW(id, name, kind, label, scale, programs, help) kind,
static const enum metric_kind kinds[METRIC_N] = {METRICS_MAP(KIND_ROW)};

/* So that no metric is left out for being unknown. */
static void set_everything(struct metrics *m)
{
    for (int id = 0; id < METRIC_N; id++) {
        if (kinds[id] == METRIC_GAUGE)
            metrics_set_label(m, (enum metric)id, 0, 1);
        if (kinds[id] == METRIC_HISTOGRAM)
            metrics_observe_label(m, (enum metric)id, 0, 12);
    }
}

static void test_promtool_finds_nothing(void **state)
{
    struct fixture *f = *state;
    if (!have_promtool()) {
        print_message("no promtool here (Debian package prometheus)\n");
        skip();
    }
    char *bad SAM_CLEANUP(freep) = promtool("# TYPE sam_x counter\nsam_x 1\n");
    assert_string_not_equal(bad, "");
    static const enum metric_program programs[] = {IN_PRODUCER, IN_WORKER};
    for (size_t i = 0; i < SAM_ARRAY_LEN(programs); i++) {
        metrics_free(f->metrics);
        f->metrics = metrics_new(programs[i], metric_names);
        set_everything(f->metrics);
        must_start(f, "127.0.0.1:0");
        char *answer SAM_CLEANUP(freep) = ask(f->admin, REQUEST("GET /metrics"));
        const char *body = strstr(answer, "\r\n\r\n");
        char *said SAM_CLEANUP(freep) = promtool(body ? body + 4 : "no body");
        assert_string_equal(said, "");
        admin_free(f->admin);
        f->admin = NULL;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_healthy_while_the_loop_turns),
        TEST(test_ready_when_no_reason_is_left),
        TEST(test_metrics_without_token_on_loopback),
        TEST(test_ipv6_loopback),
        TEST(test_get_and_head_only),
        TEST(test_metrics_ask_for_the_token),
        TEST(test_a_token_counts_on_loopback_too),
        TEST(test_bad_addresses_are_refused),
        TEST(test_a_port_in_use_is_refused),
        TEST(test_an_open_port_without_token_is_refused),
        TEST(test_bad_token_files_are_refused),
        TEST(test_bad_requests_do_no_harm),
        TEST(test_silent_clients_do_not_stop_the_others),
        TEST(test_promtool_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
