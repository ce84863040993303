/* common/model/template.h - message templates: checked when saved, rendered per person.
 *
 * Variables: {first_name}, {last_name}, {company}, {title}, {custom.column}, also in two braces and
 * in each spelling of people_column.h ({firstName}, {Company Name}); a fallback after a bar:
 * {first_name|there}. Anything else in braces is an error, with its position; so are variables and
 * filters of other tools (foreign_syntax.h, foreign_filter.h), with a hint, and a control character
 * other than tab and line end. A value that is empty or only what cannot be seen (blanks, no-break
 * and zero-width ones too) or a placeholder (placeholder.h) counts as missing; without a fallback
 * the text is refused (P7). Around a value such marks are left out. */
#ifndef SAM_MODEL_TEMPLATE_H
#define SAM_MODEL_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/problems.h"
#include "common/model/people_column.h"

#define TEMPLATE_MAX_BYTES 32000

/* The person's values; NULL = not given. custom: called for {custom.name} with the name as the text
 * has it (people_column_same() compares), returns a borrowed string or NULL. */
struct template_values {
    const char *first_name;
    const char *last_name;
    const char *company;
    const char *title;
    const char *(*custom)(void *ctx, const char *name);
    void *custom_ctx;
};

struct template; /* compiled; immutable */

/* Compiles text. Problems go to `problems` as "LABEL:LINE:COLUMN: what" (label e.g.
 * "message_templates.follow_up_1"). Returns NULL when there was one; else owned by the caller. */
struct template *template_compile(const char *label, const char *text, struct problems *problems);
void template_free(struct template *t);
SAM_DEFINE_FREEP(template)

/* The length (text_limit.h) that the text has for every person, its variables not counted: above a
 * limit, the text fits nobody. */
size_t template_literal_length(const struct template *t);

/* The names of {custom.name}, one a call, that no standard column stands in for; NULL at the end.
 * *at is 0 at first. */
const char *template_next_custom(const struct template *t, size_t *at);

/* Has the text a variable of this standard column? */
bool template_uses(const struct template *t, enum people_column column);

enum template_result {
    TEMPLATE_OK = 0,
    TEMPLATE_MISSING, /* a variable without value and without fallback; name in detail */
    TEMPLATE_TOO_LONG,
    TEMPLATE_INVALID /* invalid UTF-8 or control characters in a value, braces left over */
};

/* Renders into out (reset first); \r\n becomes \n. max_length: the limit of this text, as in
 * text_limit.h.
 * On a failure `detail` (of detail_bytes) names the variable or the length; never the value. */
SAM_MUSTCHECK enum template_result template_render(const struct template *t,
                                                   const struct template_values *values,
                                                   size_t max_length, struct buf *out, char *detail,
                                                   size_t detail_bytes);

#endif
