/* tests/simulator/judge.h - what SAM must never do, counted as the calls arrive.
 *
 * A write is a call of POST /users/invite, /chats or /chats/{id}/messages. It is accepted when it
 * took effect, whatever its caller was told, else refused. Spacing is measured between the
 * arrivals of all writes of an account. Memory is bounded: one digest per accepted write, two
 * moments per account, one counter per millisecond of gap. */
#ifndef SAM_SIMULATOR_JUDGE_H
#define SAM_SIMULATOR_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "tests/simulator/world.h"

/* Gaps of this length and longer are not told apart. */
#define JUDGE_SPACING_MAX_MS INT64_C(600000)

struct judge;

struct judge *judge_new(void);
void judge_free(struct judge *j);
SAM_DEFINE_FREEP(judge)
void judge_reset(struct judge *j);

struct judge_write {
    struct account *account; /* NULL = unknown */
    struct person *person;   /* NULL = unknown */
    bool is_invitation;
    const char *text; /* NULL = none */
    bool accepted;
    int64_t arrived_us; /* monotonic */
    int64_t at_ms;
};

void judge_write(struct judge *j, const struct judge_write *write);

/* Adds the verdict as a JSON object. spacing_ms is in 0..JUDGE_SPACING_MAX_MS. */
void judge_audit(const struct judge *j, const struct list *accounts, int64_t spacing_ms,
                 struct buf *out);

#endif
