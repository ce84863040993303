#include "common/policy/decide.h"

#include <string.h>

#include "common/base/attr.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

/* More than calls that take their time add up to, less than an operator calls an outage. */
#define LATE_MS (30 * MINUTE_MS)

static const struct verdict go = {VERDICT_GO, REASON_NONE, 0};

static struct verdict cancel(enum reason reason)
{
    return (struct verdict){VERDICT_CANCEL, reason, 0};
}

static struct verdict wait_until(enum reason reason, int64_t at_ms)
{
    return (struct verdict){VERDICT_WAIT, reason, at_ms};
}

bool policy_contact_again(const struct policy_facts *f)
{
    return f->item.first_contact && f->person.contact == CONTACT_TAKEN &&
           f->campaign.contact_again_after_ms > 0 && f->person.last_written_ms > 0 &&
           f->person.last_written_ms + f->campaign.contact_again_after_ms <= f->now_ms;
}

/* What ends an item: the person, the human, a campaign that was stopped. */
static struct verdict ends(const struct policy_facts *f)
{
    if (f->campaign.status == CAMPAIGN_STOPPED)
        return cancel(REASON_CAMPAIGN_STOPPED);
    if (person_status_stops(f->person.status) || (f->person.replied_now && f->person.contacted))
        return cancel(REASON_PERSON_STOPPED);
    if (!person_status_open(f->person.status))
        return cancel(REASON_PERSON_ENDED);
    if (f->person.stopped_elsewhere)
        return cancel(REASON_PERSON_STOPPED_ELSEWHERE);
    if (f->person.blocklisted)
        return cancel(REASON_BLOCKLISTED);
    if (f->item.first_contact && f->person.contact == CONTACT_TAKEN && !policy_contact_again(f))
        return cancel(REASON_ALREADY_CONTACTED);
    if (f->item.kind == CALL_INVITATION &&
        (f->person.status == PERSON_CONNECTED || f->person.status == PERSON_MESSAGING))
        return cancel(REASON_ALREADY_CONNECTED);
    /* an operator has set the status, or the ledger has told more: never a second first contact */
    if (f->item.first_step && (f->person.status == PERSON_CONNECTION_REQUEST_SENT ||
                               f->person.status == PERSON_MESSAGING))
        return cancel(REASON_STEP_PASSED);
    return go;
}

static struct verdict nothing_paused(const struct policy_facts *f)
{
    return f->account.all_paused ? wait_until(REASON_ALL_PAUSED, TIME_NEVER_MS) : go;
}

/* Past its end an item waits: the producer ends the people of the campaign, and their items with
 * them; until then an operator may move the end. */
static struct verdict campaign_stands(const struct policy_facts *f)
{
    if (f->campaign.end_at_ms <= f->now_ms)
        return wait_until(REASON_CAMPAIGN_ENDED, TIME_NEVER_MS);
    switch (f->campaign.status) {
    case CAMPAIGN_DRAFT:
        return wait_until(REASON_CAMPAIGN_DRAFT, TIME_NEVER_MS);
    case CAMPAIGN_PAUSED:
        return wait_until(REASON_CAMPAIGN_PAUSED, TIME_NEVER_MS);
    case CAMPAIGN_RUNNING:
    case CAMPAIGN_COMPLETED: /* a person who is open reopens it: the item is judged on its own */
    case CAMPAIGN_STOPPED:   /* ended above */
    case CAMPAIGN_STATUS_N:
    default:
        break;
    }
    if (f->campaign.start_at_ms > f->now_ms)
        return wait_until(REASON_CAMPAIGN_NOT_STARTED, f->campaign.start_at_ms);
    return go;
}

static struct verdict account_stands(const struct policy_facts *f)
{
    if (f->account.blocked)
        return wait_until(REASON_ACCOUNT_BLOCKED, TIME_NEVER_MS);
    switch (f->account.status) {
    case ACCOUNT_PAUSED:
        return wait_until(REASON_ACCOUNT_PAUSED, TIME_NEVER_MS);
    case ACCOUNT_DISCONNECTED:
        return wait_until(REASON_ACCOUNT_DISCONNECTED, TIME_NEVER_MS);
    case ACCOUNT_RESTRICTED:
        return wait_until(REASON_ACCOUNT_RESTRICTED, TIME_NEVER_MS);
    case ACCOUNT_RESTING:
    case ACCOUNT_ACTIVE: /* resumed by an operator: what Unipile asked for holds */
    case ACCOUNT_STATUS_N:
    default:
        break;
    }
    if (f->account.rest_until_ms > f->now_ms)
        return wait_until(REASON_ACCOUNT_RESTING, f->account.rest_until_ms);
    if (f->item.kind == CALL_INVITATION && f->account.invitations_rest_until_ms > f->now_ms)
        return wait_until(REASON_INVITATIONS_RESTING, f->account.invitations_rest_until_ms);
    return go;
}

struct verdict policy_account(const struct policy_facts *facts)
{
    const struct policy_facts alone = {
        .now_ms = facts->now_ms, .item = {.kind = CALL_MESSAGE}, .account = facts->account};
    struct verdict v = nothing_paused(&alone);
    return v.kind == VERDICT_GO ? account_stands(&alone) : v;
}

static struct verdict person_stands(const struct policy_facts *f)
{
    /* before the hold: who is held for it waits for the same thing as the others */
    if (f->item.text_refused)
        return wait_until(REASON_TEXT_REFUSED, TIME_NEVER_MS);
    /* who wrote before we did is about to be held: a person decides, and may let it go on */
    if (f->person.held || f->person.replied_now)
        return wait_until(REASON_PERSON_HELD, TIME_NEVER_MS);
    if (f->item.text_too_long)
        return wait_until(REASON_TEXT_INVALID, TIME_NEVER_MS);
    if (f->item.requires_connection && f->person.status != PERSON_CONNECTED &&
        f->person.status != PERSON_MESSAGING)
        return wait_until(REASON_NOT_CONNECTED, TIME_NEVER_MS);
    if (f->item.scheduled_at_ms > f->now_ms)
        return wait_until(REASON_SCHEDULED, f->item.scheduled_at_ms);
    return go;
}

static struct verdict calendar_open(const struct policy_facts *f)
{
    for (size_t i = 0; i < f->windows_count; i++) {
        const struct interval *w = &f->windows[i];
        if (w->to_at_ms <= f->now_ms)
            continue;
        if (w->from_at_ms <= f->now_ms)
            return go;
        return wait_until(w->closed_before, w->from_at_ms);
    }
    return wait_until(REASON_NO_WINDOW, TIME_NEVER_MS);
}

static bool notes_used_up(const struct policy_facts *f)
{
    const struct policy_limits *l = &f->account.limits;
    return f->item.noted && f->usage && l->monthly_notes != MONTHLY_NOTES_ANY &&
           f->usage->notes_month >= l->monthly_notes;
}

bool policy_leave_note_out(const struct policy_facts *f)
{
    return notes_used_up(f) && f->campaign.on_note_limit != NOTE_HOLD;
}

static struct verdict invitation_caps(const struct policy_facts *f)
{
    const struct policy_limits *l = &f->account.limits;
    const struct policy_usage *u = f->usage;
    int64_t tomorrow = f->next_day_start_ms;
    int64_t aged_ms = u->oldest_invitation_ms + WEEK_MS; /* then a place of the week is free */
    if (u->invitations_today >= l->daily_invitations)
        return wait_until(REASON_DAILY_INVITATIONS, tomorrow);
    if (u->invitations_week >= l->weekly_invitations)
        return wait_until(REASON_WEEKLY_INVITATIONS, aged_ms > f->now_ms ? aged_ms : tomorrow);
    if (notes_used_up(f) && !policy_leave_note_out(f))
        return wait_until(REASON_MONTHLY_NOTES, f->next_month_start_ms);
    return go;
}

static struct verdict caps(const struct policy_facts *f)
{
    const struct policy_limits *l = &f->account.limits;
    const struct policy_usage *u = f->usage;
    int64_t tomorrow = f->next_day_start_ms;
    if (u->calls_today >= l->daily_cap)
        return wait_until(REASON_DAILY_CAP, tomorrow);
    if (f->item.kind == CALL_INVITATION) {
        struct verdict v = invitation_caps(f);
        if (v.kind != VERDICT_GO)
            return v;
    } else if (u->messages_today >= l->daily_messages) {
        return wait_until(REASON_DAILY_MESSAGES, tomorrow);
    }
    if (f->item.costs_profile_view && u->profile_views_today >= l->daily_profile_views)
        return wait_until(REASON_DAILY_PROFILE_VIEWS, tomorrow);
    if (f->campaign.daily_cap && u->campaign_today >= f->campaign.daily_cap)
        return wait_until(REASON_CAMPAIGN_DAILY_CAP, tomorrow);
    return go;
}

static struct verdict spacing(const struct policy_facts *f)
{
    const struct policy_usage *u = f->usage;
    int64_t free_at = u->last_call_end_ms + f->account.limits.spacing_ms + u->jitter_ms;
    if (u->last_call_end_ms && free_at > f->now_ms)
        return wait_until(REASON_SPACING, free_at);
    return go;
}

bool policy_is_late(int64_t scheduled_at_ms, int64_t now_ms)
{
    return scheduled_at_ms > 0 && now_ms - scheduled_at_ms > LATE_MS;
}

bool policy_replans(const struct verdict *v)
{
    return v->kind == VERDICT_WAIT && reason_moves(v->reason) && v->reason != REASON_SCHEDULED &&
           v->reason != REASON_SPACING;
}

/* The planner knows the caps and gives it a moment that they allow. */
static struct verdict lateness(const struct policy_facts *f)
{
    if (!f->item.handed_out && policy_is_late(f->item.scheduled_at_ms, f->now_ms))
        return wait_until(REASON_LATE, f->now_ms + LATE_MS); /* the planner moves it before */
    return go;
}

int64_t policy_jitter_ms(const struct uuid *attempt_id, int64_t jitter_ms)
{
    uint64_t bits;
    memcpy(&bits, attempt_id->b + 8, sizeof(bits));
    return jitter_ms > 0 ? (int64_t)((bits >> 2) % (uint64_t)(jitter_ms + 1)) : 0;
}

struct verdict policy_decide(const struct policy_facts *facts)
{
    typedef struct verdict rule_fn(const struct policy_facts *);
    static rule_fn *const rules[] = {ends,           nothing_paused, campaign_stands,
                                     account_stands, person_stands,  calendar_open,
                                     lateness,       caps,           spacing};
    size_t count = SAM_ARRAY_LEN(rules) - (facts->usage ? 0 : 2);
    for (size_t i = 0; i < count; i++) {
        struct verdict v = rules[i](facts);
        if (v.kind != VERDICT_GO)
            return v;
    }
    return go;
}

struct verdict policy_decide_until(const struct policy_facts *facts, int64_t start_by_ms)
{
    struct verdict now = policy_decide(facts);
    if (now.kind != VERDICT_GO)
        return now;
    struct policy_facts later = *facts;
    later.now_ms = start_by_ms;
    return policy_decide(&later);
}
