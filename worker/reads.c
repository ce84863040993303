#include "worker/reads.h"

#include <stdio.h>

#include "worker/worker.h"

#include "common/base/banned.h"

void reads_begun(struct worker *w)
{
    w->reading++;
    metrics_add(w->metrics, METRIC_READS, 1);
}

static void tell_account_broken(struct worker *w, const struct uuid *workspace_id,
                                const struct uuid *account_id, const struct unipile_read *read)
{
    struct event e = {.type = EVENT_ACCOUNT,
                      .workspace_id = *workspace_id,
                      .account_id = *account_id,
                      .account = {.status = ACCOUNT_DISCONNECTED}};
    if (read->account_status && account_status_parse(read->account_status, &e.account.status) != 0)
        e.account.status = ACCOUNT_DISCONNECTED;
    (void)snprintf(e.account.reason, sizeof(e.account.reason), "%s", read->error_type);
    outgoing_event(w, &e);
}

void reads_ended(struct worker *w, const struct uuid *workspace_id, const struct uuid *account_id,
                 const struct unipile_read *read)
{
    w->reading--;
    if (w->phase == WORKER_LEAVE)
        return;
    stops_read_answer(w->stops, read->http_status, read->error_type);
    if (read->unreached)
        stops_unreached(w->stops, read->error_type);
    else
        stops_reached(w->stops);
    if (read->result == UNIPILE_READ_SETUP_BROKEN)
        stops_setup_broken(w->stops);
    if (read->result == UNIPILE_READ_ACCOUNT_BROKEN)
        tell_account_broken(w, workspace_id, account_id, read);
}
