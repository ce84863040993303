/* tests/unit/golden_samples.h - records as this release writes them: one of each type, and of each
 * value that decides which keys a record has or what it says. */
#ifndef SAM_TESTS_GOLDEN_SAMPLES_H
#define SAM_TESTS_GOLDEN_SAMPLES_H

#include <stdio.h>

#include "common/model/event.h"
#include "common/model/job.h"
#include "tests/unit/golden_fields.h"

#define SAMPLE_AT_MS INT64_C(1795424400250) /* any time; only that it stays */

/* name: unique within the type. record: what the encoder wrote; fields: of what it was given. */
typedef void sample_fn(const char *type, const char *name, const struct buf *record,
                       const struct buf *fields);

static inline struct uuid sample_id(unsigned char n)
{
    return (struct uuid){{0x01, 0x97, 0xc0, 0xde, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, n}};
}

static inline void sample_copy(char *out, size_t out_bytes, const char *text)
{
    (void)snprintf(out, out_bytes, "%s", text);
}
#define SAMPLE_TEXT(field, text) sample_copy(field, sizeof(field), text)

static inline void sample_job(const struct job *job, const char *name, sample_fn *fn)
{
    struct buf record = BUF_INIT(RECORD_MAX_BYTES);
    struct buf fields = BUF_INIT(RECORD_MAX_BYTES);
    job_encode(job, &record);
    job_fields(job, &fields);
    fn(JOB_TYPE, name, &record, &fields);
    buf_deinit(&record);
    buf_deinit(&fields);
}

static inline void sample_sync_job(const struct sync_job *job, const char *name, sample_fn *fn)
{
    struct buf record = BUF_INIT(RECORD_MAX_BYTES);
    struct buf fields = BUF_INIT(RECORD_MAX_BYTES);
    sync_job_encode(job, &record);
    sync_fields(job, &fields);
    fn(SYNC_TYPE, name, &record, &fields);
    buf_deinit(&record);
    buf_deinit(&fields);
}

static inline void sample_jobs(sample_fn *fn)
{
    struct job job = {.id = sample_id(1),
                      .workspace_id = sample_id(2),
                      .account_id = sample_id(3),
                      .campaign_id = sample_id(4),
                      .person_id = sample_id(5),
                      .item_id = sample_id(6),
                      .dispatch = 7,
                      .due_at_ms = SAMPLE_AT_MS,
                      .message_type = "follow_up_2",
                      .unipile_account = "unipile-anna"};
    for (int kind = 0; kind < CALL_KIND_N; kind++) {
        job.kind = (enum call_kind)kind;
        sample_job(&job, call_kind_name(job.kind), fn);
    }
    job.kind = CALL_INVITATION;
    job.view_id = sample_id(8);
    SAMPLE_TEXT(job.message_type, "connection_request");
    SAMPLE_TEXT(job.resolve, "ada-lovelace");
    sample_job(&job, "resolve", fn);
    job.kind = CALL_MESSAGE;
    job.look_after_ms = SAMPLE_AT_MS - 1;
    SAMPLE_TEXT(job.message_type, "direct_message_1");
    SAMPLE_TEXT(job.look, "ACoAAAada");
    sample_job(&job, "resolve_and_look", fn);
}

static inline void sample_sync_jobs(sample_fn *fn)
{
    struct sync_job job = {.id = sample_id(1),
                           .workspace_id = sample_id(2),
                           .account_id = sample_id(3),
                           .dispatch = 7,
                           .watermark_ms = SAMPLE_AT_MS,
                           .unipile_account = "unipile-anna"};
    for (int kind = 0; kind < SYNC_KIND_N; kind++) {
        job.kind = (enum sync_kind)kind;
        sample_sync_job(&job, sync_kind_name(job.kind), fn);
    }
    job.watermark_ms = 0;
    sample_sync_job(&job, "never_looked", fn);
}

static inline void sample_event(struct event *e, const char *name, sample_fn *fn)
{
    struct buf record = BUF_INIT(RECORD_MAX_BYTES);
    struct buf fields = BUF_INIT(RECORD_MAX_BYTES);
    e->id = sample_id(10);
    e->ledger_id = sample_id(11);
    e->at_ms = SAMPLE_AT_MS + 1000;
    if (e->type != EVENT_MARKER) {
        e->workspace_id = sample_id(2);
        e->account_id = sample_id(3);
    }
    event_encode(e, &record);
    event_fields(e, &fields);
    fn(event_type_name(e->type), name, &record, &fields);
    buf_deinit(&record);
    buf_deinit(&fields);
}

static inline struct event sample_attempt(enum event_type type)
{
    return (struct event){.type = type,
                          .attempt = {.id = sample_id(12),
                                      .campaign_id = sample_id(4),
                                      .person_id = sample_id(5),
                                      .item_id = sample_id(6),
                                      .kind = CALL_INVITATION,
                                      .message_type = "connection_request",
                                      .identities = {"v:ada-lovelace", "p:ACoAAAada"},
                                      .started_at_ms = SAMPLE_AT_MS,
                                      .start_by_ms = SAMPLE_AT_MS + 15000}};
}

static inline void sample_started(sample_fn *fn)
{
    struct event e = sample_attempt(EVENT_ATTEMPT_STARTED);
    for (int kind = 0; kind < CALL_KIND_N; kind++) {
        e.attempt.kind = (enum call_kind)kind;
        sample_event(&e, call_kind_name(e.attempt.kind), fn);
    }
    e.attempt.kind = CALL_INVITATION;
    e.attempt.without_note = true;
    sample_event(&e, "without_note", fn);
    e = sample_attempt(EVENT_ATTEMPT_STARTED);
    e.attempt.kind = CALL_MESSAGE;
    SAMPLE_TEXT(e.attempt.message_type, "follow_up_1");
    e.attempt.identities[0][0] = e.attempt.identities[1][0] = '\0';
    sample_event(&e, "no_first_contact", fn);
}

/* One by one what an end may say besides; each outcome says all that it can. */
static inline void sample_end(enum outcome outcome, struct event_attempt *a)
{
    a->ended_at_ms = SAMPLE_AT_MS + 900;
    a->outcome = outcome;
    a->untried = outcome == OUTCOME_NOT_EXECUTED;
    a->wait_ms = outcome == OUTCOME_THROTTLED ? 86400000 : 0;
    a->http_status = outcome == OUTCOME_SENT ? 201 : outcome == OUTCOME_UNKNOWN ? 0 : 422;
    if (outcome == OUTCOME_SENT) {
        SAMPLE_TEXT(a->invitation_id, "invitation-1");
        SAMPLE_TEXT(a->chat_id, "chat-1");
        SAMPLE_TEXT(a->message_id, "message-1");
    } else {
        SAMPLE_TEXT(a->error_type, "cannot_resend_yet");
    }
    if (outcome == OUTCOME_ACCOUNT_BROKEN)
        SAMPLE_TEXT(a->account_status, "disconnected");
}

static inline void sample_ended(sample_fn *fn)
{
    for (int outcome = 0; outcome < OUTCOME_N; outcome++) {
        struct event e = sample_attempt(EVENT_ATTEMPT_ENDED);
        sample_end((enum outcome)outcome, &e.attempt);
        if (outcome != OUTCOME_REFUSED)
            sample_event(&e, outcome_name((enum outcome)outcome), fn);
    }
    for (int refusal = 0; refusal < REFUSAL_N; refusal++) {
        char name[64];
        struct event e = sample_attempt(EVENT_ATTEMPT_ENDED);
        sample_end(OUTCOME_REFUSED, &e.attempt);
        e.attempt.refusal = (enum refusal)refusal;
        (void)snprintf(name, sizeof(name), "refused_%s", refusal_name(e.attempt.refusal));
        sample_event(&e, name, fn);
    }
    struct event e = sample_attempt(EVENT_ATTEMPT_ENDED);
    sample_end(OUTCOME_SENT, &e.attempt);
    e.attempt.without_note = true;
    sample_event(&e, "without_note", fn);
}

static inline struct event sample_person(enum finding finding)
{
    struct event e = {
        .type = EVENT_PERSON,
        .person = {.id = sample_id(5), .campaign_id = sample_id(4), .finding = finding}};
    struct event_person *p = &e.person;
    bool operators = finding == FINDING_STATUS || finding == FINDING_HOLD ||
                     finding == FINDING_RELEASE || finding == FINDING_FORGOTTEN;
    p->version = operators ? 4 : 0;
    p->happened_at_ms = operators ? 0 : SAMPLE_AT_MS - 1;
    if (finding == FINDING_RESOLVED || finding == FINDING_NOT_FOUND ||
        finding == FINDING_UNACCEPTED)
        p->view_id = sample_id(8);
    if (finding == FINDING_RESOLVED || finding == FINDING_FORGOTTEN) {
        SAMPLE_TEXT(p->provider_id, "ACoAAAada");
        SAMPLE_TEXT(p->vanity, "ada-lovelace");
    }
    if (finding == FINDING_HOLD || finding == FINDING_DOUBTED)
        SAMPLE_TEXT(p->reason, "wrote_first");
    if (finding == FINDING_REPLY) {
        SAMPLE_TEXT(p->chat_id, "chat-1");
        SAMPLE_TEXT(p->message_id, "message-2");
    }
    return e;
}

static inline void sample_people(sample_fn *fn)
{
    char name[64];
    for (int finding = 0; finding < FINDING_N; finding++) {
        struct event e = sample_person((enum finding)finding);
        if (finding != FINDING_STATUS && finding != FINDING_REPLY)
            sample_event(&e, finding_name(e.person.finding), fn);
    }
    struct event nothing_known = sample_person(FINDING_FORGOTTEN);
    nothing_known.person.provider_id[0] = nothing_known.person.vanity[0] = '\0';
    sample_event(&nothing_known, "forgotten_without_hashes", fn);
    for (int status = 0; status < PERSON_STATUS_N; status++) {
        struct event e = sample_person(FINDING_STATUS);
        e.person.status = (enum person_status)status;
        (void)snprintf(name, sizeof(name), "status_%s", person_status_name(e.person.status));
        sample_event(&e, name, fn);
    }
    for (int reply_class = 0; reply_class < REPLY_CLASS_N; reply_class++) {
        struct event e = sample_person(FINDING_REPLY);
        e.person.reply_class = (enum reply_class)reply_class;
        (void)snprintf(name, sizeof(name), "reply_%s", reply_class_name(e.person.reply_class));
        sample_event(&e, name, fn);
    }
}

static inline void sample_accounts(sample_fn *fn)
{
    for (int status = 0; status < ACCOUNT_STATUS_N; status++) {
        struct event e = {.type = EVENT_ACCOUNT,
                          .account = {.status = (enum account_status)status, .version = 4}};
        sample_event(&e, account_status_name(e.account.status), fn);
    }
    struct event met = {.type = EVENT_ACCOUNT,
                        .account = {.status = ACCOUNT_DISCONNECTED, .reason = "disconnected"}};
    sample_event(&met, "met_by_a_look", fn);
    for (int kind = 0; kind < SYNC_KIND_N; kind++) {
        struct event e = {.type = EVENT_ACCOUNT,
                          .account = {.is_sync = true,
                                      .sync_kind = (enum sync_kind)kind,
                                      .dispatch = 7,
                                      .watermark_ms = SAMPLE_AT_MS,
                                      .succeeded = true}};
        char name[64];
        (void)snprintf(name, sizeof(name), "looked_%s", sync_kind_name(e.account.sync_kind));
        sample_event(&e, name, fn);
    }
    struct event failed = {
        .type = EVENT_ACCOUNT,
        .account = {
            .is_sync = true, .sync_kind = SYNC_REPLIES, .dispatch = 7, .reason = "not_executed"}};
    sample_event(&failed, "look_failed", fn);
}

static inline void sample_lists(sample_fn *fn)
{
    for (int status = 0; status < CAMPAIGN_STATUS_N; status++) {
        struct event e = {.type = EVENT_CAMPAIGN,
                          .campaign = {sample_id(4), (enum campaign_status)status, 4}};
        sample_event(&e, campaign_status_name(e.campaign.status), fn);
    }
    for (int status = 0; status < WORKSPACE_STATUS_N; status++) {
        struct event e = {.type = EVENT_WORKSPACE, .workspace = {(enum workspace_status)status, 4}};
        sample_event(&e, workspace_status_name(e.workspace.status), fn);
    }
    for (int kind = 0; kind < BLOCK_KIND_N; kind++) {
        struct event e = {.type = EVENT_BLOCKLIST,
                          .blocklist = {.kind = (enum block_kind)kind,
                                        .listed = kind != BLOCK_COMPANY,
                                        .version = 4,
                                        .happened_at_ms = SAMPLE_AT_MS,
                                        .value = "acme.example"}};
        sample_event(&e, block_kind_name(e.blocklist.kind), fn);
    }
    struct event marker = {.type = EVENT_MARKER};
    sample_event(&marker, "marker", fn);
}

static inline void samples(sample_fn *fn)
{
    sample_jobs(fn);
    sample_sync_jobs(fn);
    sample_started(fn);
    sample_ended(fn);
    sample_people(fn);
    sample_accounts(fn);
    sample_lists(fn);
}

#endif
