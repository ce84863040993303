#include "worker/apply_person.h"

#include <string.h>

#include "common/model/doubt.h"
#include "common/policy/follow_up.h"
#include "common/policy/reply.h"

#include "common/base/banned.h"

static bool move(struct apply_person *p, enum person_status to)
{
    if (p->status == to || !person_transition_allowed(p->type, p->status, to))
        return false;
    enum person_status stop = p->via_count ? p->via[p->via_count - 1] : p->loaded;
    if (!person_transition_allowed(p->type, stop, to))
        p->via[p->via_count++] = p->status;
    p->status = to;
    p->dirty = true;
    if (!person_status_open(to)) {
        p->next_at_ms = 0;
        p->give_up_at_ms = 0;
    }
    return true;
}

/* The planner may place the next step from then on; without one the person is done. */
static void next(struct apply_person *p, int64_t step)
{
    p->next_step = step;
    p->next_at_ms = 0;
    p->dirty = true;
    if (step < p->steps_count && step < CAMPAIGN_STEPS_MAX)
        p->next_at_ms = policy_follow_up_ms(p->type, step, p->after_ms[step], p->connected_at_ms,
                                            p->last_sent_at_ms);
    else
        (void)move(p, PERSON_COMPLETED);
}

static void invited(struct apply_person *p, const struct event_attempt *a)
{
    if (a->invitation_id[0])
        SAM_COPY(p->invitation_id, a->invitation_id);
    if (!move(p, PERSON_CONNECTION_REQUEST_SENT))
        return;
    p->next_step = 1;
    p->next_at_ms = 0; /* until it is accepted */
    p->give_up_at_ms = a->ended_at_ms + p->give_up_after_ms;
}

static void has_replied(struct apply_person *p, int64_t at_ms)
{
    if (!move(p, PERSON_REPLIED))
        return;
    p->replied_at_ms = at_ms;
    p->cancel = REASON_PERSON_STOPPED;
}

/* What they wrote was seen before our message was known to be sent: while its call waited for the
 * answer, or its outcome was unknown. It was the answer to it. */
static void has_answered(struct apply_person *p, int64_t started_at_ms)
{
    const struct reply_contact contact = {"", started_at_ms};
    if (strcmp(p->hold_reason, EVENT_WROTE_FIRST) != 0 ||
        p->replied_at_ms < reply_since_ms(&contact))
        return;
    p->hold_reason[0] = '\0';
    has_replied(p, p->replied_at_ms);
}

void apply_person_sent(struct apply_person *p, int64_t step, const struct event_attempt *a)
{
    bool first = !p->contacted_at_ms;
    p->dirty = true;
    if (first)
        p->contacted_at_ms = a->started_at_ms; /* not its end: an answer may come before that */
    if (a->ended_at_ms > p->last_sent_at_ms)
        p->last_sent_at_ms = a->ended_at_ms;
    if (a->chat_id[0])
        SAM_COPY(p->chat_id, a->chat_id);
    if (a->kind == CALL_INVITATION) {
        invited(p, a);
        if (first)
            has_answered(p, a->started_at_ms);
        return;
    }
    /* a message proves the connection: an older database may not have seen the acceptance */
    if (p->type == CAMPAIGN_CONNECTOR && p->status != PERSON_CONNECTED)
        (void)move(p, PERSON_CONNECTED);
    (void)move(p, PERSON_MESSAGING);
    if (p->status == PERSON_MESSAGING && step >= p->next_step)
        next(p, step + 1);
    if (first)
        has_answered(p, a->started_at_ms);
}

void apply_person_connected(struct apply_person *p, int64_t at_ms)
{
    if (p->type != CAMPAIGN_CONNECTOR)
        return;
    if (p->status == PERSON_PENDING || p->status == PERSON_APPROVED)
        p->cancel = REASON_ALREADY_CONNECTED; /* an invitation that waits is not needed any more */
    if (!move(p, PERSON_CONNECTED))
        return;
    p->connected_at_ms = at_ms;
    p->give_up_at_ms = 0;
    next(p, p->next_step > 1 ? p->next_step : 1);
}

void apply_person_fail(struct apply_person *p, const char *reason)
{
    if (move(p, PERSON_FAILED))
        SAM_COPY(p->status_reason, reason);
}

void apply_person_hold(struct apply_person *p, const char *reason)
{
    SAM_COPY(p->hold_reason, reason);
    p->dirty = true;
}

/* Before we did, as far as is known: a person decides. The last of several messages may be the
 * answer to one of ours that is on its way. */
static void wrote_first(struct apply_person *p, int64_t at_ms)
{
    if (!p->hold_reason[0])
        apply_person_hold(p, EVENT_WROTE_FIRST);
    if (strcmp(p->hold_reason, EVENT_WROTE_FIRST) != 0 || at_ms <= p->replied_at_ms)
        return;
    p->replied_at_ms = at_ms;
    p->dirty = true;
}

static void replied(struct apply_person *p, const struct event_person *f)
{
    if (f->chat_id[0] && !p->chat_id[0]) {
        SAM_COPY(p->chat_id, f->chat_id);
        p->dirty = true;
    }
    if (f->reply_class == REPLY_OPT_OUT) {
        if (move(p, PERSON_OPTED_OUT))
            p->cancel = REASON_PERSON_STOPPED;
        return;
    }
    if (p->contacted_at_ms)
        has_replied(p, f->happened_at_ms);
    else if (person_status_open(p->status))
        wrote_first(p, f->happened_at_ms);
}

/* The account's owner has asked already: its acceptance counts as that of ours. */
static void invited_by_hand(struct apply_person *p, const struct event_person *f)
{
    int64_t at_ms = f->happened_at_ms;
    if (p->type != CAMPAIGN_CONNECTOR || !move(p, PERSON_CONNECTION_REQUEST_SENT))
        return;
    if (!p->contacted_at_ms)
        p->contacted_at_ms = at_ms;
    p->by_hand = f;
    p->cancel = REASON_ALREADY_INVITED;
    p->next_step = 1;
    p->next_at_ms = 0;
    p->give_up_at_ms = at_ms + p->give_up_after_ms;
}

/* Ids are as the viewing account sees them: the imported one may be another account's, and replies
 * are found by this one. A hash stays: the human was forgotten. */
static void resolved(struct apply_person *p, const struct event_person *f)
{
    if (!f->provider_id[0] || strcmp(p->provider_id, f->provider_id) == 0 ||
        identity_is_forgotten(p->provider_id) || identity_is_forgotten(p->vanity))
        return;
    SAM_COPY(p->provider_id, f->provider_id);
    p->dirty = true;
}

void apply_person_name(struct apply_person *p, const char *vanity)
{
    if (p->vanity[0] || !*vanity || identity_is_forgotten(p->provider_id))
        return;
    SAM_COPY(p->vanity, vanity);
    p->dirty = true;
}

/* Before the first message or invitation; who was connected already gets a follow-up first. */
static void not_found(struct apply_person *p)
{
    if (p->last_sent_at_ms || (p->status != PERSON_PENDING && p->status != PERSON_APPROVED &&
                               p->status != PERSON_CONNECTED))
        return;
    apply_person_fail(p, reason_name(REASON_PROFILE_NOT_FOUND));
    p->cancel = REASON_PROFILE_NOT_FOUND;
}

/* An operator's change; one that is not newer than the row has been applied already. Not so a stop:
 * it counts whatever its version, for a restored database may have given the number to another
 * change, and to be told twice does no harm. */
static void decided(struct apply_person *p, const struct event_person *f)
{
    bool stops = f->finding == FINDING_STATUS && person_status_stops(f->status);
    bool holds = f->finding == FINDING_HOLD; /* of two with one version it counts */
    if (f->version < p->version + (holds ? 0 : 1) && !stops)
        return;
    if (f->version > p->version) {
        p->version = f->version;
        p->dirty = true;
    }
    if (f->finding == FINDING_HOLD) {
        SAM_COPY(p->hold_reason, f->reason);
    } else if (f->finding == FINDING_RELEASE) {
        p->doubt_waived |= doubt_of_hold(p->hold_reason) != DOUBT_NONE;
        p->hold_reason[0] = '\0';
    } else if (move(p, f->status)) {
        SAM_COPY(p->status_reason, f->reason);
        if (!person_status_open(f->status))
            p->cancel = REASON_PERSON_STOPPED;
    }
}

/* The rest, all that is known of them, is erased by what is written last. */
static void forgotten(struct apply_person *p)
{
    if (move(p, PERSON_OPTED_OUT))
        p->cancel = REASON_PERSON_STOPPED;
    SAM_COPY(p->status_reason, "forgotten");
    p->hold_reason[0] = '\0';
    p->dirty = true;
}

void apply_person_event(struct apply_person *p, const struct event *e)
{
    const struct event_person *f = &e->person;
    switch (f->finding) {
    case FINDING_RESOLVED:
        resolved(p, f);
        break;
    case FINDING_NOT_FOUND:
        not_found(p);
        break;
    case FINDING_CONNECTED:
        apply_person_connected(p, f->happened_at_ms);
        break;
    case FINDING_INVITED:
        invited_by_hand(p, f);
        break;
    case FINDING_UNACCEPTED:
        if (p->status == PERSON_CONNECTION_REQUEST_SENT && move(p, PERSON_COMPLETED))
            SAM_COPY(p->status_reason, "never_accepted");
        break;
    case FINDING_DOUBTED:
        if (person_status_open(p->status) && !p->hold_reason[0])
            apply_person_hold(p, f->reason);
        break;
    case FINDING_REPLY:
        replied(p, f);
        break;
    case FINDING_STATUS:
    case FINDING_HOLD:
    case FINDING_RELEASE:
        decided(p, f);
        break;
    case FINDING_FORGOTTEN:
        forgotten(p);
        break;
    case FINDING_N:
        break;
    }
}
