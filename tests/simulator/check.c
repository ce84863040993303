#include <stdio.h>

#include "tests/simulator/errors.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/simulator.h"

#include "common/base/banned.h"

struct account *check_account(struct simulator *s, struct request *r, const char *id)
{
    if (!id || !*id) {
        error_answer(r, "invalid_parameters");
        return NULL;
    }
    (void)snprintf(r->account, sizeof(r->account), "%s", id);
    r->fault = faults_take(s->faults, r);
    if (r->fault && !fault_executes(r->fault))
        return NULL;
    struct account *a = world_account(s->world, id);
    if (!a) {
        error_not_found(r, "Account not found");
        return NULL;
    }
    switch (a->status) {
    case ACCOUNT_OK:
        return a;
    case ACCOUNT_CREDENTIALS:
        error_answer(r, "disconnected_account");
        return NULL;
    case ACCOUNT_CHECKPOINT:
        error_answer(r, "checkpoint_error");
        return NULL;
    case ACCOUNT_RESTRICTED:
        error_answer(r, "account_restricted");
        return NULL;
    case ACCOUNT_STATUS_N:
        break;
    }
    return NULL;
}

struct account *check_query_account(struct simulator *s, struct request *r)
{
    return check_account(s, r, request_query(r, "account_id"));
}
