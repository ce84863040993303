#include "worker/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/doubt.h"
#include "worker/apply_account.h"
#include "worker/apply_person.h"

#include "common/base/banned.h"

#define SETUP_WAIT_MS (5 * MINUTE_MS)

static int by_uuid(const void *x, const void *y)
{
    return uuid_compare(x, y);
}

/* False, and nothing has changed, when the table refuses the way. Then the end that asked for it is
 * an old one, told late: the item has reached an end of its own (sent, failed, cancelled), and that
 * stands. What this end says of its person and its account counts all the same.
 *
 * Evidence takes an item anywhere, and from there it goes on as from a send: the database, which
 * sees the end of a batch only, is shown the stop between. One is enough, for it is `unknown`. */
static bool set_item(struct apply_item *item, enum item_status status, enum reason reason,
                     const char *detail)
{
    if (!item_transition_by_evidence(item->status, status))
        return false;
    if (!item_transition_by_evidence(item->stopped ? item->via : item->loaded, status)) {
        item->via = item->status;
        item->stopped = true;
    }
    item->status = status;
    item->reason = reason;
    (void)snprintf(item->detail, sizeof(item->detail), "%s", detail);
    item->dirty = true;
    return true;
}

static bool is_orphan(const struct apply_batch *b, const struct uuid *attempt_id)
{
    return b->orphans_count &&
           bsearch(attempt_id, b->orphans, b->orphans_count, sizeof(*b->orphans), by_uuid) != NULL;
}

/* A started attempt that Postgres did not have: a restored database, or a claim whose commit
 * failed. Its item must not be sent again before the end of this attempt is known. (It becomes
 * unknown, not sending: the account's spacing already counts the attempt as lasting until start_by
 * + timeout.) */
static void started(struct apply_batch *b, const struct event *e)
{
    const struct event_attempt *a = &e->attempt;
    if (!is_orphan(b, &a->id))
        return;
    struct apply_item *item = apply_item(b, a);
    struct apply_attempt *attempt = apply_attempt(b, &a->id);
    if (!item || !attempt || attempt->ended || item->status == ITEM_SENT ||
        item->status == ITEM_SENDING)
        return;
    if (!set_item(item, ITEM_UNKNOWN, REASON_OUTCOME_UNKNOWN, ""))
        return;
    item->attempt_id = a->id;
    struct apply_account *account = apply_account(b, &e->account_id);
    if (account)
        account->schedule = true;
}

void apply_restored(struct apply_batch *b)
{
    for (size_t i = 0; i < b->items_count; i++) {
        const struct apply_item *item = &b->items[i];
        struct apply_person *person = item->restored ? apply_person(b, &item->person_id) : NULL;
        if (!person || person->next_step > item->step || person->next_at_ms == 0)
            continue;
        person->next_at_ms = 0;
        person->dirty = true;
    }
}

/* Another attempt of the item is under way, or has an end that tells nothing. */
static bool others_undecided(const struct apply_batch *b, const struct event_attempt *a,
                             const struct apply_item *item)
{
    for (size_t i = 0; i < b->attempts_count; i++) {
        const struct apply_attempt *other = &b->attempts[i];
        if ((!other->ended || other->outcome == OUTCOME_UNKNOWN) &&
            uuid_equal(&other->item_id, &item->id) && !uuid_equal(&other->id, &a->id))
            return true;
    }
    return false;
}

/* May the end of this attempt move the item? Not one that waits, or is published, again: it went
 * back by this end or by a later one. And only when each of its other attempts is known not to have
 * happened. There may be several: after a restore; or where Kafka was slow to take the end of a
 * claim that was given up, while another worker claimed the same job. An item that was `sending` by
 * this attempt stands for a person then, and its account goes on. */
static bool movable(const struct apply_batch *b, const struct event_attempt *a,
                    struct apply_item *item)
{
    if (item->status == ITEM_PENDING || item->status == ITEM_PUBLISHED)
        return false;
    if (!others_undecided(b, a, item))
        return true;
    if (item->status == ITEM_SENDING && uuid_equal(&item->attempt_id, &a->id))
        (void)set_item(item, ITEM_UNKNOWN, REASON_OUTCOME_UNKNOWN, ""); /* always allowed */
    return false;
}

/* An end that the item has already is not given to it again. */
static bool end_item(struct apply_item *item, enum item_status status, enum reason reason,
                     const char *detail)
{
    if (item->status == status || !set_item(item, status, reason, detail))
        return false;
    item->freed = true;
    return true;
}

/* To the schedule. */
static void back(const struct apply_batch *b, const struct event_attempt *a,
                 struct apply_item *item, int64_t at_ms, enum reason reason)
{
    if (movable(b, a, item) && set_item(item, ITEM_PENDING, reason, a->error_type))
        item->scheduled_ms = at_ms;
}

static void fail(const struct apply_batch *b, const struct event_attempt *a,
                 struct apply_item *item, struct apply_person *person, enum reason reason)
{
    if (movable(b, a, item) && end_item(item, ITEM_FAILED, reason, a->error_type) && person)
        apply_person_fail(person, reason_name(reason));
}

static void not_executed(const struct apply_batch *b, const struct event_attempt *a,
                         struct apply_item *item, struct apply_person *person)
{
    if (a->untried) {
        back(b, a, item, a->ended_at_ms, REASON_NOT_EXECUTED);
        return;
    }
    item->failures++;
    item->dirty = true;
    if (item->failures >= APPLY_FAILURES_MAX) {
        fail(b, a, item, person, REASON_ATTEMPTS_USED_UP);
        return;
    }
    int64_t wait = apply_doubled(APPLY_BACKOFF_MIN_MS, item->failures - 1, APPLY_BACKOFF_MAX_MS);
    wait += policy_jitter_ms(&a->id, wait / 2);
    if (a->wait_ms > wait)
        wait = a->wait_ms;
    back(b, a, item, a->ended_at_ms + wait, REASON_NOT_EXECUTED);
}

static void throttled(const struct apply_batch *b, const struct event_attempt *a,
                      struct apply_item *item, struct apply_account *account)
{
    int64_t until = account ? apply_account_throttled(account, a) : a->ended_at_ms + a->wait_ms;
    if (item)
        back(b, a, item, until, REASON_THROTTLED);
}

/* The relation is not visible yet, or there is none: each look is a call that counts, so the waits
 * grow and it has an end. */
static void refused_for_now(const struct apply_batch *b, const struct event_attempt *a,
                            struct apply_item *item, struct apply_person *person)
{
    item->failures++;
    item->dirty = true;
    if (item->failures >= APPLY_FAILURES_MAX) {
        fail(b, a, item, person, REASON_NOT_CONNECTED);
        return;
    }
    int64_t wait = apply_doubled(a->wait_ms ? a->wait_ms : HOUR_MS, item->failures - 1, DAY_MS);
    back(b, a, item, a->ended_at_ms + wait, REASON_NOT_CONNECTED);
}

static void already_connected(const struct apply_batch *b, const struct event_attempt *a,
                              struct apply_item *item, struct apply_person *person)
{
    /* it was not needed; what was unknown cannot be cancelled, only fail */
    if (movable(b, a, item) &&
        !end_item(item, ITEM_CANCELLED, REASON_ALREADY_CONNECTED, a->error_type))
        (void)end_item(item, ITEM_FAILED, REASON_ALREADY_CONNECTED, a->error_type);
    if (person)
        apply_person_connected(person, a->ended_at_ms);
}

/* Who is held for a refused text is the mark at which its message stops for all of the campaign.
 * So it replaces what the next plan or look at the profile holds them for again. A new text must
 * not release any other hold. */
static bool weaker_hold(const char *reason)
{
    return !*reason || doubt_of_hold(reason) != DOUBT_NONE ||
           strcmp(reason, reason_name(REASON_TEXT_INVALID)) == 0 ||
           strcmp(reason, reason_name(REASON_STEP_GONE)) == 0;
}

static void refused(const struct apply_batch *b, const struct event_attempt *a,
                    struct apply_item *item, struct apply_person *person)
{
    switch (a->refusal) {
    case REFUSAL_LATER:
        refused_for_now(b, a, item, person);
        break;
    case REFUSAL_HOLD:
        if (person && person_status_open(person->status))
            apply_person_hold(person, a->error_type[0] ? a->error_type : "refused");
        back(b, a, item, a->ended_at_ms, REASON_PERSON_HELD);
        break;
    case REFUSAL_TEXT: /* it uses nobody up; policy_decide() lets nobody else try it */
        if (person && weaker_hold(person->hold_reason))
            apply_person_hold(person, reason_name(REASON_TEXT_REFUSED));
        back(b, a, item, a->ended_at_ms, REASON_TEXT_REFUSED);
        break;
    case REFUSAL_CONNECTED:
        already_connected(b, a, item, person);
        break;
    case REFUSAL_FAIL:
    case REFUSAL_N:
        fail(b, a, item, person, REASON_REFUSED);
        break;
    }
}

static void sent(const struct event_attempt *a, struct apply_item *item,
                 struct apply_person *person, struct apply_account *account)
{
    if (item && item->status != ITEM_SENT && set_item(item, ITEM_SENT, REASON_NONE, "")) {
        item->sent_at_ms = a->ended_at_ms;
        item->failures = 0;
    }
    if (person && item)
        apply_person_sent(person, item->step, a);
    if (account)
        apply_account_sent(account, a);
}

static void unknown(struct apply_item *item, const struct event_attempt *a)
{
    if (item->status != ITEM_SENT) /* always allowed: it may have happened */
        (void)set_item(item, ITEM_UNKNOWN, REASON_OUTCOME_UNKNOWN, a->error_type);
}

static void settle(struct apply_batch *b, const struct event_attempt *a, struct apply_item *item,
                   struct apply_person *person, struct apply_account *account)
{
    switch (a->outcome) {
    case OUTCOME_SENT:
        sent(a, item, person, account);
        break;
    case OUTCOME_NOT_EXECUTED:
        if (item)
            not_executed(b, a, item, person);
        break;
    case OUTCOME_THROTTLED:
        throttled(b, a, item, account);
        break;
    case OUTCOME_REFUSED:
        if (item)
            refused(b, a, item, person);
        break;
    case OUTCOME_ACCOUNT_BROKEN:
        if (account)
            apply_account_broken(account, a);
        if (item)
            back(b, a, item, a->ended_at_ms, REASON_ACCOUNT_DISCONNECTED);
        break;
    case OUTCOME_SETUP_BROKEN:
        if (item)
            back(b, a, item, a->ended_at_ms + SETUP_WAIT_MS, REASON_SETUP_BROKEN);
        break;
    case OUTCOME_UNKNOWN:
        if (item)
            unknown(item, a);
        if (account)
            account->conversation = true; /* it may be answered */
        break;
    case OUTCOME_N:
        break;
    }
}

/* An item that a restored database did not have, and that was not sent: without a text it must not
 * go out. */
static void plan_anew(struct apply_item *item, struct apply_person *person, int64_t at_ms)
{
    item->vanished = true;
    item->freed = true;
    item->dirty = false;
    if (!person || !person_status_open(person->status) || person->next_step != item->step)
        return;
    person->next_at_ms = at_ms;
    person->dirty = true;
}

/* What a look at Unipile has told of an attempt whose end is unknown (worker/unknowns.h). */
static bool is_look(const struct event_attempt *a)
{
    static const char *const words[] = {EVENT_UNSEEN, EVENT_UNSEEN_TWICE, EVENT_SEEN_TWICE};
    for (size_t i = 0; i < SAM_ARRAY_LEN(words); i++) {
        if (strcmp(a->error_type, words[i]) == 0)
            return true;
    }
    return false;
}

/* An end is written once; but what is certain replaces what is unknown, and that a call happened
 * replaces everything, an operator's word included. */
static bool is_news(const struct apply_attempt *attempt, const struct event_attempt *a)
{
    if (!attempt->ended)
        return true;
    if (attempt->outcome == OUTCOME_SENT)
        return false;
    return a->outcome == OUTCOME_SENT ||
           (attempt->outcome == OUTCOME_UNKNOWN && (a->outcome != OUTCOME_UNKNOWN || is_look(a)));
}

static void ended(struct apply_batch *b, const struct event *e)
{
    const struct event_attempt *a = &e->attempt;
    struct apply_attempt *attempt = apply_attempt(b, &a->id);
    if (!attempt || !is_news(attempt, a))
        return;
    attempt->ended = true;
    attempt->outcome = a->outcome;
    attempt->end = a;
    attempt->unseen_ms = strcmp(a->error_type, EVENT_UNSEEN) == 0 ? e->at_ms : 0;
    struct apply_account *account = apply_account(b, &e->account_id);
    struct apply_item *item = apply_item(b, a);
    struct apply_person *person = apply_person(b, &a->person_id);
    settle(b, a, item, person, account);
    if (item && item->restored && item->status == ITEM_PENDING)
        plan_anew(item, person, a->ended_at_ms);
    if (!account)
        return;
    apply_account_free(account, a);
    if (person && person->next_at_ms)
        apply_account_plan(account, person->next_at_ms);
}

static void account_event(struct apply_batch *b, const struct event *e)
{
    struct apply_account *account = apply_account(b, &e->account_id);
    if (account)
        apply_account_event(account, e);
}

/* Two rows of one campaign are this human, and the other one, in this batch, bears the name. */
static bool name_taken(const struct apply_batch *b, const struct apply_person *person,
                       const char *vanity)
{
    for (size_t i = 0; *vanity && i < b->people_count; i++) {
        const struct apply_person *other = &b->people[i];
        if (other != person && uuid_equal(&other->campaign_id, &person->campaign_id) &&
            strcmp(other->vanity, vanity) == 0)
            return true;
    }
    return false;
}

static void person_event(struct apply_batch *b, const struct event *e)
{
    struct apply_person *person = apply_person(b, &e->person.id);
    struct apply_account *account = apply_account(b, &e->account_id);
    if (!person)
        return;
    apply_person_event(person, e);
    if (e->person.finding != FINDING_FORGOTTEN && !name_taken(b, person, e->person.vanity))
        apply_person_name(person, e->person.vanity);
    if (!account)
        return;
    account->schedule = account->schedule || person->cancel != REASON_NONE;
    account->conversation |= e->person.finding == FINDING_INVITED; /* it may be accepted */
    if (person->dirty && person->next_at_ms)
        apply_account_plan(account, person->next_at_ms);
}

/* The state is written as it is (apply_write_around.c). A campaign that runs, or a workspace that
 * goes on, gives its accounts something to plan and to publish, at once; a restored database has
 * planned nothing for it, and put off what was planned. */
static void goes_on(struct apply_batch *b, const struct event *e)
{
    struct apply_account *account = apply_account(b, &e->account_id);
    if (!account)
        return;
    account->schedule = true;
    apply_account_plan(account, e->at_ms);
}

void apply_event(struct apply_batch *b, const struct event *event)
{
    switch (event->type) {
    case EVENT_ATTEMPT_STARTED:
        started(b, event);
        break;
    case EVENT_ATTEMPT_ENDED:
        ended(b, event);
        break;
    case EVENT_PERSON:
        person_event(b, event);
        break;
    case EVENT_ACCOUNT:
        account_event(b, event);
        break;
    case EVENT_CAMPAIGN:
        if (event->campaign.status == CAMPAIGN_RUNNING)
            goes_on(b, event);
        break;
    case EVENT_WORKSPACE:
        if (event->workspace.status == WORKSPACE_RUNNING)
            goes_on(b, event);
        break;
    case EVENT_BLOCKLIST: /* rows that no batch holds: apply_write_around.c */
    case EVENT_MARKER:
    case EVENT_TYPE_N:
        break;
    }
}
