/* tests/simulator/faults.h - what goes wrong on purpose: answers that are not what Unipile did. */
#ifndef SAM_SIMULATOR_FAULTS_H
#define SAM_SIMULATOR_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/problems.h"
#include "tests/simulator/request.h"

/* id, name, whether the call takes effect unless the fault says otherwise */
#define FAULT_ACTION_MAP(X)                                                                        \
    X(FAULT_STATUS, "status", false)                                                               \
    X(FAULT_CUT_BEFORE, "cut_before", false)                                                       \
    X(FAULT_CUT_AFTER, "cut_after", true)                                                          \
    X(FAULT_HANG, "hang", false)                                                                   \
    X(FAULT_TRUNCATE, "truncate", true)                                                            \
    X(FAULT_NOT_JSON, "not_json", true)                                                            \
    X(FAULT_HUGE, "huge", true)                                                                    \
    X(FAULT_ENDLESS, "endless", true)                                                              \
    X(FAULT_NULL_IDS, "null_ids", true)                                                            \
    X(FAULT_REPEAT_CURSOR, "repeat_cursor", true)                                                  \
    X(FAULT_DELAY, "delay", true)

#define FAULT_ACTION_ROW(id, name, executes) id,
enum fault_action { FAULT_ACTION_MAP(FAULT_ACTION_ROW) FAULT_ACTION_N };
#undef FAULT_ACTION_ROW

struct fault; /* valid while its call is being served */
struct faults;
struct json_object;

struct faults *faults_new(void);
void faults_free(struct faults *f);
SAM_DEFINE_FREEP(faults)
void faults_clear(struct faults *f);

/* Adds what the object describes; problems tell what is wrong with it, then nothing is added. */
void faults_add(struct faults *f, struct json_object *object, struct problems *wrong);
/* A JSON array of those that have calls left. */
void faults_list(const struct faults *f, struct buf *out);

/* The oldest fault that concerns the request's route and account; its count goes down. */
struct fault *faults_take(struct faults *f, const struct request *r);
bool fault_executes(const struct fault *fault);
bool fault_is(const struct fault *fault, enum fault_action action);
/* Changes the answer, after the route has made its own (or not, if it does not execute). */
void fault_apply(const struct fault *fault, struct request *r);

#endif
