/* tests/simulator/errors.h - Unipile's error answers, as its v1 API words them. */
#ifndef SAM_SIMULATOR_ERRORS_H
#define SAM_SIMULATOR_ERRORS_H

#include "common/base/attr.h"
#include "tests/simulator/request.h"

struct error_text {
    const char *type; /* without "errors/" */
    unsigned status;
    const char *title;
    const char *detail; /* NULL = the answer has none */
};

/* The row of a type ("errors/x" or "x"), NULL = not known. */
const struct error_text *error_find(const char *type);

/* Makes the error the request's answer; type is one of the table. */
void error_answer(struct request *r, const char *type);
/* The same with another detail. */
void error_answer_detail(struct request *r, const char *type, const char *detail);
/* 404 resource_not_found; what is "User not found" or the like. */
void error_not_found(struct request *r, const char *what);
/* Any error, of the table or not; detail NULL = none. */
void error_answer_any(struct request *r, const struct error_text *error);

#endif
