#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "producer/ctl/table.h"
#include "producer/ctl/why.h"

#include "common/base/banned.h"

#define LOOK "is one running, and ready? see `samctl doctor`"

SAM_PRINTF(4, 5)
static void say(struct why_answer *a, enum reason reason, int64_t next_at_ms, const char *fmt, ...)
{
    va_list ap;
    a->reason = reason;
    a->next_at_ms = next_at_ms;
    va_start(ap, fmt);
    (void)vsnprintf(a->detail, sizeof(a->detail), fmt, ap);
    va_end(ap);
}

/* ---- in the queue ---------------------------------------------------------------------------- */

void why_item(struct why_answer *a, const struct why_facts *so, enum item_status status,
              const char *detail)
{
    (void)snprintf(a->item_status, sizeof(a->item_status), "%s", item_status_name(status));
    if (status == ITEM_SENDING)
        say(a, a->reason, so->now_ms, "it is being sent");
    else if (status == ITEM_UNKNOWN)
        say(a, a->reason, TIME_NEVER_MS,
            "SAM looks for it; who knows it says `samctl unknown settle`");
    else
        say(a, a->reason, TIME_NEVER_MS, "%s", detail);
}

/* The policy has nothing against it; nor must the account's ledger. */
static bool halted(struct why_answer *a, const struct why_facts *so)
{
    if (so->halted_reason)
        say(a, REASON_GATE_CLOSED, TIME_NEVER_MS, "%s", so->halted_reason);
    return so->halted_reason != NULL;
}

/* An event of the account was set aside: somebody must look at it. */
static bool blocked(struct why_answer *a, const struct why_facts *so, const struct verdict *v)
{
    if (v->reason != REASON_ACCOUNT_BLOCKED)
        return false;
    say(a, v->reason, TIME_NEVER_MS, "%s%s%s",
        "look at `samctl ledger status`, then `samctl ledger clear ",
        so->blocked_by ? so->blocked_by : "--account NAME", "` lets the account go on");
    return true;
}

static int64_t next_of(const struct verdict *v)
{
    return v->kind == VERDICT_WAIT ? v->next_at_ms : TIME_NEVER_MS;
}

/* Who is held for a text goes on when the campaign has one that fits them. */
static void say_hold(struct why_answer *a, const struct why_facts *so)
{
    const char *hold = so->hold_reason ? so->hold_reason : "";
    if (strcmp(hold, reason_name(REASON_TEXT_INVALID)) == 0 && so->text_problem[0])
        say(a, REASON_PERSON_HELD, TIME_NEVER_MS,
            "%s: %s; `samctl campaign update` with a text that fits, or with a fallback as in "
            "{first_name|there}, lets them go on",
            hold, so->text_problem);
    else if (strcmp(hold, reason_name(REASON_BLOCKLISTED)) == 0)
        say(a, REASON_PERSON_HELD, TIME_NEVER_MS,
            "%s: the person, their company or a domain of theirs stands on the blocklist; "
            "`samctl blocklist remove` takes it off",
            hold);
    else
        say(a, REASON_PERSON_HELD, TIME_NEVER_MS, "%s: `samctl person release` lets them go on",
            hold);
}

void why_waiting(struct why_answer *a, const struct why_facts *so, enum item_status status,
                 bool busy, const struct verdict *v)
{
    if (blocked(a, so, v))
        return;
    if (v->reason == REASON_PERSON_HELD && so->hold_reason) {
        say_hold(a, so);
        return;
    }
    if (v->kind != VERDICT_GO) {
        /* only its time is to come: why it was put off until then says more */
        bool put_off = v->reason == REASON_SCHEDULED && a->reason != REASON_NONE;
        say(a, put_off ? a->reason : v->reason, next_of(v), "%s",
            v->kind == VERDICT_CANCEL ? "it will be cancelled" : "");
        return;
    }
    if (halted(a, so))
        return;
    enum reason reason = busy ? REASON_ACCOUNT_BUSY : REASON_NONE;
    if (status == ITEM_PUBLISHED)
        say(a, reason, so->now_ms, "it is in Kafka; a worker takes it within seconds (" LOOK ")");
    else if (!busy)
        say(a, reason, so->now_ms,
            "it is due; the producer publishes it within seconds (" LOOK ")");
    else
        say(a, reason, so->now_ms, "%s", "");
}

void why_ended_item(struct why_answer *a, const struct why_facts *so)
{
    if (so->hold_reason)
        say(a, REASON_PERSON_HELD, TIME_NEVER_MS,
            "%s: their %s is %s already (%s) and is not made a second time", so->hold_reason,
            a->message_type, a->item_status, reason_name(a->reason));
}

/* ---- not in the queue ------------------------------------------------------------------------ */

/* Nothing stands in the way but that the planner has not placed it. */
static void say_planner(struct why_answer *a, const struct why_facts *so)
{
    char when[32];
    table_time_text(so->plan_at_ms, when);
    if (halted(a, so))
        return;
    if (so->plan_at_ms == 0 || so->plan_at_ms > so->now_ms)
        say(a, REASON_NOT_PLANNED, so->plan_at_ms,
            "others come first: the account's slots of the next day are taken; the planner looks "
            "again %s%s",
            so->plan_at_ms ? "at " : "when one is free", so->plan_at_ms ? when : "");
    else
        say(a, REASON_NOT_PLANNED, so->now_ms,
            "the planner gives it one within seconds (" LOOK ")");
}

void why_unplanned(struct why_answer *a, const struct why_facts *so, const struct verdict *v)
{
    if (blocked(a, so, v))
        return;
    if (v->kind == VERDICT_CANCEL)
        say(a, v->reason, TIME_NEVER_MS, "it will never be sent");
    else if (v->reason == REASON_PERSON_HELD)
        say_hold(a, so);
    else if (so->first_sent && (v->kind == VERDICT_GO || v->next_at_ms < TIME_NEVER_MS))
        say(a, REASON_CAMPAIGN_FIRST_SENT, TIME_NEVER_MS,
            "`samctl campaign start` once more lets the rest go");
    else if (v->kind == VERDICT_GO)
        say_planner(a, so);
    else
        say(a, v->reason, next_of(v), "%s", "");
}

void why_holidays(struct why_answer *a, const struct why_facts *so, const struct calendar *c)
{
    SAM_CLEANUP(buf_deinit) struct buf names = BUF_INIT(WHY_DETAIL_BYTES);
    if (a->reason != REASON_HOLIDAY || a->detail[0] || a->next_at_ms >= TIME_NEVER_MS || !c->zone)
        return;
    calendar_holiday_names(c, so->now_ms, a->next_at_ms, &names);
    say(a, a->reason, a->next_at_ms, "%s", buf_text(&names));
}

/* ---- nothing to send ------------------------------------------------------------------------- */

void why_invited(struct why_answer *a, const struct why_facts *so)
{
    char when[32];
    table_time_text(so->give_up_at_ms, when);
    say(a, REASON_NOT_CONNECTED, TIME_NEVER_MS, "%s%s", so->give_up_at_ms ? "given up at " : "",
        so->give_up_at_ms ? when : "");
}

void why_ended(struct why_answer *a, const struct why_facts *so)
{
    say(a, person_status_stops(so->status) ? REASON_PERSON_STOPPED : REASON_PERSON_ENDED,
        TIME_NEVER_MS, "%s%s%s", person_status_name(so->status), so->status_reason ? ": " : "",
        so->status_reason ? so->status_reason : "");
}
