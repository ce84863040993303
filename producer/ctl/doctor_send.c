/* doctor --send-test ACCOUNT PERSON: one real message, by the ordinary way: a campaign of one
 * person that producer and worker send with every check and limit, watched until its end. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/outcome.h"
#include "common/model/reason.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/schedule.h"

#include "common/base/banned.h"

#define WAIT_MS      (90 * SECOND_MS)
#define WAIT_STEP_MS 250
#define NAME_BYTES   64

/* $1 campaign, $2 account, $3 name. Open at all hours: the operator asks for it now. */
/* It ends soon: whoever interrupts the test must not have it sent in their absence. */
static const char campaign_sql[] =
    "INSERT INTO campaigns (id, workspace_id, name, campaign_type, status, country, timezone, "
    "opens_minute, closes_minute, weekend_mask, holidays, give_up_after_ms, end_at, steps) "
    "SELECT $1, a.workspace_id, $3, 'messenger', 'running', a.country, a.timezone, 0, 1440, 0, "
    "false, 86400000, sam_now() + interval '2 minutes', '[{\"message_type\": \"direct_message_1\", "
    "\"text\": \"This is a test message, please ignore it.\", \"after_ms\": 0}]' "
    "FROM linkedin_accounts a WHERE a.id = $2";
static const char account_sql[] =
    "INSERT INTO campaign_accounts (campaign_id, account_id, position) VALUES ($1, $2, 1)";
/* $1 campaign, $2 account, $3 person, $4 vanity, $5 provider id. */
static const char person_sql[] =
    "INSERT INTO campaign_prospects (id, workspace_id, campaign_id, campaign_type, account_id, "
    "status, vanity, provider_id, next_at) SELECT $3, a.workspace_id, $1, 'messenger', a.id, "
    "'approved', $4, $5, sam_now() FROM linkedin_accounts a WHERE a.id = $2";
/* $1 person. */
static const char outcome_sql[] =
    "SELECT p.status, p.status_reason, p.hold_reason, i.status, i.reason, t.outcome, t.error_type "
    "FROM campaign_prospects p LEFT JOIN send_queue i ON i.prospect_id = p.id "
    "LEFT JOIN send_attempts t ON t.id = i.attempt_id WHERE p.id = $1";

struct test_send {
    struct lookup_account account;
    struct identity identity;
    struct uuid campaign_id;
    struct uuid person_id;
    char name[NAME_BYTES];
};

static enum pg_failure make(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    const struct test_send *t = arg;
    bool vanity = t->identity.kind == IDENTITY_VANITY;
    enum pg_failure failure = schedule_lock_account(&s, c, &t->account.id);
    pg_add_uuid(ctl_params(c), &t->campaign_id);
    pg_add_uuid(&c->params, &t->account.id);
    pg_add_text(&c->params, t->name);
    if (!failure)
        failure = pg_exec(c->pg, campaign_sql, &c->params, NULL);
    pg_add_uuid(ctl_params(c), &t->campaign_id);
    pg_add_uuid(&c->params, &t->account.id);
    if (!failure)
        failure = pg_exec(c->pg, account_sql, &c->params, NULL);
    pg_add_uuid(ctl_params(c), &t->campaign_id);
    pg_add_uuid(&c->params, &t->account.id);
    pg_add_uuid(&c->params, &t->person_id);
    pg_add_text(&c->params, vanity ? t->identity.text : NULL);
    pg_add_text(&c->params, vanity ? NULL : t->identity.text);
    if (!failure)
        failure = pg_exec(c->pg, person_sql, &c->params, NULL);
    return failure ? failure : schedule_kick(&s, c);
}

/* The attempt is over and will not be tried again within this test. */
static bool refused(const char *text)
{
    enum outcome outcome;
    return *text && outcome_parse(text, &outcome) == 0 && outcome != OUTCOME_SENT &&
           outcome != OUTCOME_NOT_EXECUTED;
}

/* Has it come to an end? Then *ret is the exit code, and what became of it has been told. */
static bool ended(struct ctl *c, const struct test_send *t, enum ctl_exit *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    enum reason reason = REASON_NONE;
    pg_add_uuid(ctl_params(c), &t->person_id);
    if ((*ret = ctl_query(c, outcome_sql, &r)))
        return true;
    const char *item = pg_text(r, 0, 3);
    if (strcmp(item, item_status_name(ITEM_SENT)) == 0) {
        ctl_say(c, "sent: Unipile has accepted it; look at LinkedIn");
        ctl_result(c, "check", "send-test", "result", "ok", "detail", "sent", NULL);
        return true;
    }
    if (strcmp(item, item_status_name(ITEM_UNKNOWN)) == 0) {
        *ret = ctl_fail("whether it was sent is not known: `samctl unknown list`");
    } else if (!pg_null(r, 0, 2)) {
        *ret = ctl_fail("not sent, the person is on hold: %s", pg_text(r, 0, 2));
    } else if (strcmp(item, item_status_name(ITEM_FAILED)) == 0 ||
               strcmp(item, item_status_name(ITEM_CANCELLED)) == 0 ||
               strcmp(pg_text(r, 0, 0), person_status_name(PERSON_FAILED)) == 0) {
        const char *code = pg_null(r, 0, 4) ? pg_text(r, 0, 1) : pg_text(r, 0, 4);
        bool known = reason_parse(code, &reason) == 0;
        *ret = ctl_fail("not sent: %s%s%s", known ? reason_sentence(reason) : code,
                        pg_null(r, 0, 6) ? "" : ": ", pg_text(r, 0, 6));
    } else if (refused(pg_text(r, 0, 5))) {
        *ret =
            ctl_fail("not sent, Unipile's answer was %s (%s)", pg_text(r, 0, 6), pg_text(r, 0, 5));
    } else {
        return false;
    }
    return true;
}

static enum ctl_exit watch(struct ctl *c, const struct test_send *t)
{
    enum ctl_exit e;
    int64_t until_ms = clock_boot_ms() + WAIT_MS;
    while (!ended(c, t, &e)) {
        if (clock_boot_ms() > until_ms)
            return ctl_fail("not sent in %d s; `samctl why` tells what it waited for (are "
                            "sam-producer and sam-worker running?)",
                            (int)(WAIT_MS / SECOND_MS));
        (void)poll(NULL, 0, WAIT_STEP_MS);
    }
    return e;
}

/* Nothing of it may go out later. */
static enum ctl_exit stop(struct ctl *c, const char *name, enum ctl_exit before)
{
    const char *words[] = {name};
    struct args kept = c->args;
    c->args = (struct args){.words = words, .words_count = 1};
    enum ctl_exit e = command_campaign_stop(c);
    c->args = kept;
    return before ? before : e;
}

enum ctl_exit command_doctor_send(struct ctl *c)
{
    struct test_send t = {.campaign_id = uuid_v7(), .person_id = uuid_v7()};
    char id[UUID_TEXT_BYTES];
    enum ctl_exit e;
    if (c->args.words_count != 2)
        return ctl_wrong_use("doctor --send-test takes ACCOUNT and PERSON");
    enum identity_problem bad = identity_parse(c->args.words[1], &t.identity);
    if (bad != IDENTITY_OK)
        return ctl_fail("%.100s: %s", c->args.words[1], identity_problem_text(bad));
    uuid_format(&t.campaign_id, id);
    (void)snprintf(t.name, sizeof(t.name), "send-test-%s", id);
    if ((e = ctl_connect(c)) || (e = lookup_account(c, c->args.words[0], &t.account)) ||
        (e = ctl_transaction(c, make, &t)))
        return e;
    ctl_say(c, "one message from %s to %s, as campaign %s ...", c->args.words[0], t.identity.text,
            t.name);
    (void)fflush(stdout);
    return stop(c, t.name, watch(c, &t));
}
