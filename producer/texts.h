/* producer/texts.h - the messages of campaigns: compiled once, rendered per person.
 *
 * Used by the planner, and by samctl for previews. A cache keyed by campaign; an edited campaign
 * (other steps) is compiled anew. */
#ifndef SAM_PRODUCER_TEXTS_H
#define SAM_PRODUCER_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/uuid.h"
#include "common/model/campaign_file.h"
#include "common/model/status.h"
#include "common/model/template.h"

struct texts;
struct texts *texts_new(void);
void texts_free(struct texts *t);
SAM_DEFINE_FREEP(texts)

struct texts_campaign; /* borrowed from texts until texts_trim() */

/* steps_json: campaigns.steps. NULL when it cannot be used (why: one line). */
struct texts_campaign *texts_campaign(struct texts *t, const struct uuid *campaign_id,
                                      const char *steps_json, char *why, size_t why_bytes);
/* Forgets all campaigns when they have become many. Call it where none is borrowed. */
void texts_trim(struct texts *t);
size_t texts_steps(const struct texts_campaign *c);
/* step < texts_steps(). */
const struct campaign_step *texts_step(const struct texts_campaign *c, size_t step);

struct texts_person {
    const char *first_name; /* NULL or "" = not given, as below */
    const char *last_name;
    const char *company;
    const char *title;
    const char *custom_json;
    enum account_plan plan;   /* decides the length of a note */
    enum note_limit on_limit; /* the campaign's */
};

#define TEXTS_DETAIL_BYTES 120
struct texts_result {
    enum note_done note;             /* what was done to a note, when all is well */
    char detail[TEXTS_DETAIL_BYTES]; /* else a variable or a length, and never a value */
};

/* Renders one step for one person into out. TEMPLATE_OK, or why not. */
SAM_MUSTCHECK enum template_result texts_render(const struct texts_campaign *c, size_t step,
                                                const struct texts_person *person, struct buf *out,
                                                struct texts_result *ret);

#endif
