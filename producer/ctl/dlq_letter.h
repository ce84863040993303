/* producer/ctl/dlq_letter.h - one record of dlq.sam.jobs, as an operator sees it. Its value is
 * never shown: whoever wrote it may have put anything there. */
#ifndef SAM_CTL_DLQ_LETTER_H
#define SAM_CTL_DLQ_LETTER_H

#include "common/adapters/kafka.h"
#include "common/model/record.h"
#include "producer/ctl/ctl.h"
#include "producer/ctl/log_place.h"

#define DLQ_TOPIC_BYTES 256 /* Kafka allows 249 */

struct dlq_letter {
    struct log_place place;
    int64_t at_ms;
    char topic[DLQ_TOPIC_BYTES]; /* where it stood; "" = nobody says */
    struct log_place from;       /* in that topic; -1:-1 = nobody says */
    char account[64];            /* the key; "" = none */
    char type[64];               /* ce_type; "" = none */
    char reason[RECORD_WHY_BYTES];
    int64_t bytes;                  /* of the value as it came */
    char cut[16];                   /* what of it is not kept whole; "" = all is */
    char refused[RECORD_WHY_BYTES]; /* why this release does not read it either; "" = it does */
};

void dlq_letter_read(const struct ctl *c, const struct kafka_record *record,
                     struct dlq_letter *ret);
/* Why the record cannot be put back, as what follows "it "; false: it can. */
bool dlq_letter_is_lost(const struct ctl *c, const struct dlq_letter *letter,
                        char why[RECORD_WHY_BYTES]);

#endif
