/* common/model/event.h - the records of sam.events, the ledger: the only way in which outcomes and
 * findings reach Postgres (design 3.7).
 *
 * Key = account id as text. An event is applied once by its position and changes nothing when it is
 * applied again (ids, monotonic statuses, versions), in any order. It never carries a text, a note
 * or a name of a person; of a reply class, time, chat and message id are kept. */
#ifndef SAM_MODEL_EVENT_H
#define SAM_MODEL_EVENT_H

#include "common/model/block_keys.h"
#include "common/model/identity.h"
#include "common/model/job.h"
#include "common/model/outcome.h"
#include "common/model/record.h"
#include "common/model/status.h"

#define EVENT_TYPE_MAP(X)                                                                          \
    X(EVENT_ATTEMPT_STARTED, "sam.attempt.started.v1")                                             \
    X(EVENT_ATTEMPT_ENDED, "sam.attempt.ended.v1")                                                 \
    X(EVENT_PERSON, "sam.person.v1")                                                               \
    X(EVENT_CAMPAIGN, "sam.campaign.v1")                                                           \
    X(EVENT_ACCOUNT, "sam.account.v1")                                                             \
    X(EVENT_WORKSPACE, "sam.workspace.v1")                                                         \
    X(EVENT_BLOCKLIST, "sam.blocklist.v1")                                                         \
    /* Says only: everything before it in this partition was there when it was written. */         \
    X(EVENT_MARKER, "sam.marker.v1")

/* What was learned or decided about a person (sam.person.v1). A worker of a release that does not
 * know one of them (invited, unaccepted, doubted and forgotten came with migration 010 and later)
 * passes over none: the partition halts there, nothing of it is sent, until a newer worker has it.
 */
#define FINDING_MAP(X)                                                                             \
    X(FINDING_RESOLVED, "resolved")   /* provider_id and vanity name of a profile; view_id */      \
    X(FINDING_NOT_FOUND, "not_found") /* the profile does not exist or is locked; view_id */       \
    X(FINDING_CONNECTED, "connected") /* since happened_at */                                      \
    X(FINDING_INVITED, "invited")     /* by hand: pending when we looked, at happened_at */        \
    X(FINDING_UNACCEPTED,                                                                          \
      "unaccepted")                   /* the profile shows no connection, time is over; view_id */ \
    X(FINDING_DOUBTED, "doubted")     /* reason: the profile is not what was expected */           \
    X(FINDING_REPLY, "reply")         /* message_id, chat_id, reply_class, happened_at */          \
    X(FINDING_STATUS, "status")       /* an operator's decision: status, version */                \
    X(FINDING_HOLD, "hold")           /* reason, version */                                        \
    X(FINDING_RELEASE, "release")     /* version */                                                \
    X(FINDING_FORGOTTEN, "forgotten") /* erased; provider_id, vanity: hashes of them, or none */

#define REPLY_CLASS_MAP(X)                                                                         \
    X(REPLY_PLAIN, "reply")                                                                        \
    X(REPLY_OPT_OUT, "opt_out")

#define EVENT_ENUM_ROW(id, name) id,
enum event_type { EVENT_TYPE_MAP(EVENT_ENUM_ROW) EVENT_TYPE_N };
enum finding { FINDING_MAP(EVENT_ENUM_ROW) FINDING_N };
enum reply_class { REPLY_CLASS_MAP(EVENT_ENUM_ROW) REPLY_CLASS_N };
#undef EVENT_ENUM_ROW

const char *event_type_name(enum event_type t);
SAM_MUSTCHECK int event_type_parse(const char *text, enum event_type *ret);
const char *finding_name(enum finding f);
SAM_MUSTCHECK int finding_parse(const char *text, enum finding *ret);
const char *reply_class_name(enum reply_class c);
SAM_MUSTCHECK int reply_class_parse(const char *text, enum reply_class *ret);

#define EVENT_ID_MAX         160 /* Unipile's ids: invitation, chat, message */
#define EVENT_ERROR_TYPE_MAX 64
#define EVENT_IDENTITIES_MAX 2
/* error_type of an end that an operator told (`samctl unknown settle`), and of one that the person
 * proved, by answering. */
#define EVENT_SETTLED_BY_PERSON "settled_by_person"
#define EVENT_SETTLED_BY_REPLY  "settled_by_reply"
/* And of one for which Unipile was asked (worker/unknowns.h): it shows it (sent); it does not
 * (unknown), and does not the second time either (not executed, or unknown where a person decides);
 * it shows two (unknown, for a person). */
#define EVENT_SETTLED_BY_LOOK "settled_by_look"
#define EVENT_UNSEEN          "unseen"
#define EVENT_UNSEEN_TWICE    "unseen_twice"
#define EVENT_SEEN_TWICE      "seen_twice"
/* hold_reason of who wrote to us before anything that we know to have been sent. */
#define EVENT_WROTE_FIRST "wrote_first"
/* As in contacted.identity: "v:" vanity name, "p:" provider id. */
#define IDENTITY_KEY_BYTES (VANITY_MAX_BYTES + 3)

/* One call: what attempt.started says, and attempt.ended repeats so that either one suffices. */
struct event_attempt {
    struct uuid id;
    struct uuid campaign_id;
    struct uuid person_id;
    struct uuid item_id;
    enum call_kind kind;
    char message_type[MESSAGE_TYPE_MAX + 1];
    char identities[EVENT_IDENTITIES_MAX][IDENTITY_KEY_BYTES]; /* of a first contact; "" = none */
    int64_t started_at_ms;
    int64_t start_by_ms;
    bool without_note; /* an invitation that is known to have none; one of which it is not known (an
                        * older release's) counts as noted */
    /* attempt.ended only */
    int64_t ended_at_ms;
    enum outcome outcome;
    bool untried; /* NOT_EXECUTED, and no byte has left (or an operator says so): no failure of the
                     item */
    enum refusal refusal;
    int64_t wait_ms;
    int64_t http_status; /* 0 = no answer */
    char error_type[EVENT_ERROR_TYPE_MAX + 1];
    char account_status[16];
    char invitation_id[EVENT_ID_MAX + 1];
    char chat_id[EVENT_ID_MAX + 1];
    char message_id[EVENT_ID_MAX + 1];
};

struct event_person {
    struct uuid id;
    struct uuid campaign_id;
    enum finding finding;
    int64_t happened_at_ms;
    int64_t version; /* of an operator's change; older than the row's = ignored */
    struct uuid view_id;
    enum person_status status;
    enum reply_class reply_class;
    char provider_id[PROVIDER_ID_MAX_BYTES + 1];
    char vanity[VANITY_MAX_BYTES + 1];
    char reason[64];
    char chat_id[EVENT_ID_MAX + 1];
    char message_id[EVENT_ID_MAX + 1];
};

struct event_campaign {
    struct uuid id;
    enum campaign_status status;
    int64_t version;
};

/* Either a status (an operator's with a version, or one that a read call has met), or the end of a
 * sync job. */
struct event_account {
    bool is_sync;
    enum account_status status;
    int64_t version; /* 0 = not an operator's */
    char reason[EVENT_ERROR_TYPE_MAX + 1];
    enum sync_kind sync_kind;
    int64_t dispatch;
    int64_t watermark_ms;
    bool succeeded;
};

/* `samctl pause --all` and `resume --all`: stands once for each account of the workspace. */
struct event_workspace {
    enum workspace_status status;
    int64_t version;
};

/* `samctl blocklist add` and `remove`: one value, once for each partition of the ledger that holds
 * an account of the workspace. */
struct event_blocklist {
    enum block_kind kind;
    bool listed;     /* false = taken off */
    int64_t version; /* of two that are equal the listing counts */
    int64_t happened_at_ms;
    char value[BLOCK_VALUE_MAX_BYTES + 1]; /* in the normal form */
};

struct event {
    enum event_type type;
    struct uuid id;
    struct uuid ledger_id;
    struct uuid workspace_id; /* null in a marker */
    struct uuid account_id;   /* null in a marker; the record's key otherwise */
    int64_t at_ms;            /* the database's clock */
    union {
        struct event_attempt attempt;
        struct event_person person;
        struct event_campaign campaign;
        struct event_account account;
        struct event_workspace workspace;
        struct event_blocklist blocklist;
    };
};

/* Writes the record's value. */
void event_encode(const struct event *event, struct buf *out);
/* type: the ce_type header. 0 done; -EBADMSG: why says what is wrong; -ENOTSUP a type, or a value
 * of a list (an outcome, a status), that this program does not know: a later release may, so the
 * event is waited with, not set aside (also told in why). */
SAM_MUSTCHECK int event_decode(const char *type, const char *value, size_t bytes, struct event *ret,
                               char why[RECORD_WHY_BYTES]);

#endif
