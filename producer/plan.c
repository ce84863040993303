/* The planner's I/O: take accounts, load, place (plan_batch.c), write (plan_write.c). */
#include <string.h>

#include "common/base/clock.h"
#include "producer/plan_batch.h"
#include "producer/plan_sql.h"
#include "producer/plan_write.h"
#include "producer/producer.h"
#include "producer/unknown_values.h"

#include "common/base/banned.h"

/* The accounts of one result; false: some hold a value that this release does not know, which
 * unknown has now. */
static bool read_accounts(struct producer *p, struct plan_batch *b, const struct pg_result *r,
                          struct unknown_values *unknown)
{
    bool known = true;
    b->accounts_count = 0;
    for (int row = 0; row < pg_rows(r); row++) {
        struct plan_account *a = &b->accounts[b->accounts_count];
        *a = (struct plan_account){.id = pg_uuid(r, row, 0), .workspace_id = pg_uuid(r, row, 1)};
        if (account_plan_parse(pg_text(r, row, 2), &a->plan) != 0) {
            unknown_values_add(unknown, p, "linkedin_accounts.plan", pg_text(r, row, 2));
            known = false;
            continue;
        }
        facts_frame(p->facts, r, row, 3, b->now_ms, &a->frame);
        plan_account_days(a, pg_text(r, row, 3), b->horizon_ms);
        b->accounts_count++;
    }
    return known;
}

static enum pg_failure ask_accounts(struct producer *p, struct plan_batch *b,
                                    struct unknown_values *unknown, bool *ret_known)
{
    struct pg_result *locked SAM_CLEANUP(pg_result_freep) = NULL;
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    pg_add_time(&p->params, b->now_ms);
    pg_add_i32(&p->params, gate_partitions(p->gate));
    gate_add_open(p->gate, &p->params);
    pg_add_i64(&p->params, PLAN_ACCOUNTS_MAX);
    unknown_values_param(unknown, &p->params);
    enum pg_failure failure = pg_exec(p->pg, plan_lock_sql, &p->params, &locked);
    if (failure)
        return failure;
    pg_params_reset(&p->params);
    producer_add_uuids(p, locked, 0);
    failure = pg_exec(p->pg, plan_accounts_sql, &p->params, &r);
    if (!failure)
        *ret_known = read_accounts(p, b, r, unknown);
    return failure;
}

/* Those who cannot be read are asked away, for they stay due: a batch full of them would leave no
 * place for anybody else. */
static enum pg_failure take_accounts(struct producer *p, struct plan_batch *b)
{
    struct unknown_values unknown SAM_CLEANUP(unknown_values_deinit) = {.count = 0};
    enum pg_failure failure;
    bool known = true;
    do {
        failure = ask_accounts(p, b, &unknown, &known);
    } while (!failure && !known);
    return failure;
}

/* What the largest of one cap asks for. */
static int64_t rows_most(const struct plan_batch *b, int64_t (*rows)(const struct policy_limits *))
{
    int64_t most = 1;
    for (size_t i = 0; i < b->accounts_count; i++) {
        int64_t n = rows(&b->accounts[i].frame.limits);
        most = n > most ? n : most;
    }
    return most;
}

static enum pg_failure load_usage(struct producer *p, struct plan_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    plan_add_accounts(&p->params, b);
    pg_array_open(&p->params, PG_ARRAY_TIME);
    for (size_t i = 0; i < b->accounts_count; i++)
        pg_item_time(&p->params, b->accounts[i].frame.day_start_ms);
    pg_array_close(&p->params);
    pg_add_i64(&p->params, rows_most(b, facts_day_rows));
    pg_add_i64(&p->params, rows_most(b, facts_week_rows));
    pg_add_i64(&p->params, facts_call_timeout_ms(p->facts));
    pg_add_time(&p->params, b->now_ms - WEEK_MS);
    pg_add_i64(&p->params, rows_most(b, facts_view_rows));
    PG_COLUMN(&p->params, PG_ARRAY_TIME, b->accounts_count, true,
              pg_item_time(&p->params, b->accounts[i].frame.month_start_ms));
    pg_add_i64(&p->params, rows_most(b, facts_note_rows));
    PG_COLUMN(&p->params, PG_ARRAY_TIME, b->accounts_count, true,
              pg_item_time(&p->params, b->accounts[i].frame.next_day_start_ms - WEEK_MS));
    enum pg_failure failure = pg_exec(p->pg, plan_usage_sql, &p->params, &r);
    if (failure)
        return failure;
    for (int row = 0; row < pg_rows(r); row++) {
        struct plan_account *a = &b->accounts[pg_i64(r, row, 0) - 1];
        a->last_call_end_ms = pg_time_ms(r, row, 1);
        a->days[0].calls = pg_i64(r, row, 2);
        a->days[0].invitations = pg_i64(r, row, 3);
        a->days[0].messages = pg_i64(r, row, 4);
        a->days[0].profile_views = pg_i64(r, row, 5);
        a->invitations_week = pg_i64(r, row, 6);
        a->notes_month = pg_i64(r, row, 7);
        a->week_frees_ms = pg_time_ms(r, row, 8) + WEEK_MS;
        a->invitations_tonight = pg_i64(r, row, 9);
    }
    return PG_FINE;
}

static size_t campaign_index(struct plan_batch *b, const struct uuid *id)
{
    for (size_t i = b->campaigns_count; i > 0; i--) {
        if (uuid_equal(&b->campaigns[i - 1].id, id))
            return i - 1;
    }
    b->campaigns = sam_xrealloc(b->campaigns, (b->campaigns_count + 1) * sizeof(*b->campaigns));
    b->campaigns[b->campaigns_count] = (struct plan_campaign){.id = *id, .first_left = -1};
    return b->campaigns_count++;
}

static enum pg_failure load_waiting(struct producer *p, struct plan_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    plan_add_accounts(&p->params, b);
    enum pg_failure failure = pg_exec(p->pg, plan_waiting_sql, &p->params, &r);
    if (failure)
        return failure;
    b->waiting_count = (size_t)pg_rows(r);
    b->waiting = sam_xcalloc(b->waiting_count + 1, sizeof(*b->waiting));
    for (int row = 0; row < pg_rows(r); row++) {
        struct plan_waiting *w = &b->waiting[row];
        struct uuid campaign = pg_uuid(r, row, 6);
        *w = (struct plan_waiting){.id = pg_uuid(r, row, 8),
                                   .account = (size_t)(pg_i64(r, row, 0) - 1),
                                   .campaign = campaign_index(b, &campaign),
                                   .scheduled_ms = pg_time_ms(r, row, 1),
                                   .invitation = pg_bool(r, row, 2),
                                   .noted = pg_bool(r, row, 7),
                                   .step = pg_i64(r, row, 5),
                                   .last_sent_at_ms = pg_time_ms(r, row, 4),
                                   .outstanding = pg_bool(r, row, 3),
                                   .replan = pg_bool(r, row, 9),
                                   .connected_at_ms = pg_time_ms(r, row, 10),
                                   .sending = pg_bool(r, row, 12)};
        if (reason_parse(pg_text(r, row, 11), &w->reason) != 0)
            w->reason = REASON_NONE;
        b->accounts[w->account].outstanding |= w->outstanding;
    }
    return PG_FINE;
}

static enum pg_failure load_people(struct producer *p, struct plan_batch *b, struct pg_result **ret)
{
    struct pg_result *r = NULL;
    pg_params_reset(&p->params);
    plan_add_accounts(&p->params, b);
    pg_add_time(&p->params, b->horizon_ms);
    pg_add_i64(&p->params, PLAN_ITEMS_MAX);
    enum pg_failure failure = pg_exec(p->pg, plan_people_sql, &p->params, &r);
    if (failure)
        return failure;
    b->people_count = (size_t)pg_rows(r);
    b->people = sam_xcalloc(b->people_count + 1, sizeof(*b->people));
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid campaign = pg_uuid(r, row, 1);
        b->people[row] = (struct plan_person){
            .account = (size_t)(pg_i64(r, row, 0) - 1),
            .campaign = campaign_index(b, &campaign),
            .id = pg_uuid(r, row, 2),
            .step = pg_i64(r, row, 3),
            .next_at_ms = pg_time_ms(r, row, 4),
            .first_contact = pg_bool(r, row, 5),
            .texts = {.first_name = pg_text(r, row, 7),
                      .last_name = pg_text(r, row, 8),
                      .company = pg_text(r, row, 9),
                      .title = pg_text(r, row, 10),
                      .custom_json = pg_text(r, row, 11)},
        };
    }
    *ret = r; /* the people borrow their texts from it */
    return PG_FINE;
}

/* Its people are left out while it holds what this release does not know. */
static void leave_out(struct producer *p, struct plan_campaign *c, const char *column,
                      const char *value)
{
    char sentence[sizeof(p->left_out)];
    pg_value_text(column, value, sentence, sizeof(sentence));
    producer_left_out(p, sentence);
    c->unknown = true;
}

static void read_campaign(struct producer *p, struct plan_batch *b, const struct pg_result *r,
                          int row)
{
    struct uuid id = pg_uuid(r, row, 7);
    struct plan_campaign *c = &b->campaigns[campaign_index(b, &id)];
    c->texts = texts_campaign(p->texts, &id, pg_text(r, row, 0), c->problem, sizeof(c->problem));
    if (note_limit_parse(pg_text(r, row, 1), &c->on_limit) != 0)
        leave_out(p, c, "campaigns.on_note_limit", pg_text(r, row, 1));
    c->start_at_ms = pg_time_ms(r, row, 2);
    c->end_at_ms = pg_null(r, row, 3) ? TIME_NEVER_MS : pg_time_ms(r, row, 3);
    if (campaign_type_parse(pg_text(r, row, 4), &c->type) != 0)
        leave_out(p, c, "campaigns.campaign_type", pg_text(r, row, 4));
    c->workspace_id = pg_uuid(r, row, 5);
    c->slots.daily_cap = pg_i64(r, row, 7 + FACTS_CALENDAR_COLUMNS_COUNT);
    c->running = pg_bool(r, row, 8 + FACTS_CALENDAR_COLUMNS_COUNT);
    size_t count;
    const struct interval *windows = facts_calendar(p->facts, r, row, 7, b->now_ms, &count);
    plan_campaign_windows(c, windows, count);
}

static void set_campaigns(struct producer *p, const struct plan_batch *b)
{
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->campaigns_count; i++)
        pg_item_uuid(&p->params, &b->campaigns[i].id);
    pg_array_close(&p->params);
}

/* What may still be planned of campaigns that wait for an OK afterwards; locked until the commit,
 * so that two producers together plan no more than that. */
static enum pg_failure lock_first_left(struct producer *p, struct plan_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    set_campaigns(p, b);
    enum pg_failure failure = pg_exec(p->pg, plan_first_left_sql, &p->params, &r);
    if (failure)
        return failure;
    for (size_t i = 0; i < b->campaigns_count; i++)
        b->campaigns[i].first_left = -1; /* somebody may have said OK just now */
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        b->campaigns[campaign_index(b, &id)].first_left = pg_i64(r, row, 1);
    }
    return PG_FINE;
}

static enum pg_failure load_campaigns(struct producer *p, struct plan_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    bool limited = false;
    set_campaigns(p, b);
    enum pg_failure failure = pg_exec(p->pg, plan_campaigns_sql, &p->params, &r);
    if (failure)
        return failure;
    for (int row = 0; row < pg_rows(r); row++) {
        read_campaign(p, b, r, row);
        limited = limited || !pg_null(r, row, 6);
    }
    return limited ? lock_first_left(p, b) : PG_FINE;
}

/* What was sent today for campaigns that have a cap. */
static enum pg_failure load_spent(struct producer *p, struct plan_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    const struct plan_campaign *c = b->campaigns;
    bool any = false;
    for (size_t i = 0; i < b->campaigns_count; i++)
        any = any || c[i].slots.daily_cap > 0;
    if (!any)
        return PG_FINE;
    pg_params_reset(&p->params);
    plan_add_accounts(&p->params, b);
    PG_COLUMN(&p->params, PG_ARRAY_TIME, b->accounts_count, true,
              pg_item_time(&p->params, b->accounts[i].frame.day_start_ms));
    PG_COLUMN(&p->params, PG_ARRAY_UUID, b->campaigns_count, c[i].slots.daily_cap > 0,
              pg_item_uuid(&p->params, &c[i].id));
    PG_COLUMN(&p->params, PG_ARRAY_I64, b->campaigns_count, c[i].slots.daily_cap > 0,
              pg_item_i64(&p->params, c[i].slots.daily_cap));
    enum pg_failure failure = pg_exec(p->pg, plan_spent_sql, &p->params, &r);
    if (failure)
        return failure;
    b->spent = sam_xcalloc((size_t)pg_rows(r) + 1, sizeof(*b->spent));
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid campaign = pg_uuid(r, row, 1);
        b->spent[b->spent_count++] = (struct plan_spent){.account = (size_t)(pg_i64(r, row, 0) - 1),
                                                         .campaign = campaign_index(b, &campaign),
                                                         .calls = pg_i64(r, row, 2)};
    }
    return PG_FINE;
}

static enum pg_failure plan(struct producer *p, struct plan_batch *b)
{
    struct pg_result *people SAM_CLEANUP(pg_result_freep) = NULL;
    enum pg_failure failure = take_accounts(p, b);
    if (failure || b->accounts_count == 0)
        return failure;
    if ((failure = load_usage(p, b)) || (failure = load_waiting(p, b)) ||
        (failure = load_people(p, b, &people)) || (failure = load_campaigns(p, b)) ||
        (failure = load_spent(p, b)))
        return failure;
    plan_batch_place(b);
    return plan_write(p, b);
}

/* Nobody waits for the disk: a plan that a crash of Postgres forgets is made again, for its people
 * are still due, and a commit that builds on it (publish, claim) makes it durable with itself. */
static enum pg_failure begin(struct producer *p)
{
    return pg_script(p->pg, "BEGIN; SET LOCAL synchronous_commit = off");
}

struct batch producer_plan(struct producer *p)
{
    struct plan_batch b;
    struct batch result = {0};
    texts_trim(p->texts);
    enum pg_failure failure = begin(p);
    plan_batch_init(&b, p->now_ms, p->now_ms + p->settings->producer.plan_horizon_ms);
    if (!failure)
        failure = plan(p, &b);
    if (!failure)
        failure = pg_commit(p->pg);
    if (failure) {
        result = producer_failed(p, "plan", failure);
    } else {
        result.rows = (int64_t)b.items_count;
        result.more = b.accounts_count == PLAN_ACCOUNTS_MAX;
        metrics_add(p->metrics, METRIC_ITEMS_PLANNED, (uint64_t)b.items_count);
        metrics_add(p->metrics, METRIC_PEOPLE_HELD, (uint64_t)b.holds_count);
    }
    plan_batch_deinit(&b);
    return result;
}
