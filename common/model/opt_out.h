/* common/model/opt_out.h - does a message ask not to be written to any more? Pure.
 *
 * In doubt it does not: then it is a reply, which ends the follow-ups of the workspace's campaigns
 * as well, and a person may read it. */
#ifndef SAM_MODEL_OPT_OUT_H
#define SAM_MODEL_OPT_OUT_H

#include <stdbool.h>

/* text: UTF-8. A short message that is nothing but a word like "stop" (with "please" or a sign), or
 * that holds a phrase like "remove me from your list"; English, German, French, Spanish, Italian,
 * Portuguese, Dutch. more: further phrases, NULL-terminated, NULL = none. All are compared as whole
 * words, case and accents do not count. */
bool opt_out_wanted(const char *text, const char *const *more);

#endif
