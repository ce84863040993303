/* tests/fakes/peer.h - a hostile HTTP server on raw sockets, in a thread of its own.
 *
 * The n-th whole request plays the n-th step (the last step goes on for all that follow). A request
 * counts as executed once all of it has arrived, whatever is done to its connection then. In what
 * is answered, "Content-Length: {}" stands for the true length of the body. */
#ifndef SAM_TESTS_FAKES_PEER_H
#define SAM_TESTS_FAKES_PEER_H

#include <stddef.h>

#include "common/base/attr.h"

enum peer_act {
    PEER_ANSWER,       /* bytes; the connection stays open */
    PEER_ANSWER_CLOSE, /* bytes, then FIN */
    PEER_CLOSE,        /* FIN without an answer */
    PEER_RESET,        /* RST without an answer */
    PEER_CLOSE_ALL,    /* FIN without an answer, and nobody listens any more */
    PEER_HOLD,         /* nothing, until peer_let_go() */
    PEER_STREAM        /* bytes, then `more` again and again */
};

struct peer_step {
    enum peer_act act;
    const char *bytes;
    const char *more;
};

struct peer;

/* Listens on a free port of 127.0.0.1. steps are copied, their texts borrowed. */
struct peer *peer_new(const struct peer_step *steps, size_t count);
void peer_free(struct peer *peer);
SAM_DEFINE_FREEP(peer)

/* "http://127.0.0.1:PORT" */
const char *peer_url(const struct peer *peer);
/* Whole requests so far. */
size_t peer_executed(struct peer *peer);
/* Connections accepted so far. */
size_t peer_connections(struct peer *peer);
/* Most requests at a time that had arrived and were not answered. */
size_t peer_most_held(struct peer *peer);
/* The n-th whole request with its head, of the first 64; owned by the caller. */
char *peer_request(struct peer *peer, size_t n);
/* How many requests had come before the n-th one, over the same connection. */
size_t peer_used(struct peer *peer, size_t n);
/* Answers what is held, and what comes from now on, with these bytes. */
void peer_let_go(struct peer *peer, const char *bytes);

#endif
