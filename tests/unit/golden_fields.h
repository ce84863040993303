/* tests/unit/golden_fields.h - a decoded record as lines "field value", straight from its struct.
 *
 * A field that is zero is left out, so that a field which comes later changes nothing of what an
 * old record says. Of a name (kind, status ...) the word stands there. */
#ifndef SAM_TESTS_GOLDEN_FIELDS_H
#define SAM_TESTS_GOLDEN_FIELDS_H

#include "common/base/clock.h"
#include "common/model/event.h"
#include "common/model/job.h"

static inline void field_text(struct buf *out, const char *name, const char *value)
{
    if (*value)
        buf_addf(out, "%s %s\n", name, value);
}

static inline void field_i64(struct buf *out, const char *name, int64_t value)
{
    if (value)
        buf_addf(out, "%s %lld\n", name, (long long)value);
}

static inline void field_time(struct buf *out, const char *name, int64_t at_ms)
{
    char text[TIME_TEXT_BYTES] = "";
    if (at_ms)
        time_format_utc(at_ms, text);
    field_text(out, name, text);
}

static inline void field_uuid(struct buf *out, const char *name, const struct uuid *id)
{
    char text[UUID_TEXT_BYTES] = "";
    if (!uuid_is_null(id))
        uuid_format(id, text);
    field_text(out, name, text);
}

static inline void job_fields(const struct job *j, struct buf *out)
{
    field_uuid(out, "id", &j->id);
    field_uuid(out, "workspace_id", &j->workspace_id);
    field_uuid(out, "account_id", &j->account_id);
    field_uuid(out, "campaign_id", &j->campaign_id);
    field_uuid(out, "person_id", &j->person_id);
    field_uuid(out, "item_id", &j->item_id);
    field_i64(out, "dispatch", j->dispatch);
    field_time(out, "due_at_ms", j->due_at_ms);
    field_text(out, "kind", call_kind_name(j->kind));
    field_text(out, "message_type", j->message_type);
    field_text(out, "unipile_account", j->unipile_account);
    field_text(out, "resolve", j->resolve);
    field_uuid(out, "view_id", &j->view_id);
    field_text(out, "look", j->look);
    field_time(out, "look_after_ms", j->look_after_ms);
}

static inline void sync_fields(const struct sync_job *j, struct buf *out)
{
    field_uuid(out, "id", &j->id);
    field_uuid(out, "workspace_id", &j->workspace_id);
    field_uuid(out, "account_id", &j->account_id);
    field_text(out, "kind", sync_kind_name(j->kind));
    field_i64(out, "dispatch", j->dispatch);
    field_time(out, "watermark_ms", j->watermark_ms);
    field_text(out, "unipile_account", j->unipile_account);
}

static inline void attempt_fields(const struct event_attempt *a, bool ended, struct buf *out)
{
    field_uuid(out, "attempt.id", &a->id);
    field_uuid(out, "campaign_id", &a->campaign_id);
    field_uuid(out, "person_id", &a->person_id);
    field_uuid(out, "item_id", &a->item_id);
    field_text(out, "kind", call_kind_name(a->kind));
    field_text(out, "message_type", a->message_type);
    field_text(out, "identities[0]", a->identities[0]);
    field_text(out, "identities[1]", a->identities[1]);
    field_time(out, "started_at_ms", a->started_at_ms);
    field_time(out, "start_by_ms", a->start_by_ms);
    field_i64(out, "without_note", a->without_note);
    field_time(out, "ended_at_ms", a->ended_at_ms);
    field_text(out, "outcome", ended ? outcome_name(a->outcome) : "");
    field_text(out, "refusal",
               ended && a->outcome == OUTCOME_REFUSED ? refusal_name(a->refusal) : "");
    field_i64(out, "untried", a->untried);
    field_i64(out, "wait_ms", a->wait_ms);
    field_i64(out, "http_status", a->http_status);
    field_text(out, "error_type", a->error_type);
    field_text(out, "account_status", a->account_status);
    field_text(out, "invitation_id", a->invitation_id);
    field_text(out, "chat_id", a->chat_id);
    field_text(out, "message_id", a->message_id);
}

static inline void person_fields(const struct event_person *p, struct buf *out)
{
    field_uuid(out, "person.id", &p->id);
    field_uuid(out, "campaign_id", &p->campaign_id);
    field_text(out, "finding", finding_name(p->finding));
    field_time(out, "happened_at_ms", p->happened_at_ms);
    field_i64(out, "version", p->version);
    field_uuid(out, "view_id", &p->view_id);
    field_text(out, "status", p->finding == FINDING_STATUS ? person_status_name(p->status) : "");
    field_text(out, "reply_class",
               p->finding == FINDING_REPLY ? reply_class_name(p->reply_class) : "");
    field_text(out, "provider_id", p->provider_id);
    field_text(out, "vanity", p->vanity);
    field_text(out, "reason", p->reason);
    field_text(out, "chat_id", p->chat_id);
    field_text(out, "message_id", p->message_id);
}

static inline void account_fields(const struct event_account *a, struct buf *out)
{
    field_text(out, "sync_kind", a->is_sync ? sync_kind_name(a->sync_kind) : "");
    field_text(out, "status", a->is_sync ? "" : account_status_name(a->status));
    field_i64(out, "version", a->version);
    field_text(out, "reason", a->reason);
    field_i64(out, "dispatch", a->dispatch);
    field_time(out, "watermark_ms", a->watermark_ms);
    field_i64(out, "succeeded", a->succeeded);
}

static inline void blocklist_fields(const struct event_blocklist *b, struct buf *out)
{
    field_text(out, "kind", block_kind_name(b->kind));
    field_text(out, "value", b->value);
    field_i64(out, "listed", b->listed);
    field_i64(out, "version", b->version);
    field_time(out, "happened_at_ms", b->happened_at_ms);
}

static inline void event_fields(const struct event *e, struct buf *out)
{
    field_uuid(out, "id", &e->id);
    field_uuid(out, "ledger_id", &e->ledger_id);
    field_uuid(out, "workspace_id", &e->workspace_id);
    field_uuid(out, "account_id", &e->account_id);
    field_time(out, "at_ms", e->at_ms);
    switch (e->type) {
    case EVENT_ATTEMPT_STARTED:
        attempt_fields(&e->attempt, false, out);
        break;
    case EVENT_ATTEMPT_ENDED:
        attempt_fields(&e->attempt, true, out);
        break;
    case EVENT_PERSON:
        person_fields(&e->person, out);
        break;
    case EVENT_CAMPAIGN:
        field_uuid(out, "campaign.id", &e->campaign.id);
        field_text(out, "status", campaign_status_name(e->campaign.status));
        field_i64(out, "version", e->campaign.version);
        break;
    case EVENT_ACCOUNT:
        account_fields(&e->account, out);
        break;
    case EVENT_WORKSPACE:
        field_text(out, "status", workspace_status_name(e->workspace.status));
        field_i64(out, "version", e->workspace.version);
        break;
    case EVENT_BLOCKLIST:
        blocklist_fields(&e->blocklist, out);
        break;
    case EVENT_MARKER:
    case EVENT_TYPE_N:
        break;
    }
}

#endif
