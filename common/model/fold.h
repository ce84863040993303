/* common/model/fold.h - text as it is compared: case and accents do not count. Pure. */
#ifndef SAM_MODEL_FOLD_H
#define SAM_MODEL_FOLD_H

#include "common/base/attr.h"

/* UTF-8 text in lower case without accents ("DÉSABONNER" -> "desabonner", "Straße" -> "strasse");
 * "" for what is no UTF-8. The caller frees it. */
SAM_MUSTCHECK char *fold_text(const char *text);
/* As fold_text(), its words alone: one blank between two of them and at both ends ("Don't!" ->
 * " don t "). The caller frees it. */
SAM_MUSTCHECK char *fold_words(const char *text);

#endif
