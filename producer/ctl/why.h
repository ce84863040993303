/* producer/ctl/why.h - the words of `samctl why`: what is so about a person, as an answer.
 *
 * Pure: why.c loads the facts and asks the policy. Each function fills in reason, next time and
 * detail; the message type is the caller's. */
#ifndef SAM_CTL_WHY_H
#define SAM_CTL_WHY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/model/calendar.h"
#include "common/model/job.h"
#include "common/model/reason.h"
#include "common/model/status.h"
#include "common/policy/decide.h"
#include "producer/ctl/preview.h"

#define WHY_DETAIL_BYTES 400

struct why_facts {
    enum person_status status;
    const char *status_reason; /* NULL = none, as are the others */
    const char *hold_reason;
    const char *halted_reason; /* of the ledger's partition of the account */
    const char *blocked_by;    /* place of the first event of the account that is set aside */
    bool first_sent;           /* start --first N: N are planned, the rest waits for an OK */
    int64_t now_ms;
    int64_t plan_at_ms;                       /* 0 = when something happens */
    int64_t give_up_at_ms;                    /* 0 = never */
    char text_problem[PREVIEW_PROBLEM_BYTES]; /* "" = the next text can be sent */
};

struct why_answer {
    char message_type[MESSAGE_TYPE_MAX + 1]; /* "" = none */
    char item_status[16];                    /* "" = not in the queue */
    enum reason reason;
    int64_t next_at_ms; /* 0 = not known, TIME_NEVER_MS = only a person or an event */
    char detail[WHY_DETAIL_BYTES];
    enum note_done note; /* of the item's note */
};

/* An item, with its own reason (in a->reason) and detail. */
void why_item(struct why_answer *a, const struct why_facts *so, enum item_status status,
              const char *detail);
/* An item that is pending or published, by the policy's verdict of now. busy: another one of the
 * account is on its way. */
void why_waiting(struct why_answer *a, const struct why_facts *so, enum item_status status,
                 bool busy, const struct verdict *v);
/* The next step's item is over, and says why; a person who is held behind it waits for somebody. */
void why_ended_item(struct why_answer *a, const struct why_facts *so);
/* The next step has no item; v: of one that it would have. */
void why_unplanned(struct why_answer *a, const struct why_facts *so, const struct verdict *v);
/* Names the holidays that the answer waits for the end of; a date that may move is said to. */
void why_holidays(struct why_answer *a, const struct why_facts *so, const struct calendar *c);
/* An invitation that nobody has accepted yet. */
void why_invited(struct why_answer *a, const struct why_facts *so);
/* Nothing more is sent to them. */
void why_ended(struct why_answer *a, const struct why_facts *so);

#endif
