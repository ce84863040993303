#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/config_internal.h"

#include "common/base/banned.h"

static bool known(const struct config_load *l, const char *section, const char *key)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct config_key *k = &l->keys[i];
        size_t n = strlen(k->key);
        if (strcmp(k->section, section) != 0)
            continue;
        if (!key || strcmp(k->key, key) == 0)
            return true;
        if (config_may_be_in_a_file(k) && strncmp(key, k->key, n) == 0 &&
            strcmp(key + n, "_file") == 0)
            return true;
    }
    return false;
}

static void report(struct config_load *l, const config_setting_t *s, const char *name,
                   const char *what)
{
    char where[160];
    config_where_in_file(l, s, where, sizeof(where));
    problems_add(l->problems, "%s: %s: %s (see `samctl config sample`)", where, name, what);
}

void config_report_file(struct config_load *l)
{
    config_setting_t *root = config_root_setting(&l->file);
    for (int i = 0; i < config_setting_length(root); i++) {
        config_setting_t *section = config_setting_get_elem(root, (unsigned)i);
        const char *name = config_setting_name(section);
        if (!known(l, name, NULL) || !config_setting_is_group(section)) {
            report(l, section, name,
                   known(l, name, NULL) ? "must be a section: { ... }" : "no such section");
            continue;
        }
        for (int j = 0; j < config_setting_length(section); j++) {
            config_setting_t *s = config_setting_get_elem(section, (unsigned)j);
            char path[160];
            (void)snprintf(path, sizeof(path), "%s.%s", name, config_setting_name(s));
            if (!known(l, name, config_setting_name(s)))
                report(l, s, path, "no such key");
        }
    }
}

static bool names_key(const struct config_key *k, const char *name, size_t n)
{
    char own[96];
    char file[96];
    config_env_name(k, "", own, sizeof(own));
    config_env_name(k, "_FILE", file, sizeof(file));
    return (strlen(own) == n && strncmp(own, name, n) == 0) ||
           (config_may_be_in_a_file(k) && strlen(file) == n && strncmp(file, name, n) == 0);
}

/* Kubernetes sets SAM_WORKER_SERVICE_HOST, SAM_WORKER_PORT_… for a Service named sam-worker. */
static bool is_service_link(const char *rest)
{
    return strncmp(rest, "SERVICE_", 8) == 0 || strncmp(rest, "PORT=", 5) == 0 ||
           strncmp(rest, "PORT_", 5) == 0;
}

static bool names_section(const struct config_key *k, const char *name)
{
    char section[96];
    int n = snprintf(section, sizeof(section), "SAM_%s_", k->section);
    return n > 0 && strncasecmp(section, name, (size_t)n) == 0 && !is_service_link(name + n);
}

/* SAM_LIMIT_SPACING: a key of ours in a section that is none. Passed over, the limit that somebody
 * meant to set would stay as it was. */
static bool names_key_elsewhere(const struct config_key *k, const char *name, size_t n)
{
    char own[96];
    size_t skip = strncmp(name, "SAM_", 4) == 0 ? 4 + strcspn(name + 4, "_=") : n;
    if (skip >= n)
        return false;
    for (int in_file = 0; in_file < (config_may_be_in_a_file(k) ? 2 : 1); in_file++) {
        config_env_name(k, in_file ? "_FILE" : "", own, sizeof(own));
        const char *key = own + strlen("SAM_") + strlen(k->section);
        if (strlen(key) == n - skip && strncmp(key, name + skip, n - skip) == 0)
            return true;
    }
    return false;
}

/* What is wrong with a variable of the environment, "NAME=value"; NULL = nothing. */
static const char *unknown_part(const struct config_load *l, const char *name)
{
    size_t n = strcspn(name, "=");
    bool section = false;
    bool elsewhere = false;
    for (size_t i = 0; i < l->count; i++) {
        if (names_key(&l->keys[i], name, n))
            return NULL;
        section = section || names_section(&l->keys[i], name);
        elsewhere = elsewhere || names_key_elsewhere(&l->keys[i], name, n);
    }
    if (section)
        return "key";
    return elsewhere ? "section" : NULL;
}

void config_report_environment(struct config_load *l)
{
    for (char **e = environ; *e; e++) {
        size_t n = strcspn(*e, "=");
        const char *unknown = unknown_part(l, *e);
        if (unknown)
            problems_add(l->problems, "environment %.*s: no such %s (see `samctl config sample`)",
                         (int)(n < 100 ? n : 100), *e, unknown);
    }
}
