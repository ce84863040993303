#include "common/model/campaign_file.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/calendar.h"
#include "common/model/campaign_keys.h"
#include "common/model/subdivision.h"

#include "common/base/banned.h"

#define GIVE_UP_MS (21 * DAY_MS)

/* Only where the user left it out: a bad one has been told. */
static void fill_timezone(struct campaign_reader *r, struct json_object *root)
{
    char zones[2000];
    struct campaign_file *f = r->f;
    struct json_object *given = NULL;
    if (!f->country[0] || (json_object_object_get_ex(root, "timezone", &given) && given))
        return;
    size_t count = country_zones(f->country, zones, sizeof(zones));
    if (count == 1)
        f->timezone = sam_xstrdup(zones);
    else if (count == 0)
        problems_add(r->problems, "%s: timezone: missing; %s has none of its own, name one%s",
                     r->label, f->country,
                     strcmp(f->country, "XK") == 0 ? " (Europe/Belgrade)" : "");
    else
        problems_add(r->problems, "%s: timezone: missing; %s has several: %s", r->label, f->country,
                     zones);
}

/* A mistyped one would send on its holidays. */
static void check_subdivision(struct campaign_reader *r)
{
    const struct campaign_file *f = r->f;
    if (!f->country[0] || !f->subdivision || subdivision_known(f->country, f->subdivision))
        return;
    SAM_CLEANUP(buf_deinit) struct buf why = BUF_INIT(4000);
    subdivision_unknown(f->country, f->subdivision, &why);
    problems_add(r->problems, "%s: subdivision: %s", r->label, buf_text(&why));
}

struct campaign_file *campaign_file_parse(const char *label, const char *json, size_t n,
                                          struct problems *problems)
{
    size_t before = problems->count + problems->dropped;
    if (n > CAMPAIGN_FILE_MAX_BYTES) {
        problems_add(problems, "%s: larger than 1 MiB", label);
        return NULL;
    }
    struct json_object *root = campaign_json_parse(label, json, n, problems);
    if (!root)
        return NULL;
    struct campaign_file *f = sam_xcalloc(1, sizeof(*f));
    *f = (struct campaign_file){.opens_minute = 9 * 60,
                                .closes_minute = 17 * 60,
                                .weekend_mask = -1,
                                .holidays = true,
                                .on_note_limit = NOTE_HOLD,
                                .give_up_after_ms = GIVE_UP_MS,
                                .end_at_ms = TIME_NEVER_MS};
    struct campaign_reader r = {.label = label, .problems = problems, .f = f};
    campaign_keys_read(&r, root);
    campaign_messages_read(&r);
    fill_timezone(&r, root);
    check_subdivision(&r);
    if (f->end_at_ms <= f->start_at_ms)
        campaign_bad(&r, "end_at", "must be later than start_at");
    json_object_put(root);
    if (problems->count + problems->dropped > before) {
        campaign_file_free(f);
        return NULL;
    }
    return f;
}

void campaign_file_free(struct campaign_file *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->accounts_count; i++)
        free(f->accounts[i]);
    free(f->accounts);
    campaign_steps_deinit(f->steps, f->steps_count);
    free(f->workspace);
    free(f->name);
    free(f->subdivision);
    free(f->timezone);
    free(f);
}
