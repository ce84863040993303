#include "producer/texts.h"

#include <glib.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/model/people_column.h"
#include "common/model/text_limit.h"

#include "common/base/banned.h"

#define CAMPAIGNS_MAX 1024 /* then all are forgotten and compiled anew */

struct texts_campaign {
    struct uuid id;
    char *steps_json;
    struct campaign_step steps[CAMPAIGN_STEPS_MAX];
    struct template *templates[CAMPAIGN_STEPS_MAX];
    size_t count;
};

struct texts {
    GHashTable *campaigns; /* struct uuid in the campaign -> struct texts_campaign */
};

static void campaign_free(gpointer p)
{
    struct texts_campaign *c = p;
    for (size_t i = 0; i < c->count; i++)
        template_free(c->templates[i]);
    campaign_steps_deinit(c->steps, c->count);
    free(c->steps_json);
    free(c);
}

struct texts *texts_new(void)
{
    struct texts *t = sam_xcalloc(1, sizeof(*t));
    t->campaigns = g_hash_table_new_full(uuid_hash, uuid_same, NULL, campaign_free);
    return t;
}

void texts_free(struct texts *t)
{
    if (!t)
        return;
    g_hash_table_destroy(t->campaigns);
    free(t);
}

static struct texts_campaign *compile(const struct uuid *id, const char *steps_json, char *why,
                                      size_t why_bytes)
{
    struct problems problems = PROBLEMS_INIT;
    struct texts_campaign *c = sam_xcalloc(1, sizeof(*c));
    c->id = *id;
    c->steps_json = sam_xstrdup(steps_json);
    if (campaign_steps_from_json(steps_json, strlen(steps_json), c->steps, &c->count) != 0) {
        c->count = 0;
        problems_add(&problems, "campaigns.steps cannot be read");
    }
    for (size_t i = 0; i < c->count; i++)
        c->templates[i] = template_compile(c->steps[i].message_type, c->steps[i].text, &problems);
    if (problems.count > 0) {
        (void)snprintf(why, why_bytes, "%s", problems.lines[0]);
        campaign_free(c);
        c = NULL;
    }
    problems_deinit(&problems);
    return c;
}

struct texts_campaign *texts_campaign(struct texts *t, const struct uuid *campaign_id,
                                      const char *steps_json, char *why, size_t why_bytes)
{
    struct texts_campaign *c = g_hash_table_lookup(t->campaigns, campaign_id);
    if (c && strcmp(c->steps_json, steps_json) == 0)
        return c;
    c = compile(campaign_id, steps_json, why, why_bytes);
    if (!c)
        return NULL;
    (void)g_hash_table_replace(t->campaigns, &c->id, c);
    return c;
}

void texts_trim(struct texts *t)
{
    if (g_hash_table_size(t->campaigns) >= CAMPAIGNS_MAX)
        g_hash_table_remove_all(t->campaigns);
}

size_t texts_steps(const struct texts_campaign *c)
{
    return c->count;
}

const struct campaign_step *texts_step(const struct texts_campaign *c, size_t step)
{
    return &c->steps[step];
}

static const char *custom_value(void *ctx, const char *name)
{
    struct json_object *value = NULL;
    struct json_object *custom = ctx;
    if (!json_object_is_type(custom, json_type_object))
        return NULL;
    if (json_object_object_get_ex(custom, name, &value))
        return value ? json_object_get_string(value) : NULL;
    json_object_object_foreach(custom, key, other)
    {
        if (other && people_column_same(key, name))
            return json_object_get_string(other);
    }
    return NULL;
}

/* A note above its limit: by the campaign's choice the invitation goes without it, or cut. */
static enum template_result shorten(const struct template *t, const struct template_values *values,
                                    const struct texts_person *person, struct buf *out,
                                    struct texts_result *ret)
{
    size_t limit = text_limit_max(NOTE_MESSAGE_TYPE, person->plan);
    enum template_result r = TEMPLATE_TOO_LONG;
    if (person->on_limit == NOTE_WITHOUT) {
        buf_reset(out);
        r = TEMPLATE_OK;
    } else if (person->on_limit == NOTE_CUT) {
        r = template_render(t, values, MESSAGE_LENGTH_MAX, out, ret->detail, sizeof(ret->detail));
        if (r == TEMPLATE_OK)
            text_limit_cut(out, limit);
    }
    if (r == TEMPLATE_OK)
        ret->note = out->len > 0 ? NOTE_CUT_SHORT : NOTE_LEFT_OUT;
    return r;
}

enum template_result texts_render(const struct texts_campaign *c, size_t step,
                                  const struct texts_person *person, struct buf *out,
                                  struct texts_result *ret)
{
    const char *type = c->steps[step].message_type;
    struct json_object *custom = NULL;
    struct template_values values = {.first_name = person->first_name,
                                     .last_name = person->last_name,
                                     .company = person->company,
                                     .title = person->title};
    if (person->custom_json && *person->custom_json) {
        custom = json_tokener_parse(person->custom_json);
        values.custom = custom_value;
        values.custom_ctx = custom;
    }
    const struct template *t = c->templates[step];
    ret->note = NOTE_AS_WRITTEN;
    enum template_result r = template_render(t, &values, text_limit_max(type, person->plan), out,
                                             ret->detail, sizeof(ret->detail));
    if (r == TEMPLATE_TOO_LONG && text_limit_note(type))
        r = shorten(t, &values, person, out, ret);
    json_object_put(custom);
    return r;
}
