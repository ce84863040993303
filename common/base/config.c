#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/base/config_internal.h"

#include "common/base/banned.h"

#define SECRET_MAX_BYTES 4096
#define LIST_MAX         256

void config_env_name(const struct config_key *k, const char *suffix, char *out, size_t bytes)
{
    (void)snprintf(out, bytes, "SAM_%s_%s%s", k->section, k->key, suffix);
    for (char *c = out; *c; c++)
        *c = (char)toupper((unsigned char)*c);
}

bool config_may_be_in_a_file(const struct config_key *k)
{
    return k->type == CONFIG_SECRET || k->type == CONFIG_CONNINFO;
}

void config_where_in_file(const struct config_load *l, const config_setting_t *s, char *out,
                          size_t bytes)
{
    const char *included = config_setting_source_file(s);
    (void)snprintf(out, bytes, "%s:%u", included ? included : l->path,
                   config_setting_source_line(s));
}

static void bad(struct config_load *l, const struct config_key *k, const char *where,
                const char *what)
{
    problems_add(l->problems, "%s: %s.%s: %s", where, k->section, k->key, what);
}

bool config_in_range(const struct config_key *k, int64_t v, char *why, size_t why_bytes)
{
    char low[DURATION_TEXT_BYTES];
    char high[DURATION_TEXT_BYTES];
    bool bounded = k->min != 0 || k->max != 0;
    if (v >= k->min && (!bounded || v <= k->max))
        return true;
    if (k->type == CONFIG_DURATION || k->type == CONFIG_KEPT) {
        duration_format(k->min, low);
        duration_format(k->max, high);
        (void)snprintf(why, why_bytes, "out of range: %s to %s", low, high);
    } else if (bounded) {
        (void)snprintf(why, why_bytes, "out of range: %" PRId64 " to %" PRId64, k->min, k->max);
    } else {
        (void)snprintf(why, why_bytes, "must not be negative");
    }
    return false;
}

static void set_int(struct config_load *l, const struct config_key *k, const char *where, int64_t v)
{
    char why[160];
    if (config_in_range(k, v, why, sizeof(why)))
        memcpy(l->out + k->offset, &v, sizeof(v));
    else
        bad(l, k, where, why);
}

static void set_kept(struct config_load *l, const struct config_key *k, const char *where,
                     const char *text)
{
    const int64_t forever = CONFIG_FOREVER;
    int64_t ms = 0;
    if (strcmp(text, "forever") == 0)
        memcpy(l->out + k->offset, &forever, sizeof(forever));
    else if (duration_parse(text, &ms) != 0)
        bad(l, k, where, "must be a duration with its unit, like \"90d\", or \"forever\"");
    else
        set_int(l, k, where, ms);
}

static void set_text(struct config_load *l, const struct config_key *k, const char *text)
{
    char **place = (char **)(void *)(l->out + k->offset);
    free(*place);
    *place = sam_xstrdup(text);
}

static bool is_choice(const char *choices, const char *text)
{
    size_t n = strlen(text);
    for (const char *c = choices; c; c = strchr(c, '|')) {
        c += *c == '|' ? 1 : 0;
        if (strncmp(c, text, n) == 0 && (c[n] == '|' || c[n] == '\0'))
            return n > 0;
    }
    return false;
}

/* "a, b": of the environment and of defaults. */
static void set_list(struct config_load *l, const struct config_key *k, const char *where,
                     const char *text)
{
    char ***place = (char ***)(void *)(l->out + k->offset);
    char **list = sam_xcalloc(LIST_MAX + 1, sizeof(*list));
    size_t n = 0;
    for (text += strspn(text, " ,"); *text; text += strspn(text, " ,")) {
        size_t bytes = strcspn(text, ",");
        const char *next = text + bytes;
        while (text[bytes - 1] == ' ')
            bytes--;
        if (n == LIST_MAX) {
            bad(l, k, where, "has too many elements");
            break;
        }
        list[n] = sam_xmalloc(bytes + 1);
        memcpy(list[n], text, bytes);
        list[n++][bytes] = '\0';
        text = next;
    }
    *place = list;
}

static void set_number(struct config_load *l, const struct config_key *k, const char *where,
                       const char *text)
{
    char *end = NULL;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        bad(l, k, where, "must be a whole number");
    else
        set_int(l, k, where, v);
}

/* Text of any type: of the environment, of a default, of a string in the file. */
static void set_from_text(struct config_load *l, const struct config_key *k, const char *where,
                          const char *text)
{
    int64_t ms;
    bool yes;
    switch (k->type) {
    case CONFIG_TEXT:
    case CONFIG_CONNINFO:
    case CONFIG_SECRET:
        if (!k->fallback && !*text)
            bad(l, k, where, "must not be empty");
        else
            set_text(l, k, text);
        break;
    case CONFIG_CHOICE:
        if (is_choice(k->choices, text))
            set_text(l, k, text);
        else
            problems_add(l->problems, "%s: %s.%s: must be one of %s", where, k->section, k->key,
                         k->choices);
        break;
    case CONFIG_LIST:
    case CONFIG_PHRASES:
        set_list(l, k, where, text);
        break;
    case CONFIG_DURATION:
        if (duration_parse(text, &ms) != 0)
            bad(l, k, where, "must be a duration with its unit, like \"90s\", \"2m\", \"1h30m\"");
        else
            set_int(l, k, where, ms);
        break;
    case CONFIG_KEPT:
        set_kept(l, k, where, text);
        break;
    case CONFIG_INT:
        set_number(l, k, where, text);
        break;
    case CONFIG_BOOL:
        yes = strcmp(text, "true") == 0;
        if (!yes && strcmp(text, "false") != 0)
            bad(l, k, where, "must be true or false");
        else
            memcpy(l->out + k->offset, &yes, sizeof(yes));
        break;
    }
}

static bool is_list(const struct config_key *k)
{
    return k->type == CONFIG_LIST || k->type == CONFIG_PHRASES;
}

static const char *wanted(enum config_type type)
{
    switch (type) {
    case CONFIG_TEXT:
    case CONFIG_CONNINFO:
    case CONFIG_SECRET:
    case CONFIG_CHOICE:
        return "must be a text in quotes";
    case CONFIG_LIST:
    case CONFIG_PHRASES:
        return "must be a list of texts, like [ \"a\", \"b\" ]";
    case CONFIG_DURATION:
        return "must be a duration in quotes with its unit, like \"2m\"";
    case CONFIG_KEPT:
        return "must be a duration in quotes with its unit, like \"90d\", or \"forever\"";
    case CONFIG_INT:
        return "must be a whole number without quotes";
    case CONFIG_BOOL:
        return "must be true or false without quotes";
    }
    return "has the wrong type";
}

static void set_from_list(struct config_load *l, const struct config_key *k, const char *where,
                          const config_setting_t *s)
{
    int n = config_setting_length(s);
    char **list = sam_xcalloc((size_t)n + 1, sizeof(*list));
    for (int i = 0; i < n; i++) {
        const char *text = config_setting_get_string_elem(s, i);
        if (!text)
            bad(l, k, where, wanted(CONFIG_LIST));
        list[i] = sam_xstrdup(text ? text : "");
    }
    *(char ***)(void *)(l->out + k->offset) = list;
}

/* A value of the file, by the type that libconfig found. */
static void set_from_file(struct config_load *l, const struct config_key *k, const char *where,
                          const config_setting_t *s)
{
    int type = config_setting_type(s);
    bool yes;
    if (type == CONFIG_TYPE_STRING && k->type != CONFIG_INT && k->type != CONFIG_BOOL &&
        !is_list(k))
        set_from_text(l, k, where, config_setting_get_string(s));
    else if (k->type == CONFIG_INT && (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64))
        set_int(l, k, where, config_setting_get_int64(s));
    else if (k->type == CONFIG_BOOL && type == CONFIG_TYPE_BOOL) {
        yes = config_setting_get_bool(s) != 0;
        memcpy(l->out + k->offset, &yes, sizeof(yes));
    } else if (is_list(k) && (type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST))
        set_from_list(l, k, where, s);
    else
        bad(l, k, where, wanted(k->type));
}

/* 0, or a negative errno; a folder can be opened, but not read. */
static int read_secret(const char *path, char text[SECRET_MAX_BYTES], size_t *ret)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return -errno;
    errno = 0;
    *ret = fread(text, 1, SECRET_MAX_BYTES - 1, f);
    int e = ferror(f) ? -(errno ? errno : EIO) : 0;
    (void)fclose(f);
    text[*ret] = '\0';
    return e;
}

/* The first line of a secret's file, without the line's end. Never a part of it: a key that was cut
 * off would be refused by somebody who does not say why. */
static void set_from_secret_file(struct config_load *l, const struct config_key *k,
                                 const char *where, const char *path)
{
    char text[SECRET_MAX_BYTES];
    char why[100];
    size_t n = 0;
    int e = read_secret(path, text, &n);
    size_t line = e ? 0 : strcspn(text, "\r\n");
    if (e)
        (void)snprintf(why, sizeof(why), "cannot be read: %s", strerror(-e));
    else if (line == sizeof(text) - 1)
        (void)snprintf(why, sizeof(why), "has a first line of %zu bytes or more", line);
    else if (line < n && !text[line])
        (void)snprintf(why, sizeof(why), "is no text: there is a zero byte in it");
    else if (!line)
        (void)snprintf(why, sizeof(why), "has nothing in its first line");
    else {
        text[line] = '\0';
        set_text(l, k, text);
        return;
    }
    problems_add(l->problems,
                 "%s: %s.%s_file: %s %s; write the secret into its first line, or name another "
                 "file",
                 where, k->section, k->key, path, why);
}

static config_setting_t *lookup(struct config_load *l, const struct config_key *k,
                                const char *suffix)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s.%s%s", k->section, k->key, suffix);
    return l->has_file ? config_lookup(&l->file, path) : NULL;
}

static bool from_environment(struct config_load *l, const struct config_key *k,
                             struct config_source *src)
{
    char name[96];
    config_env_name(k, "", name, sizeof(name));
    const char *text = getenv(name);
    if (text) {
        (void)snprintf(src->text, sizeof(src->text), "environment %s", name);
        set_from_text(l, k, src->text, text);
    }
    config_env_name(k, "_FILE", name, sizeof(name));
    const char *path = config_may_be_in_a_file(k) ? getenv(name) : NULL;
    if (path) {
        (void)snprintf(src->text, sizeof(src->text), "environment %s", name);
        if (text)
            bad(l, k, src->text, "is set beside the variable without _FILE; keep one of them");
        else
            set_from_secret_file(l, k, src->text, path);
    }
    return text || path;
}

static void load_key(struct config_load *l, const struct config_key *k, struct config_source *src)
{
    if (from_environment(l, k, src))
        return;
    config_setting_t *s = lookup(l, k, "");
    config_setting_t *file = config_may_be_in_a_file(k) ? lookup(l, k, "_file") : NULL;
    if (s && file) {
        config_where_in_file(l, file, src->text, sizeof(src->text));
        problems_add(l->problems, "%s: %s.%s_file: stands beside %s; keep one of them", src->text,
                     k->section, k->key, k->key);
    } else if (s) {
        config_where_in_file(l, s, src->text, sizeof(src->text));
        set_from_file(l, k, src->text, s);
    } else if (file) {
        config_where_in_file(l, file, src->text, sizeof(src->text));
        if (config_setting_type(file) == CONFIG_TYPE_STRING)
            set_from_secret_file(l, k, src->text, config_setting_get_string(file));
        else
            problems_add(l->problems, "%s: %s.%s_file: must be a path in quotes", src->text,
                         k->section, k->key);
    } else if (k->fallback) {
        (void)snprintf(src->text, sizeof(src->text), "default");
        set_from_text(l, k, "default", k->fallback);
    } else {
        char name[96];
        config_env_name(k, "", name, sizeof(name));
        problems_add(l->problems, "%s: %s.%s: required; set it in the file or by %s",
                     l->path ? l->path : "config", k->section, k->key, name);
    }
}

static void read_file(struct config_load *l)
{
    struct stat st;
    if (stat(l->path, &st) == 0 && S_ISDIR(st.st_mode))
        problems_add(l->problems, "%s: is a folder, not a file", l->path);
    else if (config_read_file(&l->file, l->path) == CONFIG_TRUE) {
        l->has_file = true;
        config_report_file(l);
    } else if (config_error_type(&l->file) == CONFIG_ERR_FILE_IO) {
        problems_add(l->problems, "%s: cannot be read: %s", l->path, strerror(errno));
    } else {
        const char *included = config_error_file(&l->file);
        problems_add(l->problems, "%s:%d: %s", included ? included : l->path,
                     config_error_line(&l->file), config_error_text(&l->file));
    }
}

void config_load(const struct config_key *keys, size_t count, const char *path, void *out,
                 struct config_source *sources, struct problems *problems)
{
    struct config_load l = {
        .keys = keys, .count = count, .path = path, .out = out, .problems = problems};
    config_init(&l.file);
    if (path)
        read_file(&l);
    config_report_environment(&l);
    if (!path || l.has_file) { /* after a syntax error every key would be missing */
        for (size_t i = 0; i < count; i++) {
            size_t before = problems->count + problems->dropped;
            load_key(&l, &keys[i], &sources[i]);
            sources[i].good = problems->count + problems->dropped == before;
        }
    }
    config_destroy(&l.file);
}

void config_deinit(const struct config_key *keys, size_t count, void *out)
{
    for (size_t i = 0; i < count; i++) {
        void *place = (char *)out + keys[i].offset;
        if (is_list(&keys[i])) {
            char **list = *(char ***)place;
            for (size_t j = 0; list && list[j]; j++)
                free(list[j]);
            free(list);
        } else if (keys[i].type <= CONFIG_CHOICE) {
            free(*(char **)place);
        }
    }
}
