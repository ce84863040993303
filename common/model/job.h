/* common/model/job.h - the records of sam.jobs (one send) and sam.sync (one look at an account).
 *
 * A job holds ids, numbers and what to prepare, never a text: edits and stops always reach it. A
 * job whose dispatch number is older than its item's is ignored, so Kafka's at-least-once never
 * becomes a second send. Types: sam.job.v1, sam.sync.v1; key = account id as text. */
#ifndef SAM_MODEL_JOB_H
#define SAM_MODEL_JOB_H

#include "common/model/identity.h"
#include "common/model/record.h"
#include "common/model/status.h"

#define JOB_TYPE         "sam.job.v1"
#define SYNC_TYPE        "sam.sync.v1"
#define MESSAGE_TYPE_MAX 31
#define UNIPILE_ID_MAX   128

/* The step (0 = the first message) that a message type stands for: connection_request,
 * follow_up_N, direct_message_N. 0 done; -EINVAL it is none of these. */
SAM_MUSTCHECK int message_type_step(const char *message_type, int64_t *ret_step);

struct job {
    struct uuid id; /* of the record */
    struct uuid workspace_id;
    struct uuid account_id;
    struct uuid campaign_id;
    struct uuid person_id;
    struct uuid item_id;
    int64_t dispatch;
    int64_t due_at_ms;
    enum call_kind kind;
    char message_type[MESSAGE_TYPE_MAX + 1];
    char unipile_account[UNIPILE_ID_MAX + 1];
    /* What to prepare. resolve: a vanity name whose provider id is not known yet; view_id: the
     * profile view that was counted for it. look: the provider id whose chat is to be looked at for
     * a reply; look_after_ms: when our first write to them began (policy/reply.h). Empty =
     * nothing. */
    char resolve[VANITY_MAX_BYTES + 1];
    struct uuid view_id;
    char look[PROVIDER_ID_MAX_BYTES + 1];
    int64_t look_after_ms;
};

void job_encode(const struct job *job, struct buf *out);
/* 0 done; -EBADMSG: why says what is wrong with the record. */
SAM_MUSTCHECK int job_decode(const char *value, size_t bytes, struct job *ret,
                             char why[RECORD_WHY_BYTES]);

#define SYNC_KIND_MAP(X)                                                                           \
    X(SYNC_RELATIONS, "relations")                                                                 \
    X(SYNC_REPLIES, "replies")

#define SYNC_ENUM_ROW(id, name) id,
enum sync_kind { SYNC_KIND_MAP(SYNC_ENUM_ROW) SYNC_KIND_N };
#undef SYNC_ENUM_ROW
const char *sync_kind_name(enum sync_kind k);
SAM_MUSTCHECK int sync_kind_parse(const char *text, enum sync_kind *ret);

struct sync_job {
    struct uuid id;
    struct uuid workspace_id;
    struct uuid account_id;
    enum sync_kind kind;
    int64_t dispatch;
    int64_t watermark_ms; /* seen completely up to here; 0 = never looked */
    char unipile_account[UNIPILE_ID_MAX + 1];
};

void sync_job_encode(const struct sync_job *job, struct buf *out);
SAM_MUSTCHECK int sync_job_decode(const char *value, size_t bytes, struct sync_job *ret,
                                  char why[RECORD_WHY_BYTES]);

#endif
