/* tests/simulator/judge.h - what SAM must never do, counted as the calls arrive.
 *
 * A write is a call of POST /users/invite, /chats or /chats/{id}/messages. It is accepted when it
 * took effect, whatever its caller was told, else refused. Spacing is measured between the
 * arrivals of all writes of an account; days are those of UTC. Memory is bounded: one digest per
 * accepted write, a few numbers per account, one counter per millisecond of gap and per number of
 * writes a day. */
#ifndef SAM_SIMULATOR_JUDGE_H
#define SAM_SIMULATOR_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "tests/simulator/world.h"

/* Gaps of this length and longer are not told apart. */
#define JUDGE_SPACING_MAX_MS INT64_C(600000)
/* Nor are numbers of writes a day above this. */
#define JUDGE_CAP_MAX INT64_C(100000)

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
    int64_t arrived_us; /* monotonic, and moved on with the simulator's clock */
    int64_t at_ms;
};

/* What the caller of the audit holds to be right. */
struct judge_bounds {
    int64_t spacing_ms; /* 0..JUDGE_SPACING_MAX_MS */
    int64_t daily_cap;  /* 0..JUDGE_CAP_MAX */
};

void judge_write(struct judge *j, const struct judge_write *write);

/* Adds the verdict as a JSON object. */
void judge_audit(const struct judge *j, const struct list *accounts,
                 const struct judge_bounds *bounds, struct buf *out);

#endif
