/* producer/ctl/preview.h - the texts of a campaign as one person would get them. */
#ifndef SAM_CTL_PREVIEW_H
#define SAM_CTL_PREVIEW_H

#include "common/adapters/pg.h"
#include "common/base/buf.h"
#include "common/base/uuid.h"
#include "producer/texts.h"

/* Columns that preview_person() reads, of people p and their account a, in this order. */
#define PREVIEW_PERSON_COLUMNS                                                                     \
    "p.first_name, p.last_name, p.company, p.title, p.custom::text, a.plan "
#define PREVIEW_PERSON_COLUMNS_COUNT 6

/* Borrows from the result. */
struct texts_person preview_person(const struct pg_result *r, int row, int first_col,
                                   enum note_limit on_limit);

#define PREVIEW_PROBLEM_BYTES 160

/* Renders, and tells what was done to a note; false: problem says why the text cannot be sent
 * ("first_name is missing"). */
bool preview_render(const struct texts_campaign *texts, size_t step,
                    const struct texts_person *person, struct buf *out, enum note_done *ret_note,
                    char problem[PREVIEW_PROBLEM_BYTES]);

#endif
