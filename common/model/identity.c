#include "common/model/identity.h"

#include <ctype.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/utf8.h"

#include "common/base/banned.h"

#define INPUT_MAX_BYTES 2048

static bool is_provider_id(const char *s, size_t n)
{
    if (n < 6 || n > PROVIDER_ID_MAX_BYTES || strncmp(s, "ACo", 3) != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-')
            return false;
    }
    return true;
}

/* Ids of the other products look like vanity names; no person chose "ACwAAA…". */
static bool is_other_id(const char *s, size_t n)
{
    return n >= 20 &&
           (strncmp(s, "ACw", 3) == 0 || strncmp(s, "AEM", 3) == 0 || strncmp(s, "AEA", 3) == 0);
}

static int hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* Percent-decodes into out; false: a broken escape, or too long. */
static bool decode(const char *s, size_t n, char *out, size_t out_bytes)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '%') {
            if (i + 2 >= n || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0)
                return false;
            c = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
            i += 2;
        }
        if (length + 1 >= out_bytes)
            return false;
        out[length++] = c;
    }
    out[length] = '\0';
    return true;
}

/* Letters of any script, digits and - _ . ; no blanks, no controls, no URL punctuation. */
static bool is_slug(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || !utf8_valid(s, n))
        return false;
    for (const char *p = s; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c < 0x80 ? !isalnum((int)c) && !strchr("-_.'&", (int)c) : !g_unichar_isgraph(c))
            return false;
    }
    return true;
}

static enum identity_problem slug(const char *s, size_t n, struct identity *ret)
{
    char decoded[VANITY_MAX_BYTES + 1];
    if (is_provider_id(s, n)) {
        ret->kind = IDENTITY_PROVIDER_ID;
        memcpy(ret->text, s, n);
        ret->text[n] = '\0';
        return IDENTITY_OK;
    }
    if (is_other_id(s, n) || !decode(s, n, decoded, sizeof(decoded)) || !is_slug(decoded))
        return IDENTITY_BAD_CHARACTERS;
    char *folded = g_utf8_strdown(decoded, -1);
    char *normal = g_utf8_normalize(folded, -1, G_NORMALIZE_NFC);
    bool fits = normal && strlen(normal) <= VANITY_MAX_BYTES;
    if (fits) {
        ret->kind = IDENTITY_VANITY;
        (void)snprintf(ret->text, sizeof(ret->text), "%s", normal);
    }
    g_free(normal);
    g_free(folded);
    return fits ? IDENTITY_OK : IDENTITY_BAD_CHARACTERS;
}

/* host: linkedin.com, or any subdomain of it. */
static bool is_linkedin(const char *host, size_t n)
{
    static const char domain[] = "linkedin.com";
    size_t d = sizeof(domain) - 1;
    return n >= d && strncasecmp(host + n - d, domain, d) == 0 &&
           (n == d || host[n - d - 1] == '.');
}

static enum identity_problem from_path(const char *path, struct identity *ret)
{
    static const char *const people[] = {"/in/", "/pub/", "/mwlite/in/", "/m/in/"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(people); i++) {
        size_t n = strlen(people[i]);
        if (strncasecmp(path, people[i], n) != 0)
            continue;
        size_t length = strcspn(path + n, "/?#");
        return length ? slug(path + n, length, ret) : IDENTITY_EMPTY;
    }
    return IDENTITY_NOT_A_PERSON;
}

/* text: without blanks around it. */
static enum identity_problem parse_trimmed(const char *s, struct identity *ret)
{
    const char *scheme = strstr(s, "://");
    const char *rest = scheme ? scheme + 3 : s;
    size_t host = strcspn(rest, "/?#");
    if (scheme || (strchr(s, '/') && strchr(s, '.')) || is_linkedin(rest, host))
        return is_linkedin(rest, host) ? from_path(rest + host, ret) : IDENTITY_NOT_LINKEDIN;
    if (strncasecmp(s, "in/", 3) == 0)
        return slug(s + 3, strcspn(s + 3, "/?#"), ret);
    s += s[0] == '@' ? 1 : 0;
    return slug(s, strlen(s), ret);
}

enum identity_problem identity_parse(const char *text, struct identity *ret)
{
    char s[INPUT_MAX_BYTES];
    struct identity found;
    text += strspn(text, " \t\r\n");
    size_t n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    if (n == 0)
        return IDENTITY_EMPTY;
    if (n >= sizeof(s))
        return IDENTITY_BAD_CHARACTERS;
    memcpy(s, text, n);
    s[n] = '\0';
    enum identity_problem problem = parse_trimmed(s, &found);
    if (problem == IDENTITY_OK)
        *ret = found;
    return problem;
}

const char *identity_problem_text(enum identity_problem p)
{
    switch (p) {
    case IDENTITY_OK:
        return "fine";
    case IDENTITY_EMPTY:
        return "no profile URL, vanity name or ACo… id";
    case IDENTITY_NOT_LINKEDIN:
        return "a URL of another site than linkedin.com";
    case IDENTITY_NOT_A_PERSON:
        return "a LinkedIn page that is not a person's profile (…/in/name)";
    case IDENTITY_BAD_CHARACTERS:
        return "cannot be a vanity name or an ACo… id";
    }
    return "?";
}
