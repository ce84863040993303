#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "worker/unipile/answer.h"
#include "worker/unipile/client_internal.h"
#include "worker/unipile/page.h"

#include "common/base/banned.h"

/* Of all header lines together; the answers of the API have less than 2 KiB. */
#define HEADERS_MAX_BYTES ((size_t)256 * 1024)
/* Smallest that libcurl takes; bodies are smaller. */
#define UPLOAD_BUFFER_BYTES 16384L
/* An idle call keeps a buffer of this size; a larger one is given back. */
#define KEPT_BYTES 16384

/* setopt fails only for want of memory, and for an option that this libcurl does not have. */
#define SET(easy, option, value)                                                                   \
    do {                                                                                           \
        if (curl_easy_setopt(easy, option, value) != CURLE_OK)                                     \
            abort();                                                                               \
    } while (0)

/* The first byte of the body is the last moment at which a call can be held back. There is no seek
 * callback on purpose: libcurl repeats a request by itself when a used connection dies before the
 * answer, and can do so only if it can read the body anew. A second reading ends the call. */
static size_t on_body(char *out, size_t size, size_t count, void *ctx)
{
    struct call *call = ctx;
    size_t room = size * count;
    size_t left = call->body.len - call->body_at;
    size_t n = left < room ? left : room;
    if (call->body_at == 0 && clock_boot_ms() >= call->start_by_boot_ms) {
        call->lapsed = true;
        return CURL_READFUNC_ABORT;
    }
    if (n == 0)
        return CURL_READFUNC_ABORT;
    failpoint(FAILPOINT_CALL_BODY);
    memcpy(out, call->body.data + call->body_at, n);
    call->body_at += n;
    return n;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *ctx)
{
    struct call *call = ctx;
    buf_add(&call->answer, bytes, size * count);
    call->too_long = call->answer.overflow;
    return call->too_long ? 0 : size * count;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct call *call = ctx;
    (void)bytes;
    call->header_bytes += size * count;
    call->too_long = call->header_bytes > HEADERS_MAX_BYTES;
    return call->too_long ? 0 : size * count;
}

/* What holds for every call. */
static void set_up(struct call *call)
{
    CURL *easy = call->easy;
    const struct unipile *u = call->unipile;
    SET(easy, CURLOPT_PRIVATE, call);
    SET(easy, CURLOPT_ERRORBUFFER, call->error_text);
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
    SET(easy, CURLOPT_PATH_AS_IS, 1L);
    SET(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(easy, CURLOPT_PROXY, ""); /* none, whatever the environment says: proxies repeat requests */
    SET(easy, CURLOPT_USERAGENT, "sam/" SAM_VERSION);
    SET(easy, CURLOPT_MAXAGE_CONN, (long)(CONNECTION_IDLE_MS / SECOND_MS - 1));
    SET(easy, CURLOPT_TIMEOUT_MS, (long)u->timeout_ms);
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)u->connect_timeout_ms);
    SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES);
    SET(easy, CURLOPT_READFUNCTION, on_body);
    SET(easy, CURLOPT_READDATA, call);
    SET(easy, CURLOPT_WRITEFUNCTION, on_answer);
    SET(easy, CURLOPT_WRITEDATA, call);
    SET(easy, CURLOPT_HEADERFUNCTION, on_header);
    SET(easy, CURLOPT_HEADERDATA, call);
}

struct call *call_new(struct unipile *u)
{
    struct call *call = sam_xcalloc(1, sizeof(*call));
    call->unipile = u;
    call->easy = curl_easy_init();
    if (!call->easy)
        abort();
    buf_init(&call->url, REQUEST_URL_MAX_BYTES);
    buf_init(&call->body, REQUEST_BODY_MAX_BYTES);
    buf_init(&call->answer, ANSWER_MAX_BYTES);
    set_up(call);
    return call;
}

void call_free(struct call *call)
{
    if (!call)
        return;
    curl_easy_cleanup(call->easy);
    buf_deinit(&call->url);
    buf_deinit(&call->body);
    buf_deinit(&call->answer);
    free(call);
}

static void empty(struct buf *b)
{
    if (b->cap > KEPT_BYTES)
        buf_deinit(b);
    else
        buf_reset(b);
}

void call_reset(struct call *call)
{
    empty(&call->url);
    empty(&call->body);
    empty(&call->answer);
    call->write_fn = NULL;
    call->read_fn = NULL;
    call->ctx = NULL;
    call->body_at = 0;
    call->lapsed = false;
    call->header_bytes = 0;
    call->too_long = false;
    call->cursor[0] = '\0';
    call->refused = NULL;
    call->error_text[0] = '\0';
}

void call_arm(struct call *call)
{
    SET(call->easy, CURLOPT_URL, buf_text(&call->url));
    SET(call->easy, CURLOPT_HTTPHEADER, call->unipile->headers[route_body(call->route)]);
    if (route_is_write(call->route)) {
        SET(call->easy, CURLOPT_POST, 1L);
        SET(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
    } else {
        SET(call->easy, CURLOPT_HTTPGET, 1L);
    }
}

/* false: no status line of an answer has come (1xx is none). */
static bool has_answer(const struct call *call, CURLcode code, struct answer *ret)
{
    long status = 0;
    char *content_type = NULL;
    curl_off_t retry_after_s = 0;
    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 999)
        return false;
    (void)curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    (void)curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &content_type);
    if (retry_after_s < 0 || retry_after_s > DAY_MS / SECOND_MS)
        retry_after_s = retry_after_s < 0 ? 0 : DAY_MS / SECOND_MS;
    *ret = (struct answer){.status = (int)status,
                           .bytes = buf_text(&call->answer),
                           .count = call->answer.len,
                           .retry_after_ms = retry_after_s * SECOND_MS,
                           .content_type = content_type,
                           .cut = code != CURLE_OK,
                           .too_long = call->too_long};
    return true;
}

static const char *word_of(const struct call *call, CURLcode code)
{
    if (call->lapsed)
        return "lapsed";
    if (call->too_long)
        return "too_long";
    return call->unipile->closing ? "cancelled" : transport_word(code);
}

bool call_nothing_left(const struct call *call)
{
    long left_bytes = 0;
    (void)curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &left_bytes);
    return left_bytes == 0;
}

void call_outcome(const struct call *call, CURLcode code, struct unipile_outcome *ret)
{
    struct answer answer;
    const char *word = word_of(call, code);
    *ret = (struct unipile_outcome){.outcome = OUTCOME_UNKNOWN};
    bool answered = has_answer(call, code, &answer);
    if (answered)
        answer_write(&answer, ret);
    if (!answered || (*word && strcmp(ret->error_type, "untyped") == 0))
        (void)snprintf(ret->error_type, sizeof(ret->error_type), "%s", word);
    /* Without a byte of its body no server can have executed it. */
    if (ret->outcome == OUTCOME_UNKNOWN && call->body_at == 0) {
        ret->outcome = OUTCOME_NOT_EXECUTED;
        ret->untried = call->lapsed || call->unipile->closing;
        ret->unreached = !ret->untried && call_nothing_left(call);
    }
}

void call_page(const struct call *call, CURLcode code, struct page *ret)
{
    struct answer answer;
    const char *word = word_of(call, code);
    bool answered = has_answer(call, code, &answer);
    bool cut_short = *word && answered && answer.status < 300;
    if (answered && !cut_short) {
        page_decode(call->route, &answer, call->cursor, ret);
        if (!*word || strcmp(ret->read.error_type, "untyped") != 0)
            return;
    } else {
        *ret = (struct page){.read = {.result = UNIPILE_READ_RETRY, .cursor = ""}};
        ret->read.http_status = answered ? answer.status : 0;
        ret->read.unreached = !answered && !call->unipile->closing && call_nothing_left(call);
    }
    (void)snprintf(ret->read.error_type, sizeof(ret->read.error_type), "%s", word);
}
