#include "worker/gate_look.h"

#include <stdio.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define SHUT_EVERY_MS 50
#define OPEN_EVERY_MS 1000

static void on_positions(void *ctx, enum pg_failure failure, const struct pg_result *r,
                         const char *error)
{
    struct worker *w = ctx;
    char text[80];
    w->gate_asked = false;
    if (failure)
        gate_unread(w->gate, failure, error);
    else if (gate_positions(w->gate, w->gate_floor, r) > 0 &&
             gate_open_count(w->gate) == w->partitions)
        log_info(w->log, "gate_open", LOG_INT("partitions", w->partitions));
    int32_t open = gate_open_count(w->gate);
    (void)snprintf(text, sizeof(text), "the ledger is applied for %d of %d partitions", open,
                   w->partitions);
    admin_reason_set(w->admin, "gate", open == w->partitions ? NULL : text);
    admin_reason_set(w->admin, "ledger_halted", gate_trouble(w->gate));
    metrics_set(w->metrics, METRIC_GATE_OPEN, open);
    metrics_set(w->metrics, METRIC_GATE_ALL, w->partitions);
}

static void on_gate(void *ctx)
{
    struct worker *w = ctx;
    w->gate_soon = gate_waiting(w->gate);
    loop_timer_after(w->loop, &w->gate_timer, w->gate_soon ? SHUT_EVERY_MS : OPEN_EVERY_MS);
    if (!pg_async_up(w->util))
        return;
    gate_write(w->gate, w->kafka, worker_db_now_ms(w, clock_boot_ms()));
    if (w->gate_asked)
        return;
    w->gate_asked = true;
    gate_ask(w->gate, w->gate_floor);
    /* not prepared: what a failure says of the tables must come from the statement itself */
    pg_async_send(w->util, "", gate_positions_sql, NULL, on_positions, w);
    pg_async_sync(w->util);
}

void gate_look_hurry(struct worker *w)
{
    if (w->gate_soon || !gate_waiting(w->gate))
        return;
    w->gate_soon = true;
    loop_timer_after(w->loop, &w->gate_timer, 0);
}

void gate_look_begin(struct worker *w)
{
    w->gate_timer.fn = on_gate;
    w->gate_timer.ctx = w;
    loop_timer_after(w->loop, &w->gate_timer, 0);
}
