#include "common/model/block_keys.h"

#include <errno.h>
#include <glib.h>
#include <json-c/json.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/model/fold.h"
#include "common/model/people_column.h"

#include "common/base/banned.h"

#define BETWEEN_ADDRESSES " \t\r\n,;|<>\"'()[]"
#define ARRAY_MAX_BYTES   (256 << 10)

#define KIND_NAME(id, name) name,
static const char *const kind_names[] = {BLOCK_KIND_MAP(KIND_NAME)};
#undef KIND_NAME

const char *block_kind_name(enum block_kind kind)
{
    return kind_names[kind];
}

int block_kind_parse(const char *text, enum block_kind *ret)
{
    for (size_t i = 0; i < BLOCK_KIND_N; i++) {
        if (strcmp(text, kind_names[i]) == 0) {
            *ret = (enum block_kind)i;
            return 0;
        }
    }
    return -EINVAL;
}

char *block_company(const char *text)
{
    SAM_CLEANUP(freep) char *words = fold_words(text);
    if (!words[strspn(words, " ")]) { /* "+++" is a name too */
        SAM_CLEANUP(freep) char *folded = fold_text(text);
        (void)g_strstrip(folded);
        return *folded ? sam_xstrdup(folded) : NULL;
    }
    return sam_xstrdup(g_strstrip(words));
}

static bool all_labels_good(const char *domain)
{
    bool letter = false;
    size_t dots = 0;
    for (const char *label = domain; *label;) {
        size_t n = strcspn(label, ".");
        if (n == 0 || n > 63 || strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != n)
            return false;
        letter = strspn(label, "0123456789") != n; /* of the last one: else an IP address */
        label += n;
        if (*label == '.') {
            label++;
            dots++;
        }
    }
    return dots > 0 && letter;
}

/* The host in what may be a URL or an e-mail address; changes the text. */
static char *host_of(char *text)
{
    char *scheme = strstr(text, "://");
    char *host = scheme ? scheme + 3 : text;
    if (g_ascii_strncasecmp(host, "mailto:", 7) == 0)
        host += 7;
    host[strcspn(host, "/?#\\")] = '\0';
    char *at = strrchr(host, '@');
    host = at ? at + 1 : host;
    host[strcspn(host, ":")] = '\0';
    size_t n = strlen(host);
    while (n > 0 && host[n - 1] == '.')
        host[--n] = '\0';
    return host;
}

char *block_domain(const char *text)
{
    SAM_CLEANUP(freep) char *copy = sam_xstrdup(text);
    char *host = host_of(g_strstrip(copy));
    if (!*host || !g_utf8_validate(host, -1, NULL))
        return NULL;
    char *ascii = g_hostname_to_ascii(host);
    if (!ascii)
        return NULL;
    char *lower = g_ascii_strdown(ascii, -1);
    const char *domain =
        strncmp(lower, "www.", 4) == 0 && strchr(lower + 4, '.') ? lower + 4 : lower;
    char *made = strlen(domain) <= BLOCK_DOMAIN_MAX_BYTES && all_labels_good(domain)
                     ? sam_xstrdup(domain)
                     : NULL;
    g_free(lower);
    g_free(ascii);
    return made;
}

static void add_key(struct block_keys *k, const char *kind, const char *value)
{
    char *key = sam_xasprintf("%s:%s", kind, value);
    for (size_t i = 0; i < k->count; i++) {
        if (strcmp(k->keys[i], key) == 0) {
            free(key);
            return;
        }
    }
    if (k->count < BLOCK_KEYS_MAX)
        k->keys[k->count++] = key;
    else
        free(key);
}

static void add_company(struct block_keys *k, const char *text)
{
    SAM_CLEANUP(freep) char *company = block_company(text);
    if (company)
        add_key(k, "company", company);
}

static void add_domains(struct block_keys *k, const char *text)
{
    SAM_CLEANUP(freep) char *copy = sam_xstrdup(text);
    char *rest = NULL;
    for (char *one = strtok_r(copy, BETWEEN_ADDRESSES, &rest); one;
         one = strtok_r(NULL, BETWEEN_ADDRESSES, &rest)) {
        SAM_CLEANUP(freep) char *domain = block_domain(one);
        for (const char *at = domain; at && strchr(at, '.'); at = strchr(at, '.') + 1)
            add_key(k, "domain", at);
    }
}

/* "Work E-Mail", "companyWebsite", "domain": whatever a list's maker has called it. */
static bool names_a_domain(const char *column)
{
    SAM_CLEANUP(freep) char *normal = people_column_normal(column);
    return strstr(normal, "email") || strstr(normal, "website") || strstr(normal, "domain");
}

bool block_keys_column(const char *name)
{
    return people_column_find(name, NULL) == PEOPLE_COMPANY || names_a_domain(name);
}

void block_keys_read(struct block_keys *k, const char *company, const char *custom_json)
{
    *k = (struct block_keys){.count = 0};
    if (company)
        add_company(k, company);
    struct json_object *custom = custom_json ? json_tokener_parse(custom_json) : NULL;
    if (json_object_is_type(custom, json_type_object)) {
        json_object_object_foreach(custom, name, value)
        {
            const char *text = json_object_get_string(value);
            if (text && people_column_find(name, NULL) == PEOPLE_COMPANY)
                add_company(k, text);
            else if (text && names_a_domain(name))
                add_domains(k, text);
        }
    }
    json_object_put(custom);
}

void block_keys_deinit(struct block_keys *k)
{
    for (size_t i = 0; i < k->count; i++)
        free(k->keys[i]);
    k->count = 0;
}

char *block_keys_array(const struct block_keys *k)
{
    struct buf out SAM_CLEANUP(buf_deinit) = BUF_INIT(ARRAY_MAX_BYTES);
    buf_addc(&out, '{');
    for (size_t i = 0; i < k->count; i++) {
        buf_adds(&out, i ? ",\"" : "\"");
        for (const char *p = k->keys[i]; *p; p++) {
            if (*p == '"' || *p == '\\')
                buf_addc(&out, '\\');
            buf_addc(&out, *p);
        }
        buf_addc(&out, '"');
    }
    buf_addc(&out, '}');
    return sam_xstrdup(buf_text(&out));
}
