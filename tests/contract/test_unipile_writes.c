/* worker/unipile against a hostile server: what arrives, that nothing arrives twice, and when it is
 * certain that nothing has arrived. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/fakes/unipile_fixture.h"

#include "common/base/banned.h"

/* ---- requests as they arrive ---------------------------------------------------------------- */

static void test_invitation(void **state)
{
    struct fixture *f = *state;
    START(f, 5000, {.act = PEER_ANSWER, .bytes = OK_INVITED});
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    char *request SAM_CLEANUP(freep) = peer_request(f->peer, 0);
    expect_outcome(&o, OUTCOME_SENT, 200, "");
    assert_string_equal(o.invitation_id, "7391");
    assert_int_equal(strncmp(request, "POST /api/v1/users/invite HTTP/1.1\r\n", 36), 0);
    expect_our_head(request);
    expect_line(request, "\r\nContent-Type: application/json\r\n");
    assert_string_equal(request_body(request),
                        "{\"provider_id\":\"ACoAAB1\",\"account_id\":\"acc1\","
                        "\"message\":\"" TEXT "\"}");
}

static void test_message(void **state)
{
    struct fixture *f = *state;
    START(f, 5000,
          {.act = PEER_ANSWER,
           .bytes = HTTP("201 Created", "{\"chat_id\":\"c-1\",\"message_id\":\"m_2\"}")});
    struct unipile_outcome o = write_call(f, CALL_MESSAGE);
    char *request SAM_CLEANUP(freep) = peer_request(f->peer, 0);
    expect_outcome(&o, OUTCOME_SENT, 201, "");
    assert_string_equal(o.chat_id, "c-1");
    assert_string_equal(o.message_id, "m_2");
    assert_int_equal(strncmp(request, "POST /api/v1/chats HTTP/1.1\r\n", 29), 0);
    expect_our_head(request);
    char boundary[64];
    const char *type = strstr(request, "\r\nContent-Type: multipart/form-data; boundary=");
    assert_non_null(type);
    assert_int_equal(sscanf(type, "\r\nContent-Type: multipart/form-data; boundary=%63s", boundary),
                     1);
    char *wanted SAM_CLEANUP(freep) = sam_xasprintf(
        "--%s\r\nContent-Disposition: form-data; name=\"account_id\"\r\n\r\nacc1\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"attendees_ids\"\r\n\r\nACoAAB1\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" TEXT "\r\n--%s--\r\n",
        boundary, boundary, boundary, boundary);
    assert_string_equal(request_body(request), wanted);
}

static void test_environment_proxies_are_not_used(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
    START(f, 5000, {.act = PEER_ANSWER, .bytes = OK_INVITED});
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(unsetenv("ALL_PROXY"), 0);
    expect_outcome(&o, OUTCOME_SENT, 200, "");
}

/* ---- never twice ---------------------------------------------------------------------------- */

/* The trap: the server executes the request on a used connection and cuts it without a byte. By
 * itself libcurl would take that for an idle connection that has just died, and repeat. */
static void cut_on_a_used_connection(struct fixture *f, enum call_kind kind, enum peer_act act)
{
    START(f, 5000, {.act = PEER_ANSWER, .bytes = OK_INVITED}, {.act = act},
          {.act = PEER_ANSWER, .bytes = OK_INVITED});
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_SENT, 200, "");
    o = write_call(f, kind);
    expect_outcome(&o, OUTCOME_UNKNOWN, 0, act == PEER_CLOSE_ALL ? "connect" : "cut");
    assert_int_equal(peer_executed(f->peer), 2);
    assert_int_equal(peer_used(f->peer, 1), 1);
    if (act == PEER_CLOSE_ALL)
        return;
    /* the client goes on, and only with what it is asked for */
    o = write_call(f, kind);
    expect_outcome(&o, OUTCOME_SENT, 200, "");
    assert_int_equal(peer_executed(f->peer), 3);
}

static void test_invitation_cut_by_fin_arrives_once(void **state)
{
    cut_on_a_used_connection(*state, CALL_INVITATION, PEER_CLOSE);
}

static void test_invitation_cut_by_reset_arrives_once(void **state)
{
    cut_on_a_used_connection(*state, CALL_INVITATION, PEER_RESET);
}

static void test_message_cut_by_fin_arrives_once(void **state)
{
    cut_on_a_used_connection(*state, CALL_MESSAGE, PEER_CLOSE);
}

static void test_message_cut_by_reset_arrives_once(void **state)
{
    cut_on_a_used_connection(*state, CALL_MESSAGE, PEER_RESET);
}

/* libcurl connects anew before it sees that it cannot repeat: that connection fails like one of a
 * call that never left. */
static void test_cut_and_nobody_listens_any_more(void **state)
{
    cut_on_a_used_connection(*state, CALL_INVITATION, PEER_CLOSE_ALL);
}

static void test_cut_on_a_fresh_connection_arrives_once(void **state)
{
    struct fixture *f = *state;
    START(f, 5000, {.act = PEER_CLOSE}, {.act = PEER_RESET},
          {.act = PEER_ANSWER, .bytes = OK_INVITED});
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_UNKNOWN, 0, "cut");
    o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_UNKNOWN, 0, "cut");
    assert_int_equal(peer_executed(f->peer), 2);
}

static void test_timeout_arrives_once(void **state)
{
    struct fixture *f = *state;
    START(f, 300, {.act = PEER_HOLD});
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_UNKNOWN, 0, "timeout");
    assert_int_equal(peer_executed(f->peer), 1);
}

static void test_redirects_are_not_followed(void **state)
{
    struct fixture *f = *state;
    START(f, 5000,
          {.act = PEER_ANSWER,
           .bytes = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\n"
                    "Content-Length: 0\r\n\r\n"},
          {.act = PEER_ANSWER,
           .bytes = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\n"
                    "Content-Length: 0\r\n\r\n"},
          {.act = PEER_ANSWER, .bytes = OK_INVITED});
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_UNKNOWN, 307, "untyped");
    o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_REFUSED, 401, "untyped");
    assert_int_equal(peer_executed(f->peer), 2);
}

/* A read is safe to repeat; that libcurl does so is welcome. */
static void test_a_read_survives_a_dead_connection(void **state)
{
    struct fixture *f = *state;
    START(f, 5000, {.act = PEER_ANSWER, .bytes = OK_INVITED}, {.act = PEER_CLOSE},
          {.act = PEER_ANSWER,
           .bytes = HTTP("200 OK", "{\"object\":\"UserProfile\",\"provider_id\":\"ACo77\"}")});
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_SENT, 200, "");
    struct seen s = profile_call(f, "jane");
    assert_int_equal(s.read.result, UNIPILE_READ_OK);
    assert_string_equal(s.read.provider_id, "ACo77");
    assert_int_equal(peer_executed(f->peer), 3);
}

/* ---- nothing has left ----------------------------------------------------------------------- */

static int listen_on_loopback(int backlog, struct sockaddr_in *ret_at)
{
    socklen_t size = sizeof(*ret_at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *ret_at =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)ret_at, size), 0);
    if (backlog >= 0)
        assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret_at, &size), 0);
    return fd;
}

static void url_of(const struct sockaddr_in *at, const char *scheme, char out[64])
{
    (void)snprintf(out, 64, "%s://127.0.0.1:%u", scheme, ntohs(at->sin_port));
}

static void test_refused_connection(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_in at;
    char url[64];
    int fd = listen_on_loopback(-1, &at); /* the port is taken, nobody listens */
    url_of(&at, "http", url);
    fixture_connect(f, url, 5000, 4);
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_NOT_EXECUTED, 0, "connect");
    assert_true(o.unreached);
    assert_false(o.untried);
    assert_int_equal(close(fd), 0);
    assert_int_equal(fflush(f->log_file), 0);
    assert_non_null(strstr(f->log_text, "unipile_transport"));
}

static void test_unknown_host(void **state)
{
    struct fixture *f = *state;
    fixture_connect(f, "http://no-such-host.invalid:1", 20000, 4);
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_NOT_EXECUTED, 0, "resolve");
    assert_true(o.unreached);
}

static void test_no_tls_on_the_other_side(void **state)
{
    struct fixture *f = *state;
    char url[64];
    f->peer = peer_new(&(const struct peer_step){.act = PEER_ANSWER, .bytes = OK_INVITED}, 1);
    (void)snprintf(url, sizeof(url), "https%s", peer_url(f->peer) + strlen("http"));
    fixture_connect(f, url, 1000, 4);
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    assert_int_equal(o.outcome, OUTCOME_NOT_EXECUTED);
    assert_int_equal(peer_executed(f->peer), 0);
}

/* A listener that accepts nobody: the kernel drops further connections. */
struct full {
    int listener;
    int inside[4];
    struct sockaddr_in at;
};

static void fill(struct full *full)
{
    full->listener = listen_on_loopback(0, &full->at);
    for (size_t i = 0; i < SAM_ARRAY_LEN(full->inside); i++) {
        full->inside[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(full->inside[i], (struct sockaddr *)&full->at, sizeof(full->at));
    }
}

static void full_close(struct full *full)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(full->inside); i++)
        assert_int_equal(close(full->inside[i]), 0);
    assert_int_equal(close(full->listener), 0);
}

static void test_no_answer_to_the_connection(void **state)
{
    struct fixture *f = *state;
    struct full full;
    char url[64];
    fill(&full);
    url_of(&full.at, "http", url);
    fixture_connect(f, url, 300, 4);
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_NOT_EXECUTED, 0, "timeout");
    assert_false(o.untried);
    assert_true(o.unreached);
    full_close(&full);
}

static void test_start_by_has_passed(void **state)
{
    struct fixture *f = *state;
    struct written w;
    struct unipile_write write = write_of(CALL_MESSAGE);
    START(f, 5000, {.act = PEER_ANSWER, .bytes = OK_INVITED});
    write.start_by_boot_ms = clock_boot_ms();
    write_begin(f, &write, &w);
    fixture_wait(f);
    expect_outcome(&w.o, OUTCOME_NOT_EXECUTED, 0, "lapsed");
    assert_true(w.o.untried);
    assert_int_equal(peer_connections(f->peer), 0);
}

struct draining {
    struct full full;
    struct loop_timer timer;
    struct loop *loop;
    int taken; /* the client's connection */
};

static bool is_ours(const struct full *full, int fd)
{
    struct sockaddr_in other = {0};
    struct sockaddr_in mine = {0};
    socklen_t size = sizeof(other);
    if (getpeername(fd, (struct sockaddr *)&other, &size) != 0)
        return true;
    for (size_t i = 0; i < SAM_ARRAY_LEN(full->inside); i++) {
        size = sizeof(mine);
        if (getsockname(full->inside[i], (struct sockaddr *)&mine, &size) == 0 &&
            mine.sin_port == other.sin_port)
            return true;
    }
    return false;
}

static void take_ours(struct draining *d)
{
    int fd;
    while (d->taken < 0 && (fd = accept4(d->full.listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (is_ours(&d->full, fd))
            assert_int_equal(close(fd), 0);
        else
            d->taken = fd;
    }
}

/* start_by has passed: now there is room for the client's connection. */
static void on_drain(void *ctx)
{
    struct draining *d = ctx;
    take_ours(d);
    loop_timer_after(d->loop, &d->timer, 20);
}

/* The call begins in time, but its connection takes too long: the head may have left, the body does
 * not. */
static void test_start_by_passes_before_the_body(void **state)
{
    struct fixture *f = *state;
    struct written w;
    struct draining d = {.loop = f->loop, .taken = -1, .timer = {.fn = on_drain}};
    struct unipile_write write = write_of(CALL_MESSAGE);
    char url[64];
    char part[4096];
    d.timer.ctx = &d;
    fill(&d.full);
    url_of(&d.full.at, "http", url);
    fixture_connect(f, url, 10000, 4);
    write.start_by_boot_ms = clock_boot_ms() + 200;
    write_begin(f, &write, &w);
    loop_timer_set(f->loop, &d.timer, write.start_by_boot_ms + 1);
    fixture_wait(f);
    loop_timer_cancel(f->loop, &d.timer);
    expect_outcome(&w.o, OUTCOME_NOT_EXECUTED, 0, "lapsed");
    assert_true(w.o.untried);
    take_ours(&d);
    assert_true(d.taken >= 0); /* the connection was there, not its timeout */
    ssize_t n = recv(d.taken, part, sizeof(part) - 1, 0);
    part[n > 0 ? n : 0] = '\0';
    assert_int_equal(strncmp(part, "POST /api/v1/chats ", 19), 0);
    assert_string_equal(request_body(part), ""); /* the head alone */
    assert_int_equal(close(d.taken), 0);
    full_close(&d.full);
}

static void test_what_cannot_be_asked_never_leaves(void **state)
{
    struct fixture *f = *state;
    struct written w;
    struct unipile_write write = write_of(CALL_MESSAGE);
    START(f, 5000, {.act = PEER_ANSWER, .bytes = OK_INVITED});
    write.account = "acc1\r\nX: y";
    write_begin(f, &write, &w);
    fixture_wait(f);
    expect_outcome(&w.o, OUTCOME_NOT_EXECUTED, 0, "bad_request");
    assert_false(w.o.untried);
    write = write_of(CALL_PROFILE_VIEW); /* no write */
    write_begin(f, &write, &w);
    fixture_wait(f);
    expect_outcome(&w.o, OUTCOME_NOT_EXECUTED, 0, "bad_request");
    struct seen s = profile_call(f, "profile");
    assert_int_equal(s.read.result, UNIPILE_READ_NOT_FOUND);
    assert_int_equal(peer_connections(f->peer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_invitation),
        FIXTURE_TEST(test_message),
        FIXTURE_TEST(test_environment_proxies_are_not_used),
        FIXTURE_TEST(test_invitation_cut_by_fin_arrives_once),
        FIXTURE_TEST(test_invitation_cut_by_reset_arrives_once),
        FIXTURE_TEST(test_message_cut_by_fin_arrives_once),
        FIXTURE_TEST(test_message_cut_by_reset_arrives_once),
        FIXTURE_TEST(test_cut_and_nobody_listens_any_more),
        FIXTURE_TEST(test_cut_on_a_fresh_connection_arrives_once),
        FIXTURE_TEST(test_timeout_arrives_once),
        FIXTURE_TEST(test_redirects_are_not_followed),
        FIXTURE_TEST(test_a_read_survives_a_dead_connection),
        FIXTURE_TEST(test_refused_connection),
        FIXTURE_TEST(test_unknown_host),
        FIXTURE_TEST(test_no_tls_on_the_other_side),
        FIXTURE_TEST(test_no_answer_to_the_connection),
        FIXTURE_TEST(test_start_by_has_passed),
        FIXTURE_TEST(test_start_by_passes_before_the_body),
        FIXTURE_TEST(test_what_cannot_be_asked_never_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
