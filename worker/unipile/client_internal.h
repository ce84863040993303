/* worker/unipile/client_internal.h - the client's inside: calls, their handles, the loop's sockets.
 *
 *   begin ──▶ waiting ──▶ flying ──▶ answered, back to the idle ones
 *     └─────▶ refused ──────────────▶ (its answer comes from the loop as well)
 *
 * Handles and buffers live as long as the client and are used again. */
#ifndef SAM_WORKER_UNIPILE_CLIENT_INTERNAL_H
#define SAM_WORKER_UNIPILE_CLIENT_INTERNAL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/buf.h"
#include "common/base/loop.h"
#include "worker/unipile/request.h"
#include "worker/unipile/unipile.h"

/* Servers drop idle connections: Node's own after 5 s, load balancers after 60 s and more. One that
 * is used again just then costs an UNKNOWN, so none is used that was idle for 4 s. (libcurl counts
 * whole seconds, rounded down: 3 means less than 4.) A busy client keeps its connections. */
#define CONNECTION_IDLE_MS 4000

struct call {
    TAILQ_ENTRY(call) link; /* of the list that its state names */
    struct unipile *unipile;
    CURL *easy;
    enum route route;
    unipile_write_fn *write_fn; /* one of the two */
    unipile_read_fn *read_fn;
    void *ctx;
    struct buf url;
    struct buf body;
    size_t body_at;           /* bytes of the body that libcurl has taken */
    int64_t start_by_boot_ms; /* of a write */
    bool lapsed;              /* start_by passed before the body left */
    struct buf answer;
    size_t header_bytes;
    bool too_long;
    char cursor[UNIPILE_CURSOR_BYTES]; /* that a list was asked with */
    const char *refused;               /* why it never left; NULL = it may */
    enum unipile_read_result refusal;  /* what a refused read answers */
    char error_text[CURL_ERROR_SIZE];
};

TAILQ_HEAD(call_list, call);

struct unipile {
    struct loop *loop;
    struct log *log;
    CURLM *multi;
    struct loop_timer curl_timer;    /* libcurl's one timeout */
    struct loop_timer refused_timer; /* answers what never left */
    char *base_url;
    char boundary[REQUEST_BOUNDARY_BYTES];
    struct curl_slist *headers[ROUTE_MULTIPART + 1]; /* by enum route_body */
    int64_t timeout_ms;
    int64_t connect_timeout_ms;
    size_t max_in_flight;
    size_t places;                /* of them open now */
    int64_t unused_since_boot_ms; /* nothing has been under way since */
    size_t flying_count;
    size_t in_flight; /* flying, waiting and refused */
    size_t idle_count;
    bool closing;
    int64_t told_boot_ms; /* last line about a broken transport */
    struct call_list idle;
    struct call_list waiting;
    struct call_list flying;
    struct call_list refused;
};

/* call.c: one call and its handle. */
struct call *call_new(struct unipile *u);
void call_free(struct call *call);
/* Forgets the last use. */
void call_reset(struct call *call);
/* Hands the request over to the handle; everything that never changes is set already. */
void call_arm(struct call *call);
/* Not a byte of the request has left: name, connection or TLS failed, or took too long. */
bool call_nothing_left(const struct call *call);
/* What became of it: code is what libcurl says. The call is not changed. */
void call_outcome(const struct call *call, CURLcode code, struct unipile_outcome *ret);

struct page;
/* page: to be deinited by the caller. */
void call_page(const struct call *call, CURLcode code, struct page *ret);

/* sockets.c: libcurl's sockets and timer on the loop. 0, or -ENOMEM. */
SAM_MUSTCHECK int sockets_init(struct unipile *u);
void sockets_deinit(struct unipile *u);

/* flight.c: the life of a call. */
void flight_init(struct unipile *u);
/* Answers all calls, frees the idle ones. */
void flight_deinit(struct unipile *u);
/* A call that is counted, in no list; flight_begin() follows once its function is set. */
struct call *flight_take(struct unipile *u, enum route route, void *ctx);
void flight_begin(struct call *call, const struct request_subject *subject);
/* Open places; fewer than max_in_flight while it is not known that there are connections. */
size_t flight_places(const struct unipile *u);
/* A flying call has come to its end; calls back. */
void flight_ended(struct call *call, CURLcode code);

/* transport.c: a word for what libcurl says, of unipile.h's list; "" for CURLE_OK. */
const char *transport_word(CURLcode code);

#endif
