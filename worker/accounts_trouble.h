/* worker/accounts_trouble.h - why sam.accounts is not up to date, for the log and the gauge.
 *
 * Each cause by itself: said when it comes or reads otherwise, ended by what has ended it and by
 * nothing else. So one that lasts is said once, whatever comes and goes beside it. */
#ifndef SAM_WORKER_ACCOUNTS_TROUBLE_H
#define SAM_WORKER_ACCOUNTS_TROUBLE_H

#include <stdint.h>

#include "common/base/log.h"

enum accounts_cause {
    ACCOUNTS_NO_TOPIC,
    ACCOUNTS_NO_PRODUCER,
    ACCOUNTS_NO_WALK, /* Postgres does not tell which accounts have changed */
    ACCOUNTS_NO_READ, /* nor how they stand */
    ACCOUNTS_REFUSED, /* Kafka has not taken the last record of an account */
    ACCOUNTS_FULL,    /* there are more than this worker tells about */
    ACCOUNTS_CAUSE_N
};

struct accounts_trouble {
    struct log *log; /* borrowed, as the topic's name */
    const char *topic;
    char said[ACCOUNTS_CAUSE_N][200]; /* "" = it is not so */
    int64_t since_ms;                 /* of the first of those that last; 0 = none does */
};

/* text: borrowed for the call. */
void accounts_trouble_is(struct accounts_trouble *t, enum accounts_cause cause, const char *text,
                         int64_t now_ms);
/* The cause is over, or never was. */
void accounts_trouble_over(struct accounts_trouble *t, enum accounts_cause cause);
/* How long the topic has not been up to date; 0 = it is. */
int64_t accounts_trouble_ms(const struct accounts_trouble *t, int64_t now_ms);

#endif
