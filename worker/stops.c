/* Reasons of this process to claim nothing for a while (design 3.10): our key is refused, or nobody
 * answers at the base URL; too many calls of the last ones ended unknown, so something between us
 * and Unipile is ill; Kafka does not take what must stand in the ledger before a call; the
 * database's clock cannot be relied on; or the topics have other partitions than we began with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "worker/unipile/answer.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define RESULTS       50
#define UNKNOWNS_MAX  10
#define UNKNOWN_MIN   MINUTE_MS
#define UNKNOWN_MAX   (15 * MINUTE_MS)
#define UNREACHED_MAX 5               /* calls in a row that found nobody to talk to */
#define STRANGERS_MAX 3               /* answers in a row that were not Unipile's */
#define CHECK_MIN_MS  (5 * SECOND_MS) /* of key and base URL, by a read; doubles */
#define CHECK_MAX_MS  (5 * MINUTE_MS)
#define VALUE_MS      (30 * SECOND_MS) /* longer than it takes a claim to come again */
#define LEDGER_MIN_MS SECOND_MS        /* doubles, until a claim's records are taken */
#define LEDGER_MAX_MS (30 * SECOND_MS)

struct stops {
    struct worker *worker;
    bool unknown[RESULTS];
    size_t at;
    size_t unknowns;
    int64_t unknown_stop_ms;
    bool stopped_unknown;
    bool stopped_setup;
    size_t unreached;      /* in a row */
    size_t strange_writes; /* in a row, whatever the reads between them were answered */
    size_t strange_reads;  /* in a row */
    bool checking;
    int64_t check_ms;
    bool stopped_ledger;
    int64_t ledger_until_boot_ms;
    int64_t ledger_stop_ms;
    struct db_clock clock;
    struct loop_timer ledger_timer;
    struct loop_timer unknown_timer;
    struct loop_timer check_timer;
    char value[256]; /* see stops_value(); "" = none */
    struct loop_timer value_timer;
};

static void on_unknown_over(void *ctx)
{
    struct stops *s = ctx;
    s->stopped_unknown = false;
    for (size_t i = 0; i < RESULTS; i++)
        s->unknown[i] = false;
    s->unknowns = 0;
    admin_reason_set(s->worker->admin, "unknown", NULL);
    log_info(s->worker->log, "claims_resumed", LOG_STR("after", "unknown"));
}

static void on_value_over(void *ctx)
{
    struct stops *s = ctx;
    s->value[0] = '\0';
    admin_reason_set(s->worker->admin, "value", NULL);
}

static void on_checked(void *ctx, const struct unipile_read *read)
{
    struct stops *s = ctx;
    s->checking = false;
    s->worker->reading--;
    if (read->result == UNIPILE_READ_SETUP_BROKEN || read->result == UNIPILE_READ_RETRY) {
        s->check_ms = s->check_ms * 2 < CHECK_MAX_MS ? s->check_ms * 2 : CHECK_MAX_MS;
        loop_timer_after(s->worker->loop, &s->check_timer, s->check_ms);
        return;
    }
    s->stopped_setup = false;
    s->unreached = 0;
    s->strange_writes = 0;
    s->strange_reads = 0;
    admin_reason_set(s->worker->admin, "unipile", NULL);
    log_info(s->worker->log, "claims_resumed", LOG_STR("after", "setup"));
}

static void on_check(void *ctx)
{
    struct stops *s = ctx;
    s->checking = true;
    s->worker->reading++;
    unipile_check(s->worker->unipile, on_checked, s);
}

static void ledger_taken(struct stops *s)
{
    s->stopped_ledger = false;
    admin_reason_set(s->worker->admin, "ledger_unwritten", NULL);
    log_info(s->worker->log, "claims_resumed", LOG_STR("after", "ledger"));
}

/* The ends of the attempts that came to nothing are written again and again: once Kafka has them
 * all, there is nothing left to complain of, whether or not somebody claims. */
static void on_ledger_look(void *ctx)
{
    struct stops *s = ctx;
    if (!s->stopped_ledger)
        return;
    if (outgoing_count(s->worker->outgoing) == 0 && stops_ungranted_ms(s) == 0)
        ledger_taken(s);
    else
        loop_timer_after(s->worker->loop, &s->ledger_timer, LEDGER_MIN_MS);
}

struct stops *stops_new(struct worker *w)
{
    struct stops *s = sam_xcalloc(1, sizeof(*s));
    s->worker = w;
    s->unknown_stop_ms = UNKNOWN_MIN;
    s->ledger_stop_ms = LEDGER_MIN_MS;
    s->ledger_timer.fn = on_ledger_look;
    s->ledger_timer.ctx = s;
    s->unknown_timer.fn = on_unknown_over;
    s->unknown_timer.ctx = s;
    s->check_timer.fn = on_check;
    s->check_timer.ctx = s;
    s->value_timer.fn = on_value_over;
    s->value_timer.ctx = s;
    return s;
}

void stops_free(struct stops *s)
{
    if (!s)
        return;
    loop_timer_cancel(s->worker->loop, &s->ledger_timer);
    loop_timer_cancel(s->worker->loop, &s->unknown_timer);
    loop_timer_cancel(s->worker->loop, &s->check_timer);
    loop_timer_cancel(s->worker->loop, &s->value_timer);
    free(s);
}

/* Until a read with our key succeeds. */
static void stop_until_read(struct stops *s, const char *why, const char *text)
{
    if (s->stopped_setup)
        return;
    s->stopped_setup = true;
    s->check_ms = CHECK_MIN_MS;
    loop_timer_after(s->worker->loop, &s->check_timer, s->check_ms);
    log_error(s->worker->log, "claims_stopped", LOG_STR("why", why), LOG_MSG(text));
    admin_reason_set(s->worker->admin, "unipile", text);
}

void stops_unreached(struct stops *s, const char *error_type)
{
    char text[200];
    if (++s->unreached < UNREACHED_MAX)
        return;
    (void)snprintf(text, sizeof(text), "claims rest: Unipile cannot be reached (%s)%s", error_type,
                   strcmp(error_type, "tls") == 0
                       ? "; perhaps its certificate has expired, see unipile_transport in the log"
                       : "");
    stop_until_read(s, "unreachable", text);
}

/* Unipile never redirects: whoever does leads to a login page. */
static bool is_stranger(int http_status, const char *error_type)
{
    return (http_status >= 300 && http_status < 400) || strcmp(error_type, NOT_UNIPILE) == 0;
}

static void stop_at_strangers(struct stops *s)
{
    if (s->strange_writes + s->strange_reads >= STRANGERS_MAX)
        stop_until_read(s, NOT_UNIPILE,
                        "claims rest: a login page or a portal answers, not Unipile "
                        "(unipile.base_url, or what stands between)");
}

void stops_write_answer(struct stops *s, int http_status, const char *error_type)
{
    if (!http_status)
        return;
    bool strange = is_stranger(http_status, error_type);
    s->strange_writes = strange ? s->strange_writes + 1 : 0;
    s->strange_reads = strange ? s->strange_reads : 0;
    stop_at_strangers(s);
}

void stops_read_answer(struct stops *s, int http_status, const char *error_type)
{
    if (!http_status)
        return;
    s->strange_reads = is_stranger(http_status, error_type) ? s->strange_reads + 1 : 0;
    stop_at_strangers(s);
}

void stops_reached(struct stops *s)
{
    s->unreached = 0;
}

void stops_outcome(struct stops *s, enum outcome outcome)
{
    bool unknown = outcome == OUTCOME_UNKNOWN;
    stops_reached(s);
    s->unknowns += unknown ? 1 : 0;
    s->unknowns -= s->unknown[s->at] ? 1 : 0;
    s->unknown[s->at] = unknown;
    s->at = (s->at + 1) % RESULTS;
    if (s->at == 0 && s->unknowns == 0)
        s->unknown_stop_ms = UNKNOWN_MIN; /* well for a whole round */
    if (s->unknowns < UNKNOWNS_MAX || s->stopped_unknown)
        return;
    s->stopped_unknown = true;
    loop_timer_after(s->worker->loop, &s->unknown_timer, s->unknown_stop_ms);
    log_error(s->worker->log, "claims_stopped", LOG_STR("why", "unknown"),
              LOG_INT("seconds", s->unknown_stop_ms / SECOND_MS),
              LOG_MSG("10 of the last 50 calls ended with an unknown outcome"));
    admin_reason_set(s->worker->admin, "unknown",
                     "claims rest: 10 of the last 50 calls ended with an unknown outcome");
    s->unknown_stop_ms =
        s->unknown_stop_ms * 2 < UNKNOWN_MAX ? s->unknown_stop_ms * 2 : UNKNOWN_MAX;
}

void stops_setup_broken(struct stops *s)
{
    stop_until_read(s, "setup",
                    "claims rest: Unipile refuses our API key (unipile.api_key, or the base URL)");
}

void stops_value(struct stops *s, const char *text)
{
    loop_timer_after(s->worker->loop, &s->value_timer, VALUE_MS);
    if (strcmp(s->value, text) == 0)
        return;
    (void)snprintf(s->value, sizeof(s->value), "%s", text);
    admin_reason_set(s->worker->admin, "value", text);
    log_error(s->worker->log, "unknown_value", LOG_MSG(text));
}

void stops_unwritten(struct stops *s, const char *why)
{
    char text[120];
    int64_t now = clock_boot_ms();
    if (now < s->ledger_until_boot_ms)
        return; /* another claim of the same moment */
    s->ledger_until_boot_ms = now + s->ledger_stop_ms;
    s->ledger_stop_ms =
        s->ledger_stop_ms * 2 < LEDGER_MAX_MS ? s->ledger_stop_ms * 2 : LEDGER_MAX_MS;
    (void)snprintf(text, sizeof(text), "claims rest: Kafka does not take attempt.started (%s)",
                   why);
    if (!s->stopped_ledger)
        log_error(s->worker->log, "claims_stopped", LOG_STR("why", "ledger"), LOG_MSG(text));
    s->stopped_ledger = true;
    admin_reason_set(s->worker->admin, "ledger_unwritten", text);
    loop_timer_after(s->worker->loop, &s->ledger_timer, LEDGER_MIN_MS);
}

void stops_written(struct stops *s)
{
    s->ledger_stop_ms = LEDGER_MIN_MS;
    s->ledger_until_boot_ms = 0;
    if (s->stopped_ledger)
        ledger_taken(s);
}

int64_t stops_ungranted_ms(const struct stops *s)
{
    int64_t left = s->ledger_until_boot_ms - clock_boot_ms();
    return left > 0 ? left : 0;
}

void stops_clock(struct stops *s, const struct clock_reading *reading)
{
    bool before = db_clock_good(&s->clock);
    char text[DB_CLOCK_TEXT_BYTES];
    db_clock_look(&s->clock, reading);
    if (db_clock_good(&s->clock)) {
        if (!before)
            log_info(s->worker->log, "claims_resumed", LOG_STR("after", "clock"));
        admin_reason_set(s->worker->admin, "clock", NULL);
        return;
    }
    db_clock_text(&s->clock, text);
    if (before)
        log_error(s->worker->log, "claims_stopped", LOG_STR("why", "clock"), LOG_MSG(text));
    admin_reason_set(s->worker->admin, "clock", text);
}

bool stops_clock_bad(const struct stops *s)
{
    return !db_clock_good(&s->clock);
}

bool stops_claims(const struct stops *s)
{
    return s->stopped_setup || s->stopped_unknown || stops_clock_bad(s) ||
           outgoing_full(s->worker->outgoing) ||
           topics_watch_trouble(s->worker->topics_watch) != NULL;
}
