#include "worker/queues.h"

#include "worker/dead_letters.h"
#include "worker/ledger.h"
#include "worker/worker.h"

#include "common/base/banned.h"

static void show(const struct worker *w, enum metric_queue queue, size_t length, size_t max)
{
    metrics_set_label(w->metrics, METRIC_QUEUE, (int)queue, (int64_t)length);
    metrics_set_label(w->metrics, METRIC_QUEUE_MAX, (int)queue, (int64_t)max);
}

void queues_show(const struct worker *w)
{
    size_t max;
    size_t length = ledger_queued(w->ledger, &max);
    show(w, METRIC_QUEUE_LEDGER, length, max);
    show(w, METRIC_QUEUE_JOBS, w->works_count, WORKER_WORKS_HOLD);
    show(w, METRIC_QUEUE_LOOKS, sync_count(w->sync), SYNCS_MAX);
    show(w, METRIC_QUEUE_OUTGOING, outgoing_count(w->outgoing), OUTGOING_MAX);
    show(w, METRIC_QUEUE_DEAD_LETTERS, dead_letters_count(w->dead_letters), DEAD_LETTERS_MAX);
}
