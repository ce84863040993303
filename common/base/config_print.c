#include <inttypes.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/config.h"

#include "common/base/banned.h"

static bool quoted(enum config_type type)
{
    return type == CONFIG_TEXT || type == CONFIG_SECRET || type == CONFIG_CHOICE ||
           type == CONFIG_DURATION;
}

static void add_default(const struct config_key *k, struct buf *out)
{
    const char *text = k->fallback ? k->fallback : "";
    if (k->type == CONFIG_LIST)
        buf_addf(out, "[ ]");
    else
        buf_addf(out, quoted(k->type) ? "\"%s\"" : "%s", text);
}

void config_sample(const struct config_key *keys, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_key *k = &keys[i];
        bool first = i == 0 || strcmp(keys[i - 1].section, k->section) != 0;
        bool last = i + 1 == count || strcmp(keys[i + 1].section, k->section) != 0;
        if (first)
            buf_addf(out, "%s%s: {\n", i ? "\n" : "", k->section);
        buf_addf(out, "  // %s%s\n", k->help, k->fallback ? "" : " (required)");
        if (k->type == CONFIG_SECRET)
            buf_addf(out, "  // or %s_file = \"path\";\n", k->key);
        buf_addf(out, "  %s%s = ", k->fallback && k->type != CONFIG_SECRET ? "" : "// ", k->key);
        add_default(k, out);
        buf_adds(out, ";\n");
        if (last)
            buf_adds(out, "};\n");
    }
}

static void add_value(const struct config_key *k, const void *values, struct buf *out)
{
    const char *place = (const char *)values + k->offset;
    char duration[DURATION_TEXT_BYTES];
    switch (k->type) {
    case CONFIG_TEXT:
    case CONFIG_CHOICE:
        buf_addf(out, "\"%s\"", *(const char *const *)(const void *)place);
        break;
    case CONFIG_SECRET: {
        const char *text = *(const char *const *)(const void *)place;
        buf_adds(out, text && *text ? "\"****\"" : "\"\"");
        break;
    }
    case CONFIG_LIST: {
        /* librdkafka properties may be passwords: names only */
        const char *const *list = *(const char *const *const *)(const void *)place;
        buf_adds(out, "[");
        for (size_t i = 0; list && list[i]; i++)
            buf_addf(out, "%s\"%.*s=****\"", i ? ", " : " ", (int)strcspn(list[i], "="), list[i]);
        buf_adds(out, " ]");
        break;
    }
    case CONFIG_DURATION:
        duration_format(*(const int64_t *)(const void *)place, duration);
        buf_addf(out, "\"%s\"", duration);
        break;
    case CONFIG_INT:
        buf_add_i64(out, *(const int64_t *)(const void *)place);
        break;
    case CONFIG_BOOL:
        buf_adds(out, *(const bool *)(const void *)place ? "true" : "false");
        break;
    }
}

void config_print(const struct config_key *keys, size_t count, const void *values,
                  const struct config_source *sources, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, "%s.%s = ", keys[i].section, keys[i].key);
        add_value(&keys[i], values, out);
        buf_addf(out, "  // %s\n", sources[i].text);
    }
}

static const char *type_text(const struct config_key *k)
{
    switch (k->type) {
    case CONFIG_TEXT:
        return "text";
    case CONFIG_SECRET:
        return "secret";
    case CONFIG_CHOICE:
        return k->choices;
    case CONFIG_LIST:
        return "list";
    case CONFIG_DURATION:
        return "duration";
    case CONFIG_INT:
        return "number";
    case CONFIG_BOOL:
        return "true|false";
    }
    return "?";
}

static void add_range(const struct config_key *k, struct buf *out)
{
    char low[DURATION_TEXT_BYTES];
    char high[DURATION_TEXT_BYTES];
    if (k->min == 0 && k->max == 0)
        return;
    duration_format(k->min, low);
    duration_format(k->max, high);
    if (k->type == CONFIG_DURATION)
        buf_addf(out, "%s to %s", low, high);
    else
        buf_addf(out, "%" PRId64 " to %" PRId64, k->min, k->max);
}

static void add_upper(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_addc(out, *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text);
}

/* A bar would end the table's cell. */
static void add_choices(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_addc(out, '\\');
        buf_addc(out, *text);
    }
}

void config_document(const struct config_key *keys, size_t count, struct buf *out)
{
    buf_adds(out, "| key | environment | type | default | range | meaning |\n"
                  "| --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < count; i++) {
        const struct config_key *k = &keys[i];
        buf_addf(out, "| `%s.%s` | `SAM_", k->section, k->key);
        add_upper(out, k->section);
        buf_addc(out, '_');
        add_upper(out, k->key);
        buf_adds(out, "` | ");
        add_choices(out, type_text(k));
        buf_addf(out, " | %s%s%s | ", k->fallback ? "`" : "required",
                 k->fallback ? k->fallback : "", k->fallback ? "`" : "");
        add_range(k, out);
        buf_addf(out, " | %s |\n", k->help);
    }
}
