/* tests/unit/unipile_answer.h - bytes as they come from Unipile, for the programs that read them.
 */
#ifndef SAM_TESTS_UNIPILE_ANSWER_H
#define SAM_TESTS_UNIPILE_ANSWER_H

#include <string.h>

#include "worker/unipile/answer.h"

/* A 404 of a person, a chat or the account: only the detail tells. */
#define NOT_FOUND(detail)                                                                          \
    "{\"status\":404,\"type\":\"errors/resource_not_found\",\"title\":\"Resource not found.\","    \
    "\"detail\":\"The requested resource were not found." detail "\"}"

static inline struct answer answer_of(int status, const char *body)
{
    return (struct answer){.status = status, .bytes = body, .count = strlen(body)};
}

#endif
