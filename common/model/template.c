#include "common/model/template.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/utf8.h"
#include "common/model/foreign_filter.h"
#include "common/model/foreign_syntax.h"
#include "common/model/invisible.h"
#include "common/model/people_column.h"
#include "common/model/placeholder.h"
#include "common/model/text_limit.h"

#include "common/base/banned.h"

#define PROBLEM_BYTES 400

/* Literal text, or a variable with its fallback (NULL = none). Strings are owned. */
struct part {
    bool is_variable;
    enum people_column column; /* PEOPLE_COLUMN_N: only custom */
    char *text;                /* literal, or the variable's name for messages */
    char *custom;
    char *fallback;
};

struct template
{
    struct part *parts;
    size_t count;
};

struct compiler {
    const char *label;
    const char *text;
    struct template *t;
    struct problems *problems;
    bool failed;
};

static char *copy(const char *s, size_t n)
{
    char *out = sam_xmalloc(n + 1);
    memcpy(out, s, n);
    out[n] = '\0';
    return out;
}

static void complain(struct compiler *c, const char *at, const char *what)
{
    int line = 1;
    int column = 1;
    for (const char *p = c->text; p < at; p++) {
        column = *p == '\n' ? 1 : column + (((unsigned char)*p & 0xC0) != 0x80 ? 1 : 0);
        line += *p == '\n' ? 1 : 0;
    }
    problems_add(c->problems, "%s:%d:%d: %s", c->label, line, column, what);
    c->failed = true;
}

static struct part *add_part(struct template *t)
{
    t->parts = sam_xrealloc(t->parts, (t->count + 1) * sizeof(*t->parts));
    t->parts[t->count] = (struct part){0};
    return &t->parts[t->count++];
}

static void add_literal(struct template *t, const char *s, size_t n)
{
    if (n > 0)
        add_part(t)->text = copy(s, n);
}

static bool name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == ' ' || (c & 0x80);
}

static bool is_variable(enum people_column column)
{
    return column == PEOPLE_FIRST_NAME || column == PEOPLE_LAST_NAME || column == PEOPLE_COMPANY ||
           column == PEOPLE_TITLE;
}

/* A name after "custom." may be that of a standard column: the same header is the one or the other,
 * as the file has it. */
static bool find_variable(const char *name, struct part *p)
{
    static const char custom[] = "custom.";
    size_t prefix = sizeof(custom) - 1;
    bool own = strncasecmp(name, custom, prefix) == 0;
    if (own)
        name += prefix;
    SAM_CLEANUP(freep) char *normal = people_column_normal(name);
    enum people_column column = people_column_find(name, NULL);
    p->column = is_variable(column) ? column : PEOPLE_COLUMN_N;
    for (const char *c = name; *c; c++) {
        if (!name_char(*c))
            return false;
    }
    if (!own)
        return p->column < PEOPLE_COLUMN_N;
    if (!*normal)
        return false;
    p->custom = sam_xstrdup(name);
    return true;
}

/* A name that is none of ours may be what another tool calls one of ours. */
static void complain_of_name(struct compiler *c, const char *at, const char *name)
{
    char what[PROBLEM_BYTES];
    enum people_column column = foreign_name(name, strcspn(name, ",:?(|"));
    if (column == PEOPLE_COLUMN_N)
        (void)snprintf(what, sizeof(what), "{%.60s}: no such variable", name);
    else
        (void)snprintf(what, sizeof(what), "{%.60s}: no such variable; SAM writes {%s}", name,
                       people_column_name(column));
    complain(c, at, what);
}

static void check_fallback(struct compiler *c, const char *at, const struct part *p)
{
    char what[PROBLEM_BYTES];
    const char *seen = p->fallback;
    struct buf meant SAM_CLEANUP(buf_deinit) = BUF_INIT(TEMPLATE_MAX_BYTES + 1);
    if (invisible_trim(&seen) == 0) {
        complain(c, at, "the fallback after the bar is empty");
    } else if (foreign_filter(p->fallback, &meant)) {
        const char *name = p->custom ? p->text : people_column_name(p->column);
        (void)snprintf(
            what, sizeof(what),
            "{%.60s|%.60s}: there are no filters and no quotes; SAM writes {%.60s%s%.60s}", p->text,
            p->fallback, name, meant.len ? "|" : "", buf_text(&meant));
        complain(c, at, what);
    }
}

/* What stands between the braces: NAME or NAME|FALLBACK. */
static void add_variable(struct compiler *c, const char *at, const char *inside, size_t n)
{
    const char *bar = memchr(inside, '|', n);
    size_t name_bytes = bar ? (size_t)(bar - inside) : n;
    while (name_bytes > 0 && inside[0] == ' ') {
        inside++;
        name_bytes--;
    }
    while (name_bytes > 0 && inside[name_bytes - 1] == ' ')
        name_bytes--;
    struct part *p = add_part(c->t);
    p->is_variable = true;
    p->text = copy(inside, name_bytes);
    if (!find_variable(p->text, p)) {
        complain_of_name(c, at, p->text);
        return;
    }
    if (!bar)
        return;
    p->fallback = copy(bar + 1, strcspn(bar + 1, "}"));
    check_fallback(c, at, p);
}

/* Reads the variable that opens at p; returns where the text goes on. */
static const char *compile_variable(struct compiler *c, const char *p)
{
    size_t braces = p[1] == '{' ? 2 : 1;
    const char *inside = p + braces;
    size_t n = strcspn(inside, "{}\n");
    size_t closing = strspn(inside + n, "}");
    if (closing < braces) {
        complain(c, p, "an opening brace that is not closed");
        return inside + n + closing;
    }
    add_variable(c, p, inside, n);
    return inside + n + braces;
}

/* Variables of other tools: they would be sent as they stand. */
static void find_foreign(struct compiler *c)
{
    char what[PROBLEM_BYTES];
    for (const char *p = c->text; *p;) {
        enum people_column column;
        size_t n = foreign_variable(p, &column);
        if (n == 0) {
            p++;
            continue;
        }
        if (column == PEOPLE_COLUMN_N)
            (void)snprintf(what, sizeof(what),
                           "%.*s: another tool's variable; those of SAM stand in braces: "
                           "{custom.column}",
                           (int)n, p);
        else
            (void)snprintf(what, sizeof(what), "%.*s: another tool's variable; SAM writes {%s}",
                           (int)n, p, people_column_name(column));
        complain(c, p, what);
        p += n;
    }
}

static void compile(struct compiler *c)
{
    const char *literal = c->text;
    const char *p = c->text;
    while (*p) {
        if (*p == '{') {
            add_literal(c->t, literal, (size_t)(p - literal));
            p = literal = compile_variable(c, p);
            continue;
        }
        if (*p == '}')
            complain(c, p, "a closing brace without an opening one");
        p++;
    }
    add_literal(c->t, literal, (size_t)(p - literal));
    for (p = c->text; *p; p += utf8_sequence_bytes(p, strlen(p))) {
        if (invisible_control(p))
            complain(c, p, "a control character");
    }
    if (!c->failed) /* what stands in braces has been read rightly */
        find_foreign(c);
}

struct template *template_compile(const char *label, const char *text, struct problems *problems)
{
    struct compiler c = {.label = label, .text = text, .problems = problems};
    size_t n = strlen(text);
    if (n > TEMPLATE_MAX_BYTES || !utf8_valid(text, n)) {
        problems_add(problems, "%s: %s", label,
                     n > TEMPLATE_MAX_BYTES ? "longer than 32000 bytes" : "not valid UTF-8");
        return NULL;
    }
    c.t = sam_xcalloc(1, sizeof(*c.t));
    compile(&c);
    if (c.failed) {
        template_free(c.t);
        return NULL;
    }
    return c.t;
}

void template_free(struct template *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++) {
        free(t->parts[i].text);
        free(t->parts[i].custom);
        free(t->parts[i].fallback);
    }
    free(t->parts);
    free(t);
}

size_t template_literal_length(const struct template *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        const char *text = t->parts[i].text;
        if (t->parts[i].is_variable)
            continue;
        count += text_limit_length(text, strlen(text));
        while ((text = strstr(text, "\r\n"))) { /* goes out as one */
            count--;
            text += 2;
        }
    }
    return count;
}

const char *template_next_custom(const struct template *t, size_t *at)
{
    while (*at < t->count) {
        const struct part *p = &t->parts[(*at)++];
        if (p->custom && p->column == PEOPLE_COLUMN_N)
            return p->custom;
    }
    return NULL;
}

bool template_uses(const struct template *t, enum people_column column)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->parts[i].is_variable && t->parts[i].column == column)
            return true;
    }
    return false;
}

/* Nothing that a reader would see. Bytes that are not UTF-8 are something. */
static bool blank(const char *s)
{
    return !s || (utf8_valid(s, strlen(s)) && invisible_trim(&s) == 0);
}

static const char *standard_value(enum people_column column, const struct template_values *v)
{
    switch (column) {
    case PEOPLE_FIRST_NAME:
        return v->first_name;
    case PEOPLE_LAST_NAME:
        return v->last_name;
    case PEOPLE_COMPANY:
        return v->company;
    case PEOPLE_TITLE:
        return v->title;
    case PEOPLE_LINKEDIN_URL:
    case PEOPLE_LINKEDIN_USER_ID:
    case PEOPLE_ACCOUNT:
    case PEOPLE_COLUMN_N:
        break;
    }
    return NULL;
}

/* What looks like a variable in our own braces is not taken for empty: add_value() refuses it. */
static bool placeholder(const struct part *p, const char *value)
{
    bool name = p->column == PEOPLE_FIRST_NAME || p->column == PEOPLE_LAST_NAME;
    return !strpbrk(value, "{}") && (name ? placeholder_name(value) : placeholder_value(value));
}

static const char *value_of(const struct part *p, const struct template_values *v)
{
    const char *value = p->custom && v->custom ? v->custom(v->custom_ctx, p->custom) : NULL;
    if (blank(value) || placeholder(p, value))
        value = standard_value(p->column, v);
    return blank(value) || placeholder(p, value) ? p->fallback : value;
}

/* Line ends of other systems become \n. */
static void add_text(struct buf *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] != '\r')
            buf_addc(out, s[i]);
        else if (i + 1 == n || s[i + 1] != '\n')
            buf_addc(out, '\n');
    }
}

/* Adds a value without what cannot be seen around it. It goes into a message to a human: false for
 * control characters, for what looks like a variable that was not filled in, and for more lines
 * where a name should be; a column of the user's own may hold a paragraph. */
static bool add_value(struct buf *out, const char *value, bool lines)
{
    if (!utf8_valid(value, strlen(value)))
        return false;
    size_t n = invisible_trim(&value);
    for (size_t i = 0; i < n; i += utf8_sequence_bytes(value + i, n - i)) {
        if (strchr(lines ? "{}" : "{}\r\n", value[i]) || invisible_control(value + i))
            return false;
    }
    add_text(out, value, n);
    return true;
}

enum template_result template_render(const struct template *t, const struct template_values *values,
                                     size_t max_length, struct buf *out, char *detail,
                                     size_t detail_bytes)
{
    buf_reset(out);
    if (detail_bytes)
        detail[0] = '\0';
    for (size_t i = 0; i < t->count; i++) {
        const struct part *p = &t->parts[i];
        if (!p->is_variable) {
            add_text(out, p->text, strlen(p->text));
            continue;
        }
        const char *value = value_of(p, values);
        if (!value || !add_value(out, value, p->custom && p->column == PEOPLE_COLUMN_N)) {
            (void)snprintf(detail, detail_bytes, "%s", p->text);
            return value ? TEMPLATE_INVALID : TEMPLATE_MISSING;
        }
    }
    size_t length = text_limit_length(buf_text(out), out->len);
    if (out->overflow || length > max_length) {
        (void)snprintf(detail, detail_bytes, "%zu characters, the limit is %zu", length,
                       max_length);
        return TEMPLATE_TOO_LONG;
    }
    return TEMPLATE_OK;
}
