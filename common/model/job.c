#include "common/model/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/names.h"

#include "common/base/banned.h"

/* The number at the end of what begins so; 0 = it is something else. */
static int64_t number_after(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);
    char *end;
    if (strncmp(text, prefix, n) != 0 || text[n] < '1' || text[n] > '9')
        return 0;
    long value = strtol(text + n, &end, 10);
    return *end || value > INT32_MAX ? 0 : value;
}

int message_type_step(const char *message_type, int64_t *ret_step)
{
    int64_t n;
    if (strcmp(message_type, "connection_request") == 0)
        *ret_step = 0;
    else if ((n = number_after(message_type, "follow_up_")) > 0)
        *ret_step = n;
    else if ((n = number_after(message_type, "direct_message_")) > 0)
        *ret_step = n - 1;
    else
        return -EINVAL;
    return 0;
}

void job_encode(const struct job *job, struct buf *out)
{
    record_begin(out);
    record_uuid(out, "job_id", &job->id);
    record_uuid(out, "workspace_id", &job->workspace_id);
    record_uuid(out, "account_id", &job->account_id);
    record_uuid(out, "campaign_id", &job->campaign_id);
    record_uuid(out, "person_id", &job->person_id);
    record_uuid(out, "item_id", &job->item_id);
    record_i64(out, "dispatch", job->dispatch);
    record_time(out, "due_at", job->due_at_ms);
    record_text(out, "kind", call_kind_name(job->kind));
    record_text(out, "message_type", job->message_type);
    record_text(out, "unipile_account", job->unipile_account);
    record_text(out, "resolve", job->resolve);
    record_uuid(out, "view_id", &job->view_id);
    record_text(out, "look", job->look);
    record_time(out, "look_after", job->look_after_ms);
    record_end(out);
}

static int finish(struct record *r, char why[RECORD_WHY_BYTES])
{
    int result = record_good(r) ? 0 : -EBADMSG;
    memcpy(why, r->why, RECORD_WHY_BYTES);
    record_close(r);
    return result;
}

int job_decode(const char *value, size_t bytes, struct job *ret, char why[RECORD_WHY_BYTES])
{
    struct record r;
    struct job job = {0};
    char kind[32] = "";
    (void)record_open(&r, value, bytes);
    record_get_uuid(&r, "job_id", true, &job.id);
    record_get_uuid(&r, "workspace_id", true, &job.workspace_id);
    record_get_uuid(&r, "account_id", true, &job.account_id);
    record_get_uuid(&r, "campaign_id", true, &job.campaign_id);
    record_get_uuid(&r, "person_id", true, &job.person_id);
    record_get_uuid(&r, "item_id", true, &job.item_id);
    record_get_i64(&r, "dispatch", true, 1, INT32_MAX, &job.dispatch);
    record_get_time(&r, "due_at", true, &job.due_at_ms);
    record_get_text(&r, "kind", true, kind, sizeof(kind));
    record_get_text(&r, "message_type", true, job.message_type, sizeof(job.message_type));
    record_get_text(&r, "unipile_account", true, job.unipile_account, sizeof(job.unipile_account));
    record_get_text(&r, "resolve", false, job.resolve, sizeof(job.resolve));
    record_get_uuid(&r, "view_id", false, &job.view_id);
    record_get_text(&r, "look", false, job.look, sizeof(job.look));
    record_get_time(&r, "look_after", false, &job.look_after_ms);
    if (record_good(&r) && call_kind_parse(kind, &job.kind) != 0)
        record_problem(&r, "kind", "unknown");
    int result = finish(&r, why);
    if (result == 0)
        *ret = job;
    return result;
}

NAMES_DEFINE(sync_kind, SYNC_KIND_MAP, SYNC_KIND_N)

void sync_job_encode(const struct sync_job *job, struct buf *out)
{
    record_begin(out);
    record_uuid(out, "job_id", &job->id);
    record_uuid(out, "workspace_id", &job->workspace_id);
    record_uuid(out, "account_id", &job->account_id);
    record_text(out, "kind", sync_kind_name(job->kind));
    record_i64(out, "dispatch", job->dispatch);
    record_time(out, "watermark", job->watermark_ms);
    record_text(out, "unipile_account", job->unipile_account);
    record_end(out);
}

int sync_job_decode(const char *value, size_t bytes, struct sync_job *ret,
                    char why[RECORD_WHY_BYTES])
{
    struct record r;
    struct sync_job job = {0};
    char kind[32] = "";
    (void)record_open(&r, value, bytes);
    record_get_uuid(&r, "job_id", true, &job.id);
    record_get_uuid(&r, "workspace_id", true, &job.workspace_id);
    record_get_uuid(&r, "account_id", true, &job.account_id);
    record_get_text(&r, "kind", true, kind, sizeof(kind));
    record_get_i64(&r, "dispatch", true, 1, INT32_MAX, &job.dispatch);
    record_get_time(&r, "watermark", false, &job.watermark_ms);
    record_get_text(&r, "unipile_account", true, job.unipile_account, sizeof(job.unipile_account));
    if (record_good(&r) && sync_kind_parse(kind, &job.kind) != 0)
        record_problem(&r, "kind", "unknown");
    int result = finish(&r, why);
    if (result == 0)
        *ret = job;
    return result;
}
