#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/unipile/client_internal.h"

#include "common/base/banned.h"

#define KEY_MAX_BYTES 1024
static int wrong(char *why, size_t why_bytes, const char *what)
{
    (void)snprintf(why, why_bytes, "%s", what);
    return -EINVAL;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

/* scheme://host[:port] and nothing more. */
static bool base_url_ok(const char *text)
{
    char *path = NULL;
    CURLU *url = curl_url();
    if (!url)
        abort();
    bool good = (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0) &&
                curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) == CURLUE_OK &&
                !has_part(url, CURLUPART_QUERY) && !has_part(url, CURLUPART_FRAGMENT) &&
                curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
                strcmp(path, "/") == 0 && text[strlen(text) - 1] != '/';
    curl_free(path);
    curl_url_cleanup(url);
    return good;
}

/* It goes into a header line as it is. */
static bool key_ok(const char *key)
{
    size_t n = key ? strlen(key) : 0;
    if (n == 0 || n > KEY_MAX_BYTES)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (key[i] <= ' ' || key[i] > '~')
            return false;
    }
    return true;
}

static int check(const struct unipile_options *o, char *why, size_t why_bytes)
{
    if (!o->base_url || !base_url_ok(o->base_url))
        return wrong(why, why_bytes,
                     "unipile.base_url must be https://host:port and nothing more, as Unipile's "
                     "dashboard shows it");
    if (!key_ok(o->api_key))
        return wrong(why, why_bytes,
                     "unipile.api_key must be one word of printable characters; is the file of it "
                     "empty, or does it hold more than the key?");
    if (o->max_in_flight == 0 || o->max_in_flight > INT_MAX)
        return wrong(why, why_bytes, "unipile.max_in_flight must be 1 or more");
    if (o->timeout_ms <= 0 || o->connect_timeout_ms <= 0 || o->timeout_ms > INT_MAX ||
        o->connect_timeout_ms > INT_MAX)
        return wrong(why, why_bytes, "unipile.timeout and connect_timeout must be above zero");
    return 0;
}

static void add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (!longer)
        abort();
    *list = longer;
}

/* "Expect:" takes that header away: it would cost a round trip and adds an answer to interpret. */
static void make_headers(struct unipile *u, const char *api_key)
{
    char *key SAM_CLEANUP(freep) = sam_xasprintf("X-API-KEY: %s", api_key);
    char *multipart SAM_CLEANUP(freep) =
        sam_xasprintf("Content-Type: multipart/form-data; boundary=%s", u->boundary);
    for (int i = 0; i <= ROUTE_MULTIPART; i++) {
        add_header(&u->headers[i], key);
        add_header(&u->headers[i], "Accept: application/json");
        add_header(&u->headers[i], "Expect:");
    }
    add_header(&u->headers[ROUTE_JSON], "Content-Type: application/json");
    add_header(&u->headers[ROUTE_MULTIPART], multipart);
}

int unipile_new(struct loop *loop, struct log *log, const struct unipile_options *options,
                struct unipile **ret, char *why, size_t why_bytes)
{
    int r = check(options, why, why_bytes);
    if (r != 0)
        return r;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)snprintf(why, why_bytes, "libcurl does not start");
        return -ENOMEM;
    }
    struct unipile *u SAM_CLEANUP(unipile_freep) = sam_xcalloc(1, sizeof(*u));
    u->loop = loop;
    u->log = log;
    u->base_url = sam_xstrdup(options->base_url);
    u->timeout_ms = options->timeout_ms;
    u->connect_timeout_ms = options->connect_timeout_ms;
    u->max_in_flight = options->max_in_flight;
    flight_init(u);
    request_boundary(u->boundary);
    make_headers(u, options->api_key);
    r = sockets_init(u);
    if (r != 0) {
        (void)snprintf(why, why_bytes, "libcurl does not start");
        return r;
    }
    *ret = u;
    u = NULL;
    return 0;
}

void unipile_free(struct unipile *u)
{
    if (!u)
        return;
    flight_deinit(u);
    sockets_deinit(u);
    for (int i = 0; i <= ROUTE_MULTIPART; i++)
        curl_slist_free_all(u->headers[i]);
    free(u->base_url);
    free(u);
    curl_global_cleanup();
}

size_t unipile_in_flight(const struct unipile *u)
{
    return u->in_flight;
}

size_t unipile_room(const struct unipile *u)
{
    size_t places = flight_places(u);
    return u->in_flight < places ? places - u->in_flight : 0;
}

/* ---- calls ---------------------------------------------------------------------------------- */

void unipile_send(struct unipile *u, const struct unipile_write *write, unipile_write_fn *fn,
                  void *ctx)
{
    bool invites = write->kind == CALL_INVITATION;
    bool writes = invites || write->kind == CALL_MESSAGE; /* else: without recipient, refused */
    struct call *call = flight_take(u, invites ? ROUTE_INVITE : ROUTE_START_CHAT, ctx);
    const struct request_subject subject = {.account = write->account,
                                            .recipient = writes ? write->recipient : NULL,
                                            .text = write->text};
    call->write_fn = fn;
    call->start_by_boot_ms = write->start_by_boot_ms;
    flight_begin(call, &subject);
}

struct reader {
    unipile_read_fn *fn;
    void *ctx;
};

static void get(struct unipile *u, enum route route, const struct request_subject *subject,
                struct reader reader)
{
    struct call *call = flight_take(u, route, reader.ctx);
    call->read_fn = reader.fn;
    if (subject->cursor)
        (void)snprintf(call->cursor, sizeof(call->cursor), "%s", subject->cursor);
    flight_begin(call, subject);
}

void unipile_profile(struct unipile *u, const char *account, const char *identifier,
                     unipile_read_fn *fn, void *ctx)
{
    const struct request_subject subject = {.account = account, .segment = identifier};
    get(u, ROUTE_PROFILE, &subject, (struct reader){fn, ctx});
}

void unipile_chats_with(struct unipile *u, const char *account, const char *provider_id,
                        unipile_read_fn *fn, void *ctx)
{
    const struct request_subject subject = {.account = account, .segment = provider_id};
    get(u, ROUTE_CHATS_WITH, &subject, (struct reader){fn, ctx});
}

void unipile_chat(struct unipile *u, const char *account, const char *chat_id, unipile_read_fn *fn,
                  void *ctx)
{
    const struct request_subject subject = {.account = account, .segment = chat_id};
    get(u, ROUTE_CHAT, &subject, (struct reader){fn, ctx});
}

void unipile_chat_messages(struct unipile *u, const char *account, const char *chat_id,
                           int64_t after_ms, unipile_read_fn *fn, void *ctx)
{
    const struct request_subject subject = {
        .account = account, .segment = chat_id, .after_ms = after_ms};
    get(u, ROUTE_CHAT_MESSAGES, &subject, (struct reader){fn, ctx});
}

void unipile_messages(struct unipile *u, const char *account, int64_t after_ms, const char *cursor,
                      unipile_read_fn *fn, void *ctx)
{
    const struct request_subject subject = {
        .account = account, .after_ms = after_ms, .cursor = cursor};
    get(u, ROUTE_MESSAGES, &subject, (struct reader){fn, ctx});
}

void unipile_relations(struct unipile *u, const char *account, const char *cursor,
                       unipile_read_fn *fn, void *ctx)
{
    const struct request_subject subject = {.account = account, .cursor = cursor};
    get(u, ROUTE_RELATIONS, &subject, (struct reader){fn, ctx});
}

void unipile_invited(struct unipile *u, const char *account, const char *cursor,
                     unipile_read_fn *fn, void *ctx)
{
    const struct request_subject subject = {.account = account, .cursor = cursor};
    get(u, ROUTE_INVITED, &subject, (struct reader){fn, ctx});
}

void unipile_check(struct unipile *u, unipile_read_fn *fn, void *ctx)
{
    const struct request_subject subject = {.account = NULL};
    get(u, ROUTE_CHECK, &subject, (struct reader){fn, ctx});
}
