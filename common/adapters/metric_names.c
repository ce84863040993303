#include "common/adapters/metric_names.h"

#include "common/adapters/pg.h"
#include "common/base/log.h"
#include "common/model/job.h"
#include "common/model/outcome.h"
#include "common/model/reason.h"
#include "common/model/status.h"
#include "common/policy/reconcile.h"

#include "common/base/banned.h"

#define NAME_ROW(id, name) name,
static const char *const topic_names[] = {METRIC_TOPIC_MAP(NAME_ROW)};
static const char *const step_names[] = {METRIC_STEP_MAP(NAME_ROW)};
static const char *const table_names[] = {METRIC_TABLE_MAP(NAME_ROW)};
static const char *const queue_names[] = {METRIC_QUEUE_MAP(NAME_ROW)};
#undef NAME_ROW

static const char *const failure_names[] = {
    [PG_FINE] = NULL,         [PG_RETRY] = "retry",   [PG_LOST] = "lost", [PG_WAIT] = "wait",
    [PG_REFUSED] = "refused", [PG_SCHEMA] = "schema", [PG_BUG] = "bug",   [PG_VALUE] = "value",
};

static const char *kind(int value)
{
    return call_kind_name((enum call_kind)value);
}

static const char *outcome(int value)
{
    return outcome_name((enum outcome)value);
}

static const char *error(int value)
{
    size_t count;
    return value < ERROR_TYPES_N ? error_types(&count)[value].type : "other";
}

static const char *reason(int value)
{
    return value == REASON_NONE ? NULL : reason_name((enum reason)value);
}

static const char *sync_kind(int value)
{
    return sync_kind_name((enum sync_kind)value);
}

static const char *reconcile(int value)
{
    static const char *const names[RECONCILE_VERDICT_N] = {
        [RECONCILE_WAIT] = NULL,           [RECONCILE_SEEN] = "sent",
        [RECONCILE_TWICE] = "seen_twice",  [RECONCILE_UNSEEN] = "unseen",
        [RECONCILE_NOT_SENT] = "not_sent", [RECONCILE_ASK] = "left_to_a_person",
    };
    return names[value];
}

static const char *failure(int value)
{
    return failure_names[value];
}

static const char *topic(int value)
{
    return topic_names[value];
}

static const char *step(int value)
{
    return step_names[value];
}

static const char *level(int value)
{
    return log_level_name((enum log_level)value);
}

static const char *account(int value)
{
    return account_status_name((enum account_status)value);
}

static const char *table(int value)
{
    return table_names[value];
}

static const char *queue(int value)
{
    return queue_names[value];
}

static const char *version(int value)
{
    (void)value;
    return SAM_VERSION;
}

const struct metric_label_values metric_names[LABEL_N] = {
    [LABEL_KIND] = {CALL_KIND_N, kind},
    [LABEL_OUTCOME] = {OUTCOME_N, outcome},
    [LABEL_REASON] = {REASON_N, reason},
    [LABEL_ERROR] = {ERROR_TYPES_N + 1, error},
    [LABEL_SYNC] = {SYNC_KIND_N, sync_kind},
    [LABEL_RECONCILE] = {RECONCILE_VERDICT_N, reconcile},
    [LABEL_FAILURE] = {SAM_ARRAY_LEN(failure_names), failure},
    [LABEL_TOPIC] = {METRIC_TOPIC_N, topic},
    [LABEL_STEP] = {METRIC_STEP_N, step},
    [LABEL_LEVEL] = {LOG_LEVEL_N, level},
    [LABEL_ACCOUNT_STATUS] = {ACCOUNT_STATUS_N, account},
    [LABEL_TABLE] = {METRIC_TABLE_N, table},
    [LABEL_QUEUE] = {METRIC_QUEUE_N, queue},
    [LABEL_VERSION] = {1, version},
};
