/* worker/unipile/unipile.h - the client of Unipile's v1 API (facts/unipile.md), on one event loop.
 *
 * Writes are never repeated, neither by us nor by libcurl: bodies are fed by a read callback
 * without a seek callback, redirects are not followed, HTTP/1.1 only. Every way in which a call can
 * end is one class of common/model/outcome.h; nobody above looks at HTTP. The API key, texts and
 * names are never logged. Callbacks come from the loop, exactly one per accepted call, never from
 * within the call that began it. */
#ifndef SAM_WORKER_UNIPILE_UNIPILE_H
#define SAM_WORKER_UNIPILE_UNIPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/model/identity.h"
#include "common/model/outcome.h"
#include "common/model/status.h"

struct unipile;

struct unipile_options {
    const char *base_url; /* without a slash at its end, e.g. https://api1.unipile.com:13111 */
    const char *api_key;
    int64_t timeout_ms;
    int64_t connect_timeout_ms;
    size_t max_in_flight; /* writes and reads together */
};

/* Strings are copied. 0 done; -EINVAL base_url or key cannot be used (why says what). */
SAM_MUSTCHECK int unipile_new(struct loop *loop, struct log *log,
                              const struct unipile_options *options, struct unipile **ret,
                              char *why, size_t why_bytes);
/* Calls under way are cut off and not answered: drain first. */
void unipile_free(struct unipile *u);
SAM_DEFINE_FREEP(unipile)

/* Calls under way, and how many more are accepted now. */
size_t unipile_in_flight(const struct unipile *u);
size_t unipile_room(const struct unipile *u);

/* ---- writes --------------------------------------------------------------------------------- */

#define UNIPILE_ID_BYTES    161
#define UNIPILE_ERROR_BYTES 65

struct unipile_write {
    enum call_kind kind;   /* CALL_INVITATION or CALL_MESSAGE (always POST /chats) */
    const char *account;   /* Unipile's account id */
    const char *recipient; /* provider id, as this account sees it */
    const char *text;      /* UTF-8; "" with an invitation = without a note. Copied. */
    /* CLOCK_BOOTTIME: a call that has not begun by then does not begin any more. Checked when the
     * call is added and again when its first byte is about to leave. */
    int64_t start_by_boot_ms;
};

struct unipile_outcome {
    enum outcome outcome;
    bool untried;         /* NOT_EXECUTED because start_by had passed */
    enum refusal refusal; /* with OUTCOME_REFUSED */
    int64_t wait_ms;
    int http_status;                      /* 0 = no answer */
    char error_type[UNIPILE_ERROR_BYTES]; /* Unipile's type without "errors/", or our own word for a
                                             transport failure: "connect", "timeout", "cut" … */
    const char *account_status;           /* with OUTCOME_ACCOUNT_BROKEN; static */
    char invitation_id[UNIPILE_ID_BYTES]; /* "" = not told */
    char chat_id[UNIPILE_ID_BYTES];
    char message_id[UNIPILE_ID_BYTES];
};

typedef void unipile_write_fn(void *ctx, const struct unipile_outcome *outcome);

/* The caller has asked unipile_room() before. */
void unipile_send(struct unipile *u, const struct unipile_write *write, unipile_write_fn *fn,
                  void *ctx);

/* ---- reads: safe to repeat ------------------------------------------------------------------ */

enum unipile_read_result {
    UNIPILE_READ_OK,
    UNIPILE_READ_NOT_FOUND,      /* no such person, chat or attendee */
    UNIPILE_READ_RETRY,          /* transport, 429, 5xx, an answer that cannot be understood */
    UNIPILE_READ_ACCOUNT_BROKEN, /* account_status tells */
    UNIPILE_READ_SETUP_BROKEN    /* our key is refused */
};

#define UNIPILE_ITEMS_MAX 250

/* One element of a list; which fields are set depends on the read. Texts are borrowed for the time
 * of the callback, "" = not given. */
struct unipile_item {
    const char *chat_id;
    const char *message_id;
    const char *person; /* provider id: of the profile, relation, sender or other party */
    const char *text;   /* of an inbound message: to judge it, never to keep */
    int64_t at_ms;      /* 0 = not given */
    bool inbound;       /* a message of the other party */
};

struct unipile_read {
    enum unipile_read_result result;
    const char *account_status; /* static */
    char error_type[UNIPILE_ERROR_BYTES];
    char provider_id[PROVIDER_ID_MAX_BYTES + 1]; /* of a profile */
    bool first_degree;                           /* of a profile */
    bool invitation_pending;                     /* of a profile: one of ours stands */
    const struct unipile_item *items;
    size_t items_count;
    const char *cursor; /* of the next page; "" = this was the last one */
};

typedef void unipile_read_fn(void *ctx, const struct unipile_read *read);

/* GET /users/{vanity or provider id}: a profile view. */
void unipile_profile(struct unipile *u, const char *account, const char *identifier,
                     unipile_read_fn *fn, void *ctx);
/* GET /chat_attendees/{provider id}/chats: the chats with one person (items: chat_id). */
void unipile_chats_with(struct unipile *u, const char *account, const char *provider_id,
                        unipile_read_fn *fn, void *ctx);
/* GET /chats/{chat_id}/messages, newest first. */
void unipile_chat_messages(struct unipile *u, const char *account, const char *chat_id,
                           int64_t after_ms, unipile_read_fn *fn, void *ctx);
/* GET /messages of the whole account after a moment. cursor "" = the first page. */
void unipile_messages(struct unipile *u, const char *account, int64_t after_ms, const char *cursor,
                      unipile_read_fn *fn, void *ctx);
/* GET /users/relations, newest first (items: person, at_ms). */
void unipile_relations(struct unipile *u, const char *account, const char *cursor,
                       unipile_read_fn *fn, void *ctx);
/* GET /accounts?limit=1: is our key good? */
void unipile_check(struct unipile *u, unipile_read_fn *fn, void *ctx);

#endif
