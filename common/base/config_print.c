#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/config.h"

#include "common/base/banned.h"

static bool quoted(enum config_type type)
{
    return type == CONFIG_TEXT || type == CONFIG_CONNINFO || type == CONFIG_SECRET ||
           type == CONFIG_CHOICE || type == CONFIG_DURATION || type == CONFIG_KEPT;
}

static void add_setting(const struct config_key *k, const char *key, const char *text,
                        struct buf *out)
{
    buf_addf(out, quoted(k->type) ? "%s = \"%s\";\n" : "%s = %s;\n", key, text);
}

/* What a user has to fill in stands there with an example; a default stands as it is; an example
 * of a key that has a default is a comment. */
static void add_sample(const struct config_key *k, struct buf *out)
{
    char key[96];
    buf_addf(out, "  // %s%s", k->help, k->fallback ? "" : " (required)");
    if (k->type == CONFIG_CHOICE)
        buf_addf(out, ": %s", k->choices);
    buf_addc(out, '\n');
    (void)snprintf(key, sizeof(key), "%s_file", k->key);
    if (k->type == CONFIG_SECRET) {
        buf_adds(out, "  ");
        add_setting(k, key, k->example, out);
        buf_adds(out, "  // or ");
        add_setting(k, k->key, "...", out);
    } else if (k->type == CONFIG_LIST || k->type == CONFIG_PHRASES) {
        buf_addf(out, "  %s = [ ]; // e.g. [ \"%s\" ]\n", k->key, k->example);
    } else {
        buf_adds(out, "  ");
        add_setting(k, k->key, k->fallback ? k->fallback : k->example, out);
    }
}

void config_sample(const struct config_key *keys, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_key *k = &keys[i];
        bool first = i == 0 || strcmp(keys[i - 1].section, k->section) != 0;
        bool last = i + 1 == count || strcmp(keys[i + 1].section, k->section) != 0;
        if (first)
            buf_addf(out, "%s%s: {\n", i ? "\n" : "", k->section);
        add_sample(k, out);
        if (last)
            buf_adds(out, "};\n");
    }
}

/* A password ends with its quote, or with a blank (keywords) or & (URI). A backslash takes the
 * next character along, in quotes or not. */
static const char *skip_password(const char *p)
{
    const char *const end = *p == '\'' ? "'" : " \t\n&";
    p += *p == '\'' ? 1 : 0;
    for (; *p && !strchr(end, *p); p++)
        p += *p == '\\' && p[1] ? 1 : 0;
    return *p == '\'' ? p + 1 : p;
}

/* postgresql://user:PASSWORD@host: writes what stands before the host; returns the rest. */
static const char *add_user_of_uri(const char *text, struct buf *out)
{
    const char *host = strstr(text, "://");
    if (!host)
        return text;
    const char *user = host + 3;
    const char *at = strrchr(user, '@'); /* the last: a password may have been typed as it is */
    const char *colon = at ? memchr(user, ':', (size_t)(at - user)) : NULL;
    if (!colon)
        return text;
    buf_add(out, text, (size_t)(colon + 1 - text));
    buf_adds(out, "****");
    return at;
}

/* libpq's keywords or URI, without the passwords in it. */
static void add_conninfo(const char *text, struct buf *out)
{
    static const char word[] = "password";
    const size_t n = sizeof(word) - 1;
    for (const char *p = add_user_of_uri(text, out); *p;) {
        if (strncasecmp(p, word, n) != 0) {
            buf_addc(out, *p++);
            continue;
        }
        const char *value = p + n + strspn(p + n, " \t");
        if (*value == '=') {
            value += 1 + strspn(value + 1, " \t");
            buf_add(out, p, (size_t)(value - p));
            buf_adds(out, "****");
            p = skip_password(value);
        } else {
            buf_add(out, p, n);
            p += n;
        }
    }
}

size_t config_name_bytes(const char *line)
{
    return strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}

/* librdkafka's properties may be passwords: names only. */
static void add_list(const char *const *list, bool names_only, struct buf *out)
{
    buf_adds(out, "[");
    for (size_t i = 0; list && list[i]; i++) {
        size_t bytes = names_only ? config_name_bytes(list[i]) : strlen(list[i]);
        buf_addf(out, "%s\"%.*s%s\"", i ? ", " : " ", (int)bytes, list[i],
                 names_only ? "=****" : "");
    }
    buf_adds(out, " ]");
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
    case CONFIG_CONNINFO:
        buf_addc(out, '"');
        add_conninfo(*(const char *const *)(const void *)place, out);
        buf_addc(out, '"');
        break;
    case CONFIG_SECRET: {
        const char *text = *(const char *const *)(const void *)place;
        buf_adds(out, text && *text ? "\"****\"" : "\"\"");
        break;
    }
    case CONFIG_LIST:
    case CONFIG_PHRASES:
        add_list(*(const char *const *const *)(const void *)place, k->type == CONFIG_LIST, out);
        break;
    case CONFIG_DURATION:
        duration_format(*(const int64_t *)(const void *)place, duration);
        buf_addf(out, "\"%s\"", duration);
        break;
    case CONFIG_KEPT:
        if (*(const int64_t *)(const void *)place == CONFIG_FOREVER)
            (void)snprintf(duration, sizeof(duration), "forever");
        else
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
    case CONFIG_CONNINFO:
        return "text";
    case CONFIG_SECRET:
        return "secret";
    case CONFIG_CHOICE:
        return k->choices;
    case CONFIG_LIST:
    case CONFIG_PHRASES:
        return "list";
    case CONFIG_DURATION:
        return "duration";
    case CONFIG_KEPT:
        return "duration or forever";
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
    if (k->type == CONFIG_DURATION || k->type == CONFIG_KEPT)
        buf_addf(out, "%s to %s", low, high);
    else if (k->max == CONFIG_MANY)
        buf_addf(out, "%" PRId64 " or more", k->min);
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
        if (k->fallback && *k->fallback)
            buf_addf(out, " | `%s` | ", k->fallback);
        else
            buf_addf(out, " | %s | ", k->fallback ? "none" : "required");
        add_range(k, out);
        buf_addf(out, " | %s |\n", k->help);
    }
}
