/* common/model/nickname.h - first names that mean the same person and do not look like it. Pure.
 *
 * Only what is neither spelled alike nor contained in the other has to stand here (Bob, Robert): a
 * name that is missing holds a person, who is looked at and released. */
#ifndef SAM_MODEL_NICKNAME_H
#define SAM_MODEL_NICKNAME_H

#include <stddef.h>

#define NICKNAME_GROUPS_MAX 128 /* room for all of them */

/* The i-th group of names for one another, parted by blanks, as people write them; NULL =
 * no more. */
const char *nickname_group(size_t i);

#endif
