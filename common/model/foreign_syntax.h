/* common/model/foreign_syntax.h - variables as other tools write them, which SAM does not fill in.
 *
 * `[First Name]`, `%FIRSTNAME%`, `*|FNAME|*`, `<first_name>`, `«First Name»`, `#first_name#`,
 * `__first_name__`, `${first_name}`: in a text they would be sent as they stand, as a value they
 * are no value. What stands between the marks must be a name of a person's column, so that `[1]`,
 * `20%` and `<3` stay what they are. */
#ifndef SAM_MODEL_FOREIGN_SYNTAX_H
#define SAM_MODEL_FOREIGN_SYNTAX_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/model/people_column.h"

/* The bytes of such a variable that begins at s (valid UTF-8), 0 when none does. *ret_column: the
 * column that it means, PEOPLE_COLUMN_N = not one of SAM's variables. */
size_t foreign_variable(const char *s, enum people_column *ret_column);
/* What other tools call a column: `fname`, `Contact.FirstName`; n bytes. PEOPLE_COLUMN_N: nothing
 * that SAM has a variable for. */
enum people_column foreign_name(const char *name, size_t n);

#endif
