#include "common/model/event.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/model/names.h"

#include "common/base/banned.h"

NAMES_DEFINE(event_type, EVENT_TYPE_MAP, EVENT_TYPE_N)
NAMES_DEFINE(finding, FINDING_MAP, FINDING_N)
NAMES_DEFINE(reply_class, REPLY_CLASS_MAP, REPLY_CLASS_N)

static void encode_attempt(const struct event_attempt *a, bool ended, struct buf *out)
{
    record_uuid(out, "attempt_id", &a->id);
    record_uuid(out, "campaign_id", &a->campaign_id);
    record_uuid(out, "person_id", &a->person_id);
    record_uuid(out, "item_id", &a->item_id);
    record_text(out, "kind", call_kind_name(a->kind));
    record_text(out, "message_type", a->message_type);
    record_text(out, "identity", a->identities[0]);
    record_text(out, "identity_2", a->identities[1]);
    record_time(out, "started_at", a->started_at_ms);
    record_time(out, "start_by", a->start_by_ms);
    if (a->without_note)
        record_bool(out, "bare", true);
    if (!ended)
        return;
    record_time(out, "ended_at", a->ended_at_ms);
    record_text(out, "outcome", outcome_name(a->outcome));
    if (a->untried)
        record_bool(out, "untried", true);
    if (a->outcome == OUTCOME_REFUSED)
        record_text(out, "refusal", refusal_name(a->refusal));
    if (a->wait_ms)
        record_i64(out, "wait_ms", a->wait_ms);
    if (a->http_status)
        record_i64(out, "http_status", a->http_status);
    record_text(out, "error_type", a->error_type);
    record_text(out, "account_status", a->account_status);
    record_text(out, "invitation_id", a->invitation_id);
    record_text(out, "chat_id", a->chat_id);
    record_text(out, "message_id", a->message_id);
}

static void encode_person(const struct event_person *p, struct buf *out)
{
    record_uuid(out, "person_id", &p->id);
    record_uuid(out, "campaign_id", &p->campaign_id);
    record_text(out, "finding", finding_name(p->finding));
    record_time(out, "happened_at", p->happened_at_ms);
    if (p->version)
        record_i64(out, "version", p->version);
    record_uuid(out, "view_id", &p->view_id);
    if (p->finding == FINDING_STATUS)
        record_text(out, "status", person_status_name(p->status));
    if (p->finding == FINDING_REPLY)
        record_text(out, "reply_class", reply_class_name(p->reply_class));
    record_text(out, "provider_id", p->provider_id);
    record_text(out, "vanity", p->vanity);
    record_text(out, "reason", p->reason);
    record_text(out, "chat_id", p->chat_id);
    record_text(out, "message_id", p->message_id);
}

static void encode_account(const struct event_account *a, struct buf *out)
{
    if (a->is_sync) {
        record_text(out, "sync", sync_kind_name(a->sync_kind));
        record_i64(out, "dispatch", a->dispatch);
        record_time(out, "watermark", a->watermark_ms);
        record_bool(out, "succeeded", a->succeeded);
    } else {
        record_text(out, "status", account_status_name(a->status));
        if (a->version)
            record_i64(out, "version", a->version);
    }
    record_text(out, "reason", a->reason);
}

void event_encode(const struct event *event, struct buf *out)
{
    record_begin(out);
    record_uuid(out, "event_id", &event->id);
    record_uuid(out, "ledger_id", &event->ledger_id);
    record_uuid(out, "workspace_id", &event->workspace_id);
    record_uuid(out, "account_id", &event->account_id);
    record_time(out, "at", event->at_ms);
    switch (event->type) {
    case EVENT_ATTEMPT_STARTED:
        encode_attempt(&event->attempt, false, out);
        break;
    case EVENT_ATTEMPT_ENDED:
        encode_attempt(&event->attempt, true, out);
        break;
    case EVENT_PERSON:
        encode_person(&event->person, out);
        break;
    case EVENT_CAMPAIGN:
        record_uuid(out, "campaign_id", &event->campaign.id);
        record_text(out, "status", campaign_status_name(event->campaign.status));
        record_i64(out, "version", event->campaign.version);
        break;
    case EVENT_ACCOUNT:
        encode_account(&event->account, out);
        break;
    case EVENT_WORKSPACE:
        record_text(out, "status", workspace_status_name(event->workspace.status));
        record_i64(out, "version", event->workspace.version);
        break;
    case EVENT_BLOCKLIST:
        record_text(out, "kind", block_kind_name(event->blocklist.kind));
        record_text(out, "value", event->blocklist.value);
        record_bool(out, "listed", event->blocklist.listed);
        record_i64(out, "version", event->blocklist.version);
        record_time(out, "happened_at", event->blocklist.happened_at_ms);
        break;
    case EVENT_MARKER:
    case EVENT_TYPE_N:
        break;
    }
    record_end(out);
}

/* One enum value by its name; absent and not needed leaves *out as it is. */
#define GET_ENUM(r, key, need, parse, out)                                                         \
    do {                                                                                           \
        char text_[40];                                                                            \
        record_get_text(r, key, need, text_, sizeof(text_));                                       \
        if (text_[0] && parse(text_, out) != 0)                                                    \
            record_unknown(r, key, text_);                                                         \
    } while (0)

static void decode_ended(struct record *r, struct event_attempt *a)
{
    record_get_time(r, "ended_at", true, &a->ended_at_ms);
    GET_ENUM(r, "outcome", true, outcome_parse, &a->outcome);
    GET_ENUM(r, "refusal", a->outcome == OUTCOME_REFUSED, refusal_parse, &a->refusal);
    record_get_bool(r, "untried", false, &a->untried);
    record_get_i64(r, "wait_ms", false, 0, INT64_C(1) << 40, &a->wait_ms);
    record_get_i64(r, "http_status", false, 0, 999, &a->http_status);
    record_get_text(r, "error_type", false, a->error_type, sizeof(a->error_type));
    record_get_text(r, "account_status", false, a->account_status, sizeof(a->account_status));
    record_get_text(r, "invitation_id", false, a->invitation_id, sizeof(a->invitation_id));
    record_get_text(r, "chat_id", false, a->chat_id, sizeof(a->chat_id));
    record_get_text(r, "message_id", false, a->message_id, sizeof(a->message_id));
}

static void decode_attempt(struct record *r, bool ended, struct event_attempt *a)
{
    record_get_uuid(r, "attempt_id", true, &a->id);
    record_get_uuid(r, "campaign_id", true, &a->campaign_id);
    record_get_uuid(r, "person_id", true, &a->person_id);
    record_get_uuid(r, "item_id", true, &a->item_id);
    GET_ENUM(r, "kind", true, call_kind_parse, &a->kind);
    record_get_text(r, "message_type", true, a->message_type, sizeof(a->message_type));
    record_get_text(r, "identity", false, a->identities[0], sizeof(a->identities[0]));
    record_get_text(r, "identity_2", false, a->identities[1], sizeof(a->identities[1]));
    record_get_time(r, "started_at", true, &a->started_at_ms);
    record_get_time(r, "start_by", true, &a->start_by_ms);
    record_get_bool(r, "bare", false, &a->without_note);
    if (ended)
        decode_ended(r, a);
}

static void decode_person(struct record *r, struct event_person *p)
{
    record_get_uuid(r, "person_id", true, &p->id);
    record_get_uuid(r, "campaign_id", true, &p->campaign_id);
    GET_ENUM(r, "finding", true, finding_parse, &p->finding);
    record_get_time(r, "happened_at", false, &p->happened_at_ms);
    record_get_i64(r, "version", false, 0, INT64_MAX, &p->version);
    record_get_uuid(r, "view_id", false, &p->view_id);
    GET_ENUM(r, "status", p->finding == FINDING_STATUS, person_status_parse, &p->status);
    GET_ENUM(r, "reply_class", p->finding == FINDING_REPLY, reply_class_parse, &p->reply_class);
    record_get_text(r, "provider_id", p->finding == FINDING_RESOLVED, p->provider_id,
                    sizeof(p->provider_id));
    record_get_text(r, "vanity", false, p->vanity, sizeof(p->vanity));
    record_get_text(r, "reason", p->finding == FINDING_HOLD || p->finding == FINDING_DOUBTED,
                    p->reason, sizeof(p->reason));
    record_get_text(r, "chat_id", false, p->chat_id, sizeof(p->chat_id));
    record_get_text(r, "message_id", p->finding == FINDING_REPLY, p->message_id,
                    sizeof(p->message_id));
}

static void decode_account(struct record *r, struct event_account *a)
{
    char sync[32];
    record_get_text(r, "sync", false, sync, sizeof(sync));
    a->is_sync = sync[0] != '\0';
    record_get_text(r, "reason", false, a->reason, sizeof(a->reason));
    if (a->is_sync) {
        if (sync_kind_parse(sync, &a->sync_kind) != 0)
            record_unknown(r, "sync", sync);
        record_get_i64(r, "dispatch", true, 1, INT32_MAX, &a->dispatch);
        record_get_time(r, "watermark", false, &a->watermark_ms);
        record_get_bool(r, "succeeded", false, &a->succeeded);
    } else {
        GET_ENUM(r, "status", true, account_status_parse, &a->status);
        record_get_i64(r, "version", false, 0, INT64_MAX, &a->version);
    }
}

static void decode_blocklist(struct record *r, struct event_blocklist *b)
{
    GET_ENUM(r, "kind", true, block_kind_parse, &b->kind);
    record_get_text(r, "value", true, b->value, sizeof(b->value));
    record_get_bool(r, "listed", true, &b->listed);
    record_get_i64(r, "version", true, 0, INT64_MAX, &b->version);
    record_get_time(r, "happened_at", false, &b->happened_at_ms);
}

static void decode_body(struct record *r, struct event *e)
{
    switch (e->type) {
    case EVENT_ATTEMPT_STARTED:
        decode_attempt(r, false, &e->attempt);
        break;
    case EVENT_ATTEMPT_ENDED:
        decode_attempt(r, true, &e->attempt);
        break;
    case EVENT_PERSON:
        decode_person(r, &e->person);
        break;
    case EVENT_CAMPAIGN:
        record_get_uuid(r, "campaign_id", true, &e->campaign.id);
        GET_ENUM(r, "status", true, campaign_status_parse, &e->campaign.status);
        record_get_i64(r, "version", true, 0, INT64_MAX, &e->campaign.version);
        break;
    case EVENT_ACCOUNT:
        decode_account(r, &e->account);
        break;
    case EVENT_WORKSPACE:
        GET_ENUM(r, "status", true, workspace_status_parse, &e->workspace.status);
        record_get_i64(r, "version", true, 0, INT64_MAX, &e->workspace.version);
        break;
    case EVENT_BLOCKLIST:
        decode_blocklist(r, &e->blocklist);
        break;
    case EVENT_MARKER:
    case EVENT_TYPE_N:
        break;
    }
}

int event_decode(const char *type, const char *value, size_t bytes, struct event *ret,
                 char why[RECORD_WHY_BYTES])
{
    struct record r;
    memset(ret, 0, sizeof(*ret));
    if (event_type_parse(type, &ret->type) != 0) {
        (void)snprintf(why, RECORD_WHY_BYTES, "ce_type \"%.60s\" is not known to this program",
                       type);
        return -ENOTSUP;
    }
    (void)record_open(&r, value, bytes);
    bool addressed = ret->type != EVENT_MARKER;
    record_get_uuid(&r, "event_id", true, &ret->id);
    record_get_uuid(&r, "ledger_id", true, &ret->ledger_id);
    record_get_uuid(&r, "workspace_id", addressed, &ret->workspace_id);
    record_get_uuid(&r, "account_id", addressed, &ret->account_id);
    record_get_time(&r, "at", true, &ret->at_ms);
    decode_body(&r, ret);
    memcpy(why, r.why, RECORD_WHY_BYTES);
    int result = record_good(&r) ? 0 : r.newer ? -ENOTSUP : -EBADMSG;
    record_close(&r);
    return result;
}
