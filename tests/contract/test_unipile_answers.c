/* worker/unipile against a hostile server: answers that are broken, and what reads tell. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/fakes/unipile_fixture.h"

#include "common/base/banned.h"

/* ---- answers that are broken ---------------------------------------------------------------- */

static const char twenty_headers[] =
    "X-Filler: "
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";

static const struct {
    struct peer_step step;
    enum outcome outcome;
    int http_status;
    const char *error_type;
} broken[] = {
    /* accepted, whatever follows the status line */
    {{.act = PEER_ANSWER, .bytes = HTTP_OF("100", "200 OK", "{\"invitation_id\":\"7391\"")},
     OUTCOME_SENT,
     200,
     ""},
    {{.act = PEER_ANSWER_CLOSE, .bytes = HTTP_OF("100", "201 Created", "{\"chat")},
     OUTCOME_SENT,
     201,
     ""},
    /* but for what is not Unipile's: nobody knows what became of the call */
    {{.act = PEER_ANSWER_CLOSE, .bytes = "HTTP/1.1 200 OK\r\nContent-Len"},
     OUTCOME_UNKNOWN,
     200,
     "not_unipile"},
    {{.act = PEER_ANSWER_CLOSE, .bytes = "HTTP/1.1 200 OK\r\n\r\n<html>"},
     OUTCOME_UNKNOWN,
     200,
     "not_unipile"},
    {{.act = PEER_ANSWER_CLOSE, .bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}"},
     OUTCOME_UNKNOWN,
     200,
     "not_unipile"},
    {{.act = PEER_ANSWER, .bytes = HTTP("204 No Content", "")},
     OUTCOME_UNKNOWN,
     204,
     "not_unipile"},
    {{.act = PEER_STREAM,
      .bytes = "HTTP/1.1 200 OK\r\n\r\n{\"chat_id\":\"",
      .more = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
     OUTCOME_SENT,
     200,
     ""},
    {{.act = PEER_STREAM, .bytes = "HTTP/1.1 200 OK\r\n", .more = twenty_headers},
     OUTCOME_SENT,
     200,
     ""},
    {{.act = PEER_ANSWER_CLOSE,
      .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
     OUTCOME_SENT,
     200,
     ""},
    {{.act = PEER_ANSWER, .bytes = "HTTP/1.1 100 Continue\r\n\r\n" OK_EMPTY},
     OUTCOME_SENT,
     200,
     ""},
    /* no final status line: it may have happened */
    {{.act = PEER_ANSWER_CLOSE, .bytes = "HTTP/1.1 100 Continue\r\n\r\n"},
     OUTCOME_UNKNOWN,
     0,
     "cut"},
    {{.act = PEER_ANSWER_CLOSE, .bytes = "HTTP/1.1 20"}, OUTCOME_UNKNOWN, 0, NULL},
    {{.act = PEER_ANSWER_CLOSE, .bytes = "GARBAGE GARBAGE\r\n\r\n"},
     OUTCOME_UNKNOWN,
     0,
     "protocol"},
    {{.act = PEER_ANSWER_CLOSE, .bytes = "\r\n\r\n\r\n"}, OUTCOME_UNKNOWN, 0, NULL},
    /* 5xx: it may have happened; 4xx: it has not, however it is cut */
    {{.act = PEER_STREAM,
      .bytes = "HTTP/1.1 500 Oops\r\n\r\n",
      .more = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
     OUTCOME_UNKNOWN,
     500,
     "too_long"},
    {{.act = PEER_ANSWER, .bytes = HTTP("502 Bad Gateway", "<html>")},
     OUTCOME_UNKNOWN,
     502,
     "untyped"},
    {{.act = PEER_ANSWER_CLOSE,
      .bytes = HTTP_OF("900", "422 No", "{\"type\":\"errors/invalid_rec")},
     OUTCOME_REFUSED,
     422,
     "cut"},
    {{.act = PEER_ANSWER,
      .bytes = HTTP_OF("900", "422 No", "{\"type\":\"errors/invalid_recipient\"}")},
     OUTCOME_REFUSED,
     422,
     "invalid_recipient"},
    {{.act = PEER_ANSWER, .bytes = HTTP("404 Not Found", "<html>")},
     OUTCOME_REFUSED,
     404,
     "untyped"},
    {{.act = PEER_ANSWER, .bytes = HTTP("422 No", "{\"type\":\"errors/cannot_resend_yet\"}")},
     OUTCOME_THROTTLED,
     422,
     "cannot_resend_yet"},
    {{.act = PEER_ANSWER,
      .bytes = HTTP("401 Unauthorized", "{\"type\":\"errors/disconnected_account\"}")},
     OUTCOME_ACCOUNT_BROKEN,
     401,
     "disconnected_account"},
    {{.act = PEER_ANSWER,
      .bytes = HTTP("401 Unauthorized", "{\"type\":\"errors/missing_credentials\"}")},
     OUTCOME_SETUP_BROKEN,
     401,
     "missing_credentials"},
};

static void test_broken_answers(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(broken); i++) {
        const struct peer_step steps[] = {broken[i].step,
                                          {.act = PEER_ANSWER, .bytes = OK_INVITED}};
        f->peer = peer_new(steps, 2);
        fixture_connect(f, peer_url(f->peer), 1000, 4);
        struct unipile_outcome o = write_call(f, CALL_INVITATION);
        const char *wanted = broken[i].error_type ? broken[i].error_type : o.error_type;
        if (o.outcome != broken[i].outcome || o.http_status != broken[i].http_status ||
            strcmp(o.error_type, wanted) != 0 || peer_executed(f->peer) != 1)
            fail_msg("row %zu: %s %d \"%s\", %zu arrived", i, outcome_name(o.outcome),
                     o.http_status, o.error_type, peer_executed(f->peer));
        if (o.outcome == OUTCOME_UNKNOWN)
            assert_true(*o.error_type != '\0');
        /* the next call is not touched by it */
        o = write_call(f, CALL_INVITATION);
        expect_outcome(&o, OUTCOME_SENT, 200, "");
        assert_string_equal(o.invitation_id, "7391");
        unipile_free(f->u);
        f->u = NULL;
        peer_free(f->peer);
        f->peer = NULL;
    }
}

static void test_retry_after(void **state)
{
    struct fixture *f = *state;
    START(f, 5000,
          {.act = PEER_ANSWER,
           .bytes = "HTTP/1.1 429 Slow\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n"});
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_THROTTLED, 429, "untyped");
    assert_int_equal(o.wait_ms, 2 * HOUR_MS);
}

/* ---- reads ---------------------------------------------------------------------------------- */

static void test_profile(void **state)
{
    struct fixture *f = *state;
    START(f, 5000,
          {.act = PEER_ANSWER,
           .bytes = HTTP("200 OK", "{\"object\":\"UserProfile\",\"provider_id\":\"ACo77\","
                                   "\"network_distance\":\"FIRST_DEGREE\"}")},
          {.act = PEER_ANSWER,
           .bytes = HTTP("404 Not Found", "{\"type\":\"errors/resource_not_found\"}")});
    struct seen s = profile_call(f, "j\xc3\xb6rg/../me");
    assert_int_equal(s.read.result, UNIPILE_READ_NOT_FOUND); /* no such name can be */
    s = profile_call(f, "j\xc3\xb6rg..me");
    char *request SAM_CLEANUP(freep) = peer_request(f->peer, 0);
    assert_int_equal(s.read.result, UNIPILE_READ_OK);
    assert_string_equal(s.read.provider_id, "ACo77");
    assert_true(s.read.first_degree);
    expect_line(request, "GET /api/v1/users/j%C3%B6rg..me?account_id=acc1 HTTP/1.1\r\n");
    expect_our_head(request);
    assert_null(strcasestr(request, "\r\nContent-"));
    s = profile_call(f, "jane");
    assert_int_equal(s.read.result, UNIPILE_READ_NOT_FOUND);
    assert_int_equal(s.read.http_status, 404);
}

static void test_pages(void **state)
{
    struct fixture *f = *state;
    struct seen s = {.fixture = f};
    START(f, 5000,
          {.act = PEER_ANSWER,
           .bytes =
               HTTP("200 OK",
                    "{\"items\":[{\"member_id\":\"ACo9\",\"created_at\":1}],\"cursor\":\"c+1\"}")},
          {.act = PEER_ANSWER, .bytes = HTTP("200 OK", "{\"items\":[],\"cursor\":\"c+1\"}")});
    f->left = 1;
    unipile_relations(f->u, "acc1", "", on_read, &s);
    fixture_wait(f);
    assert_int_equal(s.read.result, UNIPILE_READ_OK);
    assert_string_equal(s.first_person, "ACo9");
    assert_string_equal(s.cursor, "c+1");
    /* the server leads in a circle */
    struct seen again = {.fixture = f};
    f->left = 1;
    unipile_relations(f->u, "acc1", s.cursor, on_read, &again);
    fixture_wait(f);
    assert_int_equal(again.read.result, UNIPILE_READ_RETRY);
    assert_string_equal(again.read.error_type, "answer");
    char *request SAM_CLEANUP(freep) = peer_request(f->peer, 1);
    expect_line(request, "GET /api/v1/users/relations?account_id=acc1&cursor=c%2B1 HTTP/1.1\r\n");
}

static void test_chat_messages(void **state)
{
    struct fixture *f = *state;
    struct seen s = {.fixture = f};
    START(f, 5000,
          {.act = PEER_ANSWER_CLOSE,
           .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "22\r\n{\"cursor\":null,\"items\":[{\"id\":\"m\",\r\n"
                    "56\r\n\"chat_id\":\"c\",\"sender_id\":\"ACo1\",\"is_sender\":0,"
                    "\"timestamp\":\"2026-11-23T09:00:00.000Z\",\r\n"
                    "11\r\n\"text\":\"stop!\"}]}\r\n0\r\n\r\n"});
    f->left = 1;
    unipile_chat_messages(f->u, "acc1", "c", 1000, on_read, &s);
    fixture_wait(f);
    assert_int_equal(s.read.result, UNIPILE_READ_OK);
    assert_int_equal(s.read.items_count, 1);
    assert_string_equal(s.first_text, "stop!");
}

static void test_reads_that_fail(void **state)
{
    struct fixture *f = *state;
    START(f, 300, {.act = PEER_ANSWER_CLOSE, .bytes = HTTP_OF("99", "200 OK", "{\"object\":")},
          {.act = PEER_HOLD},
          {.act = PEER_STREAM,
           .bytes = "HTTP/1.1 200 OK\r\n\r\n",
           .more = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["},
          {.act = PEER_ANSWER,
           .bytes = HTTP("401 Unauthorized", "{\"type\":\"errors/missing_credentials\"}")});
    struct seen s = profile_call(f, "jane");
    assert_int_equal(s.read.result, UNIPILE_READ_RETRY);
    assert_string_equal(s.read.error_type, "cut");
    assert_int_equal(s.read.http_status, 200);
    s = profile_call(f, "jane");
    assert_int_equal(s.read.result, UNIPILE_READ_RETRY);
    assert_string_equal(s.read.error_type, "timeout");
    s = profile_call(f, "jane");
    assert_int_equal(s.read.result, UNIPILE_READ_RETRY);
    assert_string_equal(s.read.error_type, "too_long");
    s = profile_call(f, "jane");
    assert_int_equal(s.read.result, UNIPILE_READ_SETUP_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_broken_answers), FIXTURE_TEST(test_retry_after),
        FIXTURE_TEST(test_profile),        FIXTURE_TEST(test_pages),
        FIXTURE_TEST(test_chat_messages),  FIXTURE_TEST(test_reads_that_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
