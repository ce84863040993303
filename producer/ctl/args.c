#include "producer/ctl/args.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

/* The place of an option in the spec; NULL = the command does not take it. */
static const char *find_spec(const char *spec, const char *name, size_t bytes)
{
    for (const char *p = spec; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " =*");
        if (n == bytes && strncmp(p, name, n) == 0)
            return p + n;
        p += strcspn(p, " ");
    }
    return NULL;
}

static bool given(const struct args *a, const char *name, size_t bytes)
{
    for (size_t i = 0; i < a->options_count; i++) {
        if (a->options[i].name_bytes == bytes && strncmp(a->options[i].name, name, bytes) == 0)
            return true;
    }
    return false;
}

/* argv[i] is --name or --name=value; *used: words that it took. */
static int add_option(struct args *a, char **argv, int left, const char *spec, int *used,
                      char why[ARGS_WHY_BYTES])
{
    const char *name = argv[0] + 2;
    size_t bytes = strcspn(name, "=");
    const char *value = name[bytes] ? name + bytes + 1 : NULL;
    const char *kind = find_spec(spec, name, bytes);
    *used = 1;
    if (!kind || bytes == 0) {
        (void)snprintf(why, ARGS_WHY_BYTES, "--%.*s is not an option of this command",
                       (int)(bytes > 60 ? 60 : bytes), name);
        return -EINVAL;
    }
    if (*kind != '=' && value) {
        (void)snprintf(why, ARGS_WHY_BYTES, "--%.*s takes no value", (int)bytes, name);
        return -EINVAL;
    }
    if (*kind == '=' && !value) {
        if (left < 2) {
            (void)snprintf(why, ARGS_WHY_BYTES, "--%.*s needs a value", (int)bytes, name);
            return -EINVAL;
        }
        value = argv[1];
        *used = 2;
    }
    if (!(kind[0] == '=' && kind[1] == '*') && given(a, name, bytes)) {
        (void)snprintf(why, ARGS_WHY_BYTES, "--%.*s is given twice", (int)bytes, name);
        return -EINVAL;
    }
    a->options[a->options_count++] = (struct args_option){name, bytes, value};
    return 0;
}

int args_parse(struct args *a, int argc, char **argv, const char *spec, char why[ARGS_WHY_BYTES])
{
    bool options = true;
    *a = (struct args){0};
    if (argc > ARGS_MAX) {
        (void)snprintf(why, ARGS_WHY_BYTES, "more than %d words", ARGS_MAX);
        return -EINVAL;
    }
    a->words = sam_xcalloc((size_t)argc + 1, sizeof(*a->words));
    a->options = sam_xcalloc((size_t)argc + 1, sizeof(*a->options));
    for (int i = 0; i < argc;) {
        int used = 1;
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && strncmp(argv[i], "--", 2) == 0) {
            int r = add_option(a, argv + i, argc - i, spec, &used, why);
            if (r)
                return r;
        } else if (options && argv[i][0] == '-' && argv[i][1]) {
            (void)snprintf(why, ARGS_WHY_BYTES, "%.60s is not an option of this command", argv[i]);
            return -EINVAL;
        } else {
            a->words[a->words_count++] = argv[i];
        }
        i += used;
    }
    return 0;
}

void args_deinit(struct args *a)
{
    free(a->words);
    free(a->options);
    *a = (struct args){0};
}

bool args_has(const struct args *a, const char *name)
{
    return given(a, name, strlen(name));
}

const char *args_get_nth(const struct args *a, const char *name, size_t n)
{
    size_t bytes = strlen(name);
    for (size_t i = 0; i < a->options_count; i++) {
        const struct args_option *o = &a->options[i];
        if (o->name_bytes == bytes && strncmp(o->name, name, bytes) == 0 && n-- == 0)
            return o->value;
    }
    return NULL;
}

const char *args_get(const struct args *a, const char *name)
{
    return args_get_nth(a, name, 0);
}

int args_number(const struct args *a, const char *name, int64_t min, int64_t max, int64_t *ret,
                char why[ARGS_WHY_BYTES])
{
    const char *text = args_get(a, name);
    char *end = NULL;
    if (!text)
        return 0;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno || end == text || *end || v < min || v > max) {
        (void)snprintf(why, ARGS_WHY_BYTES,
                       "--%s takes a whole number from %" PRId64 " to %" PRId64, name, min, max);
        return -EINVAL;
    }
    *ret = v;
    return 0;
}

int args_duration(const struct args *a, const char *name, int64_t *ret_ms, char why[ARGS_WHY_BYTES])
{
    const char *text = args_get(a, name);
    if (!text)
        return 0;
    if (duration_parse(text, ret_ms) != 0) {
        (void)snprintf(why, ARGS_WHY_BYTES, "--%s takes a duration with its unit, like 90s, 2m, 1d",
                       name);
        return -EINVAL;
    }
    return 0;
}
