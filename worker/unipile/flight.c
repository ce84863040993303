/* The life of a call: place, launch, end, answer. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "worker/unipile/client_internal.h"
#include "worker/unipile/page.h"

#include "common/base/banned.h"

/* While Unipile cannot be reached every call fails: one line tells of all of them. */
#define TELL_EVERY_MS (10 * SECOND_MS)

/* A thousand calls that begin at once would resolve the same name a thousand times, in a thread
 * each, and shake as many hands; and while nobody is there, as many would fail as there are places.
 * So there are few places at first, one more for each answer, and few again after a connection that
 * failed or when all have been idle for too long. */
#define PLACES_AT_FIRST 32

/* ---- places --------------------------------------------------------------------------------- */

static void places_reset(struct unipile *u)
{
    u->places = u->max_in_flight < PLACES_AT_FIRST ? u->max_in_flight : PLACES_AT_FIRST;
}

static bool connections_are_gone(const struct unipile *u)
{
    return u->in_flight == 0 &&
           loop_now_ms(u->loop) - u->unused_since_boot_ms >= CONNECTION_IDLE_MS;
}

size_t flight_places(const struct unipile *u)
{
    return connections_are_gone(u) && u->places > PLACES_AT_FIRST ? PLACES_AT_FIRST : u->places;
}

static void places_learn(struct unipile *u, const struct call *call, CURLcode code)
{
    if (code == CURLE_OK && u->places < u->max_in_flight)
        u->places++;
    else if (code != CURLE_OK && call_nothing_left(call))
        places_reset(u);
}

/* ---- the life of a call --------------------------------------------------------------------- */

struct call *flight_take(struct unipile *u, enum route route, void *ctx)
{
    struct call *call = TAILQ_FIRST(&u->idle);
    if (connections_are_gone(u))
        places_reset(u);
    if (call) {
        TAILQ_REMOVE(&u->idle, call, link);
        u->idle_count--;
    } else {
        call = call_new(u);
    }
    call->route = route;
    call->ctx = ctx;
    u->in_flight++;
    return call;
}

/* It does not leave; its answer comes from the loop. It is in no list. */
static void refuse(struct call *call, const char *word)
{
    struct unipile *u = call->unipile;
    call->refused = word;
    TAILQ_INSERT_TAIL(&u->refused, call, link);
    loop_timer_after(u->loop, &u->refused_timer, 0);
}

static void launch(struct call *call)
{
    struct unipile *u = call->unipile;
    if (route_is_write(call->route) && clock_boot_ms() >= call->start_by_boot_ms) {
        refuse(call, "lapsed");
        return;
    }
    call_arm(call);
    CURLMcode code = curl_multi_add_handle(u->multi, call->easy);
    if (code != CURLM_OK) {
        log_error(u->log, "unipile_multi", LOG_STR("error", curl_multi_strerror(code)));
        refuse(call, "protocol");
        return;
    }
    TAILQ_INSERT_TAIL(&u->flying, call, link);
    u->flying_count++;
}

static void launch_waiting(struct unipile *u)
{
    while (!u->closing && u->flying_count < u->places && !TAILQ_EMPTY(&u->waiting)) {
        struct call *call = TAILQ_FIRST(&u->waiting);
        TAILQ_REMOVE(&u->waiting, call, link);
        launch(call);
    }
}

void flight_begin(struct call *call, const struct request_subject *subject)
{
    struct unipile *u = call->unipile;
    enum request_problem problem =
        request_build(call->route, subject, u->base_url, u->boundary, &call->url, &call->body);
    call->refusal = problem == REQUEST_NO_PERSON ? UNIPILE_READ_NOT_FOUND : UNIPILE_READ_RETRY;
    if (problem != REQUEST_OK) {
        refuse(call, "bad_request");
    } else if (u->closing) {
        refuse(call, "cancelled");
    } else {
        TAILQ_INSERT_TAIL(&u->waiting, call, link);
        launch_waiting(u);
    }
}

/* Its place is free before its answer is told, so that the answer may begin the next call. */
static void release(struct call *call)
{
    struct unipile *u = call->unipile;
    u->in_flight--;
    if (u->in_flight == 0)
        u->unused_since_boot_ms = clock_boot_ms();
    if (u->idle_count < u->max_in_flight) {
        call_reset(call);
        TAILQ_INSERT_HEAD(&u->idle, call, link);
        u->idle_count++;
    } else {
        call_free(call);
    }
    launch_waiting(u);
}

static void tell_write(struct call *call, const struct unipile_outcome *outcome)
{
    unipile_write_fn *fn = call->write_fn;
    void *ctx = call->ctx;
    release(call);
    fn(ctx, outcome);
}

static void tell_read(struct call *call, const struct unipile_read *read)
{
    unipile_read_fn *fn = call->read_fn;
    void *ctx = call->ctx;
    release(call);
    fn(ctx, read);
}

/* ---- ends ----------------------------------------------------------------------------------- */

/* libcurl's own text names host and certificate, which is what helps; it is used only where nothing
 * of the request has left, so that it cannot speak of more. */
static void log_end(struct call *call, CURLcode code)
{
    struct unipile *u = call->unipile;
    int64_t now = loop_now_ms(u->loop);
    log_debug(u->log, "unipile_call", LOG_STR("route", route_name(call->route)),
              LOG_STR("transport", transport_word(code)));
    if (code == CURLE_OK || call->lapsed || u->closing ||
        (u->told_boot_ms && now - u->told_boot_ms < TELL_EVERY_MS))
        return;
    bool text = call_nothing_left(call) && call->error_text[0];
    u->told_boot_ms = now;
    log_warn(u->log, "unipile_transport", LOG_STR("route", route_name(call->route)),
             LOG_STR("transport", transport_word(code)),
             LOG_MSG(text ? call->error_text : curl_easy_strerror(code)));
}

void flight_ended(struct call *call, CURLcode code)
{
    struct unipile *u = call->unipile;
    (void)curl_multi_remove_handle(u->multi, call->easy);
    TAILQ_REMOVE(&u->flying, call, link);
    u->flying_count--;
    log_end(call, code);
    places_learn(u, call, code);
    if (call->write_fn) {
        struct unipile_outcome outcome;
        call_outcome(call, code, &outcome);
        tell_write(call, &outcome);
    } else {
        struct page page;
        call_page(call, code, &page);
        tell_read(call, &page.read);
        page_deinit(&page);
    }
}

static void answer_refused(struct call *call)
{
    const char *word = call->refused;
    if (call->write_fn) {
        struct unipile_outcome o = {.outcome = OUTCOME_NOT_EXECUTED};
        o.untried = strcmp(word, "lapsed") == 0 || strcmp(word, "cancelled") == 0;
        (void)snprintf(o.error_type, sizeof(o.error_type), "%s", word);
        tell_write(call, &o);
    } else {
        struct unipile_read read = {.result = call->refusal, .cursor = ""};
        (void)snprintf(read.error_type, sizeof(read.error_type), "%s", word);
        tell_read(call, &read);
    }
}

/* Those that were refused so far: an answer may begin another call that is refused. */
static void answer_refused_ones(struct unipile *u)
{
    struct call_list now = TAILQ_HEAD_INITIALIZER(now);
    TAILQ_CONCAT(&now, &u->refused, link);
    while (!TAILQ_EMPTY(&now)) {
        struct call *call = TAILQ_FIRST(&now);
        TAILQ_REMOVE(&now, call, link);
        answer_refused(call);
    }
}

static void on_refused(void *ctx)
{
    answer_refused_ones(ctx);
}

void flight_init(struct unipile *u)
{
    places_reset(u);
    TAILQ_INIT(&u->idle);
    TAILQ_INIT(&u->waiting);
    TAILQ_INIT(&u->flying);
    TAILQ_INIT(&u->refused);
    u->refused_timer.fn = on_refused;
    u->refused_timer.ctx = u;
}

void flight_deinit(struct unipile *u)
{
    u->closing = true;
    while (u->in_flight > 0) {
        struct call *call;
        while ((call = TAILQ_FIRST(&u->flying)))
            flight_ended(call, CURLE_ABORTED_BY_CALLBACK);
        while ((call = TAILQ_FIRST(&u->waiting))) {
            TAILQ_REMOVE(&u->waiting, call, link);
            refuse(call, "cancelled");
        }
        answer_refused_ones(u);
    }
    loop_timer_cancel(u->loop, &u->refused_timer);
    struct call *idle;
    while ((idle = TAILQ_FIRST(&u->idle))) {
        TAILQ_REMOVE(&u->idle, idle, link);
        call_free(idle);
    }
}
