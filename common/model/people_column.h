/* common/model/people_column.h - the columns of people.csv, and the one normal form in which their
 * names, the names of a user's own columns, and the variables of a text are compared.
 *
 * Case, blanks, `_`, `-` and `.` do not matter: `First Name`, `firstName` and `FIRST_NAME` are one.
 * A standard column has the names that other tools and LinkedIn itself give it as well. */
#ifndef SAM_MODEL_PEOPLE_COLUMN_H
#define SAM_MODEL_PEOPLE_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"

/* id, name, and in normal form the other names that it goes by. */
#define PEOPLE_COLUMN_MAP(X)                                                                       \
    X(PEOPLE_LINKEDIN_URL, "linkedin_url", " profileurl url linkedinprofileurl linkedinprofile ")  \
    X(PEOPLE_LINKEDIN_USER_ID, "linkedin_user_id", "")                                             \
    X(PEOPLE_FIRST_NAME, "first_name", "")                                                         \
    X(PEOPLE_LAST_NAME, "last_name", "")                                                           \
    X(PEOPLE_COMPANY, "company", " companyname ")                                                  \
    X(PEOPLE_TITLE, "title", " jobtitle position ")                                                \
    X(PEOPLE_ACCOUNT, "account", "")

#define PEOPLE_ENUM_ROW(id, name, others) id,
enum people_column { PEOPLE_COLUMN_MAP(PEOPLE_ENUM_ROW) PEOPLE_COLUMN_N };
#undef PEOPLE_ENUM_ROW

const char *people_column_name(enum people_column column);
/* PEOPLE_COLUMN_N: none of them, a column of the user's own. *ret_own_name (may be NULL): the name
 * is the column's first one, not one of the others. */
enum people_column people_column_find(const char *name, bool *ret_own_name);
/* The normal form, owned by the caller; "" when nothing is left. Bytes that are not UTF-8 have
 * none: they stay as they are. */
char *people_column_normal(const char *name);
/* Do both name the same column? */
bool people_column_same(const char *a, const char *b);

#endif
