/* common/base/failpoint.h - named places at which a test may kill or freeze a program.
 *
 * In test builds only (SAM_FAILPOINTS, preset dev): in what is shipped they are nothing. Where the
 * environment names a folder (SAM_FAILPOINT_DIR), a program that comes to a place looks there for a
 * file of its name with the ending .kill or .stop, removes it, and sends itself SIGKILL or SIGSTOP:
 * of several programs one is hit, once for each file. tests/lib/failpoints.py. */
#ifndef SAM_BASE_FAILPOINT_H
#define SAM_BASE_FAILPOINT_H

/* In the order in which a send passes them. Each is the gap between two things that ought to happen
 * together and cannot. */
#define FAILPOINT_MAP(X)                                                                           \
    X(FAILPOINT_PUBLISHED, "published")               /* item marked, job not produced */          \
    X(FAILPOINT_JOB_PRODUCED, "job_produced")         /* not acknowledged */                       \
    X(FAILPOINT_CLAIM_WRITTEN, "claim_written")       /* before attempt.started */                 \
    X(FAILPOINT_STARTED_PRODUCED, "started_produced") /* not acknowledged */                       \
    X(FAILPOINT_STARTED_ACKED, "started_acked")       /* before the claim's commit */              \
    X(FAILPOINT_CLAIM_COMMITTED, "claim_committed")   /* before the call */                        \
    X(FAILPOINT_CALL_BODY, "call_body")               /* in the middle of the call's body */       \
    X(FAILPOINT_CALL_ANSWERED, "call_answered")       /* before attempt.ended */                   \
    X(FAILPOINT_ENDED_PRODUCED, "ended_produced")     /* not acknowledged */                       \
    X(FAILPOINT_APPLY_LOADED, "apply_loaded")         /* before the batch's writes */              \
    X(FAILPOINT_APPLY_COMMITTED, "apply_committed")   /* before the group's offset */              \
    X(FAILPOINT_OUTBOX_ACKED, "outbox_acked") /* in the ledger, not taken from the outbox */       \
    X(FAILPOINT_LOOKED, "looked")             /* what a look has found is not told yet */

#define FAILPOINT_ENUM_ROW(id, name) id,
enum failpoint { FAILPOINT_MAP(FAILPOINT_ENUM_ROW) FAILPOINT_N };
#undef FAILPOINT_ENUM_ROW

#ifdef SAM_FAILPOINTS
void failpoint(enum failpoint place);
#else
static inline void failpoint(enum failpoint place)
{
    (void)place;
}
#endif

#endif
