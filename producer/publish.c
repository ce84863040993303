/* Publish: the best due item of each account that has nothing outstanding becomes a job. Marked and
 * committed first, produced afterwards: a crash in between leaves a published item that the sweep
 * returns. */
#include <errno.h>
#include <string.h>

#include "common/adapters/cloud_event.h"
#include "common/adapters/verdicts.h"
#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/policy/reply.h"
#include "producer/producer.h"
#include "producer/unclaimed.h"
#include "producer/undelivered.h"

#include "common/base/banned.h"

#define PUBLISH_MAX 500
#define AHEAD_MS    (5 * SECOND_MS) /* design 3.3: just in time */

/* $1 timestamptz until, $2 int partitions, $3 int[] open ones, $4 bigint accounts at most. LATERAL
 * … LIMIT: looked up row by row; a join might read every account. */
static const char accounts_sql[] =
    "SELECT s.account_id, s.due_at FROM account_schedule s CROSS JOIN LATERAL "
    "(SELECT key_hash FROM linkedin_accounts WHERE id = s.account_id LIMIT 1) a "
    "WHERE s.due_at <= $1 AND a.key_hash % $2 = ANY ($3) "
    "ORDER BY s.due_at LIMIT $4 FOR UPDATE OF s SKIP LOCKED";

/* The best due item of each: by priority, then time. $1 uuid[] accounts, $2 timestamptz until. */
static const char best_sql[] =
    "SELECT b.id, j.n FROM unnest($1::uuid[]) WITH ORDINALITY AS j(account_id, n) "
    "CROSS JOIN LATERAL (SELECT i.id FROM send_queue i WHERE i.account_id = j.account_id "
    "AND i.status = 'pending' AND i.scheduled_for <= $2 "
    "ORDER BY i.priority, i.scheduled_for, i.id LIMIT 1) b";

/* $1 uuid[] items, $2 timestamptz[] sweep_at, $3 text "pending": as a constant it would match the
 * partial index of all pending items, and tempt the planner to walk it. */
static const char mark_sql[] =
    "UPDATE send_queue i SET status = 'published', reason = 'none', reason_detail = NULL, "
    "dispatch = i.dispatch + 1, sweep_at = m.sweep_at, replan = false "
    "FROM unnest($1::uuid[], $2::timestamptz[]) AS m(id, sweep_at) "
    "WHERE i.id = m.id AND i.status = $3";

/* A profile view is counted when its job is published. $1 uuid[] ids, $2 uuid[] items,
 * $3 timestamptz now. */
static const char views_sql[] =
    "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, item_id, "
    "message_type, kind, started_at, start_by, ended_at, outcome) "
    "SELECT v.id, i.workspace_id, i.account_id, i.campaign_id, i.prospect_id, i.id, "
    "i.message_type, 'profile_view', $3, $3, $3, 'sent' "
    "FROM unnest($1::uuid[], $2::uuid[]) AS v(id, item_id) JOIN send_queue i ON i.id = v.item_id";

struct candidate {
    struct uuid account_id;
    int64_t due_at_ms; /* of the account: not before, spacing included */
};

struct publish_batch {
    struct candidate accounts[PUBLISH_MAX];
    size_t accounts_count;
    struct uuid items[PUBLISH_MAX]; /* the best of each account that has one */
    size_t account_of[PUBLISH_MAX];
    size_t items_count;
    struct job jobs[PUBLISH_MAX];
    int64_t sweep_at_ms[PUBLISH_MAX];
    size_t jobs_count;
    struct verdicts verdicts; /* of those that may not go now */
    /* those that cost a profile view, to be judged by their account's counts too */
    struct facts_ask views[PUBLISH_MAX];
    struct facts_frame views_frame[PUBLISH_MAX];
    int64_t views_due_ms[PUBLISH_MAX];
    size_t views_count;
};

static enum pg_failure take_accounts(struct producer *p, struct publish_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    pg_add_time(&p->params, p->now_ms + AHEAD_MS);
    pg_add_i32(&p->params, gate_partitions(p->gate));
    gate_add_open(p->gate, &p->params);
    pg_add_i64(&p->params, PUBLISH_MAX);
    enum pg_failure failure = pg_exec(p->pg, accounts_sql, &p->params, &r);
    if (failure)
        return failure;
    b->accounts_count = (size_t)pg_rows(r);
    for (int row = 0; row < pg_rows(r); row++)
        b->accounts[row] = (struct candidate){pg_uuid(r, row, 0), pg_time_ms(r, row, 1)};
    return PG_FINE;
}

static enum pg_failure take_items(struct producer *p, struct publish_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->accounts_count; i++)
        pg_item_uuid(&p->params, &b->accounts[i].account_id);
    pg_array_close(&p->params);
    pg_add_time(&p->params, p->now_ms + AHEAD_MS);
    enum pg_failure failure = pg_exec(p->pg, best_sql, &p->params, &r);
    if (failure)
        return failure;
    b->items_count = (size_t)pg_rows(r);
    for (int row = 0; row < pg_rows(r); row++) {
        b->items[row] = pg_uuid(r, row, 0);
        b->account_of[row] = (size_t)(pg_i64(r, row, 1) - 1);
    }
    return PG_FINE;
}

static void copy_text(char *out, size_t out_bytes, const char *text)
{
    size_t n = strnlen(text, out_bytes - 1);
    memcpy(out, text, n);
    out[n] = '\0';
}

static void fill_job(struct job *job, const struct facts_item *it, int64_t due_at_ms)
{
    *job = (struct job){.id = uuid_v7(),
                        .workspace_id = it->workspace_id,
                        .account_id = it->account_id,
                        .campaign_id = it->campaign_id,
                        .person_id = it->person_id,
                        .item_id = it->id,
                        .dispatch = it->dispatch + 1,
                        .kind = it->policy.item.kind};
    job->due_at_ms =
        it->policy.item.scheduled_at_ms > due_at_ms ? it->policy.item.scheduled_at_ms : due_at_ms;
    copy_text(job->message_type, sizeof(job->message_type), it->message_type);
    copy_text(job->unipile_account, sizeof(job->unipile_account), it->unipile_account);
    if (it->policy.item.costs_profile_view) {
        copy_text(job->resolve, sizeof(job->resolve), *it->vanity ? it->vanity : it->provider_id);
        job->view_id = uuid_v7();
    }
    /* before every message the chat is looked at; an id that is still to be resolved is looked at
     * when it is known */
    if (it->policy.item.kind == CALL_MESSAGE) {
        copy_text(job->look, sizeof(job->look), it->provider_id);
        job->look_after_ms = reply_contact_ms(it->contacted_at_ms, it->since_ms);
    }
}

static void ask_about_views(struct publish_batch *b, const struct facts_item *it,
                            int64_t account_due_ms)
{
    size_t n = b->views_count++;
    b->views_frame[n] = it->frame;
    b->views_due_ms[n] = account_due_ms;
    b->views[n] = (struct facts_ask){
        .item_id = it->id, .provider_id = "", .vanity = "", .frame = &b->views_frame[n]};
}

/* Spacing and caps are the claim's to judge; here only what can be seen without counting. But a
 * profile is viewed before the claim, so whoever costs a view is judged twice, the second time with
 * the counts. An item a few seconds early is published: the worker keeps it until it is due. */
static void judge(struct producer *p, struct publish_batch *b, const struct facts_item *it,
                  int64_t account_due_ms)
{
    struct policy_facts facts = it->policy;
    if (facts.item.scheduled_at_ms > facts.now_ms)
        facts.now_ms = facts.item.scheduled_at_ms;
    if (facts.usage && account_due_ms > facts.now_ms)
        facts.now_ms = account_due_ms;
    struct verdict verdict = policy_decide(&facts);
    if (verdict.kind == VERDICT_GO && facts.item.costs_profile_view && !facts.usage) {
        ask_about_views(b, it, account_due_ms);
        return;
    }
    if (verdict.kind == VERDICT_GO) {
        fill_job(&b->jobs[b->jobs_count], it, account_due_ms);
        b->sweep_at_ms[b->jobs_count] =
            b->jobs[b->jobs_count].due_at_ms + unclaimed_ms(it->unclaimed);
        b->jobs_count++;
        return;
    }
    verdicts_add(&b->verdicts, it, &verdict);
    metrics_add_label(p->metrics, METRIC_RETURNS, verdict.reason, 1);
}

static enum pg_failure load_and_judge(struct producer *p, struct publish_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->items_count; i++)
        pg_item_uuid(&p->params, &b->items[i]);
    pg_array_close(&p->params);
    enum pg_failure failure = pg_exec(p->pg, facts_sql, &p->params, &r);
    if (failure)
        return failure;
    for (int row = 0; row < pg_rows(r); row++) {
        struct facts_item it;
        if (facts_item(p->facts, r, row, false, p->now_ms, &it) != 0)
            producer_left_out(p, facts_unknown(p->facts));
        else
            judge(p, b, &it, b->accounts[b->account_of[it.index]].due_at_ms);
    }
    return PG_FINE;
}

static enum pg_failure judge_views(struct producer *p, struct publish_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    if (b->views_count == 0)
        return PG_FINE;
    facts_usage_ask(p->facts, b->views, b->views_count, p->now_ms, &p->params);
    enum pg_failure failure = pg_exec(p->pg, facts_usage_sql, &p->params, &r);
    if (failure)
        return failure;
    for (int row = 0; row < pg_rows(r); row++) {
        struct facts_item it;
        if (facts_item(p->facts, r, row, true, p->now_ms, &it) != 0)
            producer_left_out(p, facts_unknown(p->facts));
        else
            judge(p, b, &it, b->views_due_ms[it.index]);
    }
    return PG_FINE;
}

static enum pg_failure mark(struct producer *p, struct publish_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->jobs_count; i++)
        pg_item_uuid(&p->params, &b->jobs[i].item_id);
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_TIME);
    for (size_t i = 0; i < b->jobs_count; i++)
        pg_item_time(&p->params, b->sweep_at_ms[i]);
    pg_array_close(&p->params);
    pg_add_text(&p->params, item_status_name(ITEM_PENDING));
    enum pg_failure failure = pg_exec(p->pg, mark_sql, &p->params, &r);
    if (failure)
        return failure;
    /* the account's row is locked, so nobody else can have taken the item */
    return pg_affected(r) == (int64_t)b->jobs_count ? PG_FINE : PG_RETRY;
}

static enum pg_failure count_views(struct producer *p, const struct publish_batch *b)
{
    size_t views = 0;
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->jobs_count; i++) {
        if (b->jobs[i].resolve[0]) {
            pg_item_uuid(&p->params, &b->jobs[i].view_id);
            views++;
        }
    }
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->jobs_count; i++) {
        if (b->jobs[i].resolve[0])
            pg_item_uuid(&p->params, &b->jobs[i].item_id);
    }
    pg_array_close(&p->params);
    pg_add_time(&p->params, p->now_ms);
    return views ? pg_exec(p->pg, views_sql, &p->params, NULL) : PG_FINE;
}

/* Every account that was taken: without a published item its due_at is computed anew. */
static enum pg_failure reschedule(struct producer *p, const struct publish_batch *b)
{
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->accounts_count; i++)
        pg_item_uuid(&p->params, &b->accounts[i].account_id);
    pg_array_close(&p->params);
    return pg_exec(p->pg, verdicts_due_sql, &p->params, NULL);
}

static enum pg_failure publish(struct producer *p, struct publish_batch *b)
{
    enum pg_failure failure = take_accounts(p, b);
    if (failure || b->accounts_count == 0)
        return failure;
    if ((failure = take_items(p, b)) || (failure = load_and_judge(p, b)) ||
        (failure = judge_views(p, b)) ||
        (b->jobs_count && ((failure = mark(p, b)) || (failure = count_views(p, b)))) ||
        (failure = verdicts_write(&b->verdicts, p->pg, &p->params)))
        return failure;
    return reschedule(p, b);
}

static void produce(struct producer *p, const struct publish_batch *b)
{
    struct buf record = BUF_INIT(RECORD_MAX_BYTES);
    for (size_t i = 0; i < b->jobs_count; i++) {
        struct kafka_delivery *delivery =
            undelivered_watch(p, &b->jobs[i].item_id, b->jobs[i].dispatch);
        job_encode(&b->jobs[i], &record);
        struct cloud_event e = {.topic = p->topic_jobs,
                                .key = &b->jobs[i].account_id,
                                .type = JOB_TYPE,
                                .source = "/sam/producer",
                                .id = b->jobs[i].id,
                                .value = buf_text(&record),
                                .value_bytes = record.len,
                                .delivery = delivery};
        int r = cloud_event_produce(p->kafka, &e);
        if (r != 0) {
            delivery->fn(delivery, r, -1, -1);
            log_warn(p->log, "job_not_produced", LOG_UUID("item", &b->jobs[i].item_id),
                     LOG_INT("errno", -r));
        }
    }
    buf_deinit(&record);
}

/* The answer to the commit is lost. If it was made, these items wait for a claim of jobs that
 * nobody has: they are swept at once, or, where it becomes visible later still (a standby that is
 * waited for), as what a crash leaves behind. If not, another producer may have published one under
 * the same number: then its job is swept as well, a stale one, and goes out again. */
static void doubt(struct producer *p, const struct publish_batch *b)
{
    for (size_t i = 0; i < b->jobs_count; i++) {
        struct kafka_delivery *delivery =
            undelivered_watch(p, &b->jobs[i].item_id, b->jobs[i].dispatch);
        delivery->fn(delivery, -ENOTCONN, -1, -1);
    }
}

struct batch producer_publish(struct producer *p)
{
    struct publish_batch *b = sam_xcalloc(1, sizeof(*b));
    struct batch result = {0};
    enum pg_failure failure = pg_begin(p->pg);
    if (!failure)
        failure = publish(p, b);
    if (!failure && (failure = pg_commit(p->pg)) == PG_LOST)
        doubt(p, b);
    if (failure) {
        result = producer_failed(p, "publish", failure);
    } else {
        if (b->jobs_count)
            failpoint(FAILPOINT_PUBLISHED);
        produce(p, b);
        if (b->jobs_count)
            failpoint(FAILPOINT_JOB_PRODUCED);
        result.rows = (int64_t)b->jobs_count;
        result.more = b->accounts_count == PUBLISH_MAX;
        metrics_add(p->metrics, METRIC_ITEMS_PUBLISHED, (uint64_t)b->jobs_count);
    }
    verdicts_deinit(&b->verdicts);
    free(b);
    return result;
}
