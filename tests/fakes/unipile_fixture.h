/* tests/fakes/unipile_fixture.h - the Unipile client against a hostile peer: what its contract
 * tests share. The log of each test is searched at its end for what must never be in one. */
#ifndef SAM_TESTS_FAKES_UNIPILE_FIXTURE_H
#define SAM_TESTS_FAKES_UNIPILE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "tests/fakes/peer.h"
#include "tests/test.h"
#include "worker/unipile/unipile.h"

#define DEADLINE_MS 30000
#define KEY         "k3y-that-nobody-may-see"
#define TEXT        "text that nobody may see"

/* bytes: of the body; "{}" = as many as there are */
#define HTTP_OF(bytes, status, body)                                                               \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " bytes              \
    "\r\n\r\n" body
#define HTTP(status, body) HTTP_OF("{}", status, body)
#define OK_INVITED         HTTP("200 OK", "{\"invitation_id\":\"7391\"}")
#define OK_EMPTY           HTTP("200 OK", "{}")

struct fixture {
    struct loop *loop;
    struct log log;
    FILE *log_file;
    char *log_text;
    size_t log_bytes;
    struct peer *peer;
    struct unipile *u;
    struct loop_timer deadline;
    size_t left; /* answers that are waited for */
    bool late;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);
#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* A client of this URL, without a peer. */
void fixture_connect(struct fixture *f, const char *url, int64_t timeout_ms, size_t max_in_flight);
/* A peer that plays the steps, and a client of it with 16 places. */
#define START(f, timeout_ms, ...)                                                                  \
    fixture_start(f, timeout_ms, (const struct peer_step[]){__VA_ARGS__},                          \
                  sizeof((const struct peer_step[]){__VA_ARGS__}) / sizeof(struct peer_step))
void fixture_start(struct fixture *f, int64_t timeout_ms, const struct peer_step *steps,
                   size_t count);
/* Turns the loop until f->left is 0; fails after DEADLINE_MS. */
void fixture_wait(struct fixture *f);
/* Turns the loop for a while. */
void fixture_turn(struct fixture *f, int64_t for_ms);
/* One of f->left has come. */
void fixture_answered(struct fixture *f);

struct written {
    struct fixture *fixture;
    struct unipile_outcome o;
    bool done;
};

/* A write that may begin within DEADLINE_MS. */
struct unipile_write write_of(enum call_kind kind);
void on_written(void *ctx, const struct unipile_outcome *o);
/* Counted in f->left. */
void write_begin(struct fixture *f, const struct unipile_write *write, struct written *w);
struct unipile_outcome write_call(struct fixture *f, enum call_kind kind);
void expect_outcome(const struct unipile_outcome *o, enum outcome outcome, int http_status,
                    const char *error_type);

/* What is left of a read after its callback. */
struct seen {
    struct fixture *fixture;
    struct unipile_read read; /* its texts are gone, but for these */
    char cursor[UNIPILE_CURSOR_BYTES];
    char first_person[64];
    char first_text[64];
    size_t inbound_count;
    char inbound_person[64]; /* of the newest */
    bool done;
};

void on_read(void *ctx, const struct unipile_read *read);
struct seen profile_call(struct fixture *f, const char *name);

/* The text has this line, whatever its case. */
void expect_line(const char *request, const char *line);
/* What is, and is not, in the head of every request. */
void expect_our_head(const char *request);
const char *request_body(const char *request);

#endif
