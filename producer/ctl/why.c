/* why: what a person waits for, by the one policy.
 *
 * An item in the queue is judged as the claim would judge it now. For a person whose next message
 * is not in the queue yet, that message is put there in a transaction that is always rolled back:
 * so the same statement loads the same facts for the same policy. The words are in why_words.c. */
#include "producer/ctl/why.h"

#include <stdio.h>
#include <string.h>

#include "common/adapters/facts.h"
#include "common/base/clock.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/contacted_before.h"
#include "producer/ctl/people.h"
#include "producer/ctl/preview.h"

#include "common/base/banned.h"

#define TRIES_MAX 3

/* $1 person. */
static const char person_sql[] =
    "SELECT p.status_reason, p.hold_reason, p.next_step, p.next_at, p.give_up_at, c.steps::text, "
    "c.on_note_limit, c.first_left, s.plan_at, sam_now(), p.workspace_id, "
    "(SELECT min(l.halted_reason) FROM ledger_positions l, "
    "(SELECT count(*) AS n FROM ledger_positions) k WHERE l.partition = a.key_hash % k.n "
    "OR k.n <> (SELECT least_partitions FROM ledger)), "
    "(SELECT x.partition || ':' || x.event_offset FROM ledger_aside x WHERE x.account_id = a.id "
    "AND x.cleared_at IS NULL ORDER BY x.partition, x.event_offset LIMIT "
    "1), " PREVIEW_PERSON_COLUMNS ", " FACTS_FRAME_COLUMNS ", " FACTS_CALENDAR_COLUMNS
    " FROM campaign_prospects p JOIN campaigns c ON c.id = p.campaign_id "
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
    COL_BLOCKED_BY,
    COL_TEXTS,
    COL_FRAME = COL_TEXTS + PREVIEW_PERSON_COLUMNS_COUNT,
    COL_CALENDAR = COL_FRAME + FACTS_FRAME_COLUMNS_COUNT
};

/* The person's item that is not over yet, else the one of the next step. $1 person, $2 message. */
static const char item_sql[] =
    "SELECT i.id, i.status, i.reason, i.reason_detail, i.message_type, EXISTS (SELECT FROM "
    "send_queue o WHERE o.account_id = i.account_id AND o.status IN ('published', 'sending') "
    "AND o.id <> i.id), i.note_done FROM send_queue i WHERE i.prospect_id = $1 AND (i.status IN "
    "('pending', "
    "'published', 'sending', 'unknown') OR i.message_type = $2) ORDER BY i.status IN ('sent', "
    "'failed', 'cancelled'), i.created_at DESC LIMIT 1";
/* $1 item, $2 person, $3 message type, $4 step, $5 requires connection, $6 when, $7 text. */
static const char imagine_sql[] =
    "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, message_type, "
    "step, requires_connection, priority, scheduled_for, message) SELECT $1, p.workspace_id, "
    "p.campaign_id, p.id, p.account_id, $3, $4, $5, 1, $6, $7 FROM campaign_prospects p "
    "WHERE p.id = $2 ON CONFLICT DO NOTHING";

struct question {
    struct ctl *c;
    struct facts *facts;
    struct texts *texts;
    const struct person *person;
    struct pg_result *row; /* owned: person_sql */
    struct why_facts so;   /* borrows from row */
    struct why_answer answer;
    char before[CONTACTED_WORDS_BYTES]; /* "" = nobody else has written to them */
};

static const struct texts_campaign *texts_of(struct question *q)
{
    char why[PREVIEW_PROBLEM_BYTES];
    return texts_campaign(q->texts, &q->person->campaign_id, pg_text(q->row, 0, COL_STEPS), why,
                          sizeof(why));
}

static const char *text_or_null(const struct pg_result *r, int col)
{
    return pg_null(r, 0, col) ? NULL : pg_text(r, 0, col);
}

static void read_facts(struct question *q)
{
    const struct pg_result *r = q->row;
    q->so = (struct why_facts){.status = q->person->status,
                               .status_reason = text_or_null(r, COL_STATUS_REASON),
                               .hold_reason = text_or_null(r, COL_HOLD),
                               .halted_reason = text_or_null(r, COL_HALTED),
                               .blocked_by = text_or_null(r, COL_BLOCKED_BY),
                               .first_sent = !pg_null(r, 0, COL_FIRST_LEFT) &&
                                             pg_i64(r, 0, COL_FIRST_LEFT) == 0,
                               .now_ms = pg_time_ms(r, 0, COL_NOW),
                               .plan_at_ms = pg_time_ms(r, 0, COL_PLAN_AT),
                               .give_up_at_ms = pg_time_ms(r, 0, COL_GIVE_UP_AT)};
}

/* ---- the policy's verdict -------------------------------------------------------------------- */

static enum pg_failure load_facts(struct question *q, const struct uuid *item_id,
                                  struct pg_result **ret)
{
    struct pg_params *params = ctl_params(q->c);
    struct facts_frame frame;
    const struct facts_ask ask = {
        .item_id = *item_id, .provider_id = "", .vanity = "", .frame = &frame};
    facts_frame(q->facts, q->row, 0, COL_FRAME, q->so.now_ms, &frame);
    facts_usage_ask(q->facts, &ask, 1, q->so.now_ms, params);
    return pg_exec(q->c->pg, facts_usage_sql, params, ret);
}

static enum pg_failure judge(struct question *q, const struct uuid *item_id, struct verdict *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct facts_item item;
    enum pg_failure failure = load_facts(q, item_id, &r);
    if (failure)
        return failure;
    if (pg_rows(r) != 1)
        return pg_unknown_text(q->c->pg, "the item has just gone: ask again");
    if (facts_item(q->facts, r, 0, true, q->so.now_ms, &item) != 0)
        return pg_unknown_text(q->c->pg, facts_unknown(q->facts));
    *ret = policy_decide(&item.policy);
    return PG_FINE;
}

/* ---- in the queue, and not ------------------------------------------------------------------- */

static enum pg_failure ask_item(struct question *q, const struct pg_result *r, bool *ret_over)
{
    struct why_answer *a = &q->answer;
    struct uuid id = pg_uuid(r, 0, 0);
    enum item_status status;
    struct verdict v;
    if (item_status_parse(pg_text(r, 0, 1), &status) != 0)
        return pg_unknown_value(q->c->pg, "send_queue.status", pg_text(r, 0, 1));
    if (reason_parse(pg_text(r, 0, 2), &a->reason) != 0)
        a->reason = REASON_NONE;
    (void)snprintf(a->message_type, sizeof(a->message_type), "%s", pg_text(r, 0, 4));
    if (note_done_parse(pg_text(r, 0, 6), &a->note) != 0)
        a->note = NOTE_AS_WRITTEN;
    why_item(a, &q->so, status, pg_text(r, 0, 3));
    *ret_over = status == ITEM_SENT || status == ITEM_FAILED || status == ITEM_CANCELLED;
    if (status != ITEM_PENDING && status != ITEM_PUBLISHED)
        return PG_FINE;
    enum pg_failure failure = judge(q, &id, &v);
    if (!failure)
        why_waiting(a, &q->so, status, pg_bool(r, 0, 5), &v);
    return failure;
}

/* The person's text; "" and a problem when there is none that can be sent. */
static void render_next(struct question *q, const struct texts_campaign *texts, size_t step,
                        struct buf *text)
{
    enum note_limit on_limit = NOTE_HOLD;
    if (note_limit_parse(pg_text(q->row, 0, COL_ON_LIMIT), &on_limit) != 0)
        on_limit = NOTE_HOLD;
    struct texts_person person = preview_person(q->row, 0, COL_TEXTS, on_limit);
    enum note_done note;
    if (preview_render(texts, step, &person, text, &note, q->so.text_problem))
        q->so.text_problem[0] = '\0';
    else
        buf_reset(text);
}

static enum pg_failure imagine(struct question *q, const struct texts_campaign *texts, size_t step)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(buf_deinit) struct buf text = BUF_INIT(65536);
    struct pg_params *params = ctl_params(q->c);
    struct uuid id = uuid_v7();
    struct verdict v;
    int64_t at_ms = pg_time_ms(q->row, 0, COL_NEXT_AT);
    pg_add_uuid(params, &id);
    pg_add_uuid(params, &q->person->id);
    pg_add_text(params, texts_step(texts, step)->message_type);
    pg_add_i32(params, (int32_t)step);
    pg_add_bool(params, q->person->type == CAMPAIGN_CONNECTOR && step > 0);
    pg_add_time(params, at_ms ? at_ms : q->so.now_ms);
    render_next(q, texts, step, &text);
    pg_add_text(params, buf_text(&text));
    enum pg_failure failure = pg_exec(q->c->pg, imagine_sql, params, &r);
    if (!failure && pg_affected(r) == 0)
        failure = PG_RETRY; /* the planner has just made the real one */
    if (!failure)
        failure = judge(q, &id, &v);
    if (failure)
        return failure;
    why_unplanned(&q->answer, &q->so, &v);
    return PG_FINE;
}

/* has_item: that of the next step, and it is over. */
static enum pg_failure ask_next(struct question *q, const struct texts_campaign *texts, size_t step,
                                bool has_item)
{
    struct why_answer *a = &q->answer;
    if (!person_status_open(q->so.status)) {
        why_ended(a, &q->so);
        return PG_FINE;
    }
    if (q->so.status == PERSON_CONNECTION_REQUEST_SENT) {
        why_invited(a, &q->so);
        return PG_FINE;
    }
    if (has_item) {
        why_ended_item(a, &q->so);
        return PG_FINE;
    }
    if (!texts || step >= texts_steps(texts)) {
        a->reason = texts ? REASON_STEP_GONE : REASON_TEXT_INVALID;
        a->next_at_ms = TIME_NEVER_MS;
        return PG_FINE;
    }
    (void)snprintf(a->message_type, sizeof(a->message_type), "%s",
                   texts_step(texts, step)->message_type);
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
    read_facts(q);
    const struct texts_campaign *texts = texts_of(q);
    size_t step = (size_t)pg_i64(q->row, 0, COL_STEP);
    pg_add_uuid(ctl_params(q->c), &q->person->id);
    pg_add_text(&q->c->params,
                texts && step < texts_steps(texts) ? texts_step(texts, step)->message_type : NULL);
    failure = pg_exec(q->c->pg, item_sql, &q->c->params, &item);
    if (!failure && pg_rows(item) == 1)
        failure = ask_item(q, item, &over);
    if (!failure && over)
        failure = ask_next(q, texts, step, pg_rows(item) == 1);
    if (failure)
        return failure;
    struct calendar calendar;
    facts_read_calendar(q->row, 0, COL_CALENDAR, &calendar);
    why_holidays(&q->answer, &q->so, &calendar);
    return PG_FINE;
}

static const struct column columns[] = {{"person_id", NULL, COLUMN_UUID},
                                        {"campaign", "campaign", COLUMN_TEXT},
                                        {"account", "account", COLUMN_TEXT},
                                        {"status", "status", COLUMN_TEXT},
                                        {"message_type", "message", COLUMN_TEXT},
                                        {"item_status", "in the queue", COLUMN_TEXT},
                                        {"reason", "reason", COLUMN_TEXT},
                                        {"sentence", "because", COLUMN_TEXT},
                                        {"next_at", "next", COLUMN_TIME},
                                        {"detail", "more", COLUMN_TEXT},
                                        {"note", "note", COLUMN_TEXT},
                                        {"contacted_before", "before", COLUMN_TEXT}};

static void show(const struct question *q, bool first)
{
    struct table t;
    char id[UUID_TEXT_BYTES];
    const struct why_answer *a = &q->answer;
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
    table_text(&t, note_done_sentence(a->note));
    table_text(&t, q->before[0] ? q->before : NULL);
    table_end(&t);
    table_deinit(&t);
}

static enum ctl_exit answer_one(struct question *q, bool first)
{
    enum pg_failure failure = PG_RETRY;
    for (int tries = 0; failure == PG_RETRY && tries < TRIES_MAX; tries++) {
        q->answer = (struct why_answer){.reason = REASON_NONE};
        pg_result_free(q->row);
        q->row = NULL;
        failure = pg_begin(q->c->pg);
        if (!failure)
            failure = ask(q);
        if (!failure)
            failure = contacted_before_person(q->c, &q->person->id, q->before);
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
