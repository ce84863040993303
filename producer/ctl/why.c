/* why: what a person waits for, by the one policy.
 *
 * An item in the queue is judged as the claim would judge it now. For a person whose next message
 * is not in the queue yet, that message is put there in a transaction that is always rolled back:
 * so the same statement loads the same facts for the same policy. */
#include <stdio.h>
#include <string.h>

#include "common/adapters/facts.h"
#include "common/base/clock.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/people.h"
#include "producer/ctl/preview.h"

#include "common/base/banned.h"

#define DETAIL_BYTES 300
#define TRIES_MAX    3
#define LOOK         "is one running, and ready? see `samctl doctor`"

/* $1 person. */
static const char person_sql[] =
    "SELECT p.status_reason, p.hold_reason, p.next_step, p.next_at, p.give_up_at, c.steps::text, "
    "c.on_note_limit, c.first_left, s.plan_at, sam_now(), p.workspace_id, "
    "(SELECT l.halted_reason FROM ledger_positions l WHERE l.partition = a.key_hash % "
    "(SELECT nullif(count(*), 0) FROM ledger_positions)), " PREVIEW_PERSON_COLUMNS
    ", " FACTS_FRAME_COLUMNS " FROM campaign_prospects p JOIN campaigns c ON c.id = p.campaign_id "
    "JOIN linkedin_accounts a ON a.id = p.account_id "
    "JOIN account_schedule s ON s.account_id = a.id WHERE p.id = $1";
enum person_column {
    COL_STATUS_REASON,
    COL_HOLD,
    COL_STEP,
    COL_NEXT_AT,
    COL_GIVE_UP_AT,
    COL_STEPS,
    COL_ON_LIMIT,
    COL_FIRST_LEFT,
    COL_PLAN_AT,
    COL_NOW,
    COL_WORKSPACE,
    COL_HALTED,
    COL_TEXTS,
    COL_FRAME = COL_TEXTS + PREVIEW_PERSON_COLUMNS_COUNT
};

/* The person's item that is not over yet, else the one of the next step. $1 person, $2 message. */
static const char item_sql[] =
    "SELECT i.id, i.status, i.reason, i.reason_detail, i.message_type, EXISTS (SELECT FROM "
    "send_queue o WHERE o.account_id = i.account_id AND o.status IN ('published', 'sending') "
    "AND o.id <> i.id) FROM send_queue i WHERE i.prospect_id = $1 AND (i.status IN ('pending', "
    "'published', 'sending', 'unknown') OR i.message_type = $2) ORDER BY i.status IN ('sent', "
    "'failed', 'cancelled'), i.created_at DESC LIMIT 1";
/* $1 item, $2 person, $3 message type, $4 step, $5 requires connection, $6 when. */
static const char imagine_sql[] =
    "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, message_type, "
    "step, requires_connection, priority, scheduled_for, message) SELECT $1, p.workspace_id, "
    "p.campaign_id, p.id, p.account_id, $3, $4, $5, 1, $6, '' FROM campaign_prospects p "
    "WHERE p.id = $2 ON CONFLICT DO NOTHING";

struct answer {
    char message_type[MESSAGE_TYPE_MAX + 1]; /* "" = none */
    char item_status[16];                    /* "" = not in the queue */
    enum reason reason;
    int64_t next_at_ms; /* 0 = not known, TIME_NEVER_MS = only a person or an event */
    char detail[DETAIL_BYTES];
};

struct question {
    struct ctl *c;
    struct facts *facts;
    struct texts *texts;
    const struct person *person;
    struct pg_result *row; /* owned: person_sql */
    struct answer answer;
};

static int64_t now_ms(const struct question *q)
{
    return pg_time_ms(q->row, 0, COL_NOW);
}

static const struct texts_campaign *texts_of(struct question *q)
{
    char why[PREVIEW_PROBLEM_BYTES];
    return texts_campaign(q->texts, &q->person->campaign_id, pg_text(q->row, 0, COL_STEPS), why,
                          sizeof(why));
}

static void set_detail(struct answer *a, const char *text)
{
    (void)snprintf(a->detail, sizeof(a->detail), "%s", text);
}

/* ---- the policy's verdict -------------------------------------------------------------------- */

static enum pg_failure load_facts(struct question *q, const struct uuid *item_id,
                                  struct pg_result **ret)
{
    struct pg_params *params = ctl_params(q->c);
    struct facts_frame frame;
    const struct facts_ask ask = {.item_id = *item_id, .provider_id = "", .frame = &frame};
    facts_frame(q->facts, q->row, 0, COL_FRAME, now_ms(q), &frame);
    facts_usage_ask(q->facts, &ask, 1, now_ms(q), params);
    return pg_exec(q->c->pg, facts_usage_sql, params, ret);
}

static enum pg_failure judge(struct question *q, const struct uuid *item_id, struct verdict *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct facts_item item;
    enum pg_failure failure = load_facts(q, item_id, &r);
    if (failure)
        return failure;
    if (pg_rows(r) != 1 || facts_item(q->facts, r, 0, true, now_ms(q), &item) != 0)
        return PG_SCHEMA;
    *ret = policy_decide(&item.policy);
    return PG_FINE;
}

/* ---- in the queue ---------------------------------------------------------------------------- */

/* The policy has nothing against it, but the account's ledger does not fit the database. */
static bool explain_halt(struct question *q)
{
    struct answer *a = &q->answer;
    if (pg_null(q->row, 0, COL_HALTED))
        return false;
    a->reason = REASON_GATE_CLOSED;
    a->next_at_ms = TIME_NEVER_MS;
    set_detail(a, pg_text(q->row, 0, COL_HALTED));
    return true;
}

static void explain_go(struct question *q, bool published, bool busy)
{
    struct answer *a = &q->answer;
    if (explain_halt(q))
        return;
    a->reason = busy ? REASON_ACCOUNT_BUSY : REASON_NONE;
    a->next_at_ms = now_ms(q);
    if (published)
        set_detail(a, "it is in Kafka; a worker takes it within seconds (" LOOK ")");
    else if (!busy)
        set_detail(a, "it is due; the producer publishes it within seconds (" LOOK ")");
}

/* false: it is over; the person's next step is asked instead. */
static enum pg_failure explain_item(struct question *q, const struct pg_result *r, bool *ret_over)
{
    struct answer *a = &q->answer;
    struct uuid id = pg_uuid(r, 0, 0);
    enum item_status status;
    struct verdict v;
    if (item_status_parse(pg_text(r, 0, 1), &status) != 0)
        return PG_SCHEMA;
    (void)snprintf(a->item_status, sizeof(a->item_status), "%s", pg_text(r, 0, 1));
    (void)snprintf(a->message_type, sizeof(a->message_type), "%s", pg_text(r, 0, 4));
    if (reason_parse(pg_text(r, 0, 2), &a->reason) != 0)
        a->reason = REASON_NONE;
    set_detail(a, pg_text(r, 0, 3));
    *ret_over = status == ITEM_SENT || status == ITEM_FAILED || status == ITEM_CANCELLED;
    a->next_at_ms = TIME_NEVER_MS;
    if (status == ITEM_SENDING) {
        a->next_at_ms = now_ms(q);
        set_detail(a, "it is being sent");
    }
    if (status == ITEM_UNKNOWN)
        set_detail(a, "look at LinkedIn, then `samctl unknown settle`");
    if (status != ITEM_PENDING && status != ITEM_PUBLISHED)
        return PG_FINE;
    enum pg_failure failure = judge(q, &id, &v);
    if (failure)
        return failure;
    if (v.kind == VERDICT_GO) {
        explain_go(q, status == ITEM_PUBLISHED, pg_bool(r, 0, 5));
        return PG_FINE;
    }
    a->reason = v.reason;
    a->next_at_ms = v.kind == VERDICT_WAIT ? v.next_at_ms : TIME_NEVER_MS;
    set_detail(a, v.kind == VERDICT_CANCEL ? "it will be cancelled" : "");
    return PG_FINE;
}

/* ---- not in the queue ------------------------------------------------------------------------ */

/* Which variable stands in the way of a person who is held for their text. */
static void explain_hold(struct question *q, const struct texts_campaign *texts, size_t step)
{
    struct answer *a = &q->answer;
    struct buf text = BUF_INIT(65536);
    char problem[PREVIEW_PROBLEM_BYTES] = "";
    enum note_limit on_limit = NOTE_HOLD;
    const char *hold = pg_text(q->row, 0, COL_HOLD);
    if (note_limit_parse(pg_text(q->row, 0, COL_ON_LIMIT), &on_limit) != 0)
        on_limit = NOTE_HOLD;
    struct texts_person person = preview_person(q->row, 0, COL_TEXTS, on_limit);
    if (strcmp(hold, reason_name(REASON_TEXT_INVALID)) == 0 &&
        !preview_render(texts, step, &person, &text, problem))
        (void)snprintf(a->detail, sizeof(a->detail), "%s: %s", hold, problem);
    else
        (void)snprintf(a->detail, sizeof(a->detail), "%s: `samctl person release` lets them go on",
                       hold);
    buf_deinit(&text);
}

/* Nothing stands in the way but that the planner has not placed it. */
static void explain_planner(struct question *q)
{
    struct answer *a = &q->answer;
    char when[32];
    if (explain_halt(q))
        return;
    int64_t plan_at_ms = pg_time_ms(q->row, 0, COL_PLAN_AT);
    a->reason = REASON_NOT_PLANNED;
    a->next_at_ms = plan_at_ms == 0 || plan_at_ms > now_ms(q) ? plan_at_ms : now_ms(q);
    table_time_text(plan_at_ms, when);
    if (plan_at_ms == 0 || plan_at_ms > now_ms(q))
        (void)snprintf(a->detail, sizeof(a->detail),
                       "others come first: the account's slots of the next day are taken; the "
                       "planner looks again %s%s",
                       plan_at_ms ? "at " : "when one is free", plan_at_ms ? when : "");
    else
        set_detail(a, "the planner gives it one within seconds (" LOOK ")");
}

static bool first_sent(const struct question *q)
{
    return !pg_null(q->row, 0, COL_FIRST_LEFT) && pg_i64(q->row, 0, COL_FIRST_LEFT) == 0;
}

static void explain_unplanned(struct question *q, const struct texts_campaign *texts, size_t step,
                              const struct verdict *v)
{
    struct answer *a = &q->answer;
    a->reason = v->reason;
    a->next_at_ms = v->kind == VERDICT_WAIT ? v->next_at_ms : TIME_NEVER_MS;
    if (v->kind == VERDICT_CANCEL) {
        set_detail(a, "it will never be sent");
    } else if (v->reason == REASON_PERSON_HELD) {
        explain_hold(q, texts, step);
    } else if (first_sent(q) && (v->kind == VERDICT_GO || v->next_at_ms < TIME_NEVER_MS)) {
        a->reason = REASON_CAMPAIGN_FIRST_SENT;
        a->next_at_ms = TIME_NEVER_MS;
        set_detail(a, "`samctl campaign start` once more lets the rest go");
    } else if (v->kind == VERDICT_GO) {
        explain_planner(q);
    }
}

static enum pg_failure imagine(struct question *q, const struct texts_campaign *texts, size_t step)
{
    struct pg_params *params = ctl_params(q->c);
    struct uuid id = uuid_v7();
    struct verdict v;
    int64_t at_ms = pg_time_ms(q->row, 0, COL_NEXT_AT);
    pg_add_uuid(params, &id);
    pg_add_uuid(params, &q->person->id);
    pg_add_text(params, texts_step(texts, step)->message_type);
    pg_add_i32(params, (int32_t)step);
    pg_add_bool(params, q->person->type == CAMPAIGN_CONNECTOR && step > 0);
    pg_add_time(params, at_ms ? at_ms : now_ms(q));
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    enum pg_failure failure = pg_exec(q->c->pg, imagine_sql, params, &r);
    if (!failure && pg_affected(r) == 0)
        failure = PG_RETRY; /* the planner has just made the real one */
    if (!failure)
        failure = judge(q, &id, &v);
    if (!failure)
        explain_unplanned(q, texts, step, &v);
    return failure;
}

/* Nothing more is sent to them. */
static void explain_ended(struct question *q)
{
    struct answer *a = &q->answer;
    bool stops = person_status_stops(q->person->status);
    a->reason = stops ? REASON_PERSON_STOPPED : REASON_PERSON_ENDED;
    a->next_at_ms = TIME_NEVER_MS;
    (void)snprintf(a->detail, sizeof(a->detail), "%s%s%s", person_status_name(q->person->status),
                   pg_null(q->row, 0, COL_STATUS_REASON) ? "" : ": ",
                   pg_text(q->row, 0, COL_STATUS_REASON));
}

static void explain_invited(struct question *q)
{
    char when[32];
    int64_t give_up_ms = pg_time_ms(q->row, 0, COL_GIVE_UP_AT);
    table_time_text(give_up_ms, when);
    q->answer.reason = REASON_NOT_CONNECTED;
    q->answer.next_at_ms = TIME_NEVER_MS;
    if (give_up_ms)
        (void)snprintf(q->answer.detail, sizeof(q->answer.detail), "given up at %s", when);
}

/* The item says why it ended; a person who is held behind it waits for somebody. */
static void explain_ended_item(struct question *q)
{
    struct answer *a = &q->answer;
    if (pg_null(q->row, 0, COL_HOLD))
        return;
    (void)snprintf(a->detail, sizeof(a->detail),
                   "%s: their %s is %s already (%s) and is not made a second time",
                   pg_text(q->row, 0, COL_HOLD), a->message_type, a->item_status,
                   reason_name(a->reason));
    a->reason = REASON_PERSON_HELD;
    a->next_at_ms = TIME_NEVER_MS;
}

static enum pg_failure explain_next(struct question *q, bool item_over)
{
    const struct texts_campaign *texts = texts_of(q);
    size_t step = (size_t)pg_i64(q->row, 0, COL_STEP);
    if (!person_status_open(q->person->status)) {
        explain_ended(q);
        return PG_FINE;
    }
    if (q->person->status == PERSON_CONNECTION_REQUEST_SENT) {
        explain_invited(q);
        return PG_FINE;
    }
    if (item_over && q->answer.message_type[0] &&
        strcmp(q->answer.item_status, item_status_name(ITEM_SENT)) != 0) {
        explain_ended_item(q);
        return PG_FINE;
    }
    if (!texts || step >= texts_steps(texts)) {
        q->answer.reason = texts ? REASON_STEP_GONE : REASON_TEXT_INVALID;
        q->answer.next_at_ms = TIME_NEVER_MS;
        return PG_FINE;
    }
    (void)snprintf(q->answer.message_type, sizeof(q->answer.message_type), "%s",
                   texts_step(texts, step)->message_type);
    q->answer.item_status[0] = '\0';
    return imagine(q, texts, step);
}

/* ---- one person ------------------------------------------------------------------------------ */

static enum pg_failure ask(struct question *q)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *item = NULL;
    bool over = true;
    pg_add_uuid(ctl_params(q->c), &q->person->id);
    enum pg_failure failure = pg_exec(q->c->pg, person_sql, &q->c->params, &q->row);
    if (failure)
        return failure;
    const struct texts_campaign *texts = texts_of(q);
    size_t step = (size_t)pg_i64(q->row, 0, COL_STEP);
    pg_add_uuid(ctl_params(q->c), &q->person->id);
    pg_add_text(&q->c->params,
                texts && step < texts_steps(texts) ? texts_step(texts, step)->message_type : NULL);
    failure = pg_exec(q->c->pg, item_sql, &q->c->params, &item);
    if (!failure && pg_rows(item) == 1)
        failure = explain_item(q, item, &over);
    return failure || !over ? failure : explain_next(q, true);
}

static const struct column columns[] = {
    {"person_id", NULL, COLUMN_UUID},         {"campaign", "campaign", COLUMN_TEXT},
    {"account", "account", COLUMN_TEXT},      {"status", "status", COLUMN_TEXT},
    {"message_type", "message", COLUMN_TEXT}, {"item_status", "in the queue", COLUMN_TEXT},
    {"reason", "reason", COLUMN_TEXT},        {"sentence", "because", COLUMN_TEXT},
    {"next_at", "next", COLUMN_TIME},         {"detail", "more", COLUMN_TEXT}};

static void show(const struct question *q, bool first)
{
    struct table t;
    char id[UUID_TEXT_BYTES];
    const struct answer *a = &q->answer;
    uuid_format(&q->person->id, id);
    table_init_upright(&t, columns, SAM_ARRAY_LEN(columns), q->c->json, stdout);
    if (!first)
        ctl_say(q->c, "%s", "");
    table_text(&t, id);
    table_text(&t, q->person->campaign);
    table_text(&t, q->person->account);
    table_text(&t, person_status_name(q->person->status));
    table_text(&t, a->message_type[0] ? a->message_type : NULL);
    table_text(&t, a->item_status[0] ? a->item_status : NULL);
    table_text(&t, reason_name(a->reason));
    table_text(&t, reason_sentence(a->reason));
    table_time(&t, a->next_at_ms >= TIME_NEVER_MS ? 0 : a->next_at_ms);
    table_text(&t, a->detail[0] ? a->detail : NULL);
    table_end(&t);
    table_deinit(&t);
}

static enum ctl_exit answer_one(struct question *q, bool first)
{
    enum pg_failure failure = PG_RETRY;
    for (int tries = 0; failure == PG_RETRY && tries < TRIES_MAX; tries++) {
        q->answer = (struct answer){.reason = REASON_NONE};
        pg_result_free(q->row);
        q->row = NULL;
        failure = pg_begin(q->c->pg);
        if (!failure)
            failure = ask(q);
        if (failure == PG_RETRY && tries + 1 < TRIES_MAX)
            pg_rollback(q->c->pg);
    }
    enum ctl_exit e = failure ? ctl_sql_failed(q->c, failure) : CTL_DONE;
    pg_rollback(q->c->pg); /* the imagined item never was */
    if (!e)
        show(q, first);
    pg_result_free(q->row);
    q->row = NULL;
    return e;
}

enum ctl_exit command_why(struct ctl *c)
{
    SAM_CLEANUP(people_deinit) struct people people = {.count = 0};
    struct question q = {.c = c};
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = people_find(c, c->args.words[0], &people)))
        return e;
    q.facts = facts_new(c->settings);
    q.texts = texts_new();
    for (size_t i = 0; !e && i < people.count; i++) {
        q.person = &people.rows[i];
        e = answer_one(&q, i == 0);
    }
    texts_free(q.texts);
    facts_free(q.facts);
    return e;
}
