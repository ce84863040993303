/* worker/unipile/unipile.h - the client of Unipile's v1 API (facts/unipile.md), on one event loop.
 *
 * Writes are never repeated, neither by us nor by libcurl: bodies are fed by a read callback
 * without a seek callback, redirects are not followed, HTTP/1.1 only. Every way in which a call can
 * end is one class of common/model/outcome.h; nobody above looks at HTTP. The API key, texts and
 * names are never logged.
 *
 * Every call is answered exactly once, from the loop, never from within the function that began it;
 * unipile_free() answers what is left. Inside of an answer everything may be called but
 * unipile_free(). Calls that find no open place wait for one, first come, first served. */
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
    const char *base_url; /* scheme://host:port and nothing more: https://api1.unipile.com:13111 */
    const char *api_key;
    int64_t timeout_ms;         /* of one call, from its place in flight to its last byte */
    int64_t connect_timeout_ms; /* name, connection and TLS together */
    /* Writes and reads together. Of these places 32 are open at first, one more after each answer;
     * again only 32 after a connection that failed, or after 4 s without a call. */
    size_t max_in_flight;
};

/* Strings are copied; loop and log are borrowed. 0 done; -EINVAL base_url, key or a number cannot
 * be used (why says what, without the key); -ENOMEM libcurl does not start. */
SAM_MUSTCHECK int unipile_new(struct loop *loop, struct log *log,
                              const struct unipile_options *options, struct unipile **ret,
                              char *why, size_t why_bytes);
/* Calls under way are cut off and answered before this returns: a write whose body may have left as
 * UNKNOWN, another one as NOT_EXECUTED (untried), a read as RETRY; what is begun inside of such an
 * answer as well. */
void unipile_free(struct unipile *u);
SAM_DEFINE_FREEP(unipile)

/* Calls that are not answered yet, and for how many more there is a place at once. */
size_t unipile_in_flight(const struct unipile *u);
size_t unipile_room(const struct unipile *u);

/* ---- writes --------------------------------------------------------------------------------- */

#define UNIPILE_ID_BYTES       161
#define UNIPILE_ERROR_BYTES    65
#define UNIPILE_NAME_BYTES     256 /* longer ones are cut */
#define UNIPILE_TEXT_MAX_BYTES 65536

struct unipile_write {
    enum call_kind kind;   /* CALL_INVITATION or CALL_MESSAGE (always POST /chats) */
    const char *account;   /* Unipile's account id */
    const char *recipient; /* provider id, as this account sees it */
    const char *text;      /* UTF-8; "" with an invitation = without a note. Copied. */
    /* CLOCK_BOOTTIME: a call that has not begun by then does not begin any more. Checked when the
     * call gets its place in flight and again when its body is about to leave. */
    int64_t start_by_boot_ms;
};

/* Words of error_type that are ours; all others are Unipile's types without "errors/".
 *   lapsed       start_by had passed
 *   bad_request  an id with odd characters, no text, invalid UTF-8, too long: never left
 *   cancelled    unipile_free()
 *   resolve connect tls timeout send cut protocol   how the transport failed
 *   too_long     the answer is longer than ANSWER_MAX_BYTES
 *   untyped      Unipile gave a status without a type
 *   not_unipile  a 2xx of somebody else: HTML, another content type, no object
 *   answer       a 2xx of Unipile's that cannot be understood (reads only: of a write it is SENT)
 */
struct unipile_outcome {
    enum outcome outcome;
    bool untried;         /* NOT_EXECUTED for a reason of our own: lapsed or cancelled */
    bool unreached;       /* NOT_EXECUTED, for nobody was there: not a byte has left */
    enum refusal refusal; /* with OUTCOME_REFUSED */
    int64_t wait_ms;      /* as in struct error_type, or longer when the answer asks for it */
    int http_status;      /* 0 = no answer */
    char error_type[UNIPILE_ERROR_BYTES]; /* "" with OUTCOME_SENT */
    const char *account_status;           /* with OUTCOME_ACCOUNT_BROKEN; static, else NULL */
    char invitation_id[UNIPILE_ID_BYTES]; /* "" = not told */
    char chat_id[UNIPILE_ID_BYTES];
    char message_id[UNIPILE_ID_BYTES];
};

typedef void unipile_write_fn(void *ctx, const struct unipile_outcome *outcome);

void unipile_send(struct unipile *u, const struct unipile_write *write, unipile_write_fn *fn,
                  void *ctx);

/* ---- reads: safe to repeat ------------------------------------------------------------------ */

enum unipile_read_result {
    UNIPILE_READ_OK,
    UNIPILE_READ_NOT_FOUND,      /* no such person, chat or attendee */
    UNIPILE_READ_RETRY,          /* transport, 429, 5xx, an answer that cannot be understood */
    UNIPILE_READ_ACCOUNT_BROKEN, /* account_status tells */
    UNIPILE_READ_SETUP_BROKEN    /* our key is refused, or base_url is not Unipile */
};

#define UNIPILE_ITEMS_MAX    250
#define UNIPILE_CURSOR_BYTES 1024

/* One element of a list; which fields are set depends on the read. Texts are borrowed for the time
 * of the callback, "" = not given. */
struct unipile_item {
    const char *chat_id;
    const char *message_id; /* or the id of an invitation */
    const char *person;     /* provider id: of the relation, sender, other party or invited one */
    const char *name;       /* public identifier of a relation or invited one, as it stands there */
    const char *text;       /* of a message: to judge it, never to keep */
    int64_t at_ms;          /* 0 = not given; an inbound message always has it */
    bool inbound;           /* a message of the other party */
};

struct unipile_read {
    enum unipile_read_result result;
    int64_t wait_ms;                      /* with RETRY: at least so long, 0 = the usual backoff */
    int http_status;                      /* 0 = no answer */
    bool unreached;                       /* RETRY, for nobody was there */
    const char *account_status;           /* with ACCOUNT_BROKEN; static, else NULL */
    char error_type[UNIPILE_ERROR_BYTES]; /* "" with OK */
    char provider_id[PROVIDER_ID_MAX_BYTES + 1]; /* of a profile */
    /* Of a profile: the public name in normal form, the names; "" = not told. */
    char vanity[VANITY_MAX_BYTES + 1];
    char first_name[UNIPILE_NAME_BYTES];
    char last_name[UNIPILE_NAME_BYTES];
    bool first_degree;       /* of a profile */
    bool distant;            /* of a profile: it says so; without a word of it neither */
    bool invitation_pending; /* of a profile: one of ours stands */
    const struct unipile_item *items;
    size_t items_count;
    size_t broken; /* elements of an account's list that cannot be understood, left out */
    /* Of the next page, shorter than UNIPILE_CURSOR_BYTES; "" = this was the last one. Never the
     * one that was asked for; a longer circle is for the caller to bound by a number of pages. */
    const char *cursor;
};

typedef void unipile_read_fn(void *ctx, const struct unipile_read *read);

/* GET /users/{vanity or provider id}: a profile view. */
void unipile_profile(struct unipile *u, const char *account, const char *identifier,
                     unipile_read_fn *fn, void *ctx);
/* GET /chat_attendees/{provider id}/chats: the 1:1 chats with one person (items: chat_id, person,
 * at_ms). NOT_FOUND says that none was ever synchronised, not that they are not connected. */
void unipile_chats_with(struct unipile *u, const char *account, const char *provider_id,
                        unipile_read_fn *fn, void *ctx);
/* GET /chats/{chat_id}: one item when it is with one person, none when it is a group's. */
void unipile_chat(struct unipile *u, const char *account, const char *chat_id, unipile_read_fn *fn,
                  void *ctx);
/* GET /chats/{chat_id}/messages, newest first, one page. after_ms 0 = all. */
void unipile_chat_messages(struct unipile *u, const char *account, const char *chat_id,
                           int64_t after_ms, unipile_read_fn *fn, void *ctx);
/* GET /messages of the whole account after a moment. cursor "" = the first page. */
void unipile_messages(struct unipile *u, const char *account, int64_t after_ms, const char *cursor,
                      unipile_read_fn *fn, void *ctx);
/* GET /users/relations, newest first (items: person, at_ms). */
void unipile_relations(struct unipile *u, const char *account, const char *cursor,
                       unipile_read_fn *fn, void *ctx);
/* GET /users/invite/sent: invitations that are pending (items: message_id, person, name, at_ms). */
void unipile_invited(struct unipile *u, const char *account, const char *cursor,
                     unipile_read_fn *fn, void *ctx);
/* GET /accounts?limit=1: is our key good? */
void unipile_check(struct unipile *u, unipile_read_fn *fn, void *ctx);

#endif
