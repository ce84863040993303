/* person show, set, hold, release: what is known about a human, and an operator's decisions. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/verdicts.h"
#include "common/model/doubt.h"
#include "producer/ctl/catch_up.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/people.h"
#include "producer/ctl/person_hold.h"
#include "producer/ctl/person_opt_out.h"
#include "producer/ctl/schedule.h"
#include "producer/ctl/waiting_texts.h"

#include "common/base/banned.h"

#define HOLD_REASON_MAX 60

/* ---- show ---------------------------------------------------------------------------------- */

static const char show_sql[] =
    "SELECT p.id, c.name, a.name, p.campaign_type, p.status, p.status_reason, p.hold_reason, "
    "p.vanity, p.provider_id, p.first_name, p.last_name, p.company, p.title, p.custom::text, "
    "p.contacted_at, p.connected_at, p.last_sent_at, p.replied_at, p.next_step, p.next_at, "
    "p.give_up_at, p.created_at FROM campaign_prospects p JOIN campaigns c ON c.id = p.campaign_id "
    "JOIN linkedin_accounts a ON a.id = p.account_id WHERE p.id = $1";
static const struct column show_columns[] = {{"person_id", "id", COLUMN_UUID},
                                             {"campaign", "campaign", COLUMN_TEXT},
                                             {"account", "account", COLUMN_TEXT},
                                             {"campaign_type", "type", COLUMN_TEXT},
                                             {"status", "status", COLUMN_TEXT},
                                             {"status_reason", "why", COLUMN_TEXT},
                                             {"hold_reason", "on hold", COLUMN_TEXT},
                                             {"vanity", "vanity name", COLUMN_TEXT},
                                             {"provider_id", "provider id", COLUMN_TEXT},
                                             {"first_name", "first name", COLUMN_TEXT},
                                             {"last_name", "last name", COLUMN_TEXT},
                                             {"company", "company", COLUMN_TEXT},
                                             {"title", "title", COLUMN_TEXT},
                                             {"custom", NULL, COLUMN_JSON},
                                             {"contacted_at", "contacted", COLUMN_TIME},
                                             {"connected_at", "connected", COLUMN_TIME},
                                             {"last_sent_at", "last sent", COLUMN_TIME},
                                             {"replied_at", "replied", COLUMN_TIME},
                                             {"next_step", "next step", COLUMN_NUMBER},
                                             {"next_at", "from", COLUMN_TIME},
                                             {"give_up_at", "gives up", COLUMN_TIME},
                                             {"created_at", "approved", COLUMN_TIME}};
/* All calls for the person, and what came in. */
static const char history_sql[] =
    "SELECT t.started_at, t.message_type, t.kind, coalesce(t.outcome, 'open'), t.error_type, "
    "CASE WHEN t.kind = 'invitation' THEN nullif(i.note_done, 'as_written') END "
    "FROM send_queue i JOIN send_attempts t ON t.item_id = i.id WHERE i.prospect_id = $1 "
    "UNION ALL SELECT received_at, class, 'inbound', 'received', NULL, NULL FROM inbound_messages "
    "WHERE prospect_id = $1 ORDER BY 1";
static const struct column history_columns[] = {{"at", "at", COLUMN_TIME},
                                                {"message_type", "message", COLUMN_TEXT},
                                                {"kind", "kind", COLUMN_TEXT},
                                                {"outcome", "outcome", COLUMN_TEXT},
                                                {"error_type", "error", COLUMN_TEXT},
                                                {"note", "note", COLUMN_TEXT}};

static enum ctl_exit show_one(struct ctl *c, const struct person *p)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(table_deinit) struct table t;
    table_init_upright(&t, show_columns, SAM_ARRAY_LEN(show_columns), c->json, stdout);
    pg_add_uuid(ctl_params(c), &p->id);
    enum ctl_exit e = ctl_query(c, show_sql, &r);
    if (e)
        return e;
    table_row(&t, r, 0, 0);
    table_end(&t);
    ctl_say(c, "%s", "");
    pg_add_uuid(ctl_params(c), &p->id);
    e = ctl_list(c, history_sql, history_columns, SAM_ARRAY_LEN(history_columns),
                 "nothing was sent and nothing came in yet");
    ctl_say(c, "%s", "");
    return e;
}

enum ctl_exit command_person_show(struct ctl *c)
{
    SAM_CLEANUP(people_deinit) struct people people = {.count = 0};
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = people_find(c, c->args.words[0], &people)))
        return e;
    for (size_t i = 0; !e && i < people.count; i++)
        e = show_one(c, &people.rows[i]);
    return e;
}

/* ---- decisions ----------------------------------------------------------------------------- */

/* $1 person, $2 status, $3 the status that was seen. */
static const char status_sql[] =
    "UPDATE campaign_prospects SET status = $2, status_reason = 'settled_by_person', "
    "next_at = NULL, give_up_at = NULL, replied_at = CASE WHEN $2 = 'replied' "
    "THEN coalesce(replied_at, sam_now()) ELSE replied_at END, version = sam_next_version(version) "
    "WHERE id = $1 AND status = $3 RETURNING version";
/* $4 bool behind, $5 text[] the doubts: who is released from one is not held for one again. */
static const char release_sql[] =
    "UPDATE campaign_prospects SET hold_reason = $2, "
    "doubt_waived = doubt_waived OR coalesce(hold_reason = ANY ($5), false), "
    "version = sam_change_version(version, $4) WHERE id = $1 AND status = $3 "
    "RETURNING version, hold_reason";
/* $1 person, $2 account. */
static const char cancel_sql[] =
    "UPDATE send_queue SET status = 'cancelled', reason = 'person_stopped' "
    "WHERE account_id = $2 AND prospect_id = $1 AND status = 'pending' RETURNING id";

static enum pg_failure tell(struct ctl *c, const struct person_decision *d, int64_t version)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o;
    enum pg_failure failure = outbox_begin(&o, c->pg, &c->params);
    if (failure)
        return failure;
    person_decision_tell(&o, d, version);
    return outbox_write(&o, c->pg, &c->params);
}

/* What waits for the person; items in Kafka are refused by the claim. */
static enum pg_failure cancel_items(struct ctl *c, const struct person_decision *d)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), &d->person->id);
    pg_add_uuid(&c->params, &d->person->account_id);
    enum pg_failure failure = pg_exec(c->pg, cancel_sql, &c->params, &r);
    if (failure)
        return failure;
    pg_array_open(ctl_params(c), PG_ARRAY_UUID);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        pg_item_uuid(&c->params, &id);
    }
    pg_array_close(&c->params);
    return pg_exec(c->pg, verdicts_contacted_sql, &c->params, NULL);
}

static void add_release(struct ctl *c)
{
    pg_add_bool(&c->params, c->behind);
    pg_array_open(&c->params, PG_ARRAY_TEXT);
    for (int d = DOUBT_NONE + 1; d < DOUBT_N; d++)
        pg_item_text(&c->params, doubt_name((enum doubt)d));
    pg_array_close(&c->params);
}

static enum pg_failure write_decision(struct ctl *c, const struct person_decision *d,
                                      int64_t *ret_version)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    bool status = d->finding == FINDING_STATUS;
    const char *sql = status ? status_sql : release_sql;
    pg_add_uuid(ctl_params(c), &d->person->id);
    pg_add_text(&c->params, status ? person_status_name(d->status) : NULL);
    pg_add_text(&c->params, person_status_name(d->person->status));
    if (!status)
        add_release(c);
    enum pg_failure failure = pg_exec(c->pg, sql, &c->params, &r);
    if (failure)
        return failure;
    if (pg_rows(r) == 0)
        return ctl_refuse(c,
                          "campaign %s: the person's status has just changed; look and try again",
                          d->person->campaign);
    if (!status && !pg_null(r, 0, 1)) /* the database has held them at once */
        return ctl_refuse(c,
                          "campaign %s: the person, their company or a domain of theirs stands on "
                          "the blocklist: `samctl blocklist remove` takes it off",
                          d->person->campaign);
    *ret_version = pg_i64(r, 0, 0);
    return PG_FINE;
}

static enum pg_failure decide(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s;
    const struct person_decision *d = arg;
    int64_t version = 0;
    enum pg_failure failure = schedule_lock_account(&s, c, &d->person->account_id);
    if (!failure && d->finding == FINDING_HOLD) {
        struct person person = *d->person;
        return people_hold(c, &(struct people){.rows = &person, .count = 1}, d->reason);
    }
    if (!failure && d->finding == FINDING_STATUS)
        failure = cancel_items(c, d);
    if (!failure)
        failure = write_decision(c, d, &version);
    if (!failure)
        failure = tell(c, d, version);
    if (failure)
        return failure;
    if (d->finding == FINDING_STATUS)
        return schedule_due(&s, c);
    struct waiting_texts texts = {
        .campaign_id = &d->person->campaign_id, .prospect_id = &d->person->id, .accounts = &s};
    failure = waiting_texts_refresh(&texts, c);
    if (!failure && texts.held)
        return ctl_refuse(c, "campaign %s: the message that waits cannot be sent: %s",
                          d->person->campaign, texts.problem);
    if (!failure)
        failure =
            schedule_release(&s, c, (const char *const[]){"person_held", "text_refused", NULL},
                             NULL, &d->person->id);
    return failure ? failure : schedule_kick(&s, c);
}

/* Does the decision change anything, and may it be? why: what stands in the way. */
static bool applies(const struct person_decision *d, const char **ret_why)
{
    const struct person *p = d->person;
    *ret_why = NULL;
    if (d->finding == FINDING_STATUS) {
        if (p->status == d->status)
            *ret_why = "has this status already";
        else if (!person_transition_allowed(p->type, p->status, d->status))
            *ret_why = "cannot come to this status from the one they have";
    } else if (!person_status_open(p->status)) {
        *ret_why = "has ended: nothing more is sent to them anyway";
    } else if (d->finding == FINDING_RELEASE && !p->held) {
        *ret_why = "is not on hold";
    }
    return *ret_why == NULL;
}

static void tell_json(const struct ctl *c, const struct person_decision *d)
{
    char id[UUID_TEXT_BYTES];
    bool status = d->finding == FINDING_STATUS;
    uuid_format(&d->person->id, id);
    ctl_result(c, "person_id", id, "campaign", d->person->campaign, "status",
               person_status_name(status ? d->status : d->person->status), "hold_reason",
               d->finding == FINDING_HOLD ? d->reason : NULL, NULL);
}

static enum ctl_exit decide_all(struct ctl *c, struct person_decision *d, const char *done)
{
    SAM_CLEANUP(people_deinit) struct people people = {.count = 0};
    size_t changed = 0;
    const char *why;
    enum ctl_exit e;
    bool opts_out = d->finding == FINDING_STATUS && d->status == PERSON_OPTED_OUT &&
                    !args_has(&c->args, "campaign");
    if ((e = ctl_connect(c)) || (d->finding == FINDING_RELEASE && (e = catch_up(c))) ||
        (e = (opts_out ? people_find_named : people_find)(c, c->args.words[0], &people)))
        return e;
    if (people.count == 0)
        return person_opt_out_absent(c, c->args.words[0]);
    for (size_t i = 0; i < people.count; i++) {
        d->person = &people.rows[i];
        if (!applies(d, &why)) {
            (void)fprintf(stderr, "samctl: campaign %s (%s): the person %s\n", d->person->campaign,
                          person_status_name(d->person->status), why);
            continue;
        }
        if ((e = ctl_transaction(c, decide, d)))
            return e;
        changed++;
        tell_json(c, d);
        ctl_say(c, "campaign %s: %s (was %s)", d->person->campaign, done,
                person_status_name(d->person->status));
    }
    if (changed)
        catch_up_note(c);
    return changed ? CTL_DONE : CTL_FAILED;
}

enum ctl_exit command_person_set(struct ctl *c)
{
    struct person_decision d = {.finding = FINDING_STATUS, .reason = "settled_by_person"};
    const char *text = c->args.words[1];
    if (person_status_parse(text, &d.status) != 0 ||
        !(person_status_stops(d.status) || d.status == PERSON_FAILED))
        return ctl_wrong_use("%.40s: an operator may set replied, opted_out, converted, "
                             "not_interested, failed",
                             text);
    return decide_all(c, &d, text);
}

static bool good_reason(const char *text)
{
    size_t n = strlen(text);
    return n > 0 && n <= HOLD_REASON_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

enum ctl_exit command_person_hold(struct ctl *c)
{
    struct person_decision d = {.finding = FINDING_HOLD, .reason = args_get(&c->args, "reason")};
    if (!d.reason)
        d.reason = "operator";
    if (!good_reason(d.reason))
        return ctl_wrong_use("--reason takes one word: small letters, digits, _ and -, %d at most",
                             HOLD_REASON_MAX);
    return decide_all(c, &d, "on hold");
}

enum ctl_exit command_person_release(struct ctl *c)
{
    struct person_decision d = {.finding = FINDING_RELEASE, .reason = ""};
    return decide_all(c, &d, "released");
}
