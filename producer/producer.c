#include "producer/producer.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

void producer_left_out(struct producer *p, const char *sentence)
{
    if (!p->left_out[0])
        (void)snprintf(p->left_out, sizeof(p->left_out), "%s", sentence);
}

struct batch producer_failed(struct producer *p, const char *step, enum pg_failure failure)
{
    metrics_add_label(p->metrics, METRIC_POSTGRES_FAILED, (int)failure, 1);
    /* Deadlocks and serialization failures are ordinary: the next tick does it again. An unknown
     * value would be said every tick: the loop says it once. */
    if (failure == PG_RETRY || failure == PG_VALUE)
        log_debug(p->log, "batch_retried", LOG_STR("step", step), LOG_MSG(pg_error(p->pg)));
    else if (!said_news(&p->said, step, failure, pg_error_state(p->pg), clock_boot_ms()))
        log_debug(p->log, "batch_failed", LOG_STR("step", step), LOG_MSG(pg_error(p->pg)));
    else
        log_error(p->log, "batch_failed", LOG_STR("step", step), LOG_MSG(pg_error(p->pg)));
    if (pg_connected(p->pg))
        pg_rollback(p->pg);
    return (struct batch){.failure = failure};
}

void producer_add_uuids(struct producer *p, const struct pg_result *r, int col)
{
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, col);
        pg_item_uuid(&p->params, &id);
    }
    pg_array_close(&p->params);
}
