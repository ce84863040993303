/* common/model/outcome.h - what became of one call to Unipile: the class that decides, and facts.
 *
 * The adapter (worker/unipile) turns every answer and every transport failure into one of these
 * classes; nothing else looks at HTTP codes. UNKNOWN means: it may have happened (P2). */
#ifndef SAM_MODEL_OUTCOME_H
#define SAM_MODEL_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"

#define OUTCOME_MAP(X)                                                                             \
    /* Accepted by Unipile. */                                                                     \
    X(OUTCOME_SENT, "sent")                                                                        \
    /* Certainly not executed (never left, or refused before execution): may be tried again. */    \
    X(OUTCOME_NOT_EXECUTED, "not_executed")                                                        \
    /* Not executed, the account is over a provider limit: the account rests. */                   \
    X(OUTCOME_THROTTLED, "throttled")                                                              \
    /* Not executed, this person cannot be written to in this way. */                              \
    X(OUTCOME_REFUSED, "refused")                                                                  \
    /* Not executed, the account is logged out, restricted or unknown: it stops, a person acts. */ \
    X(OUTCOME_ACCOUNT_BROKEN, "account_broken")                                                    \
    /* Not executed, our own key or base URL is wrong: all claims stop. */                         \
    X(OUTCOME_SETUP_BROKEN, "setup_broken")                                                        \
    /* It may have happened: never repeated blindly. */                                            \
    X(OUTCOME_UNKNOWN, "unknown")

#define OUTCOME_ENUM_ROW(id, name) id,
enum outcome { OUTCOME_MAP(OUTCOME_ENUM_ROW) OUTCOME_N };
#undef OUTCOME_ENUM_ROW

const char *outcome_name(enum outcome o);
SAM_MUSTCHECK int outcome_parse(const char *text, enum outcome *ret);

/* What a refusal means for the person (only with OUTCOME_REFUSED). */
#define REFUSAL_MAP(X)                                                                             \
    /* Nothing more can be sent to the person: status failed. */                                   \
    X(REFUSAL_FAIL, "fail")                                                                        \
    /* Already a 1st-degree connection: status connected, follow-ups go on. */                     \
    X(REFUSAL_CONNECTED, "connected")                                                              \
    /* An invitation of ours or another one is standing: held for a person to look at. */          \
    X(REFUSAL_HOLD, "hold")                                                                        \
    /* The relation is only not yet visible: try again later. */                                   \
    X(REFUSAL_LATER, "later")                                                                      \
    /* The text or the request, not the person: this message of the campaign stops. */             \
    X(REFUSAL_TEXT, "text")

#define REFUSAL_ENUM_ROW(id, name) id,
enum refusal { REFUSAL_MAP(REFUSAL_ENUM_ROW) REFUSAL_N };
#undef REFUSAL_ENUM_ROW

const char *refusal_name(enum refusal r);
SAM_MUSTCHECK int refusal_parse(const char *text, enum refusal *ret);

/* One row of the table of Unipile's error types. */
struct error_type {
    const char *type;           /* without "errors/" */
    enum outcome outcome;       /* class when a write call drew it */
    enum refusal refusal;       /* with OUTCOME_REFUSED */
    int64_t wait_ms;            /* how long the account (THROTTLED) or the item (NOT_EXECUTED,
                                   REFUSAL_LATER) waits at least; 0 = the usual backoff */
    bool invitations_only;      /* with OUTCOME_THROTTLED, when an invitation drew it: messages of
                                   the account go on */
    const char *account_status; /* with OUTCOME_ACCOUNT_BROKEN: "disconnected" or "restricted" */
};

#define ERROR_TYPES_N 72 /* rows of the table */

/* The row of a type ("errors/x" or "x"); NULL for a type that the table does not know. */
const struct error_type *error_type_find(const char *type);
/* Its place in the table, 0 to ERROR_TYPES_N - 1; ERROR_TYPES_N for a type that it does not know.
 */
int error_type_index(const char *type);
/* All rows, for tests and the document. */
const struct error_type *error_types(size_t *ret_count);

/* Class of an answer whose type is unknown or absent, by HTTP status: 429 THROTTLED, other 4xx but
 * 408 REFUSED with REFUSAL_HOLD (in doubt a person looks), 408 (somebody on the way gave up), every
 * 5xx and all else UNKNOWN. */
struct error_type error_type_by_status(int http_status);

#endif
