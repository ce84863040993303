#include "producer/ctl/block_entries.h"

#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/model/block_keys.h"
#include "common/model/identity.h"
#include "producer/ctl/text_lines.h"

#include "common/base/banned.h"

#define BLANKS " \t\r"

static char *domain_value(const char *text, const char **ret_why)
{
    const char *at = strchr(text, '@');
    *ret_why = "is no domain, like acme.com";
    if (at && at != text && !strstr(text, "://")) {
        *ret_why = "is an e-mail address; the domain after the @ stops everybody who has one of it";
        return NULL;
    }
    return block_domain(text);
}

/* The normal form, owned by the caller; NULL: why not. */
static char *normal_value(enum block_kind kind, const char *text, const char **ret_why)
{
    struct identity id;
    enum identity_problem problem;
    *ret_why = "is empty";
    if (!text[strspn(text, BLANKS)])
        return NULL;
    *ret_why = "is not UTF-8";
    if (!utf8_valid(text, strlen(text)))
        return NULL;
    *ret_why = "is too long";
    if (strlen(text) > BLOCK_VALUE_MAX_BYTES)
        return NULL;
    switch (kind) {
    case BLOCK_PERSON:
        problem = identity_parse(text, &id);
        *ret_why = identity_problem_text(problem);
        return problem == IDENTITY_OK ? sam_xstrdup(id.text) : NULL;
    case BLOCK_COMPANY:
        *ret_why = "is no company's name";
        return block_company(text);
    case BLOCK_DOMAIN:
        return domain_value(text, ret_why);
    case BLOCK_KIND_N:
        break;
    }
    return NULL;
}

struct reading {
    struct block_entries *entries;
    struct problems *problems;
};

/* where: "" or "FILE:LINE: ". */
static void add_entry(void *ctx, const char *where, const char *text)
{
    struct reading *r = ctx;
    struct block_entries *b = r->entries;
    const char *why;
    char *value = normal_value(b->kind, text, &why);
    if (value && strlen(value) > BLOCK_VALUE_MAX_BYTES) { /* folded, a letter may become several */
        free(value);
        value = NULL;
        why = "is too long";
    }
    if (!value) {
        bool shown = utf8_valid(text, strlen(text));
        problems_add(r->problems, "%s\"%.100s\": %s", where, shown ? text : "?", why);
        return;
    }
    if (b->count % 64 == 0)
        b->rows = sam_xrealloc(b->rows, (b->count + 64) * sizeof(*b->rows));
    b->rows[b->count++] = (struct block_entry){.value = value, .given = sam_xstrdup(text)};
}

enum ctl_exit block_entries_read(struct block_entries *b, struct ctl *c)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    const char *path = args_get(&c->args, "file");
    struct reading reading = {b, &problems};
    *b = (struct block_entries){.count = 0};
    if (block_kind_parse(c->args.words[0], &b->kind) != 0)
        return ctl_wrong_use("%.40s: person, company or domain comes first", c->args.words[0]);
    if (c->args.words_count < 2 && !path)
        return ctl_wrong_use("a VALUE is missing: a %s, or --file FILE with one a line",
                             block_kind_name(b->kind));
    for (size_t i = 1; i < c->args.words_count; i++)
        add_entry(&reading, "", c->args.words[i]);
    enum ctl_exit e =
        path ? text_lines_read(path, block_kind_name(b->kind), add_entry, &reading) : CTL_DONE;
    return e ? e : ctl_problems(&problems);
}

void block_entries_deinit(struct block_entries *b)
{
    for (size_t i = 0; i < b->count; i++) {
        free(b->rows[i].value);
        free(b->rows[i].given);
    }
    free(b->rows);
    *b = (struct block_entries){.count = 0};
}

void block_entries_add_values(const struct block_entries *b, struct pg_params *params)
{
    PG_COLUMN(params, PG_ARRAY_TEXT, b->count, true, pg_item_text(params, b->rows[i].value));
}

void block_entries_add_keys(const struct block_entries *b, struct pg_params *params)
{
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < b->count; i++) {
        SAM_CLEANUP(freep)
        char *key = sam_xasprintf("%s:%s", block_kind_name(b->kind), b->rows[i].value);
        pg_item_text(params, key);
    }
    pg_array_close(params);
}
