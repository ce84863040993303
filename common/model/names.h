/* common/model/names.h - the outside names of an enum, from the X-macro that lists it: to text and
 * back. MAP(X) must expand to X(ENUMERATOR, "name") rows in the order of the enum, from 0. */
#ifndef SAM_MODEL_NAMES_H
#define SAM_MODEL_NAMES_H

#include "common/base/attr.h"

/* The place of the text in the list; -EINVAL = it is none of them. */
SAM_MUSTCHECK int names_find(const char *const *names, int count, const char *text);

#define NAMES_ROW(id, name) name,

/* Of `enum prefix`: defines PREFIX_name() ("?" for what is no value) and PREFIX_parse() (0 or
 * -EINVAL). */
#define NAMES_DEFINE(prefix, MAP, count)                                                           \
    static const char *const prefix##_names[] = {MAP(NAMES_ROW)};                                  \
    const char *prefix##_name(enum prefix v)                                                       \
    {                                                                                              \
        return (unsigned)v < (unsigned)(count) ? prefix##_names[v] : "?";                          \
    }                                                                                              \
    int prefix##_parse(const char *text, enum prefix *ret)                                         \
    {                                                                                              \
        int i = names_find(prefix##_names, count, text);                                           \
        if (i < 0)                                                                                 \
            return i;                                                                              \
        *ret = (enum prefix)i;                                                                     \
        return 0;                                                                                  \
    }

#endif
