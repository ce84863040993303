#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "common/model/campaign_keys.h"
#include "common/model/invisible.h"
#include "common/model/template.h"
#include "common/model/text_limit.h"

#include "common/base/banned.h"

#define AFTER_ACCEPTANCE_MS DAY_MS
#define AFTER_SEND_MS       (3 * DAY_MS)

static int64_t default_after(const struct campaign_file *f, size_t step)
{
    if (step == 0)
        return 0;
    return f->type == CAMPAIGN_CONNECTOR && step == 1 ? AFTER_ACCEPTANCE_MS : AFTER_SEND_MS;
}

/* The text, not checked; NULL when there is none, with the problem. */
static const char *read_step_object(struct campaign_reader *r, const char *path,
                                    struct json_object *v, struct campaign_step *step)
{
    struct json_object *text = NULL;
    json_object_object_foreach(v, name, value)
    {
        char key[120];
        (void)snprintf(key, sizeof(key), "%s.%.30s", path, name);
        if (strcmp(name, "after") == 0 && r->f->steps_count > 0)
            (void)campaign_duration(r, key, value, &step->after_ms);
        else if (strcmp(name, "after") == 0)
            campaign_bad(r, key, "the first message has nothing to come after");
        else if (strcmp(name, "text") != 0)
            campaign_bad(r, key, "no such key");
    }
    if (json_object_object_get_ex(v, "text", &text)) {
        char key[120];
        (void)snprintf(key, sizeof(key), "%s.text", path);
        return campaign_string(r, key, text);
    }
    campaign_bad(r, path, "text is missing");
    return NULL;
}

/* What is longer than the limit before any variable is filled in fits nobody (P7). */
static void check_length(struct campaign_reader *r, const char *path, const struct template *t,
                         bool note)
{
    size_t length = template_literal_length(t);
    if (length > MESSAGE_LENGTH_MAX)
        problems_add(r->problems, "%s: %s: has %zu characters without its variables, %d at most",
                     r->label, path, length, MESSAGE_LENGTH_MAX);
    else if (note && length > NOTE_LENGTH_MAX_PAID && r->f->on_note_limit == NOTE_HOLD)
        problems_add(r->problems,
                     "%s: %s: has %zu characters without its variables, a note has %d at most (%d "
                     "of a free account); shorten it, or set on_note_limit",
                     r->label, path, length, NOTE_LENGTH_MAX_PAID, NOTE_LENGTH_MAX_FREE);
}

static void check_text(struct campaign_reader *r, const char *path,
                       const struct campaign_step *step)
{
    char label[240];
    const char *seen = step->text;
    bool note = text_limit_note(step->message_type);
    if (!note && utf8_valid(seen, strlen(seen)) && invisible_trim(&seen) == 0) {
        campaign_bad(r, path, "the text is empty");
        return;
    }
    (void)snprintf(label, sizeof(label), "%.150s: %s", r->label, path);
    struct template *t SAM_CLEANUP(template_freep) =
        template_compile(label, step->text, r->problems);
    if (t)
        check_length(r, path, t, note);
}

static void read_step(struct campaign_reader *r, const char *type, struct json_object *v)
{
    char path[80];
    const char *text = NULL;
    struct campaign_step *step = &r->f->steps[r->f->steps_count];
    *step = (struct campaign_step){.after_ms = default_after(r->f, r->f->steps_count)};
    (void)snprintf(step->message_type, sizeof(step->message_type), "%s", type);
    (void)snprintf(path, sizeof(path), "message_templates.%s", type);
    if (json_object_is_type(v, json_type_string))
        text = campaign_string(r, path, v);
    else if (json_object_is_type(v, json_type_object))
        text = read_step_object(r, path, v, step);
    else
        campaign_bad(r, path, "must be a text, or {\"after\": …, \"text\": …}");
    step->text = sam_xstrdup(text ? text : "");
    if (text)
        check_text(r, path, step);
    r->f->steps_count++;
}

/* The message type of a step: connection_request, follow_up_1 … | direct_message_1 … */
static void type_of_step(const struct campaign_file *f, size_t step, char out[32])
{
    if (f->type == CAMPAIGN_MESSENGER)
        (void)snprintf(out, 32, "direct_message_%zu", step + 1);
    else if (step == 0)
        (void)snprintf(out, 32, "connection_request");
    else
        (void)snprintf(out, 32, "follow_up_%zu", step);
}

/* A file without a usable type is read as what its first message says: its texts are checked all
 * the same. */
static bool guess_type(struct campaign_reader *r)
{
    bool connector = json_object_object_get_ex(r->templates, "connection_request", NULL);
    r->f->type = connector ? CAMPAIGN_CONNECTOR : CAMPAIGN_MESSENGER;
    return connector || json_object_object_get_ex(r->templates, "direct_message_1", NULL);
}

void campaign_messages_read(struct campaign_reader *r)
{
    char type[32];
    struct json_object *v = NULL;
    if (!r->templates || (!r->has_type && !guess_type(r)))
        return;
    for (size_t i = 0; i < CAMPAIGN_STEPS_MAX; i++) {
        type_of_step(r->f, i, type);
        if (!json_object_object_get_ex(r->templates, type, &v))
            break;
        read_step(r, type, v);
    }
    if (r->f->steps_count == 0) {
        type_of_step(r->f, 0, type);
        problems_add(r->problems, "%s: message_templates.%s: missing", r->label, type);
    }
    json_object_object_foreach(r->templates, name, value)
    {
        bool known = false;
        (void)value;
        for (size_t i = 0; i < r->f->steps_count; i++)
            known = known || strcmp(r->f->steps[i].message_type, name) == 0;
        if (!known) {
            type_of_step(r->f, r->f->steps_count, type);
            problems_add(r->problems,
                         "%s: message_templates.%.60s: not a message of a %s campaign, or out of "
                         "turn (the next one is %s; 20 at most)",
                         r->label, name, campaign_type_name(r->f->type), type);
        }
    }
}
