/* producer/ctl/waiting_texts.h - after an edit, the texts of items that wait are rendered anew, in
 * place; also of those whose jobs are in Kafka, since a job carries no text. */
#ifndef SAM_CTL_WAITING_TEXTS_H
#define SAM_CTL_WAITING_TEXTS_H

#include <stdint.h>

#include "common/base/uuid.h"
#include "producer/ctl/ctl.h"
#include "producer/ctl/preview.h"
#include "producer/ctl/schedule.h"

struct waiting_texts {
    const struct uuid *campaign_id;
    const struct uuid *prospect_id;  /* NULL = all people */
    const struct schedule *accounts; /* locked */
    /* results */
    int64_t changed;
    int64_t held; /* people whose text cannot be sent: on hold now */
    int64_t gone; /* items whose message the campaign no longer has: cancelled */
    char problem[PREVIEW_PROBLEM_BYTES]; /* of the first who is held */
};

/* Inside a change, after the campaign was written. */
SAM_MUSTCHECK enum pg_failure waiting_texts_refresh(struct waiting_texts *w, struct ctl *c);

#endif
