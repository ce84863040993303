/* common/model/campaign_file.h - a campaign as its user writes it (JSON, one file), checked.
 *
 * Checked by a table in C: unknown and doubled keys, types, ranges, variables, lengths, zones; all
 * problems at once, with the key they concern. Defaults are filled in. Whether accounts and
 * workspace exist, only the database knows: samctl asks there. */
#ifndef SAM_MODEL_CAMPAIGN_FILE_H
#define SAM_MODEL_CAMPAIGN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/problems.h"
#include "common/model/status.h"

#define CAMPAIGN_STEPS_MAX      20
#define CAMPAIGN_ACCOUNTS_MAX   1000
#define CAMPAIGN_FILE_MAX_BYTES (1 << 20)
#define CONTACT_AGAIN_MIN_MS    (30 * DAY_MS) /* sooner, a first contact is a nuisance */

/* One message of the sequence; index 0 is connection_request or direct_message_1. */
struct campaign_step {
    char message_type[32]; /* connection_request, follow_up_N, direct_message_N */
    char *text;            /* owned; "" = invitation without a note */
    int64_t after_ms;      /* after acceptance or the previous send; 0 for step 0 */
};

struct campaign_file {
    char *workspace; /* NULL = the only one */
    char *name;
    enum campaign_type type;
    char **accounts;
    size_t accounts_count;
    char country[3];
    char *subdivision; /* NULL = none */
    char *timezone;    /* filled in from the country when it has one zone */
    int opens_minute;
    int closes_minute;
    int weekend_mask; /* -1 = the country's */
    bool holidays;
    enum note_limit on_note_limit;
    int64_t give_up_after_ms;
    int64_t start_at_ms;            /* 0 = at once */
    int64_t end_at_ms;              /* TIME_NEVER_MS = none */
    int64_t daily_cap;              /* 0 = none */
    int64_t contact_again_after_ms; /* since our last message to the human; 0 = never */
    struct campaign_step steps[CAMPAIGN_STEPS_MAX];
    size_t steps_count;
};

/* label: the file's name for the problem lines ("spring.json: hours.to: …"). NULL when there was a
 * problem; else owned by the caller. JSON syntax errors name line and column. */
struct campaign_file *campaign_file_parse(const char *label, const char *json, size_t n,
                                          struct problems *problems);
void campaign_file_free(struct campaign_file *f);
SAM_DEFINE_FREEP(campaign_file)

/* The campaign as a file of one line, defaults filled in: what campaign_file_parse reads as the
 * same campaign. Keys without a value (workspace, end_at, …) are left out. */
void campaign_file_write(const struct campaign_file *f, struct buf *out);

/* The steps as the JSON array that campaigns.steps keeps: [{"message_type","text","after_ms"}]. */
char *campaign_steps_to_json(const struct campaign_step *steps, size_t count);
/* Reads that array; at most CAMPAIGN_STEPS_MAX. 0 done (texts owned by the caller: free with
 * campaign_steps_deinit); -EINVAL not such an array, nothing is changed. */
SAM_MUSTCHECK int campaign_steps_from_json(const char *json, size_t n,
                                           struct campaign_step *ret_steps, size_t *ret_count);
void campaign_steps_deinit(struct campaign_step *steps, size_t count);

#endif
