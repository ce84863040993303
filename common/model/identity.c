#include "common/model/identity.h"

#include <ctype.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/utf8.h"
#include "common/model/invisible.h"

#include "common/base/banned.h"

#define INPUT_MAX_BYTES 2048
#define ID_MIN_BYTES    6 /* the kind, the zeros, and something */

/* An id is bytes in base64url: two that name its kind, then a number whose first bytes are zero. So
 * "ACoAA…" is an id, and "ACosta" the vanity name of a person. */
static bool is_id(const char *s, size_t n)
{
    if (n < ID_MIN_BYTES || n > PROVIDER_ID_MAX_BYTES || s[0] != 'A' ||
        strncmp(s + 3, "AA", 2) != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-')
            return false;
    }
    return true;
}

static bool is_provider_id(const char *s, size_t n)
{
    return is_id(s, n) && strncmp(s, "ACo", 3) == 0;
}

/* Ids of Sales Navigator and Recruiter. */
static bool is_other_id(const char *s, size_t n)
{
    return is_id(s, n) && (strncmp(s, "ACw", 3) == 0 || strncmp(s, "AE", 2) == 0);
}

static int hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* Percent-decodes into out; false: a broken escape, a NUL, or too long. */
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
        if (c == '\0' || length + 1 >= out_bytes)
            return false;
        out[length++] = c;
    }
    out[length] = '\0';
    return true;
}

/* Of a normal form (composing turns some letters into punctuation): letters of any script, digits
 * and
 * - _ . ' & ; no blanks, no controls, no URL punctuation. Marks alone are no name: "." and ".."
 * would lead a URL's path elsewhere. */
static bool is_slug(const char *s)
{
    bool named = false;
    for (const char *p = s; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        bool mark = c < 0x80 && strchr("-_.'&", (int)c);
        if (!mark && (c < 0x80 ? !isalnum((int)c) : !g_unichar_isgraph(c)))
            return false;
        named = named || !mark;
    }
    return named;
}

/* What stands in place of a name in Unipile's routes (GET /users/me is the account itself). */
static bool is_route(const char *name)
{
    static const char *const routes[] = {"me", "relations", "followers", "following", "invite"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(routes); i++) {
        if (strcmp(routes[i], name) == 0)
            return true;
    }
    return false;
}

/* Without a port and the dot of a full name. */
static size_t host_bytes(const char *host, size_t n)
{
    const char *colon = memchr(host, ':', n);
    if (colon && strspn(colon + 1, "0123456789") >= (size_t)(host + n - colon - 1))
        n = (size_t)(colon - host);
    return n > 0 && host[n - 1] == '.' ? n - 1 : n;
}

/* host: linkedin.com, or any subdomain of it. */
static bool is_linkedin(const char *host, size_t n)
{
    static const char domain[] = "linkedin.com";
    size_t d = sizeof(domain) - 1;
    n = host_bytes(host, n);
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char)host[i]) && host[i] != '.' && host[i] != '-')
            return false;
    }
    return n >= d && strncasecmp(host + n - d, domain, d) == 0 &&
           (n == d || host[n - d - 1] == '.');
}

/* Takes off the marks that e-mails and lists put around an address, `<…>`, quotes, a full stop. */
static size_t unwrap(const char **text, size_t n)
{
    static const char opening[] = "<(\"'";
    static const char closing[] = ">)\"'";
    for (;;) {
        const char *pair = strchr(opening, **text);
        if (n > 2 && pair && (*text)[n - 1] == closing[pair - opening]) {
            (*text)++;
            n -= 2;
        } else if (n > 1 && strchr(".,;", (*text)[n - 1])) {
            n--;
        } else {
            return n;
        }
    }
}

/* What people copy with a name: blanks that nobody sees, also encoded ones, and such marks. */
static char *trim_name(char *name)
{
    for (;;) {
        const char *s = name;
        size_t n = invisible_trim(&s);
        n = unwrap(&s, n);
        bool same = s == name && name[n] == '\0';
        name += s - name;
        name[n] = '\0';
        if (same)
            return name;
    }
}

static enum identity_problem slug(const char *s, size_t n, struct identity *ret)
{
    char decoded[VANITY_MAX_BYTES + 1];
    if (!decode(s, n, decoded, sizeof(decoded)) || !utf8_valid(decoded, strlen(decoded)))
        return IDENTITY_BAD_CHARACTERS;
    const char *name = trim_name(decoded);
    n = strlen(name);
    if (is_provider_id(name, n)) {
        ret->kind = IDENTITY_PROVIDER_ID;
        memcpy(ret->text, name, n);
        ret->text[n] = '\0';
        return IDENTITY_OK;
    }
    if (is_other_id(name, n))
        return IDENTITY_BAD_CHARACTERS;
    char *folded = g_utf8_strdown(name, -1);
    char *normal = g_utf8_normalize(folded, -1, G_NORMALIZE_NFC);
    bool fits = normal && strlen(normal) <= VANITY_MAX_BYTES && is_slug(normal) &&
                !is_route(normal) && !is_linkedin(normal, strlen(normal));
    if (fits) {
        ret->kind = IDENTITY_VANITY;
        (void)snprintf(ret->text, sizeof(ret->text), "%s", normal);
    }
    g_free(normal);
    g_free(folded);
    return fits ? IDENTITY_OK : IDENTITY_BAD_CHARACTERS;
}

/* To the last one of several slashes. */
static const char *last_slash(const char *path)
{
    while (path[0] == '/' && path[1] == '/')
        path++;
    return path;
}

/* The old /pub/name/1/2a/b34 is not here: its name alone is somebody else's vanity name. */
static enum identity_problem from_path(const char *path, struct identity *ret)
{
    static const char *const people[] = {"/in/", "/mwlite/in/", "/m/in/"};
    path = last_slash(path);
    if (strncasecmp(path, "/comm/", 6) == 0) /* links in LinkedIn's e-mails */
        path = last_slash(path + 5);
    for (size_t i = 0; i < SAM_ARRAY_LEN(people); i++) {
        size_t n = strlen(people[i]);
        if (strncasecmp(path, people[i], n) != 0)
            continue;
        const char *name = last_slash(path + n - 1) + 1;
        size_t length = strcspn(name, "/?#");
        return length ? slug(name, length, ret) : IDENTITY_EMPTY;
    }
    return IDENTITY_NOT_A_PERSON;
}

static bool web_scheme(const char *s, size_t n)
{
    return (n == 4 && strncasecmp(s, "http", n) == 0) ||
           (n == 5 && strncasecmp(s, "https", n) == 0);
}

/* A URL, with or without its scheme; *ret_problem is its verdict. false: it is none. */
static bool from_url(const char *s, struct identity *ret, enum identity_problem *ret_problem)
{
    const char *colon = strstr(s, "://");
    const char *host = colon ? colon + 3 : strncmp(s, "//", 2) == 0 ? s + 2 : s;
    size_t n = strcspn(host, "/?#");
    if (host == s && !(strchr(s, '/') && memchr(s, '.', n)) && !is_linkedin(host, n))
        return false;
    bool ours = is_linkedin(host, n) && (!colon || web_scheme(s, (size_t)(colon - s)));
    *ret_problem = ours ? from_path(host + n, ret) : IDENTITY_NOT_LINKEDIN;
    return true;
}

enum identity_problem identity_parse(const char *text, struct identity *ret)
{
    char buffer[INPUT_MAX_BYTES];
    struct identity found;
    enum identity_problem problem;
    if (!utf8_valid(text, strlen(text)))
        return IDENTITY_BAD_CHARACTERS;
    size_t n = invisible_trim(&text);
    if (n == 0)
        return IDENTITY_EMPTY;
    if (n >= sizeof(buffer))
        return IDENTITY_BAD_CHARACTERS;
    n = unwrap(&text, n);
    memcpy(buffer, text, n);
    buffer[n] = '\0';
    const char *s = buffer;
    if (!from_url(s, &found, &problem)) {
        s += *s == '/' || *s == '@' ? 1 : 0;
        s += strncasecmp(s, "comm/in/", 8) == 0 ? 5 : 0;
        bool path = strncasecmp(s, "in/", 3) == 0;
        s += path ? 3 : 0;
        problem = slug(s, path ? strcspn(s, "/?#") : strlen(s), &found);
    }
    if (problem == IDENTITY_OK)
        *ret = found;
    return problem;
}

bool identity_is_forgotten(const char *text)
{
    return strncmp(text, IDENTITY_FORGOTTEN, sizeof(IDENTITY_FORGOTTEN) - 1) == 0;
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
