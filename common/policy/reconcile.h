/* common/policy/reconcile.h - a send of which nobody knows whether it happened, and what Unipile
 * shows of it afterwards (design 3.9). Pure.
 *
 * What is found was sent. What is not found is believed only the second time, and the first time
 * only long after the call must have ended: Unipile shows some writes minutes later. In doubt
 * nothing is sent again. */
#ifndef SAM_POLICY_RECONCILE_H
#define SAM_POLICY_RECONCILE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"

/* By how much the network's clock and ours may differ; as REPLY_CLOCKS_MS. */
#define RECONCILE_CLOCKS_MS (2 * MINUTE_MS)
/* After start_by and the HTTP timeout: from then on nothing of a call can happen (our choice, for
 * what a proxy or a frozen machine may keep back). */
#define RECONCILE_MARGIN_MS (10 * SECOND_MS)

/* The attempts of an item that may have happened. */
struct reconcile_sought {
    const char *text;         /* as it was sent; NULL = not known: the item was restored */
    int64_t first_started_ms; /* of the earliest one, by the database's clock */
    int64_t over_ms;          /* of the latest one: start_by + HTTP timeout + RECONCILE_MARGIN_MS */
    int64_t unseen_ms;        /* when each of them was looked for first and not found; 0 = never */
};

/* Whatever became of their blanks. */
bool reconcile_same_text(const char *a, const char *b);

enum reconcile_match {
    RECONCILE_OTHER_TIME, /* it was not written by our call */
    RECONCILE_OTHER_TEXT, /* nor, it seems; but the network may have changed what we wrote */
    RECONCILE_OURS,
};

/* Is this message of the account's owner one of ours? By a moment at which it can have been written
 * (0 = not told: it can), and by its text, whatever became of its blanks; of a restored item by the
 * moment alone. */
enum reconcile_match reconcile_match(const struct reconcile_sought *sought, const char *text,
                                     int64_t at_ms);

#define RECONCILE_VERDICT_N 6
enum reconcile_verdict {
    RECONCILE_WAIT,     /* it is too early to tell */
    RECONCILE_SEEN,     /* it was sent */
    RECONCILE_TWICE,    /* it is there more than once: a person has to look */
    RECONCILE_UNSEEN,   /* not there for the first time */
    RECONCILE_NOT_SENT, /* nor the second time: it may go again */
    RECONCILE_ASK, /* a person decides: by worker.resend_unknown, or it is there with another text
                    */
};

struct reconcile_look {
    int64_t at_ms;    /* when it began, by the database's clock */
    int64_t after_ms; /* worker.reconcile_after */
    bool resend;      /* worker.resend_unknown */
    int64_t found;    /* how many of ours were there ... */
    int64_t others;   /* ... and of another text at such a moment */
};

enum reconcile_verdict reconcile_judge(const struct reconcile_sought *sought,
                                       const struct reconcile_look *look);

#endif
