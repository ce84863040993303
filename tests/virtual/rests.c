/* Rests that Unipile asks for: worker/apply_account.c with memory in place of its row. */
#include <stdio.h>

#include "common/model/outcome.h"
#include "tests/virtual/world.h"
#include "worker/apply_account.h"

#include "common/base/banned.h"

static struct apply_account account_of(const struct world *w, const struct world_call *call)
{
    struct facts_frame frame;
    world_frame(w, call->end_ms, &frame);
    return (struct apply_account){.status = ACCOUNT_ACTIVE,
                                  .rest = w->rest,
                                  .invitations_rest = w->invitations_rest,
                                  .day_start_ms = frame.day_start_ms,
                                  .zone = zone_find(w->zone),
                                  .limits = frame.limits};
}

static void keep(struct world *w, const struct apply_account *account)
{
    w->rest = account->rest;
    w->invitations_rest = account->invitations_rest;
}

int64_t world_rest(struct world *w, const struct world_call *call, bool invitations)
{
    const struct error_type *type =
        error_type_find(invitations ? "cannot_resend_yet" : "limit_exceeded");
    struct apply_account account = account_of(w, call);
    struct event_attempt a = {
        .kind = call->kind, .ended_at_ms = call->end_ms, .wait_ms = type->wait_ms};
    (void)snprintf(a.error_type, sizeof(a.error_type), "%s", type->type);
    int64_t until_ms = apply_account_throttled(&account, &a);
    keep(w, &account);
    return until_ms;
}

void world_sent(struct world *w, const struct world_call *call)
{
    struct apply_account account = account_of(w, call);
    struct event_attempt a = {.kind = call->kind, .ended_at_ms = call->end_ms};
    apply_account_sent(&account, &a);
    keep(w, &account);
}
