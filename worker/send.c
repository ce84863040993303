/* The granted call, and its end for the ledger. */
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "worker/worker.h"

#include "common/base/banned.h"

struct call {
    struct worker *worker;
    struct grant *grant; /* owned */
    int64_t begun_boot_ms;
};

void grant_free(struct grant *grant)
{
    if (!grant)
        return;
    free(grant->text);
    free(grant);
}

/* Never earlier than the true moment: db_now_ms was read after begun_boot_ms. Spacing is measured
 * from it. */
static int64_t db_moment(const struct grant *g, int64_t boot_ms)
{
    return g->db_now_ms + (boot_ms - g->begun_boot_ms);
}

static void tell_end(struct worker *w, const struct grant *g, const struct event_attempt *end)
{
    struct event event = {.type = EVENT_ATTEMPT_ENDED,
                          .workspace_id = g->workspace_id,
                          .account_id = g->account_id,
                          .at_ms = end->ended_at_ms,
                          .attempt = *end};
    outgoing_event(w, &event);
    failpoint(FAILPOINT_ENDED_PRODUCED);
}

void send_untried(struct worker *w, const struct grant *grant, const char *error_type)
{
    struct event_attempt end = grant->attempt;
    end.ended_at_ms = db_moment(grant, clock_boot_ms());
    end.outcome = OUTCOME_NOT_EXECUTED;
    end.untried = true;
    SAM_COPY(end.error_type, error_type);
    metrics_add(w->metrics, METRIC_UNTRIED, 1);
    tell_end(w, grant, &end);
}

static void log_end(struct worker *w, const struct event_attempt *end)
{
    if (end->outcome == OUTCOME_SENT) {
        metrics_add_label(w->metrics, METRIC_SENDS, end->kind, 1);
        log_debug(w->log, "sent", LOG_UUID("item", &end->item_id), LOG_UUID("attempt", &end->id));
        return;
    }
    log_warn(w->log, "not_sent", LOG_UUID("item", &end->item_id), LOG_UUID("attempt", &end->id),
             LOG_STR("outcome", outcome_name(end->outcome)), LOG_STR("type", end->error_type),
             LOG_INT("http", end->http_status));
}

static void on_outcome(void *ctx, const struct unipile_outcome *o)
{
    struct call *call = ctx;
    struct worker *w = call->worker;
    struct event_attempt end = call->grant->attempt;
    failpoint(FAILPOINT_CALL_ANSWERED);
    int64_t now = clock_boot_ms();
    end.ended_at_ms = db_moment(call->grant, now);
    end.outcome = o->outcome;
    /* nobody was there: that says something about the way to Unipile, nothing about the item */
    end.untried = o->untried || o->unreached;
    end.refusal = o->refusal;
    end.wait_ms = o->wait_ms;
    end.http_status = o->http_status;
    SAM_COPY(end.error_type, o->error_type);
    SAM_COPY(end.account_status, o->account_status ? o->account_status : "");
    SAM_COPY(end.invitation_id, o->invitation_id);
    SAM_COPY(end.chat_id, o->chat_id);
    SAM_COPY(end.message_id, o->message_id);
    w->sending--;
    metrics_set(w->metrics, METRIC_IN_FLIGHT, (int64_t)w->sending);
    metrics_add_label(w->metrics, METRIC_CALLS, (int)o->outcome, 1);
    if (o->outcome != OUTCOME_SENT)
        metrics_add_label(w->metrics, METRIC_REFUSALS, error_type_index(o->error_type), 1);
    metrics_observe(w->metrics, METRIC_CALL_SECONDS, now - call->begun_boot_ms);
    log_end(w, &end);
    tell_end(w, call->grant, &end);
    if (o->unreached)
        stops_unreached(w->stops, o->error_type);
    else if (!o->untried)
        stops_outcome(w->stops, o->outcome);
    stops_write_answer(w->stops, o->http_status, o->error_type);
    if (o->outcome == OUTCOME_SETUP_BROKEN)
        stops_setup_broken(w->stops);
    grant_free(call->grant);
    free(call);
}

void send_granted(struct worker *w, struct grant *grant)
{
    int64_t now = clock_boot_ms();
    if (now >= grant->start_by_boot_ms) {
        send_untried(w, grant, "lapsed");
        grant_free(grant);
        return;
    }
    struct call *call = sam_xcalloc(1, sizeof(*call));
    struct unipile_write write = {.kind = grant->attempt.kind,
                                  .account = grant->unipile_account,
                                  .recipient = grant->recipient,
                                  .text = grant->text,
                                  .start_by_boot_ms = grant->start_by_boot_ms};
    *call = (struct call){w, grant, now};
    w->sending++;
    metrics_set(w->metrics, METRIC_IN_FLIGHT, (int64_t)w->sending);
    metrics_observe(w->metrics, METRIC_LATENESS, db_moment(grant, now) - grant->due_at_ms);
    unipile_send(w->unipile, &write, on_outcome, call);
}
